/** A key, field by field. A new field begins here: see "A new field of a key" in docs/contributing.md. */

import * as z from "zod";
import { quota, rate } from "../config/schema.ts";
import { type KeyRecord, PERMISSIONS, REACHES } from "../domain/key.ts";
import {
  KEY_STATUSES,
  type KeyStatus,
  STATUS_REASONS,
  type StatusReason,
  type StatusTerms,
  statusFor,
  statusReasonOf,
} from "../domain/key-status.ts";
import { givenId, givenName, givenTime, givenWorkspaces, id, MAX_LIST, plan, time, unique } from "./forms.ts";
import { codec, type Fields, type Given, type RecordOf, type Row } from "./record.ts";

const reach = z.enum(REACHES);
const permission = z.enum(PERMISSIONS);
const scopes = z.array(z.string()).min(1, "must name at least one").max(MAX_LIST).transform(unique);
const description = z.string().max(2000).nullable();
const limits = z
  .strictObject({ rates: z.array(rate).max(10).default([]), quotas: z.array(quota).max(10).default([]) })
  .nullable();
/** Ended ones too. While two peppers are active, a secret can have two equal rows. */
const secretRow = z.object({ hint: z.string(), createdAt: z.number(), expiresAt: z.number().nullable() });
const addresses = z.array(z.string()).max(100);

const FIELDS = {
  id: { form: id },
  organization_id: { form: id },
  member_id: { form: id.nullable() },
  environment: { form: z.string() },
  reach: { form: reach },
  workspace_ids: { form: z.array(id), as: "json", elsewhere: true },
  permission: { form: permission },
  scopes: { form: z.array(z.string()), as: "json", elsewhere: true },
  name: { form: z.string() },
  description: { form: z.string().nullable() },
  plan: { form: z.string().nullable() },
  limits: { form: limits, as: "json" },
  allowed_addresses: { form: z.array(z.string()), as: "json" },
  hint: { form: z.string(), elsewhere: true },
  secrets: {
    form: z.array(z.strictObject({ id: z.string(), hint: z.string(), created_at: time, expires_at: time.nullable() })),
    ...{ elsewhere: true, derived: true },
  },
  status: {
    form: z.enum(KEY_STATUSES),
    ...{ elsewhere: true, derived: true },
  },
  status_reason: {
    form: z.enum(STATUS_REASONS).nullable(),
    ...{ elsewhere: true, derived: true },
  },
  created_at: { form: time, as: "time" },
  expires_at: { form: time, as: "time" },
  last_used_at: {
    form: time.nullable(),
    as: "time",
  },
  disabled_at: { form: time.nullable(), as: "time", hidden: true },
  revoked_at: { form: time.nullable(), as: "time" },
  version: { form: z.string(), hidden: true },
  secret_rows: { form: z.array(secretRow), as: "json", elsewhere: true, hidden: true },
  // What the status depends on beside the key.
  organization_status: { form: z.enum(["active", "suspended"]), elsewhere: true, hidden: true },
  organization_plan: { form: z.string().nullable(), elsewhere: true, hidden: true },
  member_role: { form: z.string().nullable(), elsewhere: true, hidden: true },
  member_removed_at: { form: time.nullable(), as: "time", elsewhere: true, hidden: true },
} as const satisfies Fields;

/** What a new key takes. */
const CREATE = {
  organization_id: givenId,
  member_id: givenId.nullable().default(null),
  environment: z.string(),
  reach,
  workspace_ids: givenWorkspaces.default([]),
  permission,
  scopes,
  name: givenName,
  description: description.default(null),
  expires_at: givenTime.nullable().default(null),
  plan: plan.default(null),
  limits: limits.default(null),
  allowed_addresses: addresses.default([]),
};

/** What a change takes, each field optional. */
const CHANGE = {
  name: givenName,
  description,
  permission,
  scopes,
  workspace_ids: givenWorkspaces,
  expires_at: givenTime,
  plan,
  limits,
  allowed_addresses: addresses,
};

/** What the audit trail tells of a new key. */
const AUDITED = ["environment", "reach", "workspace_ids", "permission", "scopes", "name"] as const;

const KEY = codec({ fields: FIELDS, create: CREATE, change: CHANGE });

/** A key as it is managed. What an authority reads of it is in `domain/key.ts`. */
export type ManagedKey = RecordOf<typeof FIELDS>;

export const keyBody = KEY.body;
export type NewKeyBody = z.input<typeof keyBody>;
export type NewKey = Given<typeof FIELDS, z.output<typeof keyBody>>;
export const newKeyOf = (body: z.output<typeof keyBody>): NewKey => KEY.given(body);
/** For a check of some fields while others are wrong. */
export const partOfNewKey = (body: Partial<z.output<typeof keyBody>>): Partial<NewKey> => KEY.given(body);

export const keyPatch = KEY.patch;
/** `undefined` leaves a field as it is. The environment, reach and member of a key are for life. */
export type KeyChange = Given<typeof FIELDS, z.output<typeof keyPatch>>;
export const keyChangeOf = (patch: z.output<typeof keyPatch>): KeyChange => KEY.given(patch);

/** One key of an import. */
export const keyToImport = keyBody.omit({ organization_id: true, environment: true }).extend({
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, "is not a SHA-256 digest of 64 hexadecimal digits")
    .toLowerCase(),
  hint: z.string().trim().max(24).default("imported"),
});
export const importBody = z.strictObject({
  organization_id: givenId,
  environment: z.string(),
  keys: z.array(keyToImport).min(1, "must contain at least one key").max(500),
});
export type KeyToImport = Given<typeof FIELDS, z.output<typeof keyToImport>>;
export const keyToImportOf = (body: z.output<typeof keyToImport>): KeyToImport => KEY.given(body);

/** The form of its answer, for the OpenAPI document. */
export const keyShape = KEY.shape;
export type KeyAnswer = z.output<z.ZodObject<typeof keyShape>>;

export const renderKey = (key: ManagedKey, terms: StatusTerms, now: number): KeyAnswer =>
  KEY.show({
    ...key,
    ...statusOf(key, terms, now),
    secrets: workingSecretsOf(key, now).map(({ id, hint, createdAt, expiresAt }) => ({
      ...{ id, hint, created_at: isoOf(createdAt) },
      expires_at: expiresAt === null ? null : isoOf(expiresAt),
    })),
  });

const isoOf = (at: number) => new Date(at).toISOString();

export interface KeySecret {
  readonly id: string;
  readonly hint: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

/** Newest first. No two secrets of a key have the same time of creation. */
export function secretsOf({ secretRows }: Pick<ManagedKey, "secretRows">): KeySecret[] {
  const byTime = new Map(secretRows.map((row) => [row.createdAt, row]));
  return [...byTime.values()]
    .sort((a, b) => b.createdAt - a.createdAt)
    .map((row) => ({ ...row, id: `sec_${row.createdAt.toString(36)}` }));
}

/** None works longer than the key. */
export const workingSecretsOf = (key: Pick<ManagedKey, "secretRows" | "expiresAt">, now: number): KeySecret[] =>
  secretsOf(key)
    .filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
    .map((secret) => ({ ...secret, expiresAt: secret.expiresAt && Math.min(secret.expiresAt, key.expiresAt) }));

/** Ends those that `isMeant` names, unless they end earlier. */
export const endSecrets = (rows: ManagedKey["secretRows"], at: number, isMeant: (createdAt: number) => boolean) =>
  rows.map((row) =>
    isMeant(row.createdAt) && (row.expiresAt === null || row.expiresAt > at) ? { ...row, expiresAt: at } : row,
  );

export interface Status {
  readonly status: KeyStatus;
  /** `null` if it is active. */
  readonly statusReason: StatusReason | null;
}

export function statusOf(key: ManagedKey, terms: StatusTerms, now: number): Status {
  const statusReason = statusReasonOf(recordOf(key), terms, now);
  return { status: statusFor(statusReason), statusReason };
}

/**
 * The record that the key's authority would read, without secrets. `workspaces`: of the key's member, on which its status does not
 * depend.
 */
export function recordOf(key: ManagedKey, workspaces: readonly string[] = []): KeyRecord {
  const { organizationId, organizationStatus, organizationPlan, memberId, memberRole, memberRemovedAt } = key;
  const member = { id: memberId ?? "", role: memberRole ?? "", removed: memberRemovedAt !== null, workspaces };
  return {
    ...key,
    organization: { id: organizationId, status: organizationStatus },
    member: memberId === null ? null : member,
    workspaces: key.workspaceIds,
    plan: key.plan ?? organizationPlan,
    secrets: [],
  };
}

/** The fields that a change can touch, as the API has them. */
export const changeableOf = (key: ManagedKey) => KEY.pick(Object.keys(CHANGE) as (keyof typeof CHANGE)[], key);

/** For the audit event of a new key. */
export const auditedOf = (key: ManagedKey) => KEY.pick(AUDITED, key);

/** A new key has not been used, disabled or revoked. */
const LATER: readonly string[] = ["last_used_at", "disabled_at", "revoked_at"];
export const KEY_COLUMNS = KEY.columns.filter((name) => !LATER.includes(name));
export const CHANGED_KEY_COLUMNS = KEY.changed;
export const keyCells = (key: ManagedKey, columns: typeof KEY_COLUMNS) => KEY.cells(key, columns);
export const keyOf = KEY.read;

/** The columns that an authority reads. `KeyRecord` in `domain/key.ts` says what it knows beside them. */
export const RIGHTS_COLUMNS = [
  ...(["id", "version", "environment", "reach", "permission", "limits", "allowed_addresses"] as const),
  ...(["created_at", "expires_at", "disabled_at", "revoked_at"] as const),
];
export const rightsOfKey = (row: Row) => KEY.readPart(RIGHTS_COLUMNS, row);
