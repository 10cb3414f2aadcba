import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import gatewayConfig from "../../gateway.config.ts";
import { lineOf } from "../../src/config/problems.ts";
import { problemsOfWrangler } from "../../src/config/wrangler.ts";
import { type Change, changed } from "./base.ts";

const complete = {
  compatibility_flags: ["enable_request_signal"],
  d1_databases: [{ binding: "DB" }],
  kv_namespaces: [{ binding: "OTHER" }, { binding: "KV" }],
  durable_objects: {
    bindings: [
      { name: "AUTHORITY", class_name: "KeyAuthority" },
      { name: "COURIER", class_name: "Courier" },
    ],
  },
  ratelimits: [{ name: "LOOKUP_BUDGET" }],
  assets: { binding: "ASSETS", directory: "assets" },
  services: [{ binding: "BILLING_SANDBOX", service: "billing" }],
};

const linesFor = (wrangler: unknown) => problemsOfWrangler(changed(), wrangler).map(lineOf);

describe("wrangler.toml", () => {
  test("of this repository has all that its configuration needs", () => {
    const wrangler = parse(readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8"));
    expect(problemsOfWrangler(gatewayConfig, wrangler)).toEqual([]);
  });

  test("with every binding is accepted", () => {
    expect(linesFor(complete)).toEqual([]);
  });

  test.each([
    [
      "d1_databases",
      `  wrangler.toml: has no D1 database binding "DB". Add to wrangler.toml:
      [[d1_databases]]
      binding = "DB"
      database_name = "keygate"
      migrations_dir = "migrations"`,
    ],
    [
      "kv_namespaces",
      `  wrangler.toml: has no KV namespace binding "KV". Add to wrangler.toml:
      [[kv_namespaces]]
      binding = "KV"`,
    ],
    [
      "ratelimits",
      `  wrangler.toml: has no rate limit binding "LOOKUP_BUDGET". Add to wrangler.toml:
      [[ratelimits]]
      name = "LOOKUP_BUDGET"
      namespace_id = "4201"
      simple = { limit = 100, period = 60 }`,
    ],
    [
      "assets",
      `  wrangler.toml: has no assets binding "ASSETS". Add to wrangler.toml:
      [assets]
      binding = "ASSETS"
      directory = "node_modules/keygate/dist/assets" # in a clone of Keygate: "assets"
      run_worker_first = true`,
    ],
    [
      "services",
      `  origins.billing.sandbox.service: is a service that wrangler.toml does not bind: "BILLING_SANDBOX". Add to wrangler.toml:
      [[services]]
      binding = "BILLING_SANDBOX"
      service = "name-of-the-worker"`,
    ],
  ])("without %s is refused, with the lines to add", (table, says) => {
    expect(linesFor({ ...complete, [table]: undefined })).toEqual([says]);
  });

  test("without the Durable Objects is refused, with the lines to add for each", () => {
    expect(linesFor({ ...complete, durable_objects: undefined })).toEqual([
      `  wrangler.toml: has no Durable Object binding "AUTHORITY". Add to wrangler.toml:
      [[durable_objects.bindings]]
      name = "AUTHORITY"
      class_name = "KeyAuthority"`,
      `  wrangler.toml: has no Durable Object binding "COURIER". Add to wrangler.toml:
      [[durable_objects.bindings]]
      name = "COURIER"
      class_name = "Courier"`,
    ]);
  });

  test("without the dataset is refused if the configuration writes data points, with the lines to add", () => {
    const linesWith = (wrangler: object) =>
      problemsOfWrangler(changed({ logging: { analyticsEngine: true } }), wrangler).map(lineOf);
    const dataset = { analytics_engine_datasets: [{ binding: "ANALYTICS", dataset: "keygate" }] };
    expect(linesWith({ ...complete, ...dataset })).toEqual([]);
    expect(linesWith(complete)).toEqual([
      `  wrangler.toml: has no Analytics Engine binding "ANALYTICS". Add to wrangler.toml:
      [[analytics_engine_datasets]]
      binding = "ANALYTICS"
      dataset = "keygate"`,
    ]);
  });

  test("with a binding of another name only is refused", () => {
    expect(linesFor({ ...complete, d1_databases: [{ binding: "DATABASE" }] })).toHaveLength(1);
    expect(linesFor({ ...complete, services: [{ binding: "BILLING" }] })).toHaveLength(1);
  });

  test.each([
    ["no flags", undefined],
    ["other flags", ["nodejs_compat"]],
  ])("with %s is refused, because nothing would tell the gateway of clients that leave", (_, flags) => {
    expect(linesFor({ ...complete, compatibility_flags: flags })).toEqual([
      '  wrangler.toml: does not have the compatibility flag "enable_request_signal". Add "enable_request_signal" to compatibility_flags.',
    ]);
  });

  test("is accepted once the lines of each remedy have been added", () => {
    const { compatibility_flags } = complete;
    const problems = problemsOfWrangler(changed(), { compatibility_flags });
    const toAdd = problems.map(({ remedy }) => remedy.slice(remedy.indexOf("\n")));
    expect(toAdd).toHaveLength(7);
    expect(linesFor({ ...parse(toAdd.join("\n")), compatibility_flags })).toEqual([]);
  });

  const KEYS = "origins fetch public keys, but nothing routes";

  test.for<[what: string, change: Change, wrangler: object, refused: boolean]>([
    ["on the host of a base URL", {}, {}, false],
    ["on another host, which nothing routes", { "environments.sandbox.issuer": "https://id.test" }, {}, true],
    [
      "on a custom domain",
      { "environments.sandbox.issuer": "https://id.test" },
      { routes: [{ pattern: "id.test", custom_domain: true }] },
      false,
    ],
    [
      "on a route of another host",
      { "environments.sandbox.issuer": "https://id.test" },
      { routes: ["ids.test/*"] },
      true,
    ],
    ["below a route", { "environments.sandbox.issuer": "https://id.test/a" }, { route: "id.test/*" }, false],
    [
      "below a route of all subdomains",
      { "environments.sandbox.issuer": "https://id.test" },
      { routes: [{ pattern: "*.test/*", zone_name: "test" }] },
      false,
    ],
    ["beside the route of its base URL", {}, { routes: ["api.test/v1/*"] }, true],
    ["beside a route that covers its keys", {}, { routes: ["api.test/v1/*", "api.test/.well-known/*"] }, false],
  ])("an issuer %s", ([, change, wrangler, refused]) => {
    const lines = problemsOfWrangler(changed(change), { ...complete, ...wrangler }).map(lineOf);
    expect(lines.map((line) => line.includes(KEYS))).toEqual(refused ? [true] : []);
  });

  test.each([undefined, null, {}, { services: {} }, { durable_objects: null, services: ["x", null] }])(
    "is refused and not tripped over as %j",
    (wrangler) => {
      expect(linesFor(wrangler)).toHaveLength(8);
    },
  );
});
