import { findMember, findOrganization } from "../control/access.ts";
import { type ChangedMember, changeMember, removeMember } from "../control/people/change.ts";
import { createMember } from "../control/people/create.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import {
  type MemberRecord,
  memberAnswer,
  memberBody,
  memberChangeOf,
  memberPatch,
  newMemberOf,
  renderMember,
} from "../records/member.ts";
import { listMembers } from "../store/members.ts";
import { type Answer, type Asked, operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { organizationPageQuery, pageAnswer, renderPage } from "./wire/page.ts";

const tag = "Members";

const show = (member: MemberRecord | Refusal): Answer | Refusal =>
  isRefusal(member) ? member : { body: renderMember(member), version: member.version };

const showChanged = (changed: ChangedMember | Refusal): Answer | Refusal =>
  isRefusal(changed)
    ? changed
    : { body: renderMember(changed.member), version: changed.member.version, effect: changed.effect };

const read = async ({ control, caller, id }: Asked<unknown, unknown>) =>
  show(await findMember(control, caller, id, "members:read"));

export const members = [
  operation({
    method: "post",
    path: "/v1/members",
    name: "createMember",
    tag,
    summary: "Create a member",
    description: "The role and workspaces cannot be more than the caller's.",
    body: memberBody,
    answer: memberAnswer,
    status: 201,
    versioned: true,
    replay: read,
    async handle({ control, caller, body }) {
      return show(await createMember(control, caller, newMemberOf(body)));
    },
  }),
  operation({
    method: "get",
    path: "/v1/members",
    name: "listMembers",
    tag,
    summary: "List an organization's members",
    query: organizationPageQuery,
    answer: pageAnswer(memberAnswer),
    async handle({ control, caller, query }) {
      const page = readPage(query);
      if (isRefusal(page)) return page;
      const organization = await findOrganization(control, caller, query.organization_id, "members:read");
      if (isRefusal(organization)) return organization;
      return { body: renderPage(await listMembers(control.db, organization.id, page), renderMember) };
    },
  }),
  operation({
    method: "get",
    path: "/v1/members/:id",
    name: "readMember",
    tag,
    summary: "Show a member",
    answer: memberAnswer,
    versioned: true,
    handle: read,
  }),
  operation({
    method: "patch",
    path: "/v1/members/:id",
    name: "changeMember",
    tag,
    summary: "Change a member",
    description:
      "The change also applies to keys that act as the member. Members cannot change their own role, and the last owner stays an owner.",
    body: memberPatch,
    answer: memberAnswer,
    versioned: true,
    delayed: true,
    replay: read,
    async handle({ control, caller, id, body }) {
      return showChanged(await changeMember(control, caller, id, memberChangeOf(body)));
    },
  }),
  operation({
    method: "delete",
    path: "/v1/members/:id",
    name: "removeMember",
    tag,
    summary: "Remove a member",
    description:
      "This also ends the keys that act as the member, so the caller must manage all of these keys, and belong to the member's workspaces.",
    answer: memberAnswer,
    versioned: true,
    delayed: true,
    handle: async ({ control, caller, id }) => showChanged(await removeMember(control, caller, id)),
  }),
];
