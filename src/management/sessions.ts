import { listSessions, revokeSession, revokeSessions } from "../control/sessions/manage.ts";
import { createRootSignInLink } from "../control/sessions/root-session.ts";
import { createSignInLink } from "../control/sessions/sign-in-link.ts";
import { isRefusal } from "../errors.ts";
import { operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { pageAnswer, revokedSessionsAnswer, sessionAnswer, signInLinkAnswer } from "./wire/answers.ts";
import { renderPage, renderSession } from "./wire/render.ts";
import { sessionPageQuery, sessionsQuery, signInLinkBody } from "./wire/schemas.ts";

const tag = "Sessions";

export const sessions = [
  operation({
    method: "post",
    path: "/v1/sign-in-links",
    name: "createSignInLink",
    tag,
    summary: "Make a link by which a member signs in",
    description: "For ten minutes, and once. Owners make them for members of their organization.",
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
    summary: "Make a link by which the platform team signs in to the console",
    description: "For the root token alone. For ten minutes, and once; the session that it begins lasts an hour.",
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
    description: "Those that live.",
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
    description: "All but the one that the call is made with.",
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
