import { isRefusal, type Refusal } from "../../errors.ts";
import { auditedOf, type KeyToImport, type ManagedKey } from "../../records/key.ts";
import type { Organization } from "../../records/organization.ts";
import { auditInsertsForMade } from "../../store/audit.ts";
import { countPlaces } from "../../store/key-count.ts";
import { countKnown, type ImportedKey, keyImports, unknownMembers } from "../../store/key-import.ts";
import { unknownWorkspaces } from "../../store/workspaces.ts";
import { findOrganization, requireRoot } from "../access.ts";
import { commit } from "../commit.ts";
import { auditEvent, type Caller, type Control } from "../control.ts";
import { checkOpen } from "../organizations/rules.ts";
import { lostRace } from "../validation.ts";
import { newKey } from "./create.ts";
import { quotaOf } from "./quota.ts";
import { checkEnvironment, checkMembership, checkRequired, checkTerms, refuseWorkspaces } from "./rules.ts";

export interface WantedImport {
  readonly organizationId: string;
  readonly environment: string;
  readonly keys: readonly KeyToImport[];
}

export interface Imported {
  readonly imported: number;
  /** Keys whose secrets are known already, to this organization or another. */
  readonly skipped: number;
}

/** All keys that are new, or none. To import the same again changes nothing. */
export async function importKeys(control: Control, caller: Caller, wanted: WantedImport): Promise<Imported | Refusal> {
  const { db, gateway } = control;
  const forbidden = requireRoot(caller, "import keys");
  if (forbidden) return forbidden;
  const organization = await findOrganization(control, caller, wanted.organizationId, "api_keys:write");
  if (isRefusal(organization)) return organization;
  // One time for all steps: no key can expire between its check and its creation.
  const at = control.now();
  const refusal =
    checkEnvironment(wanted.environment, gateway) ??
    checkOpen(organization, wanted.environment, gateway) ??
    (await checkKeys(control, wanted, at));
  if (refusal) return refusal;

  const keys = await hashed({ ...control, now: () => at }, organization, wanted);
  const quota = quotaOf(organization, gateway);
  const actsAsMember = gateway.policy.actAs === "member";
  const events = keys.map(({ key }) => auditEvent(control, caller, importEvent(key)));
  const { changes } = await commit(control, undefined, [
    ...keyImports(db, {
      organizationId: organization.id,
      pepperId: control.peppers[0].id,
      at,
      quota,
      actsAsMember,
      organizationVersion: organization.version,
      keys,
    }),
    auditInsertsForMade(db, events),
  ]);
  const imported = changes[0] ?? 0;
  const secrets = keys.map(({ hashes }) => hashes);
  const unknown = imported > 0 ? 0 : keys.length - (await countKnown(db, secrets));
  if (unknown === 0) return { imported, skipped: wanted.keys.length - imported };
  const isFull = (await countPlaces(db, organization.id, actsAsMember, at)) + unknown > quota;
  return isFull ? { code: "key_quota_reached", limit: quota } : lostRace(caller, "organization or a member");
}

/** Every key that cannot be as it is, with what is wrong with it. */
async function checkKeys(
  { db, gateway }: Control,
  { organizationId, environment, keys }: WantedImport,
  now: number,
): Promise<Refusal | undefined> {
  const memberIds = new Set(keys.flatMap(({ memberId }) => memberId ?? []));
  const workspaceIds = new Set(keys.flatMap((key) => key.workspaceIds));
  const unknown = {
    members: await unknownMembers(db, organizationId, [...memberIds]),
    workspaces: new Set(await unknownWorkspaces(db, organizationId, [...workspaceIds])),
  };
  const errors: { field: string; problem: string }[] = [];
  for (const [at, key] of keys.entries()) {
    const refusal =
      checkTerms({ ...key, environment }, gateway, now) ??
      checkRequired(key, gateway.keys) ??
      checkMembership(key.memberId, !unknown.members.has(key.memberId ?? ""), gateway) ??
      refuseWorkspaces(key.workspaceIds.filter((id) => unknown.workspaces.has(id)));
    if (!refusal) continue;
    if (refusal.code !== "validation_failed") return refusal;
    errors.push(...refusal.errors.map(({ field, problem }) => ({ field: `keys.${at}.${field}`, problem })));
  }
  return errors.length > 0 ? { code: "validation_failed", errors } : undefined;
}

/** Each secret once with each pepper, because a key can have the hash of the pepper that is being replaced. */
function hashed(
  control: Control,
  organization: Organization,
  { organizationId, environment, keys }: WantedImport,
): Promise<ImportedKey[]> {
  // Who imports keys is rarely near those who use them.
  const anywhere = { ...control, nearCaller: undefined };
  const distinct = [...Map.groupBy(keys, ({ sha256 }) => sha256).values()].flatMap(([first]) => first ?? []);
  return Promise.all(
    distinct.map(async ({ sha256, hint, ...terms }) => {
      const digest = bytesOf(sha256);
      const hashes = await Promise.all(control.peppers.map((pepper) => pepper.hashDigest(digest)));
      return {
        // Nobody asks for the status of a key that is being imported, so its member is not read.
        key: newKey(anywhere, { ...terms, organizationId, environment }, hint, organization, undefined),
        hashes: hashes as [string, ...string[]],
      };
    }),
  );
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function importEvent(key: ManagedKey) {
  return { organizationId: key.organizationId, action: "api_key.imported", target: key.id, details: auditedOf(key) };
}
