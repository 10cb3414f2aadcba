/** A model's result for people. */

import { grouped, table } from "../terminal/render.ts";
import type { Model } from "./model.ts";
import type { Operation } from "./prices.ts";

const NAMES: Readonly<Record<Operation, string>> = {
  request: "Worker requests",
  cpuMs: "Processor time, ms",
  objectRequest: "Object requests and alarms",
  objectSecond: "Object time, s",
  objectRow: "Rows written by objects",
  alarmSet: "Alarms set",
  d1RowRead: "Rows read in D1",
  d1RowWritten: "Rows written in D1",
  kvRead: "KV reads",
  kvWrite: "KV writes",
  dataPoint: "Analytics Engine data points",
};

/** The most expensive first. */
export function costTable({ perSecond, dollarsPerMillion }: Model): string {
  const operations = (Object.keys(NAMES) as Operation[])
    .filter((each) => perSecond[each] > 0)
    .sort((a, b) => dollarsPerMillion[b] - dollarsPerMillion[a]);
  const total = totalOf(dollarsPerMillion);
  const rows = operations.map((each) => [
    NAMES[each],
    amount(perSecond[each]),
    amount(perSecond[each] / perSecond.request),
    dollars(dollarsPerMillion[each]),
    barOf(dollarsPerMillion[each] / total),
  ]);
  return table(["", "a second", "a request", "$ / million requests", ""], rows);
}

export function totalOf(dollarsPerMillion: Model["dollarsPerMillion"]): number {
  return Object.values(dollarsPerMillion).reduce((sum, each) => sum + each, 0);
}

export function partsTable({ parts, traffic }: Model): string {
  return table(
    ["Part", "a second", "of its limit", "half of it at"],
    parts.map(({ name, load, limit, halfAtKeys }) => [
      name,
      amount(load),
      percent(load / limit),
      Number.isFinite(halfAtKeys)
        ? `${grouped(round(halfAtKeys))} keys`
        : `${grouped(traffic.keys)} keys or any number`,
    ]),
  );
}

export function waitsInWords({ waits, shareThatWaited, falseRefusals }: Model): string {
  const { p50, p95, p99 } = waits;
  const of = (ms: number) => (ms === 0 ? "0" : `up to ${grouped(ms)}`);
  return [
    `${percent(shareThatWaited)} of the requests wait for an authority, KV or D1.`,
    `Added latency: p50 ${of(p50)} ms, p95 ${of(p95)} ms, p99 ${of(p99)} ms.`,
    `Refused too early: ${percent(falseRefusals)}.`,
  ].join(" ");
}

export function dollars(number: number): string {
  return `$${number.toFixed(2)}`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 0)} %`;
}

export function barOf(share: number, width = 24): string {
  return "█".repeat(Math.round(Math.min(1, share) * width));
}

export function amount(number: number): string {
  return number >= 10 ? grouped(Math.round(number)) : number.toPrecision(2);
}

/** Two digits that count. */
function round(number: number): number {
  return Number(number.toPrecision(2));
}
