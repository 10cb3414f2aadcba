/** A member, field by field. */

import * as z from "zod";
import { givenId, givenName, givenWorkspaces, id, time } from "./forms.ts";
import { codec, type Fields, type Given, type RecordOf } from "./record.ts";

const FIELDS = {
  id: { form: id },
  organization_id: { form: id },
  email: { form: z.string() },
  name: { form: z.string() },
  role: { form: z.string() },
  workspace_ids: { form: z.array(id), as: "json", elsewhere: true },
  created_at: { form: time, as: "time" },
  version: { form: z.string(), hidden: true },
  last_signed_in_at: { form: time.nullable(), as: "time" },
} as const satisfies Fields;

const CREATE = {
  organization_id: givenId,
  email: z.email().max(320),
  name: givenName,
  role: z.string(),
  workspace_ids: givenWorkspaces.default([]),
};

const CHANGE = { name: givenName, role: z.string(), workspace_ids: givenWorkspaces };

/** What the audit trail tells of a new member. */
const AUDITED = ["email", "name", "role", "workspace_ids"] as const;

const MEMBER = codec({ fields: FIELDS, create: CREATE, change: CHANGE });

export type MemberRecord = RecordOf<typeof FIELDS>;

export const memberBody = MEMBER.body;
export type NewMember = Given<typeof FIELDS, z.output<typeof memberBody>>;
export const newMemberOf = (body: z.output<typeof memberBody>): NewMember => MEMBER.given(body);

export const memberPatch = MEMBER.patch;
export type MemberChange = Given<typeof FIELDS, z.output<typeof memberPatch>>;
export const memberChangeOf = (patch: z.output<typeof memberPatch>): MemberChange => MEMBER.given(patch);

/** The form of its answer, for the OpenAPI document. */
export const memberShape = MEMBER.shape;
export type MemberAnswer = z.output<z.ZodObject<typeof memberShape>>;
export const renderMember = (member: MemberRecord): MemberAnswer => MEMBER.show(member);
export const auditedOfMember = (member: MemberRecord) => MEMBER.pick(AUDITED, member);

export const MEMBER_COLUMNS = MEMBER.columns;
export const CHANGED_MEMBER_COLUMNS = MEMBER.changed;
export const memberCells = MEMBER.cells;
export const memberOf = MEMBER.read;
