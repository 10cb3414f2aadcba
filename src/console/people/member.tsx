/** One member: role, sign-in and sessions. */

import { Hono } from "hono";
import { findMember, requireScope } from "../../control/access.ts";
import { changeMember, removeMember } from "../../control/people/change.ts";
import { listSessions, revokeSessions } from "../../control/sessions/manage.ts";
import { isOwner } from "../../control/sessions/rules.ts";
import { createSignInLink } from "../../control/sessions/sign-in-link.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { type MemberRecord, memberPatch } from "../../records/member.ts";
import { offeredWorkspaces } from "../frame/directory.ts";
import { afterwards, boundOf, Done } from "../frame/done.tsx";
import { Form, problemsOf, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { LinkSheet } from "../frame/link-sheet.tsx";
import { Moment, Refused } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { Version } from "../organizations/workspaces.tsx";
import { MemberFields } from "./member-fields.tsx";
import { Sessions } from "./sessions.tsx";

export const memberPages = new Hono<ConsoleEnv>()
  .get("/members/:id", (c) => showMember(c, undefined, undefined))
  .post("/members/:id", async (c) => {
    const { control, visitor } = c.var;
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const [name, role, workspace_ids] = [form.text("name"), form.text("role"), form.list("workspace_ids")];
    const own = c.req.param("id") === visitor.session.memberId;
    // Nobody can change their own role or workspaces, so the form does not have them.
    const body = check(memberPatch, own ? { name } : { name, role, workspace_ids });
    if (isRefusal(body)) return showMember(c, form, body);
    const caller = { ...visitor.caller, ifMatch: [form.text("version")] };
    const { workspace_ids: workspaceIds, ...rest } = body;
    const changed = await changeMember(control, caller, c.req.param("id"), { ...rest, workspaceIds });
    if (isRefusal(changed)) return showMember(c, form, changed);
    return c.redirect(afterwards(`/members/${changed.member.id}`, "changed", changed.effect), 303);
  })
  .post("/members/:id/remove", async (c) => {
    const { control, visitor } = c.var;
    const removed = await removeMember(control, visitor.caller, c.req.param("id"));
    if (isRefusal(removed)) return showMember(c, undefined, removed);
    return c.redirect(afterwards("/members", "removed", removed.effect), 303);
  })
  .post("/members/:id/sign-in-link", async (c) => {
    const { control, visitor } = c.var;
    const made = await createSignInLink(control, visitor.caller, { memberId: c.req.param("id"), next: "/" });
    if (isRefusal(made)) return showMember(c, undefined, made);
    const back = { path: `/members/${c.req.param("id")}`, name: "The member" };
    return show(c, { title: "Sign-in link", status: 201 }, <LinkSheet made={made} back={back} />);
  })
  .post("/members/:id/end-sessions", async (c) => {
    const ended = await revokeSessions(c.var.control, c.var.visitor.caller, c.req.param("id"));
    if (isRefusal(ended)) return showMember(c, undefined, ended);
    return c.redirect(afterwards(`/members/${c.req.param("id")}`, "ended"), 303);
  });

async function showMember(c: Visit, form: Form | undefined, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const { caller } = visitor;
  const member = await findMember(control, caller, c.req.param("id") as string, "members:read");
  if (isRefusal(member)) return showRefusal(c, member);
  const sessions = await listSessions(control, caller, member.id, { limit: 50, after: undefined });
  const problems = problemsOf(refusal);
  const { standing } = caller;
  return show(
    c,
    { title: member.name, status: refusal ? (describe(refusal).status as 422) : 200 },
    <>
      <p class="crumb">
        <a href="/members">Members</a>
      </p>
      <h1>{member.name}</h1>
      <p class="faint">
        {member.email}, {member.role}, since <Moment at={member.createdAt} />.{" "}
        <a href={`/audit?actor=${member.id}`}>Their actions</a>
      </p>
      <Done c={c} />
      {problems.size === 0 && <Refused refusal={refusal} />}
      {requireScope(caller, "members:write") === undefined && (
        <EditMember c={c} member={member} form={form ?? formOf(member)} problems={problems} />
      )}
      {standing.kind === "member" && isOwner(standing) && (
        <form class="sheet" method="post" action={`/members/${member.id}/sign-in-link`}>
          <h2>Sign-in link</h2>
          <p>A sign-in link works once, for ten minutes. You see it here and send it to them.</p>
          <button type="submit">Create a sign-in link</button>
        </form>
      )}
      {!isRefusal(sessions) && (
        <section class="sheet">
          <h2>Sessions</h2>
          <Sessions sessions={sessions.items} current={caller.via} />
          {sessions.items.length > 0 && (
            <form method="post" action={`/members/${member.id}/end-sessions`}>
              <button type="submit" class="quiet">
                End all{member.id === visitor.session.memberId && " but this one"}
              </button>
            </form>
          )}
        </section>
      )}
      {member.id !== visitor.session.memberId && requireScope(caller, "members:delete") === undefined && (
        <Removal c={c} member={member} />
      )}
    </>,
  );
}

interface EditProps {
  readonly c: Visit;
  readonly member: MemberRecord;
  readonly form: Form;
  readonly problems: ReadonlyMap<string, string>;
}

async function EditMember({ c, member, form, problems }: EditProps) {
  const isSelf = member.id === c.var.visitor.session.memberId;
  return (
    <form class="sheet" method="post" action={`/members/${member.id}`} novalidate>
      <Version of={member} />
      {isSelf && <p class="hint">Only another owner can change your own role and workspaces.</p>}
      <MemberFields
        c={c}
        form={form}
        problems={problems}
        workspaces={await offeredWorkspaces(c, member.workspaceIds)}
        isSelf={isSelf}
      />
      <button type="submit">Save</button>
    </form>
  );
}

function Removal({ c, member }: { c: Visit; member: MemberRecord }) {
  const { gateway } = c.var.control;
  return (
    <form class="sheet" method="post" action={`/members/${member.id}/remove`}>
      <h2>Remove</h2>
      <p>
        {gateway.policy.actAs === "member"
          ? `Their keys stop working everywhere within ${boundOf(gateway)}. `
          : "Their keys keep working, because keys belong to the organization here. "}
        <a href={`/keys?member_id=${member.id}&status=active`}>See their active keys</a>.
      </p>
      <label class="choice">
        <input type="checkbox" required />
        <span>I have checked their keys</span>
      </label>
      <button type="submit" class="grave">
        Remove {member.name}
      </button>
    </form>
  );
}

function formOf({ name, role, workspaceIds }: MemberRecord): Form {
  const fields = new URLSearchParams({ name, role });
  for (const id of workspaceIds) fields.append("workspace_ids", id);
  return new Form(fields);
}
