/** The console's style and scripts, which are static files beside the Worker: its bundle has none of them. */

import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { ManagementEnv } from "../../management/dispatch.ts";

/** A file of `assets`, as the request asks for it. */
export type ReadAsset = (name: string, request: Request) => Promise<Response>;

export const STYLE_PATH = "/console.css";
export const SCRIPT_PATH = "/console.js";

/** Of pages with a chart. */
export const CHART_SCRIPTS = ["/uplot.js", "/chart.js"];
export const CHART_STYLE = "/uplot.css";

const FILES = [STYLE_PATH, SCRIPT_PATH, ...CHART_SCRIPTS, CHART_STYLE];

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b57d0"/><path d="M10 7v18M22 7 12 16l10 9" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>';

/** Each answer has an ETag, and browsers ask whether it still holds: a page never meets the style of another version. */
export function assets(readAsset: ReadAsset): Hono<ManagementEnv> {
  const app = new Hono<ManagementEnv>();
  for (const path of FILES) app.get(path, (c: Context<ManagementEnv>) => readAsset(path.slice(1), c.req.raw));
  return app.get("/icon.svg", (c) =>
    c.body(ICON, 200, { "Content-Type": "image/svg+xml; charset=utf-8", "Cache-Control": "public, max-age=86400" }),
  );
}
