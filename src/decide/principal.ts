/** Who a request is from and what they can do, whatever kind of credential says so. The later steps, and the origin, rely on it. */

import type { Reach } from "../domain/key.ts";
import type { Rights } from "../domain/rights.ts";

export interface Principal {
  /** What the credential stands for: the id of a key. */
  readonly subject: string;
  /** The id of the organization. */
  readonly organization: string;
  /** The member that it acts as; `null` if it acts as the organization. */
  readonly member: { readonly id: string; readonly role: string } | null;
  readonly environment: string;
  /** The effective scopes, and the workspaces within reach. */
  readonly rights: Rights;
  /** CIDR ranges; empty for any address. */
  readonly allowedAddresses: readonly string[];
  readonly expiresAt: number;
  /** What its limits and its use are counted on. */
  readonly account: Account;
}

/** Whether every workspace of the organization is within reach, or only some. */
export function reachOf({ workspaces }: Rights): Reach {
  return workspaces ? "workspace" : "organization";
}

/** The account of a key, and the secret of it that was presented. */
export interface Account {
  readonly environment: string;
  readonly keyId: string;
  /** Of the secret, as the key's record has it. */
  readonly hash: string;
}
