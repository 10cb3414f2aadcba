/** A key as D1 records it, with what its rights hang on: its organization and its member. Times are milliseconds since the epoch. */

export interface KeyRecord {
  readonly id: string;
  /** Changes with every change of the key itself, and never repeats. */
  readonly version: string;
  readonly environment: string;
  readonly organization: { readonly id: string; readonly status: "active" | "suspended" };
  /** The member that the key acts as, in their current state; absent if it acts as the organization. */
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
  /** When a replaced secret expires; `null` if it is valid as long as its key. */
  readonly expiresAt: number | null;
}

/** The key's own limits. If its plan has a limit of the same name, the lower one applies. */
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

/** Why the key does not work at `now`, with any secret, the most final reason first; `undefined` if it works. */
export function lifelessnessOf(key: KeyRecord, actsAsMember: boolean, now: number): Lifelessness | undefined {
  if (key.revokedAt !== null) return "key_revoked";
  if (now >= key.expiresAt) return "key_expired";
  if (key.organization.status === "suspended") return "organization_suspended";
  if (actsAsMember && (key.member === null || key.member.removed)) return "member_inactive";
  if (key.disabledAt !== null) return "key_disabled";
  return undefined;
}

/** Whether this secret was replaced and its grace period is over. */
export function secretExpired(key: KeyRecord, secretHash: string, now: number): boolean {
  const secret = key.secrets.find(({ hash }) => hash === secretHash);
  return secret?.expiresAt != null && now >= secret.expiresAt;
}

/** The next moment at which the key or a secret of it ends. */
export function nextEndOf(key: KeyRecord, now: number): number {
  const ends = key.secrets.map(({ expiresAt }) => expiresAt ?? key.expiresAt).filter((end) => end > now);
  return Math.min(key.expiresAt, ...ends);
}

export function knowsSecret(key: KeyRecord, secretHash: string): boolean {
  return key.secrets.some(({ hash }) => hash === secretHash);
}

/** Of a record whose lists are empty; of a text beyond its characters; of an entry that is not a text: measured. */
const RECORD_BYTES = 200;
const TEXT_BYTES = 24;
const ENTRY_BYTES = 150;

/** About how much memory a record takes. */
export function bytesOf({ scopes, workspaces, member, allowedAddresses, secrets, limits }: KeyRecord): number {
  const texts = [scopes, workspaces, member?.workspaces ?? [], allowedAddresses];
  const entries = secrets.length + (limits ? limits.rates.length + limits.quotas.length : 0);
  return texts.reduce((sum, list) => sum + bytesOfTexts(list), RECORD_BYTES + entries * ENTRY_BYTES);
}

function bytesOfTexts(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + TEXT_BYTES + length, 0);
}
