import { listSessions, revokeSession, revokeSessions } from "../control/sessions/manage.ts";
import { createRootSignInLink } from "../control/sessions/root-session.ts";
import { createSignInLink } from "../control/sessions/sign-in-link.ts";
import { isRefusal } from "../errors.ts";
import { operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { pageAnswer, renderPage } from "./wire/page.ts";
import {
  renderSession,
  revokedSessionsAnswer,
  sessionAnswer,
  sessionPageQuery,
  sessionsQuery,
  signInLinkAnswer,
  signInLinkBody,
} from "./wire/sessions.ts";

const tag = "Sessions";

export const sessions = [
  operation({
    method: "post",
    path: "/v1/sign-in-links",
    name: "createSignInLink",
    tag,
    summary: "Create a sign-in link for a member",
    description: "Works once, within ten minutes. Owners can create links for members of their organization.",
    body: signInLinkBody,
    answer: signInLinkAnswer,
    status: 201,
    async handle({ control, caller, body }) {
      const made = await createSignInLink(control, caller, { memberId: body.member_id, next: body.next });
      if (isRefusal(made)) return made;
      return { body: { url: made.url, expires_at: new Date(made.expiresAt).toISOString() } };
    },
  }),
  operation({
    method: "post",
    path: "/v1/root-sign-in-links",
    name: "createRootSignInLink",
    tag,
    summary: "Create a link that signs the platform team in to the console",
    description: "Only for the root token. Works once, within ten minutes; the session lasts an hour.",
    answer: signInLinkAnswer,
    status: 201,
    async handle({ control, caller }) {
      const made = await createRootSignInLink(control, caller);
      if (isRefusal(made)) return made;
      return { body: { url: made.url, expires_at: new Date(made.expiresAt).toISOString() } };
    },
  }),
  operation({
    method: "get",
    path: "/v1/sessions",
    name: "listSessions",
    tag,
    summary: "List a member's sessions",
    description: "Only active sessions.",
    query: sessionPageQuery,
    answer: pageAnswer(sessionAnswer),
    async handle({ control, caller, query }) {
      const page = readPage(query);
      if (isRefusal(page)) return page;
      const list = await listSessions(control, caller, query.member_id, page);
      return isRefusal(list) ? list : { body: renderPage(list, (session) => renderSession(session, caller.via)) };
    },
  }),
  operation({
    method: "delete",
    path: "/v1/sessions",
    name: "revokeSessions",
    tag,
    summary: "End a member's sessions",
    description: "All except the session that makes the call.",
    query: sessionsQuery,
    answer: revokedSessionsAnswer,
    async handle({ control, caller, query }) {
      const outcome = await revokeSessions(control, caller, query.member_id);
      return isRefusal(outcome) ? outcome : { body: outcome };
    },
  }),
  operation({
    method: "delete",
    path: "/v1/sessions/:id",
    name: "revokeSession",
    tag,
    summary: "End a session",
    answer: sessionAnswer,
    async handle({ control, caller, id }) {
      const session = await revokeSession(control, caller, id);
      return isRefusal(session) ? session : { body: renderSession(session, caller.via) };
    },
  }),
];
