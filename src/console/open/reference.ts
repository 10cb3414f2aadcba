/** `/docs`: the reference of the management API, from the OpenAPI document. This Worker serves its script and style. */

import { html } from "hono/html";
import { Hono } from "hono/tiny";
import type { ManagementEnv } from "../../management/dispatch.ts";
import type { ReadAsset } from "../frame/assets.ts";

const ASSETS = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];
/** The package writes style attributes, which no hash can allow. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const PAGE = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Management API – Keygate</title>
    <link rel="icon" href="/docs/assets/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
  </head>
  <body>
    <main id="reference"></main>
    <noscript>This page needs JavaScript; the document itself is at <a href="/v1/openapi.json">/v1/openapi.json</a>.</noscript>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/reference.js"></script>
  </body>
</html>`;

const SCRIPT = `SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  // The default is a validator on another host.
  validatorUrl: null,
});
`;

export function reference(readAsset: ReadAsset): Hono<ManagementEnv> {
  return new Hono<ManagementEnv>()
    .get("/docs", (c) => c.html(PAGE, 200, { "Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer" }))
    .get("/docs/reference.js", (c) => c.body(SCRIPT, 200, { "Content-Type": "text/javascript; charset=utf-8" }))
    .get("/docs/assets/:name", async (c) => {
      const name = c.req.param("name");
      return ASSETS.includes(name) ? readAsset(name, c.req.raw) : c.notFound();
    });
}
