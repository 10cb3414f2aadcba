/** The visitor's sessions, and how to end them. */

import { Hono } from "hono/tiny";
import { findManagedSession, listSessions, revokeSession, revokeSessions } from "../../control/sessions/manage.ts";
import { isRefusal } from "../../errors.ts";
import type { Session } from "../../store/sessions.ts";
import { ask } from "../frame/ask.tsx";
import { Done, finish } from "../frame/done.tsx";
import { show } from "../frame/layout.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { Ago, Day, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv } from "../frame/visit.ts";
import { untilOf } from "../frame/words.ts";

export const sessionPages = new Hono<ConsoleEnv>()
  .get("/sessions", async (c) => {
    const { control, visitor } = c.var;
    const page = pageIn(c);
    const sessions = isRefusal(page) ? page : await listSessions(control, visitor.caller, undefined, page);
    if (isRefusal(sessions)) return showRefusal(c, sessions);
    return show(
      c,
      { title: "Your sessions" },
      <>
        <h1>Your sessions</h1>
        <p class="faint">
          Where you are signed in. A session ends after two hours without a visit, and after twelve hours at the latest.
        </p>
        <Done c={c} />
        <section class="sheet">
          <Sessions sessions={sessions.items} current={visitor.caller.via} isSelf now={control.now()} />
          <More path="/sessions" next={sessions.next} />
        </section>
        {(sessions.next || c.req.query("cursor") || sessions.items.length > 1) && (
          <form method="post" action="/sessions/end-others">
            <button type="submit" class="quiet">
              End all others
            </button>
          </form>
        )}
      </>,
    );
  })
  .post("/sessions/end-others", async (c) => {
    const ended = await revokeSessions(c.var.control, c.var.visitor.caller, undefined);
    return isRefusal(ended) ? showRefusal(c, ended) : finish(c, "/sessions", "ended");
  })
  .get("/sessions/:id/end", async (c) => {
    const session = await findManagedSession(c.var.control, c.var.visitor.caller, c.req.param("id"));
    if (isRefusal(session)) return showRefusal(c, session);
    return ask(c, {
      title: "End the session",
      button: "End the session",
      refusal: undefined,
      crumbs: [
        { path: "/members", name: "Members" },
        { path: `/members/${session.memberId}`, name: "The member" },
      ],
      content: () => (
        <p>
          The member is signed out of <strong>{deviceIn(session)}</strong> at once, and needs a new sign-in link there.
        </p>
      ),
    });
  })
  .post("/sessions/:id/end", async (c) => {
    const ended = await revokeSession(c.var.control, c.var.visitor.caller, c.req.param("id"));
    if (isRefusal(ended)) return showRefusal(c, ended);
    const isOwn = ended.memberId === c.var.visitor.session.memberId;
    return finish(c, isOwn ? "/sessions" : `/members/${ended.memberId}`, "ended");
  });

interface Props {
  readonly sessions: readonly Session[];
  readonly current: string;
  /** Whether they are the visitor's own. The end of another's asks first. */
  readonly isSelf: boolean;
  readonly now: number;
}

const deviceIn = ({ device }: Session) => device ?? "an unknown device";

export function Sessions({ sessions, current, isSelf, now }: Props) {
  if (sessions.length === 0) return <p class="faint">Not signed in.</p>;
  return (
    <div class="seats">
      <Table
        caption="Sessions"
        rows={sessions}
        columns={[
          {
            label: "Device",
            cell: ({ device, place }) => (
              <>
                <strong>{device ?? "Unknown device"}</strong>
                {place && <span class="quietly">{place}</span>}
              </>
            ),
          },
          { label: "Signed in", cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
          { label: "Last used", cell: ({ lastSeenAt }) => <Ago at={lastSeenAt} now={now} /> },
          { label: "Expires", cell: ({ expiresAt }) => <Day at={expiresAt} words={untilOf(expiresAt, now)} /> },
          {
            label: "End",
            cell: (session) =>
              session.id === current ? (
                <span class="status active">this one</span>
              ) : !isSelf ? (
                <a href={`/sessions/${session.id}/end`}>
                  End<span class="unseen"> the session on {deviceIn(session)}</span>
                </a>
              ) : (
                <form method="post" action={`/sessions/${session.id}/end`}>
                  <button type="submit" class="quiet small">
                    End<span class="unseen"> the session on {deviceIn(session)}</span>
                  </button>
                </form>
              ),
          },
        ]}
      />
    </div>
  );
}
