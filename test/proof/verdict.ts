/** What leases promise, held against what truly happened. */

import type { Rate } from "../../src/domain/bucket.ts";
import { LEASE_MARGIN_MS } from "../../src/domain/lease.ts";
import { type Limits, limitsOf } from "../../src/domain/limits.ts";
import { type Quota, startOfPeriod } from "../../src/domain/quota.ts";
import { violations } from "../domain/reference.ts";
import { gateway } from "./gateway.ts";
import type { History, Refused } from "./simulator.ts";

/** Every broken promise; none, if all is well. */
export function verdict(history: History): string[] {
  return [...overAdmissions(history), ...admissionsOnOldRecords(history)];
}

/** `lower`: tokens by which every limit is looked at as if it were that much lower. */
export function overAdmissions({ admissions, records }: History, lower = 0): string[] {
  const limits = records.map(({ record }) => lowered(limitsOf(undefined, record.limits), lower));
  const ofEach = records.flatMap(({ record }, index) => {
    const spends = admissions.filter(({ version }) => version === record.version).map(({ at }) => at);
    return violations(limits[index] as Limits, spends);
  });
  // While limits change, leases of before are still spent: then at least the widest of them holds.
  const all = admissions.map(({ at }) => at);
  return [...ofEach, ...violations(limits.reduce(widest), all)];
}

/** After the authority knew of a change, the record of before may act for one ttl and the margin. */
function admissionsOnOldRecords({ admissions, records }: History): string[] {
  const endOf = new Map(
    records.map(({ record }, index) => [record.version, records[index + 1]?.from ?? Number.POSITIVE_INFINITY]),
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

/** All records of a world have the same limits by name, only wider or narrower. */
function widest(a: Limits, b: Limits): Limits {
  return {
    rates: a.rates.map((rate, index) => widerRate(rate, b.rates[index] as Rate)),
    quotas: a.quotas.map((quota, index) => widerQuota(quota, b.quotas[index] as Quota)),
  };
}

function widerRate(a: Rate, b: Rate): Rate {
  const faster = a.limit / a.window > b.limit / b.window ? a : b;
  return { ...faster, burst: Math.max(a.burst, b.burst) };
}

const widerQuota = (a: Quota, b: Quota): Quota => (a.limit > b.limit ? a : b);

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
