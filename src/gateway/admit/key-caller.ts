/**
 * A key that calls the control plane: found as in the data plane, and read from D1 itself, so that no change is waited for. Its
 * authority is asked whether it is revoked, for D1 may have been restored.
 */

import { addressRefusal } from "../../decide/authorize.ts";
import { readCredential } from "../../decide/credentials.ts";
import { type KeyRecord, knowsSecret, lifelessnessOf, secretExpired } from "../../domain/key.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { DataPlane, Visit } from "../data-plane.ts";
import type { Identity } from "./identify.ts";

export type ReadRecord = (environment: string, keyId: string) => Promise<KeyRecord | undefined>;

type Plane = Pick<DataPlane, "gateway" | "identifier" | "leases" | "now">;

export async function recordOfCaller(
  headers: Headers,
  plane: Plane,
  { client, waitUntil }: Pick<Visit, "client" | "waitUntil">,
  readRecord: ReadRecord,
): Promise<KeyRecord | Refusal> {
  const read = async (identity: Identity) => {
    const record = await readKnown(identity, plane, waitUntil, readRecord);
    return record && !isRefusal(record) ? check(record, identity, client, plane) : record;
  };
  const credential = readCredential(headers, plane.gateway);
  if (isRefusal(credential)) return credential;
  const identity = await plane.identifier.identify(credential, client, waitUntil);
  if (isRefusal(identity)) return identity;
  const record = await read(identity);
  if (record) return record;
  // Memory or KV pointed at the wrong key.
  const recorded = await plane.identifier.identifyAnew(credential, client, waitUntil);
  if (isRefusal(recorded)) return recorded;
  return (await read(recorded)) ?? { code: "key_unknown" };
}

/** `undefined` where D1 knows no such secret of the key. A revocation counts whichever of D1 and the authority knows it. */
async function readKnown(
  identity: Identity,
  { leases }: Plane,
  waitUntil: Visit["waitUntil"],
  readRecord: ReadRecord,
): Promise<KeyRecord | Refusal | undefined> {
  const [record, held] = await Promise.all([
    readRecord(identity.environment, identity.keyId),
    leases.lookAnew(identity, waitUntil),
  ]);
  if (!record || !knowsSecret(record, identity.hash)) return undefined;
  if (record.revokedAt !== null) return record;
  // It may have no limits to tell of, or no record yet; but then it knows of no revocation.
  if (isRefusal(held)) return held.code === "authority_unavailable" ? held : record;
  // D1 was restored to an hour before the revocation.
  return { ...record, revokedAt: held.revokedAt };
}

function check(record: KeyRecord, { hash }: Identity, client: string, { gateway, now }: Plane): KeyRecord | Refusal {
  const lifeless = lifelessnessOf(record, gateway.policy.actAs === "member", now());
  if (lifeless) return { code: lifeless };
  if (secretExpired(record, hash, now())) return { code: "key_expired" };
  return addressRefusal(record, client) ?? record;
}
