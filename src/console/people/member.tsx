/** One member: name, role, workspaces, sign-in and sessions. What ends their access is in `member-actions.tsx`. */

import { Hono } from "hono/tiny";
import { findMember, requireScope } from "../../control/access.ts";
import { changeMember, refusalsOfMemberChange } from "../../control/people/change.ts";
import { checkStanding, isOwner } from "../../control/people/rules.ts";
import { findInvitations, revokeInvitation } from "../../control/sessions/invitation.ts";
import { listSessions } from "../../control/sessions/manage.ts";
import { allOf } from "../../control/validation.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { checkEach } from "../../management/parse.ts";
import { type MemberRecord, memberChangeOf, memberPatch } from "../../records/member.ts";
import type { Workspace } from "../../records/workspace.ts";
import { namesIn, offeredWorkspaces } from "../frame/directory.ts";
import { Done, finish } from "../frame/done.tsx";
import { Form, readForm } from "../frame/form.ts";
import { Version } from "../frame/kept.tsx";
import { show } from "../frame/layout.tsx";
import { Alert, Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { Day } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { spanOf } from "../frame/words.ts";
import { removalOf } from "./member-actions.tsx";
import { MEMBER_FIELDS, MemberFields } from "./member-fields.tsx";
import { Sessions } from "./sessions.tsx";
import { LastSignIn, LinkButtons, showNewLink } from "./sign-in-links.tsx";

export const memberPages = new Hono<ConsoleEnv>()
  .get("/members/:id", (c) => showMember(c, undefined, undefined))
  .post("/members/:id", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const changed = await change(c, form);
    if (isRefusal(changed)) return showMember(c, form, changed);
    return finish(c, `/members/${changed.member.id}`, "changed", changed.effect);
  })
  .post("/members/:id/sign-in-link", async (c) => {
    const id = c.req.param("id");
    const made = await showNewLink(c, c.var.visitor.caller, id, { path: `/members/${id}`, name: "The member" });
    return isRefusal(made) ? showMember(c, undefined, made) : made;
  })
  .post("/members/:id/invitation/revoke", async (c) => {
    const id = c.req.param("id");
    const revoked = await revokeInvitation(c.var.control, c.var.visitor.caller, id);
    return isRefusal(revoked) ? showMember(c, undefined, revoked) : finish(c, `/members/${id}`, "uninvited");
  });

async function change(c: Visit, form: Form) {
  const { control, visitor } = c.var;
  const member = await findMember(control, visitor.caller, c.req.param("id") as string, "members:write");
  if (isRefusal(member)) return member;
  const [name, role, workspace_ids] = [form.text("name"), form.text("role"), form.list("workspace_ids")];
  // Nobody can change their own role or workspaces, so the form does not have them.
  const own = member.id === visitor.session.memberId;
  const { fields, refusal } = checkEach(memberPatch, own ? { name } : { name, role, workspace_ids });
  const wanted = memberChangeOf(fields);
  const mistakes = allOf([refusal, ...(await refusalsOfMemberChange(control, member, wanted))]);
  if (mistakes) return mistakes;
  return changeMember(control, { ...visitor.caller, ifMatch: [form.text("version")] }, member.id, wanted);
}

async function showMember(c: Visit, sent: Form | undefined, refusal: Refusal | undefined) {
  const { control, visitor } = c.var;
  const { caller } = visitor;
  const member = await findMember(control, caller, c.req.param("id") as string, "members:read");
  if (isRefusal(member)) return showRefusal(c, member);
  const { standing } = caller;
  const now = control.now();
  const page = pageIn(c);
  if (isRefusal(page)) return showRefusal(c, page);
  const [sessions, invitations] = await Promise.all([
    listSessions(control, caller, member.id, page),
    findInvitations(control, { member: member.id }),
  ]);
  const invitation = invitations.get(member.id);
  const isSelf = member.id === visitor.session.memberId;
  // Browsers do not send what is greyed out.
  const form = sent && !isSelf ? sent : formOf({ ...member, name: sent?.text("name") ?? member.name });
  const above = checkStanding(caller, { role: member.role, workspaceIds: [] }, control.gateway);
  const canWrite = requireScope(caller, "members:write") === undefined;
  // Then the page has no form, also if one was sent.
  const reason = canWrite && above && `You cannot change this member. ${describe(above).detail}`;
  const ids = [...member.workspaceIds, ...form.list("workspace_ids")];
  const workspaces = canWrite && !above ? await offeredWorkspaces(c, ids) : [];
  return show(
    c,
    { title: member.name, refusal },
    <>
      <p class="crumb">
        <a href="/members">Members</a>
      </p>
      <h1>{member.name}</h1>
      <p class="faint">
        {member.email}, {member.role}, since <Day at={member.createdAt} />. Last sign-in:{" "}
        <LastSignIn member={member} invitation={invitation} now={now} />.{" "}
        <a href={`/audit?actor=${member.id}`}>Their actions</a>
      </p>
      <Done c={c} />
      {reason && sent ? (
        <Alert>
          <p>
            <strong>Nothing was changed.</strong> {reason}
          </p>
        </Alert>
      ) : (
        <Mistakes
          refusal={refusal}
          fields={MEMBER_FIELDS}
          against={{ sent: form, stored: formOf(member), nameOf: namesIn([workspaces]) }}
        />
      )}
      {reason
        ? !sent && <p>{reason}</p>
        : canWrite && <EditMember {...{ c, member, sent, form, workspaces, refusal }} />}
      {standing.kind === "member" && isOwner(standing) && (
        <section class="sheet">
          <h2>Sign-in</h2>
          <p>
            {member.lastSignedInAt === null
              ? `An invitation is a link that signs them in once, within ${spanOf(control.gateway.invitationMs)}.`
              : "A sign-in link works once, for ten minutes."}{" "}
            You see it here and send it to them.
          </p>
          <LinkButtons base={`/members/${member.id}`} member={member} invitation={invitation} />
        </section>
      )}
      {!isRefusal(sessions) && (
        <section class="sheet">
          <h2>Sessions</h2>
          <Sessions sessions={sessions.items} current={caller.via} isSelf={isSelf} now={now} />
          <More path={`/members/${member.id}`} next={sessions.next} />
          {sessions.items.length > 0 &&
            (isSelf ? (
              <form method="post" action="/sessions/end-others">
                <button type="submit" class="quiet">
                  End all but this one
                </button>
              </form>
            ) : (
              <a class="button quiet" href={`/members/${member.id}/end-sessions`}>
                End all
              </a>
            ))}
        </section>
      )}
      {!isSelf && !above && requireScope(caller, "members:delete") === undefined && (
        <section class="sheet">
          <h2>Remove</h2>
          <p>{removalOf(c)}</p>
          <a class="button grave" href={`/members/${member.id}/remove`}>
            Remove the member
          </a>
        </section>
      )}
    </>,
  );
}

interface EditProps {
  readonly c: Visit;
  readonly member: MemberRecord;
  readonly sent: Form | undefined;
  /** What is sent, or what is stored. */
  readonly form: Form;
  readonly workspaces: readonly Workspace[];
  readonly refusal: Refusal | undefined;
}

function EditMember({ c, member, sent, form, workspaces, refusal }: EditProps) {
  const isSelf = member.id === c.var.visitor.session.memberId;
  return (
    <form class="sheet" method="post" action={`/members/${member.id}`} novalidate>
      <Version of={member} form={sent} refusal={refusal} />
      {isSelf && <p class="hint">Only another owner can change your own role and workspaces.</p>}
      <MemberFields
        c={c}
        form={form}
        problems={problemsOf(refusal, MEMBER_FIELDS)}
        workspaces={workspaces}
        stored={member.workspaceIds}
        isSelf={isSelf}
      />
      <button type="submit">Save</button>
    </form>
  );
}

function formOf({ name, role, workspaceIds }: MemberRecord): Form {
  return new Form([
    ["name", name],
    ["role", role],
    ...workspaceIds.map((id): [string, string] => ["workspace_ids", id]),
  ]);
}
