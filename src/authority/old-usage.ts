/**
 * Usage as versions without collectors count it. What such an authority has stored is written to D1, hours as totals, and stays in
 * the storage: after a rollback, that version continues its hour there. What such isolates report is passed on to a collector.
 */

import type { KeyRecord } from "../domain/key.ts";
import type { Question } from "../domain/lease.ts";
import type { Report } from "../domain/report.ts";
import type { UsageHour } from "../domain/usage.ts";
import { writeHours } from "../store/usage.ts";
import type { Account } from "./account.ts";

const PREFIX = "usage/";

/** Writes what is in the storage, if D1 does not have it. */
export async function writeOldUsage(
  kv: SyncKvStorage,
  db: D1Database,
  record: KeyRecord | undefined,
  { usage, usedAt }: Account,
): Promise<void> {
  const version = `${usage?.heard.at(-1)} ${usedAt}`;
  if (!record || (!usage && usedAt === undefined) || kv.get("usage_written") === version) return;
  const ended = [...kv.list<UsageHour>({ prefix: PREFIX })];
  const hours = [...ended.map(([, hour]) => hour), ...(usage ? [usage] : [])];
  await writeHours(db, record, { hours, scopes: usage?.scopes ?? new Map(), usedAt });
  for (const [name] of ended) kv.delete(name);
  kv.put("usage_written", version);
}

/** A question of an isolate without a collector, as a report to one. */
export function reportOf(
  { usage, isUsed }: Pick<Question, "usage" | "isUsed">,
  record: KeyRecord,
  works: boolean,
): Report | undefined {
  if (!usage && !isUsed) return undefined;
  const { counts = [], scopes = [] } = usage ?? {};
  const of = { keyId: record.id, environment: record.environment, organizationId: record.organization.id };
  const sender = usage?.id ?? crypto.randomUUID();
  return { sender, number: 1, keys: [{ ...of, counts, scopes, usedMsAgo: works ? 0 : null }] };
}
