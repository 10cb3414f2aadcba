/** What every page of the control plane has. */

import { html } from "hono/html";
import type { MiddlewareHandler } from "hono/types";

export type Html = ReturnType<typeof html>;

export function page(title: string, header: Html, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title} · Keygate</title>
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <header>${header}</header>
    <main>${content}</main>
  </body>
</html>`;
}

export const PRIVATE_HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
};

/** For pages that only one person should see: not stored, not framed, without script, and with no referrer for other sites. */
export const privatePage: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(PRIVATE_HEADERS)) c.header(name, value);
};
