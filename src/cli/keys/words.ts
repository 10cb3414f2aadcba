/** Keys in words. */

import type { KeyAnswer } from "../../records/key.ts";
import { COMMAND, type Context, told } from "../gateway/call.ts";
import { curlOf, sampleUrl } from "../terminal/curl.ts";
import { day, hint, record, shorten, strong, table } from "../terminal/render.ts";
import { fieldsInWords } from "./fields.ts";

export type Key = KeyAnswer;

export interface CreatedKey extends Key {
  secret: string;
}

export function createdInWords(key: CreatedKey, context: Context): Promise<string> {
  return withSecret("Created.", key, context);
}

export function rotatedInWords(key: CreatedKey, context: Context): Promise<string> {
  return withSecret(told("Rotated", context), key, context);
}

async function withSecret(done: string, key: CreatedKey, context: Context): Promise<string> {
  const target = await sampleUrl(context.url, key.environment);
  const parts = [
    done,
    inWords(key, context),
    hint("The secret. Save it now: it is not shown again.", strong(key.secret)),
    ...(target ? [hint("Try it:", curlOf(target, key.secret))] : []),
  ];
  return parts.join("\n\n");
}

export function asTable(keys: Key[]): string {
  if (keys.length === 0) return hint("No keys yet. To create one:", `${COMMAND} keys create --help`);
  return table(
    ["Name", "Environment", "Scopes", "Status"],
    keys.map((key) => [
      [shorten(key.name, 36), key.id, key.hint],
      [key.environment, key.reach, key.permission],
      scopeLines(key.scopes),
      [statusOf(key), endOf(key), key.last_used_at ? `used ${day(key.last_used_at)}` : "never used"],
    ]),
  );
}

function scopeLines(scopes: string[]): string[] {
  return scopes.length > 3 ? [...scopes.slice(0, 2), `and ${scopes.length - 2} more`] : scopes;
}

function endOf({ revoked_at, expires_at }: Key): string {
  return revoked_at ? `since ${day(revoked_at)}` : `to ${day(expires_at)}`;
}

/** The other statuses name their own reason. */
function statusOf({ status, status_reason }: Key): string {
  return status === "blocked" && status_reason ? `blocked: ${status_reason}` : status;
}

export function revokedInWords(key: Key, context: Context): string {
  return `${told("Revoked", context)}\n\n${inWords(key, context)}`;
}

export function inWords(key: Key, { version }: Pick<Context, "version">): string {
  return record([...fieldsInWords(key), ["Version", version]]);
}
