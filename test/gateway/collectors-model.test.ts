/** What the model says of collectors, beside real isolates' reports, collectors and D1. */

import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { takeCounts } from "../../bench/workers/counting.ts";
import { collectingOf } from "../../src/cli/model/collectors.ts";
import { seeded } from "../../src/cli/model/random.ts";
import type { Entry } from "../../src/domain/log-line.ts";
import { reportAfterMs } from "../../src/domain/pace.ts";
import type { Report } from "../../src/domain/report.ts";
import { requestId } from "../../src/domain/request-id.ts";
import { Reporter } from "../../src/gateway/reports/reporter.ts";
import { RequestReports } from "../../src/gateway/reports/requests.ts";
import { authorityOf, countWrites } from "../authority/ask.ts";
import { collectorAlarm, collectorAt, instrumentCollector, reportTo } from "../authority/collect.ts";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";

/** Late, so that alarms set by this clock do not ring while a test runs. */
const START = Date.UTC(2040, 4, 30, 12);
const HOUR_MS = 3_600_000;
const COLLECTORS = 2;
const ISOLATES = 5;
const KEYS = 30;
const PER_SECOND = 3;
const HOMES = {
  collectors: COLLECTORS,
  jurisdiction: undefined,
  environments: { sandbox: { jurisdiction: undefined } },
};
/** As the model assumes. */
const FAILING = 0.02;
const ROUTES = ["/a/*", "/b/*"];

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const random = seeded(5);
const URL_ = new URL("https://api.test/a/1");

/** An isolate whose reports are sent when this test says so. */
class Isolate {
  readonly #pending: Promise<unknown>[] = [];
  readonly #counted: SeededKey[] = [];
  readonly #reporter: Reporter;
  endsAt = Number.POSITIVE_INFINITY;

  constructor(name: string, send: (collector: number, report: Report) => ReturnType<typeof reportTo>) {
    this.#reporter = new Reporter({
      ...{ send, collectors: COLLECTORS, newId: () => name, now: () => Date.now(), reportAfterMs: 0 },
      requests: new RequestReports(HOMES, false),
    });
  }

  count(key: SeededKey): void {
    if (this.#counted.length === 0) this.endsAt = Date.now() + reportAfterMs(COLLECTORS);
    this.#counted.push(key);
  }

  async report(): Promise<void> {
    for (const { id: keyId, hash, environment, organizationId } of this.#counted.splice(0)) {
      const status = random() < FAILING ? 404 : 200;
      const entry = {
        ...{ request_id: requestId(Date.now(), crypto.randomUUID()), time: Date.now(), method: "GET", status },
        ...{ environment, route: ROUTES[Math.floor(random() * ROUTES.length)], gateway_ms: Math.floor(random() * 50) },
        ...{ key_id: keyId, organization_id: organizationId, trace_id: "a".repeat(32) },
        ...{ origin: "a", origin_status: status, origin_ms: Math.floor(random() * 300) },
        ...{ request_bytes: 0, response_bytes: 2 },
      } as Entry;
      const key = { route: "/a/*", outcome: "forwarded" as const, scope: "a:read", organizationId, isUse: true };
      const waitUntil = (each: Promise<unknown>) => void this.#pending.push(each);
      this.#reporter.note({ organization: organizationId, environment }, entry, entry.time, {
        waitUntil,
        url: URL_,
      });
      this.#reporter.count({ keyId, hash, environment }, { ...key, entry }, Date.now(), waitUntil);
    }
    this.endsAt = Number.POSITIVE_INFINITY;
    await Promise.all(this.#pending.splice(0));
  }
}

test("the model counts what collectors really cause", { timeout: 120_000 }, async () => {
  const keys = await Promise.all(Array.from({ length: KEYS }, () => seedKey()));
  await countWrites(authorityOf(keys[0] as SeededKey));
  const counts = { reports: 0, alarms: 0, d1Batches: 0, d1RowsWritten: 0 };
  const isolates = Array.from(
    { length: ISOLATES },
    (_, n) =>
      new Isolate(`isolate-${n}`, (collector, report) => {
        counts.reports += 1;
        return reportTo(collector, report);
      }),
  );
  for (let collector = 0; collector < COLLECTORS; collector++) {
    await instrumentCollector(collector, async (name, go) => {
      const results = (await go()) as { meta: { rows_written: number } }[];
      if (name === "batch") counts.d1Batches += 1;
      if (name === "batch") counts.d1RowsWritten += results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
      return results;
    });
  }

  /** Only reports and alarms change them. */
  let alarms: (number | null)[] | undefined;
  /** What is due first: the report of an isolate or the alarm of a collector. */
  async function runUntil(end: number): Promise<void> {
    for (;;) {
      const isolate = isolates.reduce((first, each) => (each.endsAt < first.endsAt ? each : first));
      alarms ??= await Promise.all(Array.from({ length: COLLECTORS }, (_, n) => collectorAlarm(n)));
      const at = Math.min(...alarms.map((alarm) => alarm ?? Number.POSITIVE_INFINITY));
      if (Math.min(isolate.endsAt, at) > end) return;
      vi.setSystemTime(Math.max(Date.now(), Math.min(isolate.endsAt, at)));
      const ringing = alarms.indexOf(at);
      alarms = undefined;
      if (isolate.endsAt <= at) await isolate.report();
      else {
        counts.alarms += 1;
        await runDurableObjectAlarm(collectorAt(ringing));
      }
    }
  }

  async function use(from: number, to: number): Promise<void> {
    for (let at = from; ; ) {
      at += (-Math.log(1 - random()) * 1_000) / PER_SECOND;
      if (at > to) return;
      await runUntil(at);
      vi.setSystemTime(Math.round(at));
      (isolates[Math.floor(random() * ISOLATES)] as Isolate).count(keys[Math.floor(random() * KEYS)] as SeededKey);
    }
  }

  await use(START, START + HOUR_MS / 2);
  takeCounts();
  const before = { ...counts };
  await use(START + HOUR_MS / 2, START + 1.5 * HOUR_MS);
  const { objectRow: rows, alarmSet: alarmSets } = takeCounts();
  const groups = [{ keys: KEYS, perSecond: PER_SECOND / KEYS }];
  const model = collectingOf(groups, {
    perSecond: PER_SECOND,
    isolates: ISOLATES,
    collectors: COLLECTORS,
    ...{ organizations: KEYS, keepsRequests: true },
  });
  const measured = { reports: counts.reports - before.reports, alarms: counts.alarms - before.alarms };
  const d1RowsWritten = counts.d1RowsWritten - before.d1RowsWritten;
  for (const [name, real] of Object.entries({ ...measured, rows, alarmSets, d1RowsWritten })) {
    const ratio = (model[name as keyof typeof model] * 3_600) / real;
    expect.soft(ratio, `${name}: ${real}`).toBeGreaterThan(0.95);
    expect.soft(ratio, `${name}: ${real}`).toBeLessThan(1.05);
  }
  expect(counts.d1Batches - before.d1Batches).toBeLessThanOrEqual(model.d1Batches * 3_600);
});
