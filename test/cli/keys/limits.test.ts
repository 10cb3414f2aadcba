import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changedLimits } from "../../../src/cli/keys/own-limits.ts";
import type { OwnLimits } from "../../../src/domain/key.ts";
import { command, KEY, startApi, TOKEN } from "../helpers.ts";

const LIMITS: OwnLimits = {
  rates: [
    { name: "minute", limit: 1_000, window: 60, burst: 90 },
    { name: "hour", limit: 5_000, window: 3_600 },
  ],
  quotas: [{ name: "day", limit: 10_000, per: "day" }],
};

/** A gateway with one key, which keeps what a change sends. */
async function run(args: string[], limits: OwnLimits | null = LIMITS) {
  const { url, calls } = await startApi(({ method, body }) => ({
    headers: { ETag: '"ver_7"' },
    body: method === "PATCH" ? { ...KEY, ...(body as object) } : { ...KEY, limits },
  }));
  const outcome = await command([...args, "--url", url, "--token", TOKEN]);
  return { ...outcome, calls };
}

const change = (...args: string[]) => ["keys", "change", KEY.id, ...args];

describe("keys change", () => {
  test.each<[args: string[], rates: object[] | undefined, quotas: object[] | undefined]>([
    [["--rates", "minute=2000/60"], [{ name: "minute", limit: 2_000, window: 60, burst: 90 }], [...LIMITS.quotas]],
    [["--rates", "minute=2000/60/7"], [{ name: "minute", limit: 2_000, window: 60, burst: 7 }], [...LIMITS.quotas]],
    [["--rates", "hour=9/3600"], [{ name: "hour", limit: 9, window: 3_600 }], [...LIMITS.quotas]],
    [["--rates", "second=9/1"], [{ name: "second", limit: 9, window: 1 }], [...LIMITS.quotas]],
    [["--quotas", "month=7/month"], [...LIMITS.rates], [{ name: "month", limit: 7, per: "month" }]],
  ])("%j keeps each burst and each kind of limit that it does not name", async (args, rates, quotas) => {
    const { code, calls } = await run(change(...args));
    expect(code).toBe(0);
    expect(calls.map(({ method, body }) => [method, body])).toEqual([
      ["GET", undefined],
      ["PATCH", { limits: { rates, quotas } }],
    ]);
    expect(calls[1]?.headers["if-match"]).toBe('"ver_7"');
  });

  test("of a key without limits sends what is named", async () => {
    const { calls } = await run(change("--rates", "minute=6/60"), null);
    expect(calls[1]?.body).toEqual({ limits: { rates: [{ name: "minute", limit: 6, window: 60 }] } });
  });

  test("is based on the version of --if-match, if there is one", async () => {
    const { calls } = await run(change("--rates", "minute=6/60", "--if-match", "ver_1"));
    expect(calls[1]?.headers["if-match"]).toBe('"ver_1"');
  });

  test("of other fields, or to no limits, is one call", async () => {
    for (const args of [["--name", "A"], ["--no-limits"]]) {
      const { calls } = await run(change(...args));
      expect(calls.map(({ method }) => method)).toEqual(["PATCH"]);
    }
  });

  test.each(["minute=60/60/", "minute=60/60/x", "minute=60/60/1/1", "minute=60", "=60/60", "minute=60/60/0x1"])(
    "takes no rate of another form: %s",
    async (rate) => {
      const { code, calls } = await run(change("--rates", rate));
      expect([code, calls]).toEqual([2, []]);
    },
  );

  const name = fc.constantFrom("a", "b", "c");
  const number = fc.integer({ min: 1, max: 100 });
  const rate = fc.record(
    { name, limit: number, window: number, burst: number },
    { requiredKeys: ["name", "limit", "window"] },
  );
  const quota = fc.record({
    name,
    limit: number,
    per: fc.constantFrom("hour" as const, "day" as const, "month" as const),
  });
  const named = { selector: (limit: { name: string }) => limit.name };
  const limits = fc.record({ rates: fc.uniqueArray(rate, named), quotas: fc.uniqueArray(quota, named) });

  test("loses no limit and no burst that it does not name, and changes what it names", () => {
    const given = fc.record(
      { rates: fc.uniqueArray(rate, named), quotas: fc.uniqueArray(quota, named) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(limits, given, (now, wanted) => {
        const { rates, quotas } = changedLimits(now, wanted);
        expect(quotas).toEqual(wanted.quotas ?? now.quotas);
        const before = new Map(now.rates.map(({ name, burst }) => [name, burst]));
        const expected = wanted.rates?.map((rate) => ({ ...rate, burst: rate.burst ?? before.get(rate.name) }));
        expect(rates).toEqual(expected ?? now.rates);
      }),
    );
  });
});

describe("a burst", () => {
  test("is shown by keys show, and not where it is the limit", async () => {
    const { stdout } = await run(["keys", "show", KEY.id]);
    expect(stdout).toMatch(/^Limits +minute: 1,000 in 60 s, burst 90, hour: 5,000 in 3600 s, day: 10,000 per day$/m);
  });

  test("is shown by keys change", async () => {
    const { stdout } = await run(change("--rates", "minute=2000/60"));
    expect(stdout).toMatch(/^Limits +minute: 2,000 in 60 s, burst 90/m);
  });

  test("is shown by limits show and limits reset", async () => {
    const state = { kind: "rate", remaining: 12.5, lent: 4, reset_ms: 47_500 };
    const data = [
      { ...state, name: "minute", limit: 60, window: 60, burst: 90 },
      { ...state, name: "hour", limit: 5_000, window: 3_600, burst: 5_000 },
      { ...state, kind: "quota", name: "day", limit: 9, per: "day" },
    ];
    const { url } = await startApi(() => ({ body: { data } }));
    for (const verb of ["show", "reset"]) {
      const { stdout } = await command(["limits", verb, KEY.id, "--url", url, "--token", TOKEN]);
      expect(stdout).toMatch(/^minute +60 in 60 s, burst 90 +12 +4 +48 s$/m);
      expect(stdout).toMatch(/^hour +5,000 in 3600 s +12 /m);
      expect(stdout).toMatch(/^day +9 per day +12 /m);
    }
  });

  test("of a new key is named with its rate", async () => {
    const create = [
      ...[
        "keys",
        "create",
        "--organization",
        KEY.organization_id,
        "--environment",
        "sandbox",
        "--reach",
        "organization",
      ],
      ...["--permission", "read-only", "--scopes", "a:read", "--name", "ci", "--rates", "minute=60/60/90,hour=5/3600"],
    ];
    const { calls } = await run(create);
    expect(calls[0]?.body).toMatchObject({
      limits: {
        rates: [
          { name: "minute", limit: 60, window: 60, burst: 90 },
          { name: "hour", limit: 5, window: 3_600 },
        ],
      },
    });
  });
});
