/** What `admit` decides, asked again for a request that is still being answered. Takes no token. */

import { type Asked, authorize } from "../../decide/authorize.ts";
import type { Credential } from "../../decide/credentials.ts";
import { knowsSecret } from "../../domain/key.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { DataPlane, Visit } from "../data-plane.ts";

/** `undefined` if it would be admitted again. */
export async function readmit(
  credential: Credential,
  asked: Asked,
  plane: DataPlane,
  { client, waitUntil }: Visit,
): Promise<Refusal | undefined> {
  let identity = await plane.identifier.identify(credential, client, waitUntil);
  if (isRefusal(identity)) return identity;
  let record = await plane.leases.look(identity, waitUntil);
  if (isRefusal(record) ? record.code === "key_unknown" : !knowsSecret(record, identity.hash)) {
    identity = await plane.identifier.identifyAnew(credential, client, waitUntil);
    if (isRefusal(identity)) return identity;
    plane.leases.drop(identity);
    record = await plane.leases.look(identity, waitUntil);
  }
  if (isRefusal(record)) return record;
  if (!knowsSecret(record, identity.hash)) return { code: "authority_unavailable" };
  const outcome = authorize(record, identity.hash, asked, plane.gateway, plane.now());
  return isRefusal(outcome) ? outcome : undefined;
}
