/** The key that the request shows, if the caller can see it. Any other key counts as unknown. */

import { readCredential } from "../../decide/credentials.ts";
import { type KeyRecord, knowsSecret, secretExpired } from "../../domain/key.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { readKeyRecord } from "../../store/key-records.ts";
import { findKey } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { notFound } from "../validation.ts";

export interface Shown {
  readonly record: KeyRecord;
  /** Of the secret that is shown. */
  readonly secretHash: string;
}

export const SEEING_KEYS = "api_keys:read";

/** With a secret that still works, if it has one. */
export async function shownById(control: Control, caller: Caller, id: string): Promise<Shown | Refusal> {
  const key = await findKey(control, caller, id, SEEING_KEYS);
  if (isRefusal(key)) return key;
  const record = await readKeyRecord(control.db, key.environment, id);
  if (!record) return notFound("key");
  const now = control.now();
  const living = record.secrets.find(({ hash }) => !secretExpired(record, hash, now));
  return { record, secretHash: (living ?? record.secrets[0])?.hash ?? "" };
}

export async function shownByCredential(control: Control, caller: Caller, headers: Headers): Promise<Shown | Refusal> {
  const credential = readCredential(headers, control.gateway) ?? { code: "credentials_missing" };
  if (isRefusal(credential)) return credential;
  const found = await control.findSecret(credential.secret);
  if (isRefusal(found)) return found;
  if (!found || isRefusal(await findKey(control, caller, found.keyId, SEEING_KEYS))) return { code: "key_unknown" };
  const record = await readKeyRecord(control.db, credential.environment, found.keyId);
  return record && knowsSecret(record, found.hash) ? { record, secretHash: found.hash } : { code: "key_unknown" };
}
