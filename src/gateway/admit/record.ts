/** From a credential to the record of its key, wherever the record is read from. */

import type { Gateway } from "../../config/compile.ts";
import type { Credential } from "../../decide/credentials.ts";
import { type KeyRecord, knowsSecret } from "../../domain/key.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Visit } from "../visit.ts";
import type { Identifier, Identity } from "./identify.ts";
import type { Leases } from "./lease.ts";

/** What works with keys, in one isolate. */
export interface Keys {
  readonly gateway: Gateway;
  readonly identifier: Identifier;
  readonly leases: Leases;
  readonly now: () => number;
}

/** Reads a record, or something that has one. */
export interface Source<Found> {
  read(identity: Identity): Promise<Found | Refusal>;
  recordIn(found: Found): KeyRecord;
}

export interface Known<Found> {
  readonly found: Found;
  /** Of the secret, as the record has it. */
  readonly identity: Identity;
}

/**
 * A record without the secret means that memory or KV pointed at the wrong key, so D1 is asked. If D1 says the same, what was
 * read is older than the secret, and is read again, once. If the secret is still missing, the source cannot read what D1 holds:
 * a fault, which says nothing about the key.
 */
export async function findRecord<Found>(
  credential: Credential,
  first: Identity,
  { identifier, leases }: Keys,
  { client, waitUntil }: Pick<Visit, "client" | "waitUntil">,
  source: Source<Found>,
): Promise<Known<Found> | Refusal> {
  const found = await source.read(first);
  const isMisled = isRefusal(found) ? found.code === "key_unknown" : !knowsSecret(source.recordIn(found), first.hash);
  if (!isMisled) return isRefusal(found) ? found : { found, identity: first };
  const identity = await identifier.identifyAnew(credential, client, waitUntil);
  if (isRefusal(identity)) return identity;
  leases.drop(identity);
  const renewed = await source.read(identity);
  if (isRefusal(renewed)) return renewed;
  if (!knowsSecret(source.recordIn(renewed), identity.hash)) return { code: "authority_unavailable" };
  return { found: renewed, identity };
}
