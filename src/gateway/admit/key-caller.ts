/**
 * A key that calls the control plane. It is found as in the data plane, but its record is read from D1, where every change is at
 * once. Its authority says whether it is revoked, because D1 can have been restored.
 */

import { unknownPlanOf } from "../../config/compile.ts";
import { addressRefusal } from "../../decide/authorize.ts";
import { readCredential } from "../../decide/credentials.ts";
import { isUse, lifeRefusal } from "../../decide/key-principal.ts";
import type { Account } from "../../decide/principal.ts";
import { type KeyRecord, knowsSecret } from "../../domain/key.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Visit } from "../visit.ts";
import type { Identity } from "./identify.ts";
import { findRecord, type Keys } from "./record.ts";

export type ReadRecord = (environment: string, keyId: string) => Promise<KeyRecord | undefined>;

export async function recordOfCaller(
  headers: Headers,
  keys: Keys,
  visit: Pick<Visit, "client" | "waitUntil">,
  readRecord: ReadRecord,
  noteUse: (account: Account, record: KeyRecord) => void,
): Promise<KeyRecord | Refusal> {
  const { gateway, identifier, now } = keys;
  const credential = readCredential(headers, gateway) ?? { code: "credentials_missing" };
  if (isRefusal(credential)) return credential;
  const first = await identifier.identify(credential, visit.client, visit.waitUntil);
  if (isRefusal(first)) return first;
  const known = await findRecord<KeyRecord>(credential, first, keys, visit, {
    read: (identity) => readKnown(identity, keys, visit.waitUntil, readRecord),
    recordIn: (record) => record,
  });
  if (isRefusal(known)) return known;
  const { found: record, identity } = known;
  const dead = lifeRefusal(record, identity.hash, gateway, now());
  if ((!dead || isUse(dead, record, now())) && unknownPlanOf(record, gateway) === undefined) noteUse(identity, record);
  return dead ?? addressRefusal(record, visit.client) ?? record;
}

/** `key_unknown` if the key has no such secret in D1. A revocation counts if D1 or the authority knows of it. */
async function readKnown(
  identity: Identity,
  { leases }: Keys,
  waitUntil: Visit["waitUntil"],
  readRecord: ReadRecord,
): Promise<KeyRecord | Refusal> {
  const [record, held] = await Promise.all([
    readRecord(identity.environment, identity.keyId),
    leases.lookAnew(identity, waitUntil),
  ]);
  if (!record || !knowsSecret(record, identity.hash)) return { code: "key_unknown" };
  if (record.revokedAt !== null) return record;
  // Any other refusal means that the authority knows of no revocation.
  if (isRefusal(held)) return held.code === "authority_unavailable" ? held : record;
  // If D1 was restored to a time before the revocation.
  return { ...record, revokedAt: held.revokedAt };
}
