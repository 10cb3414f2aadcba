/** A page for each error code: what it means and how to fix it. The `type` of every problem document points here. */

import { html } from "hono/html";
import { Hono } from "hono/tiny";
import { type Code, ERRORS } from "../../errors.ts";
import type { ManagementEnv } from "../../management/dispatch.ts";
import { type Html, page } from "./page.ts";
import { STYLE } from "./page-style.ts";

export const errorPages = new Hono<ManagementEnv>()
  .use("/errors/*", async (c, next) => {
    await next();
    c.header(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
  })
  .get("/style.css", (c) =>
    c.body(STYLE, 200, { "Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=3600" }),
  )
  .get("/errors", (c) => c.html(errorPage("Errors", list())))
  .get("/errors/:code", (c) => {
    const code = c.req.param("code");
    return Object.hasOwn(ERRORS, code) ? c.html(errorPage(code, entry(code as Code))) : c.notFound();
  });

const CODES = Object.keys(ERRORS) as Code[];

function errorPage(title: string, content: Html) {
  return page(title, html`<a href="/errors">Keygate · Errors</a>`, content);
}

function list() {
  const rows = CODES.map(
    (code) =>
      html`<tr><td>${ERRORS[code].status}</td><td><a href="/errors/${code}"><code>${code}</code></a></td><td>${ERRORS[code].title}</td></tr>`,
  );
  return html`<h1>Errors</h1>
    <p>Each answer with one of these is a problem document (RFC 9457) whose <code>code</code> is one of the following,
    unless the API formats the gateway's errors itself.
    It also has a <code>request_id</code>: include it when you ask for help.</p>
    <table><thead><tr><th>Status</th><th>Code</th><th>Title</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function entry(code: Code) {
  const { status, title, meaning, fix } = ERRORS[code];
  return html`<p class="status">${status}</p>
    <h1>${title}</h1>
    <p><code>${code}</code></p>
    <h2>What it means</h2><p>${prose(meaning)}</p>
    <h2>How to fix it</h2><p>${prose(fix)}</p>`;
}

/** Text with code in backticks. */
function prose(text: string) {
  return text.split("`").map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part));
}
