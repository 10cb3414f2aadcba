/** Audit events as lines of a file. */

import { renderAuditEvent } from "../../management/wire/audit.ts";
import type { AuditEvent } from "../../store/audit.ts";

const COLUMNS = ["at", "action", "target", "actor", "via", "details", "request_id", "id", "organization_id"] as const;

export const CSV_HEADER = `${COLUMNS.join(",")}\r\n`;

/** https://www.rfc-editor.org/rfc/rfc4180 */
export function csvLineOf(event: AuditEvent): string {
  const rendered = renderAuditEvent(event);
  const cells = COLUMNS.map((name) => (name === "details" ? JSON.stringify(rendered.details) : String(rendered[name])));
  return `${cells.map(cellOf).join(",")}\r\n`;
}

/**
 * Spreadsheets run a cell that begins with one of these as a formula, even in quotes.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
export function cellOf(text: string): string {
  const harmless = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

export function jsonLineOf(event: AuditEvent): string {
  return `${JSON.stringify(renderAuditEvent(event))}\n`;
}
