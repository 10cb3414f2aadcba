/** A new member, from a form. All that is wrong is found at once. */

import { findOrganization } from "../../control/access.ts";
import type { Caller, Control } from "../../control/control.ts";
import { createMember, refusalsOfNewMember } from "../../control/people/create.ts";
import { allOf } from "../../control/validation.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check, checkEach } from "../../management/parse.ts";
import { type MemberRecord, memberBody, newMemberOf } from "../../records/member.ts";

export async function addMember(
  control: Control,
  caller: Caller,
  input: { readonly organization_id: string } & Record<string, unknown>,
): Promise<MemberRecord | Refusal> {
  const body = check(memberBody, input);
  if (!isRefusal(body)) return createMember(control, caller, newMemberOf(body));
  const organizationId = input.organization_id;
  const organization = await findOrganization(control, caller, organizationId, "members:write");
  if (isRefusal(organization)) return organization;
  const { email, role, workspace_ids: workspaceIds } = checkEach(memberBody, input).fields;
  const others = await refusalsOfNewMember(control, { organizationId, email, role, workspaceIds });
  return allOf([body, ...others]) ?? body;
}
