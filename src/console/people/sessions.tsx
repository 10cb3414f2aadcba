/** The visitor's sessions, and how to end them. */

import { Hono } from "hono";
import { listSessions, revokeSession, revokeSessions } from "../../control/sessions/manage.ts";
import { isRefusal } from "../../errors.ts";
import type { Session } from "../../store/sessions.ts";
import { afterwards, Done } from "../frame/done.tsx";
import { show } from "../frame/layout.tsx";
import { Moment, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv } from "../frame/visit.ts";

export const sessionPages = new Hono<ConsoleEnv>()
  .get("/sessions", async (c) => {
    const { control, visitor } = c.var;
    const sessions = await listSessions(control, visitor.caller, undefined, { limit: 50, after: undefined });
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
          <Sessions sessions={sessions.items} current={visitor.caller.via} />
        </section>
        {sessions.items.length > 1 && (
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
    return isRefusal(ended) ? showRefusal(c, ended) : c.redirect(afterwards("/sessions", "ended"), 303);
  })
  .post("/sessions/:id/end", async (c) => {
    const ended = await revokeSession(c.var.control, c.var.visitor.caller, c.req.param("id"));
    if (isRefusal(ended)) return showRefusal(c, ended);
    const isOwn = ended.memberId === c.var.visitor.session.memberId;
    return c.redirect(afterwards(isOwn ? "/sessions" : `/members/${ended.memberId}`, "ended"), 303);
  });

interface Props {
  readonly sessions: readonly Session[];
  readonly current: string;
}

export function Sessions({ sessions, current }: Props) {
  if (sessions.length === 0) return <p class="faint">Not signed in.</p>;
  return (
    <Table
      caption="Sessions"
      rows={sessions}
      columns={[
        { label: "Signed in", cell: ({ createdAt }) => <Moment at={createdAt} /> },
        { label: "Last seen", cell: ({ lastSeenAt }) => <Moment at={lastSeenAt} /> },
        { label: "Ends", cell: ({ expiresAt }) => <Moment at={expiresAt} /> },
        { label: "Id", cell: ({ id }) => <code>{id}</code> },
        {
          label: "End",
          cell: ({ id }) =>
            id === current ? (
              <span class="status active">this one</span>
            ) : (
              <form method="post" action={`/sessions/${id}/end`}>
                <button type="submit" class="quiet small">
                  End<span class="unseen"> the session {id}</span>
                </button>
              </form>
            ),
        },
      ]}
    />
  );
}
