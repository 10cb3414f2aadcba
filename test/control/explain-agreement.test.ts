import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Explanation } from "../../src/control/explain/explanation.ts";
import type { Question } from "../../src/control/explain/request.ts";
import type { Code } from "../../src/errors.ts";
import { buildPlane, gateway, PRODUCTION, requestWith, SANDBOX, send } from "../gateway/plane.ts";
import { granted } from "../helpers/control.ts";
import {
  addSecret,
  migrate,
  newClient,
  newSecret,
  peppers,
  type Seed,
  type SeededKey,
  seedKey,
} from "../helpers/workerd.ts";
import { explainTo } from "./explain.ts";

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2040, 4, 31, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A request with a key, and what is wrong with them. */
interface Attempt {
  seed: Seed;
  base: string;
  path: string;
  method: string;
  headers: Record<string, string>;
  credential: keyof typeof CREDENTIALS;
  address: string | undefined;
  /** A good request comes before. */
  used: boolean;
}

const CREDENTIALS = {
  good: (secret: string) => `Bearer ${secret}`,
  none: () => undefined,
  basic: (secret: string) => `Basic ${secret}`,
  spaced: (secret: string) => `Bearer  ${secret}`,
  cut: (secret: string) => `Bearer ${secret.slice(0, -1)}`,
  long: () => `Bearer ${"a".repeat(300)}`,
  foreign: () => `Bearer ${newSecret("sk_live")}`,
  twice: (secret: string) => `Bearer ${secret}, Bearer ${secret}`,
  unknown: () => `Bearer ${newSecret()}`,
};

const GOOD: Attempt = {
  seed: {},
  base: SANDBOX,
  path: "/files/a",
  method: "GET",
  headers: {},
  credential: "good",
  address: undefined,
  used: false,
};

const filled = (text: string, key: SeededKey) =>
  text.replaceAll("SECRET", key.secret).replaceAll("WORKSPACE", key.workspaceIds[0] as string);

interface Verdict {
  status: number;
  code: string | null;
  detail: string | undefined;
  fix: string | null | undefined;
}

/** What the gateway holds of a limit is told by the next question, so that the authority may count some seconds more. */
const withoutSeconds = (text: string) => text.replace(/\d+ s\./, "N s.");

async function answerTo(request: Request, address = newClient()): Promise<Verdict> {
  const response = await send(buildPlane(), request, { address });
  if (response.status < 400) return { status: response.status, code: null, detail: undefined, fix: null };
  const { code, detail, fix } = (await response.json()) as { code: string; detail: string; fix: string };
  return { status: response.status, code, detail: withoutSeconds(detail), fix };
}

async function explanationOf(question: Question): Promise<{ verdict: Verdict; explanation: Explanation }> {
  const explanation = granted(await explainTo(gateway, question));
  const { allowed, status, code, detail, fix } = explanation.decision;
  const told = allowed ? undefined : withoutSeconds(detail);
  return { explanation, verdict: { status: status ?? 200, code, detail: told, fix } };
}

/** The answer of the gateway, which the explanations have foretold. */
async function compare(attempt: Attempt): Promise<Verdict> {
  const key = await seedKey(attempt.seed);
  const url = attempt.base + filled(attempt.path, key);
  const given = Object.entries(attempt.headers).map(([name, value]) => [name, filled(value, key)]);
  const authorization = CREDENTIALS[attempt.credential](key.secret);
  const headers: Record<string, string> = Object.fromEntries(given);
  const sent = authorization === undefined ? headers : { ...headers, Authorization: authorization };
  const { method } = attempt;
  const about = { method, url, clientAddress: attempt.address };
  if (attempt.used) await answerTo(requestWith(key, "/files/a"), attempt.address);
  const explained = [await explanationOf({ ...about, headers: sent })];
  if (attempt.credential === "good") {
    explained.push(await explanationOf({ ...about, headers, key: key.secret }));
    explained.push(await explanationOf({ ...about, headers, keyId: key.id }));
  }
  const answer = await answerTo(new Request(url, { method, headers: sent }), attempt.address);
  for (const { verdict, explanation } of explained) {
    expect(verdict).toEqual(answer);
    expect(JSON.stringify(explanation)).not.toContain(key.secret.slice(8, 16));
    checkSteps(explanation);
  }
  return answer;
}

/** The decision is one of the refusals among the steps, and without any there is a way to the origin. */
function checkSteps({ decision, steps }: Explanation): void {
  const refused = steps.flatMap(({ outcome, code }) => (outcome === "refused" ? [code] : []));
  if (!decision.allowed) expect(refused).toContain(decision.code);
  else if (decision.status === null) expect([refused, steps.at(-1)?.outcome]).toEqual([[], "passed"]);
  expect(steps.map(({ check }) => check)).toEqual([...new Set(steps.map(({ check }) => check))]);
}

const endSecret = async (secret: string) =>
  env.DB.prepare("UPDATE api_key_secrets SET expires_at = 2 WHERE hash = ?")
    .bind(await peppers[0].hash(secret))
    .run();
const onePerHour = { limits: { rates: [{ name: "hourly", limit: 1, window: 3_600 }] } };
const onePerMonth = { limits: { quotas: [{ name: "monthly", limit: 1, per: "month" as const }] } };
const preflight = { Origin: "https://app.test", "Access-Control-Request-Method": "GET" };

const HANDSHAKE = {
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

const cases: [Code, Partial<Attempt>][] = [
  ["unknown_host", { base: "https://elsewhere.test/v1" }],
  ["https_required", { base: SANDBOX.replace("https:", "http:") }],
  ["url_too_long", { path: `/files/${"a".repeat(17_000)}` }],
  ["url_too_long", { path: `/files/${'"'.repeat(6_000)}` }],
  ["path_ambiguous", { path: `/files/%${"25".repeat(4_000)}41` }],
  ["headers_too_large", { headers: { Cookie: "a".repeat(70_000) } }],
  ["body_too_large", { method: "POST", headers: { "Content-Length": "104857601" } }],
  ["websocket_handshake_invalid", { method: "POST", headers: HANDSHAKE }],
  ["websocket_handshake_invalid", { headers: { ...HANDSHAKE, "Sec-WebSocket-Version": "8" } }],
  ["websocket_handshake_invalid", { path: "/status", headers: { Upgrade: "WebSocket" }, credential: "none" }],
  ["credentials_in_url", { path: "/files/a?key=SECRET" }],
  ["credentials_in_url", { path: "/status?key=SECRET" }],
  ["credentials_in_url", { path: "/files/SECRET" }],
  ["credentials_in_url", { path: "/files/a?x=Bearer%2520SECRET" }],
  ["credentials_missing", { credential: "none" }],
  ["credentials_malformed", { credential: "basic" }],
  ["credentials_malformed", { credential: "cut" }],
  ["credentials_repeated", { credential: "twice" }],
  ["key_unknown", { credential: "unknown" }],
  ["key_revoked", { seed: { revokedAt: 2 } }],
  ["key_expired", { seed: { expiresAt: 2 } }],
  ["organization_suspended", { seed: { organizationStatus: "suspended" } }],
  ["member_inactive", { seed: { memberRemovedAt: 2 } }],
  ["key_disabled", { seed: { disabledAt: 2 } }],
  ["plan_unknown", { seed: { plan: "gold" } }],
  ["environment_mismatch", { seed: { environment: "production" } }],
  ["address_forbidden", { seed: { allowedAddresses: ["203.0.113.0/24"] }, address: "192.0.2.1" }],
  ["no_such_route", { path: "/nowhere" }],
  ["method_not_allowed", { path: "/vault", method: "PUT" }],
  ["path_ambiguous", { path: "/signatures/..%2fvault" }],
  ["path_ambiguous", { path: "/signatures/VAULT/1" }],
  ["path_ambiguous", { path: "/signatures/vault.json" }],
  ["workspace_forbidden", { seed: { reach: "workspace" }, path: "/reports?Work.Space=ws_other" }],
  ["query_ambiguous", { path: "/reports?workspace%00=ws_1" }],
  ["query_ambiguous", { path: "/reports?workspace=ws_1;x" }],
  ["workspace_forbidden", { seed: { reach: "workspace" }, path: "/workspaces/ws_other/folders/1" }],
  ["workspace_repeated", { path: "/reports?workspace=ws_1&workspace=ws_2" }],
  [
    "workspace_forbidden",
    { seed: { reach: "workspace" }, path: "/uploads", headers: { "X-Workspace-Id": "ws_other" } },
  ],
  ["scope_missing", { seed: { permission: "read-only" }, method: "DELETE" }],
  ["rate_exceeded", { seed: onePerHour, used: true }],
  ["quota_exceeded", { seed: onePerMonth, used: true }],
];

describe("an explanation agrees with the gateway", () => {
  test.each(cases)("on %s", async (code, attempt) => {
    expect((await compare({ ...GOOD, ...attempt })).code).toBe(code);
  });

  test.each<[string, number, Partial<Attempt>]>([
    ["a good request", 200, {}],
    ["a public route, whatever the credential is", 200, { path: "/status", credential: "basic" }],
    [
      "a preflight of a route that allows it, even with a key in its URL",
      204,
      {
        method: "OPTIONS",
        path: "/pages/1?key=SECRET",
        headers: preflight,
        credential: "none",
      },
    ],
    ["a WebSocket handshake", 200, { headers: HANDSHAKE }],
    ["another upgrade, which is ignored", 200, { method: "POST", headers: { Upgrade: "websocket, h2c" } }],
    ["a workspace in reach", 200, { seed: { reach: "workspace" }, path: "/spaces/WORKSPACE/a" }],
    ["an allowed address", 200, { seed: { allowedAddresses: ["203.0.113.0/24"] }, address: "203.0.113.9" }],
    ["a limit that is not used up", 200, { seed: onePerHour }],
  ])("on %s", async (_, status, attempt) => {
    expect((await compare({ ...GOOD, ...attempt })).status).toBe(status);
  });

  test("on a secret that was rotated out, while the key's id stands for the one that lives", async () => {
    const key = await seedKey();
    const old = newSecret();
    await addSecret(key.id, old);
    await endSecret(old);
    const question = { method: "GET", url: `${SANDBOX}/files/a` };
    const { verdict } = await explanationOf({ ...question, key: old });
    const request = requestWith({ ...key, secret: old }, "/files/a");
    expect(verdict).toEqual(await answerTo(request));
    expect(verdict.code).toBe("key_expired");
    expect((await explanationOf({ ...question, keyId: key.id })).verdict.code).toBeNull();
  });

  test("on whatever is wrong at once", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(attempts, async (attempt) => void (await compare(attempt))),
      { numRuns: 150 },
    );
  });
});

/** Mostly the first, so that what comes late is reached too. */
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(usual, ...others) });

const seeds: fc.Arbitrary<Seed> = fc
  .record({
    environment: mostly<Seed["environment"]>("sandbox", "production"),
    reach: fc.constantFrom<Seed["reach"]>("organization", "workspace"),
    memberWorkspaces: mostly<number | undefined>(undefined, 0),
    permission: fc.constantFrom<Seed["permission"]>("full-access", "read-only"),
    role: fc.constantFrom("owner", "member"),
    scopes: mostly(["admin"], ["read:all"], ["vault:read"], ["folders:read", "folders:write"]),
    plan: mostly<string | undefined>(undefined, "gold"),
    limits: fc.constantFrom(undefined, onePerHour.limits, onePerMonth.limits),
    allowedAddresses: mostly<string[]>([], ["203.0.113.0/24"], ["2001:db8::/32", "192.0.2.7"]),
    expiresAt: mostly<number | undefined>(undefined, 2),
    disabledAt: mostly<number | undefined>(undefined, 2),
    revokedAt: mostly<number | undefined>(undefined, 2),
    memberRemovedAt: mostly<number | undefined>(undefined, 2),
    organizationStatus: mostly<Seed["organizationStatus"]>("active", "suspended"),
  })
  .map((seed) => Object.fromEntries(Object.entries(seed).filter(([, value]) => value !== undefined)));

const attempts: fc.Arbitrary<Attempt> = fc.record({
  seed: seeds,
  base: mostly(
    SANDBOX,
    PRODUCTION,
    SANDBOX.replace("https:", "http:"),
    "https://elsewhere.test",
    "https://sandbox.test/v2",
  ),
  path: fc.constantFrom(
    "/files/a",
    "/files/a?x=1",
    "/signatures/1",
    "/signatures/vault/1",
    "/signatures/..%2fvault",
    "/vault",
    "/teammates/1",
    "/workspaces/WORKSPACE/folders/1",
    "/workspaces/ws_other/folders/1",
    "/reports?workspace=WORKSPACE",
    "/reports?workspace=ws_other;workspace=WORKSPACE",
    "/reports?work[space=ws_other",
    "/reports?workspace=WORKSPACE;a%00=1",
    "/signatures/VAULT/1",
    "/files/a%2525SECRET",
    "/uploads",
    "/status",
    "/pages/1",
    "/nowhere",
    "/status?key=SECRET",
    "/files/a?token=Bearer%20SECRET",
  ),
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"),
  headers: mostly<Record<string, string>>(
    {},
    preflight,
    { "X-Workspace-Id": "WORKSPACE" },
    HANDSHAKE,
    { x_workspace_id: "ws_other" },
    { Cookie: "a".repeat(70_000) },
  ),
  credential: mostly<keyof typeof CREDENTIALS>("good", ...(Object.keys(CREDENTIALS) as (keyof typeof CREDENTIALS)[])),
  // Many, for each may cause only so many look-ups.
  address: fc
    .tuple(mostly("203.0.113.", "198.51.100.", "2001:db8:0:"), fc.nat(255))
    .map(([network, host]) => (network.includes(":") ? `${network}${host}::1` : `${network}${host}`)),
  used: fc.boolean(),
});
