/** Times, numbers and periods in words. */

import type { Limit } from "../../domain/applied-limits.ts";
import { DAY_MS, DAY_SECONDS, HOUR_MS, HOUR_SECONDS, MINUTE_MS } from "../../domain/durations.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function dayOf(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

export function momentOf(ms: number): string {
  return `${dayOf(ms)}, ${new Date(ms).toISOString().slice(11, 16)} UTC`;
}

const STEPS: readonly [limit: number, unit: number, name: string][] = [
  [HOUR_MS, MINUTE_MS, "minute"],
  [DAY_MS, HOUR_MS, "hour"],
  [60 * DAY_MS, DAY_MS, "day"],
  [Number.POSITIVE_INFINITY, 30 * DAY_MS, "month"],
];

/** Rounded to one unit. */
export function spanOf(ms: number): string {
  const size = Math.abs(ms);
  const [, unit, name] = STEPS.find(([limit]) => size < limit) as (typeof STEPS)[number];
  return plural(Math.max(1, Math.floor(size / unit)), name);
}

/** Until then: "in 7 days", also when some seconds of them are over. */
export function untilOf(ms: number, now: number): string {
  return `in ${spanOf(ms - now + MINUTE_MS)}`;
}

export function agoOf(ms: number, now: number): string {
  if (now - ms < MINUTE_MS) return "just now";
  return `${spanOf(now - ms)} ago`;
}

/** For narrow columns: "26 min ago", "3 h ago", "2 days ago". */
export function shortAgoOf(ms: number, now: number): string {
  return agoOf(ms, now)
    .replace(/minutes?/, "min")
    .replace(/hours?/, "h");
}

/** "…aB1c" of "kg_live_…aB1c": the environment says the rest. */
export function endOf(hint: string): string {
  const at = hint.lastIndexOf("…");
  return at < 0 ? hint : hint.slice(at);
}

export function number(value: number): string {
  return value.toLocaleString("en-US");
}

export function plural(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** "a", "a and b", "a, b and c" */
export function listOf(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

export function secondsOf(seconds: number): string {
  if (seconds % DAY_SECONDS === 0) return plural(seconds / DAY_SECONDS, "day");
  if (seconds % HOUR_SECONDS === 0) return plural(seconds / HOUR_SECONDS, "hour");
  return seconds % 60 === 0 ? plural(seconds / 60, "minute") : plural(seconds, "second");
}

/** "60 requests per minute", "10,000 requests per day (UTC)" */
export function limitWords(limit: Limit): string {
  const requests = plural(limit.limit, "request");
  if (limit.kind === "quota") return `${requests} per ${limit.per} (UTC)`;
  const often = `${requests} per ${secondsOf(limit.window).replace(/^1 /, "")}`;
  return limit.burst === limit.limit ? often : `${often}, ${number(limit.burst)} at once`;
}

export const REACH_WORDS = { organization: "all workspaces", workspace: "some workspaces" } as const;
export const PERMISSION_WORDS = { "full-access": "full access", "read-only": "read only" } as const;
