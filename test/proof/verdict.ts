/** What leases promise, held against what truly happened. */

import type { Rate } from "../../src/domain/bucket.ts";
import { LEASE_MARGIN_MS } from "../../src/domain/lease.ts";
import { type Limits, limitsOf } from "../../src/domain/limits.ts";
import { type Quota, startOfPeriod } from "../../src/domain/quota.ts";
import { overQuota, overRate } from "../domain/reference.ts";
import { gateway } from "./gateway.ts";
import type { Admission, History, Refused } from "./simulator.ts";

/** For a few requests, with 1 % more by the authority's clock. */
const KEPT_SHORTLY_MS = 20_200;

/** Every broken promise; none, if all is well. */
export function verdict(history: History): string[] {
  return [...overAdmissions(history), ...admissionsOnOldRecords(history), ...overlongWaits(history)];
}

/** `lower`: tokens by which every limit is looked at as if it were that much lower. */
export function overAdmissions(history: History, lower = 0): string[] {
  const { admissions, records, versions } = history;
  const limits = records.map(({ record }) => limitsOf(undefined, record.limits));
  const ofEach = records.flatMap(({ record }, index) => {
    const spends = admissions.filter(({ version }) => version === record.version);
    return versions ? [] : violations(lowered(limits[index] as Limits, lower), spends);
  });
  // While limits change, leases of before are still spent, and versions take turns: then the widest of them holds.
  const wide = lowered(widest(versions ?? limits), lower);
  return [...ofEach, ...violations(wide, admissions), ...overQuotasInAll(wide, history)];
}

function violations({ rates, quotas }: Limits, spends: readonly Admission[]): string[] {
  const times = spends.map(({ byAuthority }) => byAuthority.time);
  const readings = spends.map(({ byAuthority }) => byAuthority.reading);
  return [...rates.map((rate) => overRate(rate, times)), ...quotas.map((quota) => overQuota(quota, readings))].filter(
    (violation) => violation !== undefined,
  );
}

/** A clock that comes back from later periods may have been wrong there: so what was spent there counts in this one too. */
function overQuotasInAll({ quotas }: Limits, { admissions, refusals }: History): string[] {
  const requests = [
    ...admissions.map(({ at, byAuthority }) => ({ at, reading: byAuthority.reading, spent: 1 })),
    ...refusals.map(({ at, reading }) => ({ at, reading, spent: 0 })),
  ].sort((a, b) => a.at - b.at);
  return quotas.flatMap(({ name, limit, per }) => {
    const visits = requests.map(({ reading, spent }) => ({ start: startOfPeriod(per, reading), spent }));
    return [...new Set(visits.map(({ start }) => start))].flatMap((start) => {
      let first = visits.findIndex((visit) => visit.start === start);
      while (first > 0 && (visits[first - 1]?.start as number) > start) first -= 1;
      const last = visits.findLastIndex((visit) => visit.start === start && visit.spent > 0);
      const counted = visits.slice(first, last + 1).filter((visit) => visit.start >= start);
      const spent = counted.reduce((sum, visit) => sum + visit.spent, 0);
      return spent > limit ? [`${name}: ${spent} until the ${per} from ${start} was over`] : [];
    });
  });
}

/** After the authority knew of a change, the record of before may act for one ttl and the margin. */
function admissionsOnOldRecords({ admissions, records }: History): string[] {
  const endOf = new Map(
    records.map(({ record }, index) => [record.version, Math.min(...records.slice(index + 1).map(({ from }) => from))]),
  );
  return admissions.flatMap(({ at, version }) => {
    const lateness = at - (endOf.get(version) as number);
    return lateness > gateway.leaseTtlMs + LEASE_MARGIN_MS ? [`${version} was used ${lateness} ms after its end`] : [];
  });
}

const lowered = ({ rates, quotas }: Limits, by: number): Limits => ({
  rates: rates.map((rate) => ({ ...rate, burst: rate.burst - by })),
  quotas: quotas.map((quota) => ({ ...quota, limit: quota.limit - by })),
});

/** One rate of each, whichever, bound all of them together; and so do the quotas of one period. */
function widest(all: readonly Limits[]): Limits {
  const [first, ...others] = all.map(({ rates }) => rates);
  const rates = others.reduce(
    (wider, rates) => wider.flatMap((one) => rates.map((other) => widerRate(one, other))),
    first ?? [],
  );
  const quotas = PERIODS.flatMap((per) => {
    const limits = all.map(({ quotas }) =>
      Math.min(...quotas.filter((quota) => quota.per === per).map(({ limit }) => limit)),
    );
    const limit = Math.max(...limits);
    return Number.isFinite(limit) ? [{ name: per, limit, per }] : [];
  });
  return { rates, quotas };
}

const PERIODS = ["hour", "day", "month"] as const;

function widerRate(a: Rate, b: Rate): Rate {
  const faster = a.limit / a.window > b.limit / b.window ? a : b;
  return { ...faster, burst: Math.max(a.burst, b.burst) };
}

/**
 * Nobody waits longer than until every lease is over and one token is back, wherever the authority's clock has been. Where a version has
 * a lower limit, it waits until it has more tokens than it holds for what is kept of the wider one.
 */
function overlongWaits({ refusals, records, versions, feedAnswers }: History): string[] {
  const limits = versions ?? records.map(({ record }) => limitsOf(undefined, record.limits));
  const rates = limits.flatMap(({ rates }) => rates);
  const isKept = versions !== undefined && feedAnswers > 0;
  const heldMs = isKept ? KEPT_SHORTLY_MS : gateway.leaseTtlMs;
  const backMs = Math.max(
    ...rates.map(({ limit, window, burst }) => Math.ceil(((isKept ? burst : 1) * window * 1000) / limit)),
  );
  return refusals.flatMap(({ at, refusal }) => {
    if (refusal.code !== "rate_exceeded") return [];
    const overlong = refusal.retryAfterMs > heldMs + LEASE_MARGIN_MS + backMs;
    return overlong ? [`at ${at} told to wait for ${refusal.retryAfterMs} ms`] : [];
  });
}

/**
 * Refusals that nothing justifies where one isolate alone holds leases and nothing goes wrong: by a quota that had a token
 * left, of a request that had waited as told, or for any other reason than a limit.
 */
export function falseRefusals({ admissions, refusals, records }: History, travelMs: number): string[] {
  const { quotas } = limitsOf(undefined, (records[0] as History["records"][number]).record.limits);
  const usedUp = ({ per, limit }: Quota, at: number) => {
    const start = startOfPeriod(per, at - travelMs);
    return admissions.filter((spend) => spend.at >= start && spend.at <= at).length >= limit;
  };
  const isJust = ({ at, refusal, inVain }: Refused) =>
    !inVain &&
    (refusal.code === "rate_exceeded" ||
      (refusal.code === "quota_exceeded" && quotas.some((quota) => usedUp(quota, at))));
  return refusals.filter((refused) => !isJust(refused)).map(({ at, refusal }) => `${refusal.code} at ${at}`);
}
