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

export const sessions = [
  operation({
    method: "post",
    path: "/v1/sign-in-links",
    name: "createSignInLink",
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
    answer: sessionAnswer,
    async handle({ control, caller, id }) {
      const session = await revokeSession(control, caller, id);
      return isRefusal(session) ? session : { body: renderSession(session, caller.via) };
    },
  }),
];
