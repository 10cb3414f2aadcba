import { findMember, findOrganization } from "../control/access.ts";
import { type ChangedMember, changeMember, removeMember } from "../control/people/change.ts";
import { createMember } from "../control/people/create.ts";
import type { Scope } from "../domain/scope.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import {
  type MemberRecord,
  memberBody,
  memberChangeOf,
  memberPatch,
  newMemberOf,
  renderMember,
} from "../records/member.ts";
import { listMembers } from "../store/members.ts";
import { type Answer, type Asked, operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { organizationPageQuery, renderPage } from "./wire/page.ts";

const show = (member: MemberRecord | Refusal): Answer | Refusal =>
  isRefusal(member) ? member : { body: renderMember(member), version: member.version };

const showChanged = (changed: ChangedMember | Refusal): Answer | Refusal =>
  isRefusal(changed)
    ? changed
    : { body: renderMember(changed.member), version: changed.member.version, effect: changed.effect };

const readWith =
  (scope: Scope) =>
  async ({ control, caller, id }: Asked<unknown, unknown>) =>
    show(await findMember(control, caller, id, scope));

export const members = [
  operation({
    method: "post",
    path: "/v1/members",
    name: "createMember",
    body: memberBody,
    status: 201,
    versioned: true,
    replay: readWith("members:write"),
    async handle({ control, caller, body }) {
      return show(await createMember(control, caller, newMemberOf(body)));
    },
  }),
  operation({
    method: "get",
    path: "/v1/members",
    name: "listMembers",
    query: organizationPageQuery,
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
    versioned: true,
    handle: readWith("members:read"),
  }),
  operation({
    method: "patch",
    path: "/v1/members/:id",
    name: "changeMember",
    body: memberPatch,
    versioned: true,
    delayed: "member",
    replay: readWith("members:write"),
    async handle({ control, caller, id, body }) {
      return showChanged(await changeMember(control, caller, id, memberChangeOf(body)));
    },
  }),
  operation({
    method: "delete",
    path: "/v1/members/:id",
    name: "removeMember",
    versioned: true,
    delayed: "member",
    handle: async ({ control, caller, id }) => showChanged(await removeMember(control, caller, id)),
  }),
];
