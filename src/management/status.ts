import { readStatus, type Status } from "../control/operate/status.ts";
import { isRefusal } from "../errors.ts";
import { KINDS } from "../store/retention.ts";
import { operation } from "./operation.ts";

export const status = [
  operation({
    method: "get",
    path: "/v1/status",
    name: "readStatus",
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
