import * as z from "zod";
import { readStatus, type Status } from "../control/operate/status.ts";
import { isRefusal } from "../errors.ts";
import { time } from "../records/forms.ts";
import { KINDS } from "../store/retention.ts";
import { operation } from "./operation.ts";

const removed = z.strictObject(Object.fromEntries(KINDS.map((kind) => [kind, z.int()])));

const statusAnswer = z
  .strictObject({
    database: z.strictObject({
      bytes: z.int().describe("The size of the data in D1."),
      limit_bytes: z.int().describe("The most that D1 can hold, from the configuration."),
      full: z.number().describe("`bytes` as a share of `limit_bytes`."),
      oldest_audit_event_at: time.nullable(),
    }),
    retention: z
      .strictObject({ usage_days: z.int(), audit_days: z.int(), dead_key_days: z.int() })
      .describe("How long old records are kept."),
    last_cleanup: z
      .strictObject({
        started_at: time,
        ended_at: time.nullable().describe("`null` while it is running."),
        removed: removed.describe("Rows deleted because of their age."),
      })
      .nullable()
      .describe("`null` if there was none yet, or if it cannot be read."),
    record_changes: z
      .strictObject({
        looked_at: time.nullable().describe("When D1 was last asked for changes made by hand; `null` if it never was."),
        restored_at: time.nullable().describe("When D1 was last found to have been restored to an earlier time."),
      })
      .nullable()
      .describe("`null` if it cannot be read."),
  })
  .meta({ id: "Status" });

export const status = [
  operation({
    method: "get",
    path: "/v1/status",
    name: "readStatus",
    tag: "Operation",
    summary: "Show how full the database is, and when it was last asked for changes",
    description: "Only for the root token.",
    answer: statusAnswer,
    async handle({ control, caller }) {
      const state = await readStatus(control, caller);
      return isRefusal(state) ? state : { body: renderStatus(state) };
    },
  }),
];

export function renderStatus({ database, retention, lastCleanup, reconciled }: Status) {
  const { bytes, limitBytes, oldestAuditEventAt } = database;
  return {
    database: {
      bytes,
      limit_bytes: limitBytes,
      full: bytes / limitBytes,
      oldest_audit_event_at: timeOf(oldestAuditEventAt),
    },
    retention: {
      usage_days: retention.usageDays,
      audit_days: retention.auditDays,
      dead_key_days: retention.deadKeyDays,
    },
    last_cleanup: lastCleanup
      ? {
          started_at: timeOf(lastCleanup.startedAt),
          ended_at: timeOf(lastCleanup.endedAt),
          removed: Object.fromEntries(KINDS.map((kind) => [kind, lastCleanup.removed[kind] ?? 0])),
        }
      : null,
    record_changes: reconciled
      ? { looked_at: timeOf(reconciled.lookedAt), restored_at: timeOf(reconciled.restoredAt) }
      : null,
  };
}

const timeOf = (at: number | null) => (at === null ? null : new Date(at).toISOString());
