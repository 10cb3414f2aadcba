import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/config/compile.ts";
import { CONFIG } from "../gateway/config.ts";
import { buildPlane, requestWith, SANDBOX, send } from "../gateway/plane.ts";
import { migrate, newClient, type SeededKey, seedKey } from "../helpers/workerd.ts";

const APP = "https://app.test";
const OTHER = "https://other.test";

interface Rules {
  readonly origins: "*" | string[];
  readonly credentials?: boolean;
  readonly headers?: string[];
}
const ofApp: Rules = { origins: [APP], credentials: true, headers: ["X-Page"] };
const ofBoth: Rules = { origins: [APP, OTHER] };
const ofAll: Rules = { origins: "*" };
/** By path: who can read what, for each method, or for all others. */
const TABLE: Record<string, Record<string, Rules | "none">> = {
  "/app": { any: ofApp },
  "/all": { any: ofAll },
  "/mixed": { GET: ofBoth, POST: ofApp, DELETE: "none" },
  "/own": { any: "none" },
};
const ALL = [ofApp, ofBoth, ofAll];
const gateway = compile({
  ...CONFIG,
  routes: Object.entries(TABLE).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, cors]) => ({
      path,
      origin: "api",
      resource: "folders",
      ...(method !== "any" && { methods: [method] }),
      ...(cors !== "none" && { cors }),
    })),
  ),
});
function ruleOf(path: string, method: string): Rules | "none" | undefined {
  const methods = TABLE[path];
  // HEAD is GET without the content.
  return methods?.[method] ?? (method === "HEAD" ? methods?.GET : undefined) ?? methods?.any;
}

/** Whether the page can read an answer to which these rules apply, with its visitor's cookies sent along or not. */
function mayRead(rules: readonly Rules[], page: string, withCookies: boolean): boolean {
  const listing = rules.filter(({ origins }) => origins !== "*" && origins.includes(page));
  if (listing.length > 0) return !withCookies || listing.some(({ credentials }) => credentials);
  return !withCookies && rules.some(({ origins }) => origins === "*");
}

/** https://fetch.spec.whatwg.org/#cors-check */
function passesCorsCheck({ headers }: Response, page: string, withCookies: boolean): boolean {
  const origin = headers.get("Access-Control-Allow-Origin");
  if (origin === null) return false;
  if (!withCookies && origin === "*") return true;
  if (origin !== page) return false;
  return !withCookies || headers.get("Access-Control-Allow-Credentials") === "true";
}

/** https://fetch.spec.whatwg.org/#cors-preflight-fetch */
function passesPreflight(response: Response, asked: Asked): boolean {
  const { page, method, headerNames, withCookies } = asked;
  if (!passesCorsCheck(response, page, withCookies) || !response.ok) return false;
  const listOf = (name: string) => (response.headers.get(name) ?? "").split(",").map((text) => text.trim());
  const methods = listOf("Access-Control-Allow-Methods");
  const isSafe = ["GET", "HEAD", "POST"].includes(method);
  if (!isSafe && !methods.includes(method) && (withCookies || !methods.includes("*"))) return false;
  const allowed = listOf("Access-Control-Allow-Headers").map((name) => name.toLowerCase());
  return headerNames.every(
    (name) => allowed.includes(name) || (name !== "authorization" && !withCookies && allowed.includes("*")),
  );
}

interface Asked {
  readonly path: string;
  readonly method: string;
  readonly page: string;
  readonly withCookies: boolean;
  /** In lower case and sorted, as browsers send them. */
  readonly headerNames: readonly string[];
}

/** https://fetch.spec.whatwg.org/#origin-header: a serialized origin, or null; and what no browser sends. */
const page = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(APP, OTHER) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("https", "http"), fc.domain(), fc.option(fc.integer({ min: 1, max: 65_535 })))
      .map(([scheme, host, port]) => `${scheme}://${host}${port === null ? "" : `:${port}`}`),
  },
  { weight: 1, arbitrary: fc.constant("null") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(`${APP}:443`, `${APP}/`, `${APP}.evil.test`, "http://app.test", "https://APP.test", "*"),
  },
  { weight: 1, arbitrary: fc.constantFrom(`${APP} ${OTHER}`, `${APP}, ${OTHER}`, "app.test", "https://") },
);
const asked: fc.Arbitrary<Asked> = fc.record({
  path: fc.constantFrom(...Object.keys(TABLE), "/nowhere", "/app/..%2fown"),
  method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"),
  page,
  withCookies: fc.boolean(),
  headerNames: fc.subarray(["authorization", "content-type", "x-other", "x-page"]).map((names) => names.toSorted()),
});
/** What an origin says of CORS by itself. */
const said = fc.record({
  "Access-Control-Allow-Origin": fc.option(fc.oneof(fc.constantFrom("*", "null", APP, OTHER), page), {
    nil: undefined,
  }),
  "Access-Control-Allow-Credentials": fc.option(fc.constantFrom("true", "false"), { nil: undefined }),
  "Access-Control-Expose-Headers": fc.option(fc.constant("X-Of-The-Origin"), { nil: undefined }),
  "Access-Control-Allow-Private-Network": fc.option(fc.constant("true"), { nil: undefined }),
  Vary: fc.option(fc.constantFrom("Accept", "Origin", "Accept, Origin", "*"), { nil: undefined }),
});

function headersOf(values: Record<string, string | undefined>): Headers {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Headers(given);
}

let key: SeededKey;
const address = newClient();
beforeAll(async () => {
  await migrate();
  key = await seedKey();
});

function planeSaying(headers: Headers) {
  return buildPlane({ originFetch: async () => new Response(null, { headers }), gateway });
}

const RUNS = { numRuns: 300 };

describe("for every request that a page can send,", () => {
  test("its answer can be read by the pages that the rules allow, and by no other, whatever the origin says", async () => {
    const check = async ({ path, method, page, withCookies }: Asked, own: Headers, isKnown: boolean) => {
      const plane = planeSaying(own);
      const init = { method, headers: { Origin: page } };
      const request = isKnown ? requestWith(key, path, init) : new Request(`${SANDBOX}${path}`, init);
      const response = await send(plane, request, { address });
      const rule = ruleOf(path, method);
      const isOurs = plane.sent.length === 0;
      if (!isOurs && rule === "none") {
        const straight = new Response(null, { headers: own });
        expect(passesCorsCheck(response, page, withCookies)).toBe(passesCorsCheck(straight, page, withCookies));
        return;
      }
      const rules = rule && rule !== "none" ? [rule] : ALL;
      expect(passesCorsCheck(response, page, withCookies)).toBe(mayRead(rules, page, withCookies));
      expect(response.headers.get("Access-Control-Expose-Headers") ?? "").not.toContain("X-Of-The-Origin");
      expect(response.headers.has("Access-Control-Allow-Private-Network")).toBe(false);
      // What a cache keeps for one page must not reach another.
      const varied = (response.headers.get("Vary") ?? "").toLowerCase().split(/\s*,\s*/);
      expect(varied.filter((name) => name === "origin" || name === "*")).toHaveLength(1);
    };
    await fc.assert(fc.asyncProperty(asked, said.map(headersOf), fc.boolean(), check), RUNS);
  });

  test("its preflight passes where its route allows it, and then no other route's origin gets the request", async () => {
    const check = async (question: Asked) => {
      const { path, method, page, withCookies, headerNames } = question;
      const plane = planeSaying(new Headers());
      const preflight = new Request(`${SANDBOX}${path}`, {
        method: "OPTIONS",
        headers: {
          Origin: page,
          "Access-Control-Request-Method": method,
          ...(headerNames.length > 0 && { "Access-Control-Request-Headers": headerNames.join(",") }),
        },
      });
      const passes = passesPreflight(await send(plane, preflight, { address }), question);
      expect(plane.sent).toEqual([]);
      const rule = ruleOf(path, method);
      if (rule && rule !== "none") {
        const allowed = ["authorization", "content-type", ...(rule.headers ?? []).map((name) => name.toLowerCase())];
        const isAllowed = headerNames.every((name) => allowed.includes(name));
        expect(passes).toBe(isAllowed && mayRead([rule], page, withCookies));
      } else if (passes) {
        await send(plane, requestWith(key, path, { method, headers: { Origin: page } }), { address });
        expect(plane.sent).toEqual([]);
      }
    };
    await fc.assert(fc.asyncProperty(asked, check), RUNS);
  });
});
