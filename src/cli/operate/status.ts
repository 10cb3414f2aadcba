/** `keygate status`: how full the database is, and when it was last asked for edits by hand. */

import type { Command } from "commander";
import { call, example } from "../gateway/call.ts";
import { count, grouped, moment, record } from "../terminal/render.ts";

interface Status {
  database: { bytes: number; limit_bytes: number; full: number; oldest_audit_event_at: string | null };
  retention: { usage_days: number; audit_days: number; dead_key_days: number };
  last_cleanup: { started_at: string; ended_at: string | null; removed: Record<string, number> } | null;
  /** Absent in the answers of 0.1.0. */
  record_changes?: { looked_at: string | null; restored_at: string | null } | null;
}

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("show how full the database is, and when it was last asked for edits by hand (root token only)")
    .addHelpText("after", example("status --json"))
    .action(call((api) => api.get<Status>("/v1/status"), statusInWords));
}

function statusInWords({ database, retention, last_cleanup, record_changes }: Status): string {
  const { bytes, limit_bytes, full, oldest_audit_event_at } = database;
  const { usage_days, audit_days, dead_key_days } = retention;
  return record([
    ["D1", `${megabytes(bytes)} of ${megabytes(limit_bytes)} (${(full * 100).toFixed(1)} %)`],
    ["Oldest audit event", moment(oldest_audit_event_at, "none")],
    ["Keeps usage for", count(usage_days, "day")],
    ["Keeps audit events for", count(audit_days, "day")],
    ["Keeps ended keys for", count(dead_key_days, "day")],
    ["Last cleanup", last_cleanup ? moment(last_cleanup.ended_at, "running now") : "none yet"],
    ["Rows deleted", last_cleanup && (rowsOf(last_cleanup.removed) || "none")],
    ["Looked for edits by hand", record_changes && moment(record_changes.looked_at, "not yet")],
    ["Restore found", record_changes && moment(record_changes.restored_at, "none")],
  ]);
}

function rowsOf(removed: Record<string, number>): string {
  const some = Object.entries(removed).filter(([, rows]) => rows > 0);
  return some.map(([kind, rows]) => `${kind.replaceAll("_", " ")} ${grouped(rows)}`).join(", ");
}

function megabytes(bytes: number): string {
  return `${grouped(Math.ceil(bytes / 1_000_000))} MB`;
}
