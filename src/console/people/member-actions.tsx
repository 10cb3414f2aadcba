/** What ends the access of a member. Each asks first. */

import { Hono } from "hono/tiny";
import { findMember } from "../../control/access.ts";
import { listKeysFor } from "../../control/keys/list.ts";
import { removeMember } from "../../control/people/change.ts";
import { revokeSessions } from "../../control/sessions/manage.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { MemberRecord } from "../../records/member.ts";
import { ask, checkTyped, NAME_FIELD, TypedName } from "../frame/ask.tsx";
import { boundOf, finish } from "../frame/done.tsx";
import { type Form, readForm } from "../frame/form.ts";
import { Version } from "../frame/kept.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";

export const memberActions = new Hono<ConsoleEnv>()
  .get("/members/:id/remove", async (c) => {
    const member = await find(c);
    return isRefusal(member) ? showRefusal(c, member) : askToRemove(c, member, undefined, undefined);
  })
  .post("/members/:id/remove", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const member = await find(c);
    if (isRefusal(member)) return showRefusal(c, member);
    const caller = { ...c.var.visitor.caller, ifMatch: [form.text("version")] };
    const removed =
      ((await stopsKeys(c, member)) ? checkTyped(form, member, "this member") : undefined) ??
      (await removeMember(c.var.control, caller, member.id));
    return isRefusal(removed)
      ? askToRemove(c, member, form, removed)
      : finish(c, "/members", "removed", removed.effect);
  })
  .get("/members/:id/end-sessions", async (c) => {
    const member = await find(c);
    return isRefusal(member) ? showRefusal(c, member) : askToEndSessions(c, member, undefined);
  })
  .post("/members/:id/end-sessions", async (c) => {
    const member = await find(c);
    if (isRefusal(member)) return showRefusal(c, member);
    const ended = await revokeSessions(c.var.control, c.var.visitor.caller, member.id);
    return isRefusal(ended) ? askToEndSessions(c, member, ended) : finish(c, `/members/${member.id}`, "ended");
  });

const find = (c: Visit) => findMember(c.var.control, c.var.visitor.caller, c.req.param("id") as string, "members:read");

export function removalOf({ var: { control } }: Visit): string {
  const { policy } = control.gateway;
  return policy.actAs === "member"
    ? `Their sessions end, and their keys stop working everywhere within ${boundOf(control.gateway)}.`
    : "Their sessions end. Their keys keep working, because keys belong to the organization here.";
}

/** Of those that the visitor sees. With others, the removal is refused. */
async function stopsKeys({ var: { control, visitor } }: Visit, member: MemberRecord): Promise<boolean> {
  if (control.gateway.policy.actAs !== "member") return false;
  const filter = { organizationId: member.organizationId, memberId: member.id, status: "active" as const };
  const keys = await listKeysFor(control, visitor.caller, filter, "created_at", { limit: 1, after: undefined });
  return isRefusal(keys) || keys.items.length > 0;
}

const crumbsOf = ({ id, name }: MemberRecord) => [
  { path: "/members", name: "Members" },
  { path: `/members/${id}`, name },
];

async function askToRemove(c: Visit, member: MemberRecord, form: Form | undefined, refusal: Refusal | undefined) {
  const inUse = await stopsKeys(c, member);
  return ask(c, {
    title: "Remove the member",
    button: `Remove ${member.name}`,
    grave: true,
    refusal,
    fields: inUse ? [NAME_FIELD] : [],
    crumbs: crumbsOf(member),
    content: (problems) => (
      <>
        <Version of={member} form={form} refusal={refusal} />
        <p>
          {removalOf(c)} <a href={`/keys?member_id=${member.id}&status=active`}>See their active keys</a>.
        </p>
        {inUse && (
          <TypedName of={member} problems={problems}>
            They have active keys. Type their name to continue
          </TypedName>
        )}
      </>
    ),
  });
}

function askToEndSessions(c: Visit, member: MemberRecord, refusal: Refusal | undefined) {
  return ask(c, {
    title: "End all sessions",
    button: `Sign ${member.name} out`,
    refusal,
    crumbs: crumbsOf(member),
    content: () => (
      <p>
        {member.name} is signed out of every browser at once, and needs a new sign-in link. Their keys keep working.
      </p>
    ),
  });
}
