/** The console's style and script. The file names change with the content. */

import { Hono } from "hono/tiny";
import { crc32 } from "../../domain/secret.ts";
import { SCRIPT } from "./script.ts";
import { CONSOLE_STYLE } from "./style.ts";
import type { ConsoleEnv } from "./visit.ts";

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b57d0"/><path d="M10 7v18M22 7 12 16l10 9" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>';

const named = (path: string, content: string) => `${path}?v=${crc32(content).toString(36)}`;
export const STYLE_PATH = named("/console.css", CONSOLE_STYLE);
export const SCRIPT_PATH = named("/console.js", SCRIPT);

const headers = (type: string) => ({
  "Content-Type": `${type}; charset=utf-8`,
  "Cache-Control": "public, max-age=86400",
});

export const assets = new Hono<ConsoleEnv>()
  .get("/console.css", (c) => c.body(CONSOLE_STYLE, 200, headers("text/css")))
  .get("/console.js", (c) => c.body(SCRIPT, 200, headers("text/javascript")))
  .get("/icon.svg", (c) => c.body(ICON, 200, headers("image/svg+xml")));
