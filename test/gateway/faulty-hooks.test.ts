import { beforeAll, expect, test } from "vitest";
import { compile } from "../../src/config/compile.ts";
import type { OnRequest, OnResponse } from "../../src/config/hooks.ts";
import { migrate, newClient, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { CONFIG } from "./config.ts";
import { buildPlane, codeOf, requestWith, send } from "./plane.ts";

let key: SeededKey;
beforeAll(async () => {
  await migrate();
  key = await seedKey();
});

const throwing = (thrown: unknown) => () => {
  throw thrown;
};
const reading = (seen: Request | Response) => seen.text().then(() => undefined);
const locking = (seen: Request | Response) => void seen.body?.getReader();

test.each<[what: string, hook: { onRequest?: unknown; onResponse?: unknown }, message: string]>([
  ["onRequest throws null", { onRequest: throwing(null) }, "null"],
  ["onRequest throws undefined", { onRequest: throwing(undefined) }, "undefined"],
  ["onRequest throws a text", { onRequest: throwing("a mistake") }, "a mistake"],
  ["onRequest throws what has no text", { onRequest: throwing(Object.create(null)) }, "no text"],
  ["onRequest returns a text", { onRequest: () => "x" }, "must return a Request"],
  ["onRequest returns an object", { onRequest: () => ({ method: "GET" }) }, "must return a Request"],
  ["onRequest reads the body", { onRequest: reading }, "read the body"],
  ["onRequest keeps the body", { onRequest: locking }, "read the body"],
  ["onRequest returns an error response", { onRequest: () => Response.error() }, "without a status"],
  ["onResponse returns an error response", { onResponse: () => Response.error() }, "without a status"],
  ["onResponse throws null", { onResponse: throwing(null) }, "null"],
  ["onResponse returns a text", { onResponse: () => "x" }, "must return a Response"],
  ["onResponse returns a request", { onResponse: () => new Request("https://a.test") }, "must return a Response"],
  ["onResponse reads the body", { onResponse: reading }, "read the body"],
  ["onResponse keeps the body", { onResponse: locking }, "read the body"],
])("where %s, the client gets an internal error, and the log says why", async (_, hooks, message) => {
  const gateway = compile({
    ...CONFIG,
    routes: [
      {
        path: "/hooked",
        origin: "api",
        resource: "folders",
        ...(hooks as { onRequest?: OnRequest; onResponse?: OnResponse }),
      },
    ],
  });
  const plane = buildPlane({ gateway });
  const request = requestWith(key, "/hooked", { method: "POST", body: "x" });
  const response = await send(plane, request, { address: newClient() });
  expect([response.status, await codeOf(response)]).toEqual([500, "internal_error"]);
  expect(plane.lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "error", message: expect.stringContaining(message) },
    { status: 500, reason: "internal_error", key_id: key.id, route: "/hooked" },
  ]);
});
