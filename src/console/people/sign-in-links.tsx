/** How members get in: by an invitation the first time, and later by sign-in links. */

import { findMember } from "../../control/access.ts";
import type { Caller } from "../../control/control.ts";
import { createInvitation } from "../../control/sessions/invitation.ts";
import { createSignInLink, type MadeSignInLink } from "../../control/sessions/sign-in-link.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Invitation } from "../../store/sign-in-links.ts";
import { Crumbs } from "../frame/ask.tsx";
import { show } from "../frame/layout.tsx";
import { Ago, Copyable, Day, Notice } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { momentOf, untilOf } from "../frame/words.ts";

/** An invitation for those who have never signed in. The page shows the link this once. */
export async function showNewLink(
  c: Visit,
  caller: Caller,
  memberId: string,
  crumb: { path: string; name: string },
): Promise<Response | Refusal> {
  const { control } = c.var;
  const member = await findMember(control, caller, memberId, "members:read");
  if (isRefusal(member)) return member;
  const invites = member.lastSignedInAt === null;
  const made = invites
    ? await createInvitation(control, caller, memberId)
    : await createSignInLink(control, caller, { memberId, next: "/" });
  if (isRefusal(made)) return made;
  const title = invites ? `Invitation for ${member.name}` : `Sign-in link for ${member.name}`;
  return show(c, { title, status: 201 }, <LinkSheet title={title} made={made} crumb={crumb} now={control.now()} />);
}

interface SheetProps {
  readonly title: string;
  readonly made: MadeSignInLink;
  readonly crumb: { path: string; name: string };
  readonly now: number;
}

function LinkSheet({ title, made: { url, expiresAt }, crumb, now }: SheetProps) {
  return (
    <>
      <Crumbs crumbs={[crumb]} />
      <h1>{title}</h1>
      <section class="sheet secret">
        <Notice kind="note">
          Send this link to the member, and to nobody else: anyone who opens it signs in as them. You see it only once.
          It works once, and expires {untilOf(expiresAt, now)} ({momentOf(expiresAt)}).
        </Notice>
        <Copyable id="secret" label="the link" text={url} />
        <input type="checkbox" id="stored" checked hidden aria-label="Stored" />
      </section>
    </>
  );
}

interface StateProps {
  readonly member: MemberRecord;
  readonly invitation: Invitation | undefined;
  readonly now: number;
}

export function LastSignIn({ member, invitation, now }: StateProps) {
  if (!invitation) return <Ago at={member.lastSignedInAt} now={now} never="not signed in yet" />;
  return (
    <span>
      invited, expires <Day at={invitation.expiresAt} words={untilOf(invitation.expiresAt, now)} />
    </span>
  );
}

interface ButtonsProps extends Omit<StateProps, "now"> {
  /** The path of the member's page. */
  readonly base: string;
  /** In a row of a table. */
  readonly isSmall?: true;
}

export function LinkButtons({ base, member, invitation, isSmall }: ButtonsProps) {
  const looks = isSmall ? "quiet small" : "quiet";
  const words =
    member.lastSignedInAt !== null ? "Create a sign-in link" : invitation ? "Create a new invitation" : "Invite";
  const whom = <span class="unseen"> for {member.name}</span>;
  return (
    <div class="actions">
      <form method="post" action={`${base}/sign-in-link`}>
        <button type="submit" class={looks}>
          {words}
          {whom}
        </button>
      </form>
      {invitation && (
        <form method="post" action={`${base}/invitation/revoke`}>
          <button type="submit" class={looks}>
            Revoke the invitation{whom}
          </button>
        </form>
      )}
    </div>
  );
}
