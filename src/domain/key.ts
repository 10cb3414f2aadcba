/** A key as D1 records it, with what its rights hang on: its organization and its member. Times are milliseconds since the epoch. */

export interface KeyRecord {
  readonly id: string;
  /** Changes with every change of the record or of what it hangs on, and never repeats. */
  readonly version: string;
  readonly environment: string;
  readonly organization: { readonly id: string; readonly status: "active" | "suspended" };
  /** The member who made the key, as they are now; absent where nobody in particular did. */
  readonly member: Member | null;
  readonly reach: Reach;
  readonly workspaces: readonly string[];
  readonly permission: Permission;
  /** Scopes and bundles, as granted. */
  readonly scopes: readonly string[];
  /** The key's own plan, or its organization's; `null` for no limits. */
  readonly plan: string | null;
  readonly limits: OwnLimits | null;
  /** CIDR ranges; empty for any address. */
  readonly allowedAddresses: readonly string[];
  readonly secrets: readonly SecretRecord[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly disabledAt: number | null;
  readonly revokedAt: number | null;
}

export interface Member {
  readonly id: string;
  readonly role: string;
  readonly removed: boolean;
  readonly workspaces: readonly string[];
}

export interface SecretRecord {
  /** HMAC-SHA-256(pepper, SHA-256(secret)), base64url. */
  readonly hash: string;
  /** The end of a secret that has been rotated out; `null` while it lives as long as its key. */
  readonly expiresAt: number | null;
}

/** Limits of the key's own; where its plan has one of the same name, the lower of the two holds. */
export interface OwnLimits {
  readonly rates: readonly { name: string; limit: number; window: number; burst?: number }[];
  readonly quotas: readonly { name: string; limit: number; per: "hour" | "day" | "month" }[];
}

export type Reach = "organization" | "workspace";
export type Permission = "full-access" | "read-only";

export const REACHES: readonly Reach[] = ["organization", "workspace"];
export const PERMISSIONS: readonly Permission[] = ["full-access", "read-only"];

export type Lifelessness =
  | "key_revoked"
  | "key_disabled"
  | "key_expired"
  | "member_inactive"
  | "organization_suspended";

/** Why the key does not live at `now`, the most final reason first; `undefined` while it does. */
export function lifelessnessOf(
  key: KeyRecord,
  secretHash: string,
  actsAsMember: boolean,
  now: number,
): Lifelessness | undefined {
  if (key.revokedAt !== null) return "key_revoked";
  if (now >= endOf(key, secretHash)) return "key_expired";
  if (key.organization.status === "suspended") return "organization_suspended";
  if (actsAsMember && (key.member === null || key.member.removed)) return "member_inactive";
  if (key.disabledAt !== null) return "key_disabled";
  return undefined;
}

/** When this secret of the key ends. */
export function endOf(key: KeyRecord, secretHash: string): number {
  const secret = key.secrets.find(({ hash }) => hash === secretHash);
  return Math.min(key.expiresAt, secret?.expiresAt ?? key.expiresAt);
}

export function knowsSecret(key: KeyRecord, secretHash: string): boolean {
  return key.secrets.some(({ hash }) => hash === secretHash);
}
