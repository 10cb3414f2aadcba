import { expect, test } from "vitest";
import { defineGateway } from "../../src/index.ts";
import { mistakesOf } from "./base.ts";

const rest = {
  environments: {
    production: { baseUrls: ["https://api.test"], issuer: "https://api.test", keyPrefix: "kg_live" },
    sandbox: { baseUrls: ["https://sandbox.test"], issuer: "https://sandbox.test", keyPrefix: "kg_test" },
  },
  control: { baseUrls: ["https://keys.test"] },
  resources: { folders: { actions: ["read"] } },
  keys: { actAs: "organization" as const },
};
const routes = [{ path: "/folders/*", origin: "main" as const, resource: "folders" as const }];

test("a handler serves every environment, with the options of an origin", () => {
  const config = defineGateway({ ...rest, routes, origins: { main: { handler: "app", assertion: false } } });
  expect(mistakesOf(config)).toEqual([]);
  const origin = { handler: "app", assertion: false, shared: true };
  expect(config.origins).toEqual({ main: { production: origin, sandbox: origin } });
});

test("each environment can have its own", () => {
  const main = { production: { handler: "app" }, sandbox: { handler: "playground" } };
  expect(mistakesOf(defineGateway({ ...rest, routes, origins: { main } }))).toEqual([]);
});

test("one handler in two environments is shared on purpose, or a mistake", () => {
  const main = { production: { handler: "app" }, sandbox: { handler: "app" } };
  expect(mistakesOf(defineGateway({ ...rest, routes, origins: { main } }))).toEqual([
    expect.stringContaining("origins.main.production: is the origin of another environment too"),
    expect.stringContaining("origins.main.sandbox: is the origin of another environment too"),
  ]);
});

test("what is no origin is said, also beside a handler", () => {
  const config = (main: unknown) => defineGateway({ ...rest, routes, origins: { main } } as never);
  expect(mistakesOf(config({ handler: "app", colour: "red" })).length).toBeGreaterThan(0);
  expect(mistakesOf(config(undefined))).toContain("origins.main: is missing. Add it, as an object.");
  expect(mistakesOf(config(null))).toContain("origins.main: must be an object, not null. Write an object here.");
  expect(mistakesOf(config({ handler: "" })).length).toBeGreaterThan(0);
  expect(mistakesOf(defineGateway({ ...rest, routes } as never)).length).toBeGreaterThan(0);
  expect(mistakesOf(config({ production: { handler: 1 }, sandbox: { handler: "app" } })).length).toBeGreaterThan(0);
});
