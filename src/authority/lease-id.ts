import { toBase64Url } from "../domain/base64url.ts";

/** Unique among the leases of one account. */
const LEASE_ID_BYTES = 9;

/** Open leases are most of what an account stores, and their ids were most of them. */
export function newLeaseId(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(LEASE_ID_BYTES)));
}
