import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/config/compile.ts";
import type { OnRefusal, RefusedRequest } from "../../src/config/hooks.ts";
import { migrate, newClient, newSecret, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { CONFIG } from "./config.ts";
import { buildPlane, originsOf, requestWith, SANDBOX, send } from "./plane.ts";

let key: SeededKey;
let limited: SeededKey;
const address = newClient();
beforeAll(async () => {
  await migrate();
  key = await seedKey({ scopes: ["folders:read"] });
  limited = await seedKey({ limits: { rates: [{ name: "hourly", limit: 1, window: 3_600 }] } });
  await send(buildPlane(), requestWith(limited, "/files/a"), { address });
});

/** A gateway with this form, and the same without. `ofRoute`: for /files/:name alone. */
function planes(onRefusal: OnRefusal | undefined, ofRoute?: OnRefusal) {
  const routes = CONFIG.routes.map((route) =>
    ofRoute && route.path === "/files/:name" ? { ...route, onRefusal: ofRoute } : route,
  );
  const gateway = compile({ ...CONFIG, routes, ...(onRefusal && { onRefusal }) });
  return { own: buildPlane({ gateway }), plain: buildPlane() };
}

const asked: [what: string, request: () => Request, status: number, code: string][] = [
  ["no credentials", () => new Request(`${SANDBOX}/files/a`), 401, "credentials_missing"],
  ["an unknown key", () => requestWith({ ...key, secret: newSecret() }, "/files/a"), 401, "key_unknown"],
  ["a missing scope", () => requestWith(key, "/files/a", { method: "PUT" }), 403, "scope_missing"],
  ["a limit", () => requestWith(limited, "/files/a"), 429, "rate_exceeded"],
  ["no route", () => requestWith(key, "/nowhere"), 404, "no_such_route"],
  ["another method", () => requestWith(key, "/vault", { method: "PUT" }), 405, "method_not_allowed"],
  ["a path of two readings", () => requestWith(key, "/pages/..%2fvault"), 400, "path_ambiguous"],
  [
    "a page",
    () => requestWith(key, "/pages/1", { method: "PUT", headers: { Origin: "https://app.test" } }),
    403,
    "scope_missing",
  ],
  ["a wrong host", () => new Request("https://elsewhere.test/"), 404, "unknown_host"],
  ["plain HTTP", () => new Request("http://sandbox.test/v1/files/a"), 403, "https_required"],
  ["HEAD", () => new Request(`${SANDBOX}/files/a`, { method: "HEAD" }), 401, "credentials_missing"],
];

const problemOf = async (response: Response) => (await response.json()) as Record<string, unknown>;
const withoutType = ({ headers }: Response) =>
  [...headers].filter(([name]) => name !== "content-type" && name !== "x-request-id");

describe("a refusal in the API's own form", () => {
  test.each(asked)("for %s has the status and the headers that it has without", async (_, request, status, code) => {
    const seen: RefusedRequest[] = [];
    const { own, plain } = planes((refusal) => {
      seen.push(refusal);
      return { body: { error: { code: refusal.code } }, contentType: "application/vnd.acme+json; charset=utf-8" };
    });
    const response = await send(own, request(), { address });
    const without = await send(plain, request(), { address });
    expect([response.status, without.status]).toEqual([status, status]);
    expect(response.headers.get("Content-Type")).toBe("application/vnd.acme+json; charset=utf-8");
    expect(withoutType(response)).toEqual(withoutType(without));
    expect(await response.json()).toEqual({ error: { code } });
    const {
      request_id,
      type,
      title,
      detail,
      fix,
      status: ofProblem,
      code: _code,
      ...members
    } = await problemOf(without);
    expect(seen).toEqual([
      {
        ...{ type, title, detail, fix, code, members },
        status: ofProblem,
        requestId: response.headers.get("X-Request-Id"),
        retryAfter: without.headers.has("Retry-After") ? Number(without.headers.get("Retry-After")) : undefined,
      },
    ]);
    const log = own.lines.map((line) => JSON.parse(line));
    expect(log).toMatchObject([{ status, reason: code }]);
  });

  test("is the route's where the route has one, and else the gateway's", async () => {
    const { own } = planes(
      () => ({ body: "<error/>", contentType: "application/xml" }),
      ({ detail }) => ({ body: detail, contentType: "text/plain" }),
    );
    const bodyOf = async (path: string) => {
      const response = await send(own, new Request(`${SANDBOX}${path}`));
      return [response.headers.get("Content-Type"), await response.text()];
    };
    expect(await bodyOf("/files/a")).toEqual(["text/plain", "The request has no Authorization header."]);
    expect(await bodyOf("/vault")).toEqual(["application/xml", "<error/>"]);
    expect(await bodyOf("/nowhere")).toEqual(["application/xml", "<error/>"]);
  });

  test("can be one route's alone", async () => {
    const { own } = planes(undefined, () => ({ body: { message: "no" } }));
    const typeOf = async (path: string) =>
      (await send(own, new Request(`${SANDBOX}${path}`))).headers.get("Content-Type");
    expect(await typeOf("/files/a")).toBe("application/json");
    expect(await typeOf("/vault")).toBe("application/problem+json");
  });

  test("does not touch the answers of an origin, errors among them", async () => {
    const { own } = planes(() => ({ body: { message: "no" } }));
    const originOf = originsOf(own.gateway.routes, async () => new Response("of the origin", { status: 500 }));
    const response = await send({ ...own, originOf }, requestWith(key, "/files/a"), { address });
    expect([response.status, await response.text()]).toEqual([500, "of the origin"]);
  });

  test("cannot change what the gateway remembers of a key", async () => {
    const { own, plain } = planes(({ members }) => {
      (members.effective_scopes as string[]).push("folders:write");
      return { body: {} };
    });
    const write = () => requestWith(key, "/files/a", { method: "PUT" });
    expect((await send(own, write(), { address })).status).toBe(403);
    expect((await send(own, write(), { address })).status).toBe(403);
    expect(await problemOf(await send(plain, write(), { address }))).toMatchObject({
      effective_scopes: ["folders:read"],
    });
  });
});

const wrong: [what: string, onRefusal: () => unknown][] = [
  [
    "throws",
    () => {
      throw new Error("a mistake");
    },
  ],
  [
    "throws no error",
    () => {
      throw "a mistake";
    },
  ],
  [
    "throws what has no text",
    () => {
      throw Object.create(null);
    },
  ],
  [
    "throws an error whose stack cannot be read",
    () => {
      throw Object.defineProperty(new Error(), "stack", {
        get() {
          throw new Error("a mistake");
        },
      });
    },
  ],
  [
    "throws null",
    () => {
      throw null;
    },
  ],
  ["returns nothing", () => undefined],
  ["returns null", () => null],
  ["returns a text", () => "no"],
  ["returns a response", () => new Response("no")],
  ["returns a promise", () => Promise.resolve({ body: {} })],
  ["returns a promise that is rejected", () => Promise.reject(new Error("a mistake"))],
  ["returns a promise that never settles", () => new Promise(() => {})],
  ["returns no body", () => ({ contentType: "text/plain" })],
  ["returns null as a body", () => ({ body: null })],
  ["returns a number as a body", () => ({ body: 5 })],
  ["returns a function as a body", () => ({ body: () => ({}) })],
  ["returns a body that is no JSON", () => ({ body: { at: 1n } })],
  [
    "returns a body that holds itself",
    () => {
      const body: Record<string, unknown> = {};
      body.body = body;
      return { body };
    },
  ],
  ["returns a promise as a body", () => ({ body: Promise.resolve({}) })],
  ["returns a response as a body", () => ({ body: new Response("no") })],
  ["returns a map as a body", () => ({ body: new Map([["error", "no"]]) })],
  ["returns a stream as a body", () => ({ body: new ReadableStream() })],
  ["returns an error as a body", () => ({ body: new Error("no") })],
  ["returns bytes as a body", () => ({ body: new Uint8Array([1, 2]) })],
  ["returns a body without JSON", () => ({ body: { toJSON: () => undefined } })],
  ["returns a type that is none", () => ({ body: {}, contentType: "json" })],
  ["returns an empty type", () => ({ body: {}, contentType: "" })],
  ["returns a type with a line break", () => ({ body: {}, contentType: "text/plain\r\nSet-Cookie: a=1" })],
  ["returns a type that is no text", () => ({ body: {}, contentType: 5 })],
];

test("a body can be of a class, or have a JSON of its own", async () => {
  class ApiError {
    message = "no";
  }
  const bodyOf = async (body: object) => {
    const { own } = planes(() => ({ body }));
    return (await send(own, new Request(`${SANDBOX}/files/a`))).text();
  };
  expect(await bodyOf(new ApiError())).toBe('{"message":"no"}');
  expect(await bodyOf({})).toBe("{}");
  expect(await bodyOf(Object.create(null))).toBe("{}");
  expect(await bodyOf(["no"])).toBe('["no"]');
  expect(await bodyOf(new Date(0))).toBe('"1970-01-01T00:00:00.000Z"');
});

describe("a function that", () => {
  test.each(wrong)("%s leaves the problem document, and a line in the log", async (_, onRefusal) => {
    const { own, plain } = planes(onRefusal as OnRefusal);
    const response = await send(own, new Request(`${SANDBOX}/files/a`), { address });
    const without = await send(plain, new Request(`${SANDBOX}/files/a`), { address });
    const { request_id: id, ...problem } = await problemOf(response);
    const { request_id: _id, ...expected } = await problemOf(without);
    expect([response.status, problem]).toEqual([401, expected]);
    expect(response.headers.get("Content-Type")).toBe("application/problem+json");
    expect(withoutType(response)).toEqual(withoutType(without));
    expect(own.lines.map((line) => JSON.parse(line))).toMatchObject([
      { request_id: id, level: "error", message: expect.any(String) },
      { request_id: id, status: 401, reason: "credentials_missing" },
    ]);
  });

  test("returns whatever changes nothing but the body and its type", async () => {
    let returned: unknown;
    const { own, plain } = planes((() => returned) as unknown as OnRefusal);
    const expected = await send(plain, requestWith(limited, "/files/a"), { address });
    const anything = fc.oneof(
      fc.anything(),
      fc.record({ body: fc.anything({ withBigInt: true }), contentType: fc.anything() }, { requiredKeys: [] }),
      fc.record({ body: fc.object(), status: fc.nat(), headers: fc.object() }),
      fc.record({ body: fc.string(), contentType: fc.constantFrom("text/plain", "application/xml; a=b", "x") }),
    );
    const check = async (value: unknown) => {
      returned = value;
      own.lines.length = 0;
      const response = await send(own, requestWith(limited, "/files/a"), { address });
      expect(response.status).toBe(429);
      const lasting = (headers: Headers) =>
        ["www-authenticate", "cache-control", "set-cookie", "ratelimit-policy"].map((name) => headers.get(name));
      expect(lasting(response.headers)).toEqual(lasting(expected.headers));
      expect(Number(response.headers.get("Retry-After"))).toBeGreaterThan(0);
      const isProblem = response.headers.get("Content-Type") === "application/problem+json";
      expect(own.lines.length).toBe(isProblem ? 2 : 1);
    };
    await fc.assert(fc.asyncProperty(anything, check), { numRuns: 200 });
  });
});
