/** The console's style and scripts, which are files beside the Worker. */

import { expect, test } from "vitest";
import { CHART_SCRIPTS, CHART_STYLE, SCRIPT_PATH, STYLE_PATH } from "../../../src/console/frame/assets.ts";
import { CONTROL, worker } from "../../management/call.ts";

test.for([
  [STYLE_PATH, "text/css"],
  [SCRIPT_PATH, "text/javascript"],
  ...CHART_SCRIPTS.map((path) => [path, "text/javascript"]),
  [CHART_STYLE, "text/css"],
])("%s is asked for again each time, and sent only if it is another", async ([path, type]) => {
  const first = await worker.fetch(`${CONTROL}${path}`);
  expect([first.status, first.headers.get("content-type")]).toEqual([200, `${type}; charset=utf-8`]);
  expect(first.headers.get("cache-control")).toContain("max-age=0, must-revalidate");
  expect((await first.text()).length).toBeGreaterThan(1_000);
  const again = { headers: { "If-None-Match": first.headers.get("etag") as string } };
  expect((await worker.fetch(`${CONTROL}${path}`, again)).status).toBe(304);
  expect((await worker.fetch(`${CONTROL}${path}`, { headers: { "If-None-Match": '"old"' } })).status).toBe(200);
});

test.for(["/uplot.map", "/assets/console.css", "/favicon-32x32.png"])("no other file is served: %s", async (path) => {
  const response = await worker.fetch(`${CONTROL}${path}`);
  await response.text();
  expect(response.status).toBe(404);
});
