/** A key's own limits: in words, and as a change leaves them. */

import type { OwnLimits } from "../../domain/key.ts";
import { grouped, list } from "../terminal/render.ts";

type Rate = OwnLimits["rates"][number];

export function limitsInWords({ rates, quotas }: OwnLimits): string {
  const each = [
    ...rates.map((rate) => `${rate.name}: ${rateInWords(rate)}`),
    ...quotas.map(({ name, limit, per }) => `${name}: ${grouped(limit)} per ${per}`),
  ];
  return list(each, "none");
}

/** Leaves out a burst that is the same as the limit, which is the default. */
export function rateInWords({ limit, window, burst = limit }: Omit<Rate, "name">): string {
  return `${grouped(limit)} in ${window} s${burst === limit ? "" : `, burst ${grouped(burst)}`}`;
}

/** The API replaces all limits at once: what a change does not name is copied from the current ones. */
export function changedLimits(now: OwnLimits | null, { rates, quotas }: Partial<OwnLimits>): Partial<OwnLimits> {
  const burstOf = (name: string) => now?.rates.find((rate) => rate.name === name)?.burst;
  const kept = (rate: Rate) => ({ ...rate, burst: rate.burst ?? burstOf(rate.name) });
  return { rates: rates?.map(kept) ?? now?.rates, quotas: quotas ?? now?.quotas };
}
