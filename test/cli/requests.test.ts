import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { asTable, type Request } from "../../src/cli/requests/words.ts";

const ID = "0123456789abcdef0123456789abcdef";
const request: Request = {
  ...{ id: `req_${ID}`, at: "2026-11-29T12:56:41.123Z", environment: "sandbox", method: "GET", route: "/signatures/*" },
  ...{ path: null, status: 429, reason: "rate_exceeded", reason_members: {}, organization_id: `org_${ID}` },
  ...{ key_id: `key_${ID}`, client_address: null, trace_id: ID, origin: null, origin_status: null },
  ...{ gateway_ms: 1, origin_ms: null, alike: 7 },
};

test("a list of requests has the second, the id and the key of each, and fits into 100 columns", () => {
  const text = stripVTControlCharacters(
    asTable([
      request,
      { ...request, path: `/signatures/${"a".repeat(900)}` },
      { ...request, key_id: null, reason: null, route: "", status: 502, origin: "signatures" },
    ]),
  );
  expect(text).toContain(
    `29 Nov 2026, 12:56:41 UTC             GET /signatures/*                     429 rate_exceeded`,
  );
  expect(text).toContain(`req_${ID}  key_${ID}`);
  expect(text).toContain(`GET no route                          502 from signatures`);
  expect(text).toContain("no known key");
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});
