import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeyRecord } from "../../src/domain/key.ts";
import { type Policy, rightsOf } from "../../src/domain/rights.ts";
import { actionOf, expand, type Scope, scopesOf } from "../../src/domain/scope.ts";
import { aKey, aMember, aResource, FULL_RESOURCES, POLICY, READ_ONLY_RESOURCES } from "./fixtures.ts";

const AS_ORGANIZATION: Policy = { ...POLICY, actAs: "organization" };
const everyScope = scopesOf(POLICY.resources);
const effective = (changes: Partial<KeyRecord>, policy = POLICY) =>
  [...rightsOf(aKey(changes), policy).effective].sort();
const lacking = (scope: string, changes: Partial<KeyRecord>, policy = POLICY) =>
  rightsOf(aKey(changes), policy).lacking(scope as Scope);

describe("scopes and calls", () => {
  test("of 21 scopes and 21 calls, a key of one scope is allowed exactly that one call", () => {
    const granted = FULL_RESOURCES.flatMap((resource) =>
      ["read", "write", "delete"].map((a): Scope => `${resource}:${a}`),
    );
    const cases = granted.flatMap((scope) => granted.map((call) => ({ scope, call })));
    expect(cases).toHaveLength(441);
    const allowed = cases.filter(({ scope, call }) => {
      const rights = rightsOf(aKey({ scopes: [scope], reach: "organization" }), POLICY);
      expect(rights.lacking(call)).toEqual(scope === call ? [] : ["scopes"]);
      return rights.effective.has(call);
    });
    expect(allowed).toEqual(granted.map((scope) => ({ scope, call: scope })));
  });

  test.each(READ_ONLY_RESOURCES.flatMap((name) => [`${name}:write`, `${name}:delete`]))(
    "%s is refused whatever the key",
    (call) => {
      const names = [...everyScope, ...Object.keys(POLICY.bundles), call];
      for (const scopes of [...names.map((name) => [name]), names]) {
        for (const policy of [POLICY, AS_ORGANIZATION]) {
          expect(effective({ scopes, reach: "organization" }, policy)).not.toContain(call);
          expect(lacking(call, { scopes, reach: "organization" }, policy)).toContain("scopes");
        }
      }
    },
  );

  test("what can only be read can be read", () => {
    const scopes = READ_ONLY_RESOURCES.map((name) => `${name}:read`);
    expect(effective({ scopes })).toEqual([...scopes].sort());
  });
});

describe("the role ceiling", () => {
  test("a key of a member who was demoted loses the difference, and gets it back with the role", () => {
    const scopes = ["folders:read", "folders:write", "folders:delete", "teammates:read", "api_keys:read"];
    expect(effective({ scopes, member: aMember("admin") })).toEqual([...scopes].sort());
    expect(effective({ scopes, member: aMember("member") })).toEqual([
      "folders:read",
      "folders:write",
      "teammates:read",
    ]);
  });

  test.each(["no such role", "constructor", "__proto__", "toString", ""])(
    "a member in the role %j can do nothing",
    (role) => {
      const rights = rightsOf(aKey({ scopes: ["admin"], member: aMember(role, ["ws_1"]) }), POLICY);
      expect(rights.effective).toEqual(new Set());
      expect(rights.lacking("folders:read")).toEqual(["role"]);
      expect(rights.workspaces).toEqual(new Set(["ws_1"]));
    },
  );

  test("a key without a member, where keys act as members, can do nothing", () => {
    expect(effective({ scopes: ["admin"], member: null })).toEqual([]);
  });

  test("a key that acts as its organization has no ceiling, whoever made it", () => {
    for (const member of [null, aMember("member"), aMember("no such role"), { ...aMember("owner"), removed: true }]) {
      expect(effective({ scopes: ["admin"], reach: "organization", member }, AS_ORGANIZATION)).toEqual(
        [...everyScope].sort(),
      );
    }
  });
});

describe("permission and reach", () => {
  test("a read-only key reads what its scopes allow, and no more", () => {
    const all = effective({ scopes: ["admin"], reach: "organization" });
    const readOnly = effective({ scopes: ["admin"], reach: "organization", permission: "read-only" });
    expect(readOnly).toEqual(all.filter((scope) => scope.endsWith(":read")));
    expect(readOnly.length).toBeGreaterThan(0);
  });

  test("a workspace key only reads the resources that workspace keys may read, and has all of the others", () => {
    const all = effective({ scopes: ["admin"], reach: "organization" });
    const ofWorkspaces = effective({ scopes: ["admin"], reach: "workspace" });
    expect(all.filter((scope) => !ofWorkspaces.includes(scope))).toEqual(["teammates:delete", "teammates:write"]);
  });

  test("an action by another name is not reading", () => {
    const resources = { folders: aResource(["reads", "export"], { workspaceKeys: "read" }) };
    const policy: Policy = { ...AS_ORGANIZATION, resources };
    const scopes = ["folders:reads", "folders:export"];
    expect(effective({ scopes, reach: "workspace" }, policy)).toEqual([]);
    expect(effective({ scopes, reach: "organization", permission: "read-only" }, policy)).toEqual([]);
  });
});

describe("the explanation", () => {
  const workspaceKey = { reach: "workspace" as const };
  test.each<[string, Partial<KeyRecord>, string[]]>([
    ["folders:read", { scopes: ["folders:read"] }, []],
    ["folders:read", { scopes: [] }, ["scopes"]],
    ["folders:delete", { scopes: ["folders:delete"], member: aMember("member") }, ["role"]],
    ["folders:write", { scopes: ["folders:write"], permission: "read-only" }, ["permission"]],
    ["teammates:write", { scopes: ["teammates:write"], ...workspaceKey }, ["reach"]],
    ["folders:delete", { scopes: [], member: aMember("member") }, ["scopes", "role"]],
    [
      "folders:delete",
      { scopes: [], member: aMember("member"), permission: "read-only" },
      ["scopes", "role", "permission"],
    ],
    ["teammates:write", { scopes: ["admin"], permission: "read-only", ...workspaceKey }, ["permission", "reach"]],
    [
      "teammates:delete",
      { scopes: [], member: aMember("member"), permission: "read-only", ...workspaceKey },
      ["scopes", "role", "permission", "reach"],
    ],
    ["folders:eat", { scopes: ["folders:eat", "admin"] }, ["scopes", "role"]],
  ])("%s, asked of %j, is lacked by %j, in the order in which sets narrow", (scope, changes, expected) => {
    expect(lacking(scope, changes)).toEqual(expected);
  });
});

describe("workspaces", () => {
  test("a key that reaches its organization is bound to no list", () => {
    const key = { reach: "organization", workspaces: ["ws_1"], member: aMember("member") } as const;
    expect(rightsOf(aKey(key), POLICY).workspaces).toBeUndefined();
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ["member", ["ws_1", "ws_9"], ["ws_1"]],
    ["admin", ["ws_2"], ["ws_2"]],
    ["admin", [], []],
    ["owner", [], ["ws_1", "ws_2"]],
  ])("a key of workspaces 1 and 2, by a member in the role %s who has %j, reaches %j", (role, has, reached) => {
    const key = aKey({ workspaces: ["ws_1", "ws_2"], member: aMember(role, [...has]) });
    expect(rightsOf(key, POLICY).workspaces).toEqual(new Set(reached));
  });

  test("a key that acts as its organization keeps its workspaces, whatever its member has", () => {
    const key = aKey({ workspaces: ["ws_1", "ws_2"], member: aMember("member") });
    expect(rightsOf(key, AS_ORGANIZATION).workspaces).toEqual(new Set(["ws_1", "ws_2"]));
  });
});

describe("for every key", () => {
  const names = fc.subarray([...everyScope, ...Object.keys(POLICY.bundles), "unknown:read"]);
  const anyKey = fc
    .record({
      scopes: names,
      role: fc.constantFrom("owner", "admin", "member", "other"),
      permission: fc.constantFrom("full-access" as const, "read-only" as const),
      reach: fc.constantFrom("organization" as const, "workspace" as const),
    })
    .map(({ role, ...key }) => aKey({ ...key, member: aMember(role) }));
  const anyPolicy = fc.constantFrom(POLICY, AS_ORGANIZATION);

  test("effective scopes lie within its scopes, its role, its permission and its reach", () => {
    fc.assert(
      fc.property(anyKey, anyPolicy, (key, policy) => {
        const granted = expand(key.scopes, policy.resources, policy.bundles);
        const ceiling = expand(policy.roles[key.member?.role ?? ""]?.scopes ?? [], policy.resources, policy.bundles);
        for (const scope of rightsOf(key, policy).effective) {
          expect(granted).toContain(scope);
          if (policy.actAs === "member") expect(ceiling).toContain(scope);
          if (key.permission === "read-only") expect(actionOf(scope)).toBe("read");
          if (key.reach === "workspace") expect(["teammates:write", "teammates:delete"]).not.toContain(scope);
        }
      }),
    );
  });

  test("one more scope never takes another away", () => {
    fc.assert(
      fc.property(anyKey, anyPolicy, names, (key, policy, more) => {
        const before = rightsOf(key, policy).effective;
        const after = rightsOf({ ...key, scopes: [...key.scopes, ...more] }, policy).effective;
        expect(before.isSubsetOf(after)).toBe(true);
      }),
    );
  });

  test("a scope is effective exactly if nothing lacks it", () => {
    fc.assert(
      fc.property(anyKey, anyPolicy, (key, policy) => {
        const rights = rightsOf(key, policy);
        for (const scope of [...everyScope, "integrations:write" as const]) {
          expect(rights.lacking(scope).length === 0).toBe(rights.effective.has(scope));
        }
      }),
    );
  });
});
