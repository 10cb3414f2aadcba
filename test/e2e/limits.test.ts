import { setTimeout as wait } from "node:timers/promises";
import { describe, test } from "vitest";
import type { Gateway } from "../helpers/gateway.ts";
import { bearing, type Key, type KeyFields, seed } from "../helpers/seed.ts";
import { BOTH, origins } from "./shared.ts";

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly policy: string | undefined;
  /** Seconds, as the header has it. */
  readonly retryAfter: string | null;
  readonly rateLimit: string | null;
  readonly rateLimitPolicy: string | null;
}

async function ask(gateway: Gateway, key: Key): Promise<Answer> {
  const response = await fetch(`${gateway.base("sandbox")}/signatures/1`, { headers: bearing(key) });
  const body = (await response.json()) as { code?: string; violated_policies?: string[] };
  return {
    status: response.status,
    code: body.code,
    policy: body.violated_policies?.[0],
    retryAfter: response.headers.get("retry-after"),
    rateLimit: response.headers.get("ratelimit"),
    rateLimitPolicy: response.headers.get("ratelimit-policy"),
  };
}

/** All at once; how long it took beside the answers. */
async function wave(gateway: Gateway, key: Key, count: number): Promise<{ answers: Answer[]; tookMs: number }> {
  const begunAt = performance.now();
  const answers = await Promise.all(Array.from({ length: count }, () => ask(gateway, key)));
  return { answers, tookMs: performance.now() - begunAt };
}

const admitted = (answers: Answer[]) => answers.filter(({ status }) => status === 200);
const refused = (answers: Answer[]) => answers.filter(({ status }) => status !== 200);

async function keyWith(gateway: Gateway, limits: KeyFields["limits"]): Promise<Key> {
  return (await seed(gateway)).key({ limits });
}

/** https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11 */
const LEFT = /^"(?<policy>[a-z]+)";r=(?<remaining>\d+);t=(?<reset>\d+)$/;

origins();

describe.for(BOTH)(
  "Limits are exact, and what a client is told of them is true: $server",
  { concurrent: true, timeout: 60_000 },
  ({ gateway }) => {
    test("200 requests at once on a burst of 50 admit 50, and 50 again once it has come back", async ({ expect }) => {
      // While nothing comes back, exactly 50.
      const slow = await keyWith(gateway, { rates: [{ name: "burst", limit: 50, window: 86_400 }] });
      expect(admitted((await wave(gateway, slow, 200)).answers).length).toBe(50);

      const [limit, window] = [50, 3];
      const tokenMs = (window / limit) * 1000;
      const key = await keyWith(gateway, { rates: [{ name: "burst", limit, window }] });
      for (const round of [1, 2]) {
        const { answers, tookMs } = await wave(gateway, key, 200);
        for (const answer of refused(answers)) {
          expect(answer).toMatchObject({ status: 429, code: "rate_exceeded", policy: "burst" });
          expect(Number(answer.retryAfter)).toBeGreaterThanOrEqual(1);
        }
        expect(admitted(answers).length).toBeGreaterThanOrEqual(limit);
        // No more than comes back while the answers are on their way.
        expect(admitted(answers).length - limit).toBeLessThanOrEqual(Math.floor(tookMs / tokenMs));
        if (round === 1) await wait(window * 1000);
      }
    });

    test.for([
      { limit: 1, window: 1 },
      { limit: 2, window: 3 },
      { limit: 3, window: 4 },
    ])("a client that waits exactly Retry-After is admitted: $limit per $window s", async (rate, { expect }) => {
      const refusalOf = async (key: Key, limit: number): Promise<Answer> => {
        const { answers } = await wave(gateway, key, limit + 2);
        // A wave can take so long that a token comes back for each.
        return refused(answers).at(-1) ?? refusalOf(key, limit);
      };
      const client = async (begins: number) => {
        const key = await keyWith(gateway, { rates: [{ name: "rate", ...rate }] });
        // Each at another fraction of a second.
        await wait(begins * 200);
        for (let round = 0; round < 2; round++) {
          const { retryAfter } = await refusalOf(key, rate.limit);
          expect(retryAfter).toMatch(/^[1-9]\d*$/);
          await wait(Number(retryAfter) * 1000);
          expect(await ask(gateway, key)).toMatchObject({ status: 200 });
        }
      };
      await Promise.all([0, 2].map(client));
    });

    test("what one limit refuses spends nothing of the other", async ({ expect }) => {
      const [quick, slow] = [
        { name: "quick", limit: 20, window: 4 },
        { name: "slow", limit: 40, window: 4000 },
      ];
      const shortWave = async (): Promise<{ key: Key; answers: Answer[] }> => {
        const key = await keyWith(gateway, { rates: [quick, slow] });
        // Fewer than the slow one has, so that it refuses none.
        const { answers } = await wave(gateway, key, slow.limit - 2);
        // In a long wave, enough comes back for the quick one to refuse none either.
        return refused(answers).length > 0 ? { key, answers } : shortWave();
      };
      const { key, answers } = await shortWave();
      expect(new Set(refused(answers).map(({ policy }) => policy))).toEqual(new Set(["quick"]));
      await wait(quick.window * 1000);
      // Now the quick one is whole again, and the slow one is what the client is told of.
      const spent = admitted(answers).length + 1;
      const { rateLimit } = await ask(gateway, key);
      expect(LEFT.exec(rateLimit ?? "")?.groups).toMatchObject({ policy: "slow", remaining: `${slow.limit - spent}` });
    });

    test("every answer names all limits of the key, and how far off the nearest is", async ({ expect }) => {
      const key = await keyWith(gateway, {
        rates: [
          { name: "minute", limit: 3, window: 60 },
          { name: "hour", limit: 100, window: 3600 },
        ],
      });
      for (const remaining of ["2", "1", "0", "0"]) {
        const { rateLimit, rateLimitPolicy } = await ask(gateway, key);
        expect(rateLimitPolicy).toBe('"minute";q=3;w=60, "hour";q=100;w=3600');
        expect(LEFT.exec(rateLimit ?? "")?.groups).toMatchObject({ policy: "minute", remaining });
      }
    });

    test("a quota admits so many in its calendar period, and names the start of the next", async ({ expect }) => {
      const key = await keyWith(gateway, { quotas: [{ name: "month", limit: 5, per: "month" }] });
      const { answers } = await wave(gateway, key, 12);
      expect(admitted(answers).length).toBe(5);
      const now = new Date();
      const untilNextMonth = (Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - now.getTime()) / 1000;
      for (const answer of refused(answers)) {
        expect(answer).toMatchObject({ status: 429, code: "quota_exceeded", policy: "month" });
        expect(Math.abs(Number(answer.retryAfter) - untilNextMonth)).toBeLessThan(5);
      }
    });

    test("a key without limits is not counted, and is told of none", async ({ expect }) => {
      const { answers } = await wave(gateway, await (await seed(gateway)).key(), 100);
      expect(admitted(answers).length).toBe(100);
      expect(answers[0]).toMatchObject({ rateLimit: null, rateLimitPolicy: null });
    });

    test("a key on a plan has the plan's limits, or its own where they are lower", async ({ expect }) => {
      const tenant = await seed(gateway);
      const own = { rates: [{ name: "minute", limit: 7, window: 60 }] };
      expect((await ask(gateway, await tenant.key({ plan: "free" }))).rateLimitPolicy).toBe('"minute";q=60;w=60');
      expect((await ask(gateway, await tenant.key({ plan: "free", limits: own }))).rateLimitPolicy).toBe(
        '"minute";q=7;w=60',
      );
    });
  },
);
