import { describe, expect, test } from "vitest";
import { problemsOfCacheBefore } from "../../src/config/edge-cache.ts";
import { changed, mistakesOf } from "./base.ts";

const URL_ORIGIN = { url: "https://billing.test" };
const place = "origins.billing.production.cachePublicRoutes";

describe("caching of public routes", () => {
  test("is accepted where an origin of its own has a public route", () => {
    expect(mistakesOf(changed({ "origins.billing.production": { ...URL_ORIGIN, cachePublicRoutes: true } }))).toEqual(
      [],
    );
  });

  test("is refused where the origin serves keys alone", () => {
    const change = { "origins.billing.production": { ...URL_ORIGIN, cachePublicRoutes: true }, "routes.3": undefined };
    const { routes, ...rest } = changed(change);
    expect(mistakesOf({ ...rest, routes: routes.filter(Boolean) })).toEqual([
      `${place}: has no effect, because this origin has no public route. Leave it out: answers to keys are never cached.`,
    ]);
  });

  test("is refused for a service", () => {
    const change = { "origins.billing.production": { service: "BILLING", cachePublicRoutes: true } };
    expect(mistakesOf(changed(change))).toEqual([
      `${place}: has no effect on a service or a handler, because there is no cache in front of it. Leave it out.`,
    ]);
  });

  test("is refused for an origin that environments share", () => {
    const shared = { ...URL_ORIGIN, shared: true };
    const change = {
      "origins.billing.production": { ...shared, cachePublicRoutes: true },
      "origins.billing.sandbox": shared,
    };
    expect(mistakesOf(changed(change))).toEqual([
      `${place}: would give answers of one environment to another, because this origin is shared. Give each environment its own origin, or leave it out.`,
    ]);
  });
});

describe("a cache that would answer before the gateway", () => {
  test.each([
    [{ cache: { enabled: true } }],
    [{ cache: { enabled: true, cross_version_cache: true } }],
    [{ cache: {} }],
    [{ cache: { enabled: false }, exports: { default: { type: "worker", cache: { enabled: true } } } }],
    [{ exports: { Other: { type: "worker", cache: { enabled: true } } } }],
    [{ env: { production: { cache: { enabled: true } } } }],
    [{ cache: { enabled: false }, env: { a: {}, b: { exports: { default: { cache: { enabled: true } } } } } }],
  ])("is refused: %j", (wrangler) => {
    expect(problemsOfCacheBefore(wrangler)).toEqual([
      {
        path: "wrangler.toml",
        problem: "lets Cloudflare answer from a cache before the gateway runs (cache.enabled)",
        remedy: "Remove it: that cache ignores hosts and keys, and would give the answers to one key to anyone.",
      },
    ]);
  });

  test.each([[{}], [undefined], [{ cache: { enabled: false } }], [{ env: { a: { cache: { enabled: false } } } }]])(
    "is not there: %j",
    (wrangler) => {
      expect(problemsOfCacheBefore(wrangler)).toEqual([]);
    },
  );
});
