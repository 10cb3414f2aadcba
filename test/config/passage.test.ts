import { describe, expect, test } from "vitest";
import { compile } from "../../src/config/compile.ts";
import { hintsOf } from "../../src/config/hints.ts";
import { lineOf } from "../../src/config/problems.ts";
import { problemsOfWrangler } from "../../src/config/wrangler.ts";
import { inSection } from "../../src/config/wrangler-environments.ts";
import { type Change, changed, mistakesOf } from "./base.ts";

const withHeaders = (headers: unknown) => changed({ "origins.billing.production.headers": headers });

describe("how a route's requests and answers pass", () => {
  test("has defaults", () => {
    const [route] = compile(changed()).routes;
    expect(route).toMatchObject({
      limits: { urlBytes: 16_384, headerBytes: 65_536, headerCount: 200, bodyBytes: 104_857_600 },
      timeoutSeconds: 30,
      watchRevocation: true,
      origins: { production: { rewriteLocation: false } },
    });
    expect(route?.requestIdleSeconds ?? route?.responseIdleSeconds ?? route?.rewriteLocation).toBeUndefined();
  });

  test("is as the route says, and what it leaves out stays the default", () => {
    const onRequest = () => {};
    const config = changed({ "routes.0.limits": { bodyBytes: 10 }, "routes.0.timeoutSeconds": 5 });
    const [first, ...rest] = config.routes;
    const [route] = compile({ ...config, routes: [{ ...(first as object), onRequest } as never, ...rest] }).routes;
    expect(route).toMatchObject({ limits: { bodyBytes: 10, urlBytes: 16_384 }, timeoutSeconds: 5, onRequest });
  });

  test("has the route's form of refusals, or else the gateway's", () => {
    const [ofRoute, ofGateway] = [() => ({ body: "route" }), () => ({ body: "gateway" })];
    const { routes, onRefusal } = compile(changed({ "routes.0.onRefusal": ofRoute, onRefusal: ofGateway }));
    expect([routes[0]?.onRefusal, routes[1]?.onRefusal, onRefusal]).toEqual([ofRoute, ofGateway, ofGateway]);
    expect(compile(changed()).onRefusal).toBeUndefined();
  });

  test.each([
    [{ "routes.0.limits": { bodyBytes: 0 } }, "routes.0.limits.bodyBytes"],
    [{ "routes.0.limits": { bodyBytes: 600_000_000 } }, "routes.0.limits.bodyBytes"],
    [{ "routes.0.limits": { body: 1 } }, "bodyBytes"],
    [{ "routes.0.timeoutSeconds": 0 }, "timeoutSeconds"],
    [{ "routes.0.onRequest": "no function" }, "is not a function; write (request, context)"],
    [{ "routes.0.onResponse": "no function" }, "is not a function; write (response, context)"],
    [{ "routes.0.onRefusal": "no function" }, "is not a function; write (refusal)"],
    [{ onRefusal: { body: "{}" } }, "onRefusal: is not a function; write (refusal)"],
    [{ onRefusal: async () => ({ body: {} }) }, "onRefusal: is async"],
  ])("refuses %o", (change, says) => {
    const [mistake, ...others] = mistakesOf(changed(change));
    expect(others).toEqual([]);
    const plain = says.split("; ")[0]?.replace(/^routes\.0/, "routes[0]") as string;
    expect(mistake).toContain(plain);
  });
});

describe("addresses of an origin that has a URL", () => {
  const hintsFor = (change: Change) => hintsOf(changed(change)).map(lineOf);

  test("are hinted at while neither the origin nor a route says what becomes of them", () => {
    expect(hintsFor({})).toEqual([
      expect.stringMatching(
        /^ {2}origins\.billing\.production: does not set rewriteLocation, .* of \/invoices\/\* may/,
      ),
    ]);
  });

  test.each([
    { "origins.billing.production": { url: "https://billing.test", rewriteLocation: true } },
    { "origins.billing.production": { url: "https://billing.test", rewriteLocation: false } },
    { "origins.billing.production": { service: "BILLING" } },
    Object.fromEntries([0, 1, 2, 3].map((at) => [`routes.${at}.rewriteLocation`, at > 1])),
  ])("are not, once that is said: %o", (change) => {
    expect(mistakesOf(changed(change))).toEqual([]);
    expect(hintsFor(change)).toEqual([]);
  });

  test("are hinted at for the routes that do not say it", () => {
    const change = Object.fromEntries([0, 1, 2].map((at) => [`routes.${at}.rewriteLocation`, true]));
    expect(hintsFor(change)).toEqual([expect.stringContaining("a client of /status may follow")]);
  });
});

describe("the headers of an origin", () => {
  test("are texts, or secrets that wrangler.toml requires", () => {
    const config = withHeaders({ Authorization: "Basic x", "X-Api-Key": { secret: "BILLING_KEY" } });
    expect(mistakesOf(config)).toEqual([]);
    const told = (secrets: unknown) => problemsOfWrangler(config, { secrets }).map(lineOf).join("\n");
    const missing = 'is a secret that wrangler.toml does not require: "BILLING_KEY"';
    expect(told({ required: ["KEYGATE_PEPPERS"] })).toContain(missing);
    expect(told(undefined)).toContain(missing);
    expect(told({ required: ["BILLING_KEY"] })).not.toContain("BILLING_KEY");
  });

  test("name, for a missing secret of an environment, its list and the command that sets it there", () => {
    const config = withHeaders({ "X-Api-Key": { secret: "BILLING_KEY" } });
    const lines = problemsOfWrangler(config, {}).map((problem) => lineOf(inSection(problem, "staging")));
    expect(lines.find((line) => line.includes("BILLING_KEY"))).toContain(
      'Add "BILLING_KEY" to the list "required" under [env.staging.secrets] of wrangler.toml, and set it: npx wrangler secret put BILLING_KEY --env staging',
    );
  });

  test.each([
    "Keygate-Role",
    "x_keygate_role",
    "Connection",
    "Upgrade",
    "Host",
    "Content-Length",
    "X-Forwarded-For",
    "Traceparent",
    "Cookie",
  ])("are never %s", (name) => {
    expect(mistakesOf(withHeaders({ [name]: "x" }))).toEqual([expect.stringContaining(`is reserved: "${name}"`)]);
  });

  test.each([[{ "X-A": { secret: "lower" } }], [{ "X-A": 1 }], [{ "not a name": "x" }]])("are not %o", (headers) => {
    expect(mistakesOf(withHeaders(headers)).length).toBe(1);
  });

  test("are on one line each", () => {
    expect(mistakesOf(withHeaders({ "X-A": "two\nlines" }))).toEqual([expect.stringContaining("has a line break")]);
  });
});
