/** Records that share what they have in common say the same as before. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeyRecord } from "../../src/domain/key.ts";
import { SharedParts } from "../../src/domain/shared-parts.ts";
import { aKey } from "./fixtures.ts";

const text = fc.constantFrom("a", "b", "key_1", "hash_1", "production");
const texts = fc.array(text, { maxLength: 25 });
const time = fc.option(fc.nat());
const record: fc.Arbitrary<KeyRecord> = fc.record({
  id: text,
  version: text,
  environment: text,
  organization: fc.record({ id: text, status: fc.constantFrom("active", "suspended") }),
  member: fc.option(fc.record({ id: text, role: text, removed: fc.boolean(), workspaces: texts })),
  reach: fc.constantFrom("organization", "workspace"),
  workspaces: texts,
  permission: fc.constantFrom("full-access", "read-only"),
  scopes: texts,
  plan: fc.option(text),
  limits: fc.option(fc.constant({ rates: [{ name: "second", limit: 1, window: 1 }], quotas: [] })),
  allowedAddresses: texts,
  secrets: fc.array(fc.record({ hash: text, expiresAt: time }), { maxLength: 3 }),
  createdAt: fc.nat(),
  expiresAt: fc.nat(),
  disabledAt: time,
  revokedAt: time,
});
const known = fc.record({ keyId: text, hash: text });

describe("A record that shares its parts with others", () => {
  test("says what it said, whatever came before it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(record, known), { minLength: 1, maxLength: 10 }), (arrived) => {
        const parts = new SharedParts();
        for (const [each, account] of arrived)
          expect(parts.of(structuredClone(each), account)).toStrictEqual(structuredClone(each));
      }),
      { numRuns: 300 },
    );
  });

  test("has the lists of one that came before it, if they are equal", () => {
    const parts = new SharedParts();
    const account = { keyId: "key_1", hash: "secret" };
    const arrives = (scopes: string[]) => parts.of(structuredClone(aKey({ scopes })), account).scopes;
    const first = arrives(["a", "b"]);
    expect(arrives(["a", "b"])).toBe(first);
    expect(arrives(["b", "a"])).toEqual(["b", "a"]);
    expect(arrives(["a,b"])).toEqual(["a,b"]);
  });
});
