import { env } from "cloudflare:workers";
import { compactVerify, createLocalJWKSet, jwtVerify } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../../src/config/compile.ts";
import { parseSigningKeys } from "../../../src/domain/signing-keys.ts";
import { answerJwks } from "../../../src/gateway/forward/jwks.ts";
import { signersFrom } from "../../../src/gateway/forward/signer.ts";
import { memoryReplays, requireDigest, verifyAssertion } from "../../../src/origin/index.ts";
import { migrate, newClient, type Seed, seedKey } from "../../helpers/workerd.ts";
import { base64Url } from "../../origin/issuer.ts";
import { CONFIG } from "../config.ts";
import { buildPlane, codeOf, gateway, type PlaneOptions, requestWith, SANDBOX, send } from "../plane.ts";

beforeAll(migrate);

const SECRET = env.KEYGATE_SIGNING_KEYS;
const signers = signersFrom(SECRET, () => {});
const jwksOf = (environment: string) => JSON.parse(signers.get(environment)?.jwks ?? "");

const OPTIONS = {
  issuer: "https://sandbox.test",
  audience: "api",
  fetch: async (url: string) => {
    expect(url).toBe("https://sandbox.test/.well-known/jwks.json");
    return Response.json(jwksOf("sandbox"));
  },
};

async function forwarded(path: string, init: RequestInit = {}, seed: Seed = {}, options: PlaneOptions = {}) {
  const key = await seedKey(seed);
  const plane = buildPlane(options);
  const response = await send(plane, requestWith(key, path, init), { address: newClient() });
  return { key, plane, response, sent: plane.sent[0] as Request };
}

const assertionOf = ({ headers }: Request) => headers.get("Keygate-Assertion") ?? "";

describe("the assertion of a forwarded request", () => {
  test("proves to the origin who calls, with which rights, and for which request", async () => {
    const { key, sent, response } = await forwarded(
      "/files/a",
      { method: "PUT", body: "x" },
      { scopes: ["folders:write"] },
    );
    const { claims, ...principal } = await verifyAssertion(sent, OPTIONS);
    expect(principal).toEqual({
      keyId: key.id,
      organizationId: key.organizationId,
      environment: "sandbox",
      reach: "organization",
      workspaceIds: undefined,
      memberId: key.memberId,
      role: "owner",
      scopes: ["folders:write"],
      requestId: response.headers.get("x-request-id"),
    });
    expect(claims).toMatchObject({ htm: "PUT", htu: "/base/files/a", exp: claims.iat + 60 });
    expect(Math.abs(claims.iat - Date.now() / 1000)).toBeLessThan(5);
  });

  test("is another one for a second try, for an origin that takes none twice", async () => {
    const assertions: string[] = [];
    const originFetch = async ({ headers }: Request) => {
      assertions.push(headers.get("Keygate-Assertion") ?? "");
      if (assertions.length === 1) throw new Error("the connection broke");
      return new Response("at last");
    };
    const { response } = await forwarded("/files/a", {}, {}, { originFetch });
    expect([response.status, assertions.length, new Set(assertions).size]).toEqual([200, 2, 2]);
  });

  test.each([
    ["production", true],
    ["sandbox", false],
  ] as const)("is there for every origin but those that say otherwise: %s", async (environment, isThere) => {
    const { key, sent } = await forwarded("/partner/a", {}, { environment });
    expect([sent.headers.has("Keygate-Assertion"), sent.headers.get("Keygate-Key-Id")]).toEqual([isThere, key.id]);
  });

  test("verifies with jose alone", async () => {
    const { sent } = await forwarded("/files/a");
    const { payload, protectedHeader } = await jwtVerify(assertionOf(sent), createLocalJWKSet(jwksOf("sandbox")), {
      ...{ issuer: "https://sandbox.test", audience: "api", algorithms: ["ES256"] },
      typ: "keygate-assertion+jwt",
    });
    expect(payload.htu).toBe("/base/files/a");
    expect(Object.keys(protectedHeader).sort()).toEqual(["alg", "kid", "typ"]);
  });

  test("never verifies as one of the other environment", async () => {
    const { sent } = await forwarded("/files/a");
    await expect(compactVerify(assertionOf(sent), createLocalJWKSet(jwksOf("production")))).rejects.toThrow();
  });

  test.each([
    ["its member", undefined, true],
    ["no member who was removed", 200, false],
  ] as const)("names %s where keys act as their organization", async (_, memberRemovedAt, isNamed) => {
    const organizational = compile({ ...CONFIG, keys: { ...CONFIG.keys, actAs: "organization" } });
    const { key, sent, plane } = await forwarded("/files/a", {}, { memberRemovedAt }, { gateway: organizational });
    const { claims } = await verifyAssertion(sent, OPTIONS);
    const named = isNamed ? { id: key.memberId, role: "owner" } : { id: undefined, role: undefined };
    expect({ id: claims.member, role: claims.role }).toEqual(named);
    const headers = ["Keygate-Member-Id", "Keygate-Role"].map((name) => sent.headers.get(name) ?? undefined);
    expect(headers).toEqual([named.id, named.role]);
    expect(plane.lines.map((line) => JSON.parse(line).member_id)).toEqual([named.id]);
  });

  test("names the workspaces of a key that reaches workspaces", async () => {
    const { key, sent } = await forwarded("/files/a", {}, { reach: "workspace" });
    expect((await verifyAssertion(sent, OPTIONS)).workspaceIds).toEqual([key.workspaceIds[0]]);
  });

  test.for([
    "/files/a?x=1&x=2&y=%20+%zz&empty",
    "/files/a?",
    "/files/caf%C3%A9%20",
    "/files/{a}|b",
    "/files/a?q='\"<>",
  ])("is bound to the target as the origin gets it: %s", async (path) => {
    const { sent } = await forwarded(path);
    const arrived = (url: string) => verifyAssertion({ method: sent.method, headers: sent.headers, url }, OPTIONS);
    await arrived(sent.url);
    await expect(arrived(`${sent.url}x`)).rejects.toMatchObject({ code: "target_mismatch" });
  });

  test("is another for each request", async () => {
    const key = await seedKey();
    const plane = buildPlane();
    for (let n = 0; n < 3; n++) await send(plane, requestWith(key, "/files/a"), { address: newClient() });
    const replays = memoryReplays();
    for (const sent of plane.sent) await verifyAssertion(sent, { ...OPTIONS, replays });
    await expect(verifyAssertion(plane.sent[0] as Request, { ...OPTIONS, replays })).rejects.toMatchObject({
      code: "replayed",
    });
  });

  test("is not made for a public route: the origin is told of nobody", async () => {
    const plane = buildPlane();
    await send(plane, new Request(`${SANDBOX}/status`, { headers: { "Keygate-Assertion": "forged" } }));
    expect(plane.sent[0]?.headers.has("Keygate-Assertion")).toBe(false);
  });
});

describe("the digest of the body, where a route asks for it", () => {
  const body = "the body";
  const digestOf = async (text: string) =>
    base64Url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const post = (body: BodyInit | null, headers = {}) => forwarded("/letters", { method: "POST", body, headers });

  test("is in the assertion, and the body arrives whole", async () => {
    const { sent } = await post(body, { "Content-Length": String(body.length) });
    const principal = await verifyAssertion(sent, OPTIONS);
    expect(principal.claims.digest).toBe(await digestOf(body));
    const arrived = await sent.arrayBuffer();
    expect(new TextDecoder().decode(arrived)).toBe(body);
    await requireDigest(principal, arrived);
    await expect(requireDigest(principal, new Uint8Array([1]))).rejects.toMatchObject({ code: "digest_mismatch" });
  });

  test("is that of nothing, where there is no body", async () => {
    const { sent } = await post(null);
    expect((await verifyAssertion(sent, OPTIONS)).claims.digest).toBe(await digestOf(""));
  });

  test.for([
    { what: "a streamed body", headers: {} },
    { what: "a body of more than a mebibyte", headers: { "Content-Length": String(2 ** 20 + 1) } },
  ])("is left out for $what, which then does not pass requireDigest", async ({ headers }) => {
    const { sent } = await post(body, headers);
    const principal = await verifyAssertion(sent, OPTIONS);
    await expect(requireDigest(principal, new Uint8Array())).rejects.toMatchObject({ code: "digest_missing" });
  });

  test("is left out where no route asks for it", async () => {
    const { sent } = await forwarded("/files/a", { method: "PUT", body, headers: { "Content-Length": "8" } });
    expect((await verifyAssertion(sent, OPTIONS)).claims.digest).toBeUndefined();
  });
});

describe("without an assertion, nothing is forwarded", () => {
  const { production } = parseSigningKeys(SECRET);
  const unusable = { sandbox: production?.map((key, n) => ({ ...key, y: key.x, kid: `k${n}` })) };

  test.for<[what: string, secret: string | undefined]>([
    ["the secret is missing", undefined],
    ["the secret is empty", ""],
    ["the secret is malformed", "canary"],
    ["the environment has no keys", JSON.stringify({ production })],
    ["the key is no point of the curve", JSON.stringify(unusable)],
  ])("where %s: 503 that says when to try again, and a line in the log without the secret", async ([, secret]) => {
    const lines: string[] = [];
    const own = signersFrom(secret, (line) => lines.push(JSON.stringify(line)));
    const { response, plane } = await forwarded("/files/a", {}, {}, { signers: own });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await codeOf(response)).toBe("assertion_unavailable");
    expect(plane.sent).toEqual([]);
    lines.push(...plane.lines);
    expect(lines.some((line) => line.includes('"level":"error"'))).toBe(true);
    expect(lines.join()).not.toContain("canary");
    for (const { d } of production ?? []) expect(lines.join()).not.toContain(d);
  });

  test("public routes go on", async () => {
    const plane = buildPlane({ signers: new Map() });
    expect((await send(plane, new Request(`${SANDBOX}/status`))).status).toBe(200);
  });
});

describe("the public keys", () => {
  const ask = (url: string, method = "GET") => answerJwks({ method }, new URL(url), gateway, signers);

  test.for(["production", "sandbox"])(
    "of %s are at its issuer, with the next one, and may be kept for 5 minutes",
    async (name) => {
      const answer = ask(`${gateway.environments[name]?.issuer}/.well-known/jwks.json`) as Response;
      expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
      const { keys } = (await answer.json()) as { keys: { kid: string }[] };
      expect(keys.map(({ kid }) => kid)).toEqual(parseSigningKeys(SECRET)[name]?.map(({ kid }) => kid));
    },
  );

  test("hold no private part, whatever a key holds", async () => {
    const [key, next] = parseSigningKeys(SECRET).sandbox ?? [];
    const more = { sandbox: [{ ...key, p: "canary", q: "canary", k: "canary", oth: "canary" }, next] };
    const own = signersFrom(JSON.stringify(more), () => {});
    const text = own.get("sandbox")?.jwks ?? "";
    for (const { d } of Object.values(parseSigningKeys(SECRET)).flat()) expect(text).not.toContain(d);
    expect(text).not.toContain("canary");
    for (const each of JSON.parse(text).keys) {
      expect(Object.keys(each).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
  });

  test("are shown to HEAD without a body, and to no other method", () => {
    const url = "https://api.test/.well-known/jwks.json";
    expect((ask(url, "HEAD") as Response).body).toBeNull();
    expect(ask(url, "POST")).toEqual({ code: "method_not_allowed", allow: ["GET", "HEAD"] });
  });

  test.for([
    "http://api.test/.well-known/jwks.json",
    "https://api.test/v1/.well-known/jwks.json",
    "https://keys.test/.well-known/jwks.json",
  ])("are nowhere else: %s", (url) => {
    expect(ask(url)).toBeUndefined();
  });

  test("are refused where there are none", () => {
    const url = new URL("https://api.test/.well-known/jwks.json");
    expect(answerJwks({ method: "GET" }, url, gateway, new Map())).toEqual({ code: "assertion_unavailable" });
  });
});
