import { describe, expect, test } from "vitest";
import { defineGateway } from "../../src/config/types.ts";
import { mistakesOf } from "./base.ts";

const environments = {
  live: { baseUrls: ["https://api.test"], issuer: "https://api.test", keyPrefix: "kg_live" },
  trial: { baseUrls: ["https://trial.test"], issuer: "https://trial.test", keyPrefix: "kg_trial" },
};
const control = { baseUrls: ["https://keys.test"] };
const origins = { web: { live: { url: "https://web.test" }, trial: { service: "WEB" } } };
const resources = { folders: { actions: ["read", "write"] } };
const keys = { actAs: "organization" } as const;

// The type check of the tests fails where the compiler accepts what follows a `@ts-expect-error`.
describe("what the compiler refuses is refused when the configuration is read, too:", () => {
  test("an unknown resource in a route", () => {
    const config = defineGateway({
      environments,
      control,
      origins,
      resources,
      keys,
      routes: [
        { path: "/folders/*", origin: "web", resource: "folders" },
        { path: "/members/*", origin: "web", resource: "members" },
        // @ts-expect-error
        { path: "/files/*", origin: "web", resource: "files" },
      ],
    });
    expect(mistakesOf(config)).toHaveLength(1);
  });

  test("an unknown origin in a route", () => {
    const config = defineGateway({
      environments,
      control,
      origins,
      resources,
      keys,
      routes: [
        // @ts-expect-error
        { path: "/folders/*", origin: "app", resource: "folders" },
      ],
    });
    expect(mistakesOf(config)).toHaveLength(1);
  });

  test("an unknown environment of an origin", () => {
    const config = defineGateway({
      environments,
      control,
      origins: {
        web: {
          live: { url: "https://web.test" },
          trial: { service: "WEB" },
          // @ts-expect-error
          preview: { url: "https://preview.test" },
        },
      },
      resources,
      keys,
      routes: [{ path: "/folders/*", origin: "web", resource: "folders" }],
    });
    expect(mistakesOf(config)).toHaveLength(1);
  });

  test("an unknown environment of imported keys", () => {
    const config = defineGateway({
      environments,
      control,
      origins,
      resources,
      keys: {
        actAs: "organization",
        importedFormats: [
          { pattern: "old_[0-9a-f]{32}", environment: "trial" },
          // @ts-expect-error
          { pattern: "older_[0-9a-f]{32}", environment: "preview" },
        ],
      },
      routes: [{ path: "/folders/*", origin: "web", resource: "folders" }],
    });
    expect(mistakesOf(config)).toHaveLength(1);
  });

  test("an async function for refusals", () => {
    const config = defineGateway({
      environments,
      control,
      origins,
      resources,
      keys,
      routes: [
        {
          path: "/folders/*",
          origin: "web",
          resource: "folders",
          // @ts-expect-error
          onRefusal: async ({ detail }) => ({ body: { error: detail } }),
        },
      ],
      // @ts-expect-error
      onRefusal: async ({ detail }) => ({ body: { error: detail } }),
    });
    expect(mistakesOf(config)).toHaveLength(2);
  });

  test("a mistyped field", () => {
    const config = defineGateway({
      environments,
      control,
      origins,
      resources,
      keys,
      // @ts-expect-error
      routes: [{ path: "/folders/*", origin: "web", resource: "folders", methds: ["GET"] }],
    });
    expect(mistakesOf(config)).toHaveLength(1);
  });
});

test("the compiler knows what a function for refusals is given, and what it has to return", () => {
  const config = defineGateway({
    environments,
    control,
    origins,
    resources,
    keys,
    routes: [
      {
        path: "/folders/*",
        origin: "web",
        resource: "folders",
        onRefusal: ({ code, members }) => ({
          body: code === "scope_missing" ? `${members.required_scopes}` : "",
          contentType: "text/plain",
        }),
      },
      {
        methods: ["GET"],
        path: "/files/*",
        origin: "web",
        resource: "folders",
        // @ts-expect-error
        onRefusal: ({ code }) => ({ body: code === "scopes_missing" ? "" : code }),
      },
      {
        methods: ["PUT"],
        path: "/files/*",
        origin: "web",
        resource: "folders",
        // @ts-expect-error
        onRefusal: ({ status }) => ({ body: status }),
      },
      {
        methods: ["POST"],
        path: "/files/*",
        origin: "web",
        resource: "folders",
        // @ts-expect-error
        onRefusal: ({ detail }) => ({ text: detail }),
      },
    ],
    onRefusal: ({ status, code, type, title, detail, fix, requestId, retryAfter }) => ({
      body: { error: { status, code, type, title, detail, fix, requestId, retryAfter } },
    }),
  });
  expect(mistakesOf(config)).toEqual([]);
});

test("a configuration without a mistake satisfies both", () => {
  const config = defineGateway({
    environments,
    control,
    origins,
    resources,
    keys,
    routes: [{ path: "/folders/*", origin: "web", resource: "folders" }],
  });
  expect(mistakesOf(config)).toEqual([]);
});
