import fc from "fast-check";
import { expect, test } from "vitest";
import { principalOf } from "../../src/decide/key-principal.ts";
import { rightsOf } from "../../src/domain/rights.ts";
import { scopesOf } from "../../src/domain/scope.ts";
import { aKey, POLICY } from "../domain/fixtures.ts";

const account = { environment: "production", keyId: "key_1", hash: "secret" };
const AS_ORGANIZATION = { ...POLICY, actAs: "organization" } as const;
const SCOPES = scopesOf(POLICY.resources);
const IDS = ["ws_1", "ws_2"];

test("the rights of a principal are those of its key alone, whichever keys came before it", () => {
  const anyList = fc.subarray(IDS);
  const anyKey = fc
    .record({
      scopes: fc.subarray([...SCOPES.slice(0, 2), "read:all"]),
      permission: fc.constantFrom("full-access" as const, "read-only" as const),
      reach: fc.constantFrom("organization" as const, "workspace" as const),
      workspaces: anyList,
      member: fc.option(fc.record({ role: fc.constantFrom("owner", "member"), workspaces: anyList })),
    })
    .map(({ member, ...more }) => aKey({ ...more, member: member && { id: "mem_1", removed: false, ...member } }));
  const seen = fc.array(fc.tuple(anyKey, fc.constantFrom(POLICY, AS_ORGANIZATION)), { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(seen, (keys) => {
      for (const [key, policy] of keys) {
        const { rights } = principalOf(key, account, { policy });
        const own = rightsOf(key, policy);
        expect([rights.effective, rights.workspaces]).toEqual([own.effective, own.workspaces]);
        for (const scope of SCOPES) expect(rights.lacking(scope)).toEqual(own.lacking(scope));
      }
    }),
    { numRuns: 50 },
  );
});

test("keys with the same rights share them, so that many of them take little memory", () => {
  const [one, other] = ["key_1", "key_2"].map((id) => principalOf(aKey({ id }), account, { policy: POLICY }));
  expect(other?.subject).toBe("key_2");
  expect(other?.rights).toBe(one?.rights);
});
