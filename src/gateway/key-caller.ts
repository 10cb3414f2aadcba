/** A key that calls the control plane: found as in the data plane, and read from D1 itself, so that no change is waited for. */

import { type KeyRecord, knowsSecret, lifelessnessOf, secretExpired } from "../domain/key.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { addressRefusal } from "./authorize.ts";
import { readCredential } from "./credentials.ts";
import type { DataPlane, Visit } from "./data-plane.ts";
import type { Identity } from "./identify.ts";

export type ReadRecord = (environment: string, keyId: string) => Promise<KeyRecord | undefined>;

export async function recordOfCaller(
  headers: Headers,
  plane: Pick<DataPlane, "gateway" | "identifier" | "now">,
  { client, waitUntil }: Pick<Visit, "client" | "waitUntil">,
  readRecord: ReadRecord,
): Promise<KeyRecord | Refusal> {
  const credential = readCredential(headers, plane.gateway);
  if (isRefusal(credential)) return credential;
  const identity = await plane.identifier.identify(credential, client, waitUntil);
  if (isRefusal(identity)) return identity;
  const record = await readKnown(identity, readRecord);
  if (record) return check(record, identity, client, plane);
  // Memory or KV pointed at the wrong key.
  const recorded = await plane.identifier.identifyAnew(credential, client, waitUntil);
  if (isRefusal(recorded)) return recorded;
  const anew = await readKnown(recorded, readRecord);
  return anew ? check(anew, recorded, client, plane) : { code: "key_unknown" };
}

async function readKnown(identity: Identity, readRecord: ReadRecord): Promise<KeyRecord | undefined> {
  const record = await readRecord(identity.environment, identity.keyId);
  return record && knowsSecret(record, identity.hash) ? record : undefined;
}

function check(
  record: KeyRecord,
  { hash }: Identity,
  client: string,
  { gateway, now }: Pick<DataPlane, "gateway" | "now">,
): KeyRecord | Refusal {
  const lifeless = lifelessnessOf(record, gateway.policy.actAs === "member", now());
  if (lifeless) return { code: lifeless };
  if (secretExpired(record, hash, now())) return { code: "key_expired" };
  return addressRefusal(record, client) ?? record;
}
