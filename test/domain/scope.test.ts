import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actionOf, expand, isScope, resourceOf, scopesOf } from "../../src/domain/scope.ts";
import { aResource, FULL_RESOURCES, POLICY, READ_ONLY_RESOURCES } from "./fixtures.ts";

const { resources, bundles } = POLICY;
const scopes = (...names: string[]) => [...expand(names, resources, bundles)].sort();

const everyScope = scopesOf(resources);
const isManagement = (scope: string) => ["api_keys", "usage"].includes(resourceOf(scope as "a:b"));
const ordinary = everyScope.filter((scope) => !isManagement(scope));

describe("scopes", () => {
  test("each action of each resource is a scope, and nothing else is", () => {
    expect(everyScope).toHaveLength(FULL_RESOURCES.length * 3 + READ_ONLY_RESOURCES.length + 4);
    expect(everyScope.every((scope) => isScope(scope, resources))).toBe(true);
  });

  test.each([
    "integrations:write",
    "integrations:delete",
    "financial_documents:write",
    "financial_documents:delete",
    "unknown:read",
    "folders:",
    ":read",
    "folders",
    "",
    ":",
    "folders:read:read",
    " folders:read",
    "Folders:read",
    "constructor:name",
    "__proto__:read",
    "toString:length",
    "read:all",
  ])("%j is no scope, and stands for nothing unless a bundle has its name", (name) => {
    expect(isScope(name, resources)).toBe(false);
    expect(expand([name], resources, {})).toEqual(new Set());
  });

  test("a scope comes apart into the resource and the action that it was made of", () => {
    for (const scope of everyScope) expect(`${resourceOf(scope)}:${actionOf(scope)}`).toBe(scope);
  });
});

describe("bundles", () => {
  test("read:all reads everything that is not management", () => {
    expect(scopes("read:all")).toEqual(ordinary.filter((scope) => actionOf(scope) === "read").sort());
  });

  test("write:all writes everything that is neither administrative nor management, and deletes nothing", () => {
    const names = ["emails", "signatures", "smart_fields", "folders", "assets", "marketing_campaigns"];
    expect(scopes("write:all")).toEqual(names.map((name) => `${name}:write`).sort());
  });

  test("admin contains every scope there is, read:all and write:all with it, so that stacking adds nothing", () => {
    expect(scopes("admin")).toEqual([...everyScope].sort());
    expect(scopes("admin", "read:all", "write:all")).toEqual(scopes("admin"));
  });

  test("no bundle makes a resource writable that can only be read", () => {
    for (const name of READ_ONLY_RESOURCES) {
      expect(scopes(...Object.keys(bundles)).filter((scope) => scope.startsWith(`${name}:`))).toEqual([`${name}:read`]);
    }
  });

  test.each(["read", "write", "delete", "*"])(
    "a bundle of every %s covers no management resource unless it says so",
    (every) => {
      const bundle = { every, administrative: true, management: false };
      expect([...expand(["b"], resources, { b: bundle })].filter(isManagement)).toEqual([]);
      expect([...expand(["b"], resources, { b: { ...bundle, management: true } })].filter(isManagement)).toEqual(
        everyScope.filter((scope) => isManagement(scope) && (every === "*" || actionOf(scope) === every)),
      );
    },
  );

  test("a bundle of management alone leaves administrative resources out, whatever else it covers", () => {
    const open = aResource(["read"], { management: true });
    const guarded = aResource(["read"], { management: true, administrative: true });
    const bundle = { every: "*", administrative: false, management: true };
    expect(expand(["b"], { open, guarded }, { b: bundle })).toEqual(new Set(["open:read"]));
  });
});

describe("expansion", () => {
  const names = fc.subarray([...everyScope, ...Object.keys(bundles), "unknown:read", "nothing"]);

  test("never yields what is not a scope", () => {
    fc.assert(fc.property(names, (some) => scopes(...some).every((scope) => isScope(scope, resources))));
  });

  test("of two lists together is that of each, joined", () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        expect(scopes(...a, ...b)).toEqual([...new Set([...scopes(...a), ...scopes(...b)])].sort());
      }),
    );
  });
});
