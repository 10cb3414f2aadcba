/** Fields of keys, from the API's names and forms to those of the verbs. */

import type * as z from "zod";
import type { KeyChange } from "../../control/keys/change.ts";
import type { NewKey } from "../../control/keys/create.ts";
import { timeOf } from "../../domain/time.ts";
import type { keyBody, keyPatch } from "./schemas.ts";

export function newKeyOf(body: z.output<typeof keyBody>): NewKey {
  return {
    organizationId: body.organization_id,
    memberId: body.member_id,
    environment: body.environment,
    reach: body.reach,
    workspaceIds: body.workspace_ids,
    permission: body.permission,
    scopes: body.scopes,
    name: body.name,
    description: body.description,
    expiresAt: body.expires_at === null ? null : timeOf(body.expires_at),
    plan: body.plan,
    limits: body.limits,
    allowedAddresses: body.allowed_addresses,
  };
}

export function keyChangeOf(body: z.output<typeof keyPatch>): KeyChange {
  const { workspace_ids: workspaceIds, expires_at, allowed_addresses: allowedAddresses, ...fields } = body;
  const expiresAt = expires_at === undefined ? undefined : timeOf(expires_at);
  return { ...fields, workspaceIds, expiresAt, allowedAddresses };
}
