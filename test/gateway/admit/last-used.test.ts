/** One rule: the last use of a key is the last request with it while it works, whatever the answer was, on either plane. */

import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import { settleCollector } from "../../authority/collect.ts";
import { migrate, type Seed, type SeededKey, seedKey } from "../../helpers/workerd.ts";
import { CONTROL, worker } from "../../management/call.ts";

const send = (url: string, { secret }: SeededKey) =>
  worker.fetch(url, { headers: { Authorization: `Bearer ${secret}` } });
const toOrigin = (path: string) => (key: SeededKey) => send(`https://sandbox.example.com/v1${path}`, key);
const toManagement = (key: SeededKey) => send(`${CONTROL}/v1/whoami`, key);

const CASES: [
  what: string,
  seed: Seed,
  use: (key: SeededKey) => Promise<Response>,
  code: string | undefined,
  counts: boolean,
][] = [
  ["a call of the management API", {}, toManagement, undefined, true],
  ["a request without the scope", { scopes: ["folders:read"] }, toOrigin("/signatures"), "scope_missing", true],
  ["a request to no route", {}, toOrigin("/nowhere"), "no_such_route", true],
  [
    "a request from another address",
    { allowedAddresses: ["203.0.113.9"] },
    toOrigin("/signatures"),
    "address_forbidden",
    true,
  ],
  ["a disabled key", { disabledAt: 1 }, toOrigin("/signatures"), "key_disabled", false],
  ["a revoked key", { revokedAt: 1 }, toOrigin("/signatures"), "key_revoked", false],
  ["an expired key", { expiresAt: 2 }, toOrigin("/signatures"), "key_expired", false],
  ["the key of a removed member", { memberRemovedAt: 1 }, toOrigin("/signatures"), "member_inactive", false],
  [
    "the key of a suspended organization",
    { organizationStatus: "suspended" },
    toOrigin("/signatures"),
    "organization_suspended",
    false,
  ],
  ["a key of an unknown plan", { plan: "gold" }, toOrigin("/signatures"), "plan_unknown", false],
  ["a disabled key that calls the management API", { disabledAt: 1 }, toManagement, "key_disabled", false],
  ["a revoked key that calls the management API", { revokedAt: 1 }, toManagement, "key_revoked", false],
];

const seen = new Map<string, { key: SeededKey; code: string | undefined }>();

async function lastUse(what: string): Promise<number | null> {
  const row = await env.DB.prepare("SELECT last_used_at FROM api_keys WHERE id = ?")
    .bind(seen.get(what)?.key.id)
    .first<number>("last_used_at");
  return row ?? null;
}

/** All in one report of the isolate, so that those which are no use had their chance when the others are in D1. */
beforeAll(async () => {
  await migrate();
  for (const [what, seed, use] of CASES) {
    const key = await seedKey(seed);
    const answer = await use(key);
    seen.set(what, { key, code: ((await answer.json()) as { code?: string }).code });
  }
  const used = CASES.filter(([, , , , counts]) => counts).map(([what]) => what);
  await vi.waitFor(
    async () => {
      await settleCollector(0);
      expect(await Promise.all(used.map(lastUse))).not.toContain(null);
    },
    { timeout: 30_000, interval: 500 },
  );
}, 60_000);

test.for(CASES)("%s", async ([what, , , code, counts]) => {
  expect(seen.get(what)?.code).toBe(code);
  expect((await lastUse(what)) !== null).toBe(counts);
});
