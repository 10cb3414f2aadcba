import { describe, expect, test } from "vitest";
import { type Stubs, stubsOf } from "../../src/authority/stubs.ts";
import { compile } from "../../src/config/compile.ts";
import type { Jurisdiction } from "../../src/domain/location.ts";
import { changed } from "../config/base.ts";

/** A namespace that answers with what was asked for. workerd has no jurisdictions. */
const namespace = (binding: string, jurisdiction?: Jurisdiction): object => ({
  jurisdiction: (inside: Jurisdiction) => namespace(binding, inside),
  idFromName: (name: string) => name,
  get: (id: string, options?: { locationHint: string }) =>
    [binding, jurisdiction ?? "anywhere", id, options?.locationHint].filter(Boolean).join(" "),
});

const stubs = (change: Parameters<typeof changed>[0]) =>
  stubsOf(
    { AUTHORITY: namespace("AUTHORITY") as never, COURIER: namespace("COURIER") as never },
    compile(changed(change)),
  );

const EVERY: Record<string, (stubs: Stubs) => unknown> = {
  production: ({ authority }) => authority("production", "key_1"),
  sandbox: ({ authority }) => authority("sandbox", "key_1"),
  account: ({ account }) => account("actor:root:all"),
  role: ({ role }) => role("tombstones"),
  collector: ({ collector }) => collector(2),
};
const placesOf = (change: Parameters<typeof changed>[0]) =>
  Object.fromEntries(Object.entries(EVERY).map(([name, get]) => [name, String(get(stubs(change))).split(" ")[1]]));

describe("an object is", () => {
  test("in no jurisdiction unless the configuration says one", () => {
    expect(new Set(Object.values(placesOf({})))).toEqual(new Set(["anywhere"]));
  });

  test("in the jurisdiction of its environment", () => {
    const rest = { sandbox: "anywhere", account: "anywhere", role: "anywhere", collector: "anywhere" };
    const change = { "environments.production.jurisdiction": "eu" };
    expect(placesOf(change)).toEqual({ production: "eu", ...rest });
  });

  test("in that of the control plane if it is of no environment", () => {
    const us = { account: "us", role: "us", collector: "us" };
    const change = { "control.jurisdiction": "us" };
    expect(placesOf(change)).toEqual({ ...us, production: "anywhere", sandbox: "anywhere" });
  });
});

describe("a collector of requests", () => {
  test("is in the jurisdiction of their environment, under the same name", () => {
    expect(String(stubs({}).collectorIn("eu", 2))).toBe("COURIER eu collector/2");
    expect(String(stubs({ "control.jurisdiction": "us" }).collectorIn(undefined, 2))).toBe(
      "COURIER anywhere collector/2",
    );
  });
});

describe("the authority of a key", () => {
  const ofKey = (id: string, change = {}) => String(stubs(change).authority("sandbox", id));

  test("is created at the location in the key's id", () => {
    expect(ofKey("key_weur_1")).toBe("AUTHORITY anywhere sandbox/key_weur_1 weur");
    expect(ofKey("key_apac_1")).toBe("AUTHORITY anywhere sandbox/key_apac_1 apac");
  });

  test("is created near its first request if the id has none", () => {
    expect(ofKey("key_1")).toBe("AUTHORITY anywhere sandbox/key_1");
  });

  test("is never created outside its jurisdiction", () => {
    const change = { "environments.sandbox.jurisdiction": "eu" };
    expect(ofKey("key_eeur_1", change)).toBe("AUTHORITY eu sandbox/key_eeur_1 eeur");
    expect(ofKey("key_wnam_1", change)).toBe("AUTHORITY eu sandbox/key_wnam_1");
  });
});
