import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startIsolates } from "../helpers/direct.ts";
import type { RunningGateway } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, seed, type Tenant } from "../helpers/seed.ts";
import { guardingText } from "./configs/base.ts";

/** Lease ttl 2 s, plus half a second: what the documentation promises. */
const BOUND_MS = 2_500;
const ROUNDS = 3;
const ISOLATES = 3;

let origin: Origin;
let isolates: RunningGateway[];
let control: RunningGateway;
const measured: { change: string; longestMs: number }[] = [];

beforeAll(async () => {
  origin = await startOrigin();
  const port = Number(new URL(origin.url).port);
  isolates = await startIsolates(guardingText(port, port + 1), ISOLATES);
  control = isolates[0] as RunningGateway;
});
afterAll(async () => {
  console.log("How long the old rights acted, at most, after the change was answered with 200:");
  console.table(measured);
  await control?.stop();
  control?.forget();
  await origin?.stop();
});

/** A change, and the status that its key's requests have before and after. */
interface Change {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** What is so before; the key is made by then. */
  readonly prepare?: (tenant: Tenant, key: string) => Promise<void>;
  readonly change: (tenant: Tenant, key: string) => Promise<{ status: number }>;
}

const patch = (path: string, body: object) => control.manage("PATCH", path, body);
const memberOf = (tenant: Tenant) => `/v1/members/${tenant.members.owner}`;
const organizationOf = (tenant: Tenant) => `/v1/organizations/${tenant.organizationId}`;

const CHANGES: Change[] = [
  {
    name: "a revoked key",
    before: 200,
    after: 401,
    change: (_, key) => control.manage("POST", `/v1/api-keys/${key}/revoke`, {}),
  },
  {
    name: "a disabled key",
    before: 200,
    after: 401,
    change: (_, key) => control.manage("POST", `/v1/api-keys/${key}/disable`, {}),
  },
  {
    name: "a key with fewer scopes",
    before: 200,
    after: 403,
    change: (_, key) => patch(`/v1/api-keys/${key}`, { scopes: ["folders:read"] }),
  },
  {
    name: "a demoted member",
    before: 200,
    after: 403,
    change: (tenant) => patch(memberOf(tenant), { role: "guest" }),
  },
  {
    name: "a removed member",
    before: 200,
    after: 401,
    change: (tenant) => control.manage("DELETE", memberOf(tenant)),
  },
  {
    name: "a suspended organization",
    before: 200,
    after: 401,
    change: (tenant) => patch(organizationOf(tenant), { status: "suspended" }),
  },
  {
    name: "an enabled key",
    before: 401,
    after: 200,
    prepare: async (_, key) => void (await control.manage("POST", `/v1/api-keys/${key}/disable`, {})),
    change: (_, key) => control.manage("POST", `/v1/api-keys/${key}/enable`, {}),
  },
  {
    name: "a key with more scopes",
    before: 403,
    after: 200,
    prepare: async (_, key) => void (await patch(`/v1/api-keys/${key}`, { scopes: ["folders:read"] })),
    change: (_, key) => patch(`/v1/api-keys/${key}`, { scopes: ["signatures:read"] }),
  },
];

/** Requests from all isolates in turn; each with its status and the moments at which it was sent and answered. */
async function traffic(secret: string, until: () => boolean) {
  const seen: { status: number; sentAt: number; answeredAt: number }[] = [];
  const client = async (isolate: RunningGateway) => {
    while (!until()) {
      const sentAt = performance.now();
      const response = await fetch(`${isolate.base("production")}/signatures`, { headers: bearing({ secret }) });
      await response.arrayBuffer();
      seen.push({ status: response.status, sentAt, answeredAt: performance.now() });
      await sleep(15);
    }
  };
  await Promise.all(isolates.map(client));
  return seen;
}

describe("a change of rights is in force everywhere at most 2.5 s after it was answered with 200", () => {
  test.each(CHANGES)("$name", async ({ name, before, after, prepare, change }) => {
    let longestMs = 0;
    await Promise.all(
      Array.from({ length: ROUNDS }, async () => {
        const tenant = await seed(control);
        const key = await tenant.key({ environment: "production", scopes: ["signatures:read"] });
        await prepare?.(tenant, key.id);
        let done = false;
        const requests = traffic(key.secret, () => done);
        await sleep(600);
        const { status } = await change(tenant, key.id);
        const changedAt = performance.now();
        await sleep(BOUND_MS + 300);
        done = true;
        const seen = await requests;
        expect(status).toBe(200);
        const early = seen.filter(({ answeredAt }) => answeredAt < changedAt - 300);
        expect(new Set(early.map((request) => request.status))).toEqual(new Set([before]));
        const old = seen.filter((request) => request.status === before && request.sentAt > changedAt);
        const last = Math.max(0, ...old.map(({ sentAt }) => sentAt - changedAt));
        expect(last).toBeLessThanOrEqual(BOUND_MS);
        const late = seen.filter(({ sentAt }) => sentAt > changedAt + BOUND_MS);
        expect(late.length).toBeGreaterThan(0);
        expect(new Set(late.map((request) => request.status))).toEqual(new Set([after]));
        longestMs = Math.max(longestMs, last);
      }),
    );
    measured.push({ change: name, longestMs: Math.round(longestMs) });
  });

  test("a plan", async () => {
    const tenant = await seed(control);
    const key = await tenant.key({ environment: "production", scopes: ["signatures:read"] });
    await patch(organizationOf(tenant), { plan: "free" });
    const statuses = async () => {
      const headers = bearing(key);
      const all = isolates.flatMap((isolate) => Array.from({ length: 30 }, () => isolate));
      const answers = await Promise.all(
        all.map((isolate) => fetch(`${isolate.base("production")}/signatures`, { headers })),
      );
      return answers.filter(({ status }) => status === 200).length;
    };
    expect(await statuses()).toBe(60);
    const raised = await patch(organizationOf(tenant), { plan: null });
    expect(raised.status).toBe(200);
    await sleep(BOUND_MS);
    expect(await statuses()).toBe(90);
  });
});
