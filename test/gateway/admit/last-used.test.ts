/** One rule: the last use of a key is the last request with it while it works, whatever the answer was, on either plane. */

import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { authorityOf } from "../../authority/ask.ts";
import { migrate, type Seed, type SeededKey, seedKey } from "../../helpers/workerd.ts";
import { CONTROL, worker } from "../../management/call.ts";

beforeAll(migrate);
afterEach(() => {
  vi.useRealTimers();
});

const send = (url: string, { secret }: SeededKey) =>
  worker.fetch(url, { headers: { Authorization: `Bearer ${secret}` } });
const toOrigin = (path: string) => (key: SeededKey) => send(`https://sandbox.example.com/v1${path}`, key);
const toManagement = (key: SeededKey) => send(`${CONTROL}/v1/whoami`, key);

/** Isolates report within ten seconds, authorities write within a minute. */
async function lastUse(key: SeededKey): Promise<number | null> {
  await runDurableObjectAlarm(authorityOf(key));
  const row = await env.DB.prepare("SELECT last_used_at FROM api_keys WHERE id = ?")
    .bind(key.id)
    .first<number>("last_used_at");
  return row ?? null;
}

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

test.for(CASES)("%s", async ([, seed, use, code, counts]) => {
  const key = await seedKey(seed);
  const answer = await use(key);
  expect(((await answer.json()) as { code?: string }).code).toBe(code);
  expect((await lastUse(key)) !== null).toBe(counts);
});
