import { createInvitation, findInvitation, revokeInvitation } from "../control/sessions/invitation.ts";
import { listSessions, revokeSession, revokeSessions } from "../control/sessions/manage.ts";
import { createRootSignInLink } from "../control/sessions/root-session.ts";
import { createSignInLink, type MadeSignInLink } from "../control/sessions/sign-in-link.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import type { Invitation } from "../store/sign-in-links.ts";
import { type Answer, operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { renderPage } from "./wire/page.ts";
import { renderInvitation, renderSession, sessionPageQuery, sessionsQuery, signInLinkBody } from "./wire/sessions.ts";

const showLink = (made: MadeSignInLink | Refusal): Answer | Refusal =>
  isRefusal(made) ? made : { body: { url: made.url, expires_at: new Date(made.expiresAt).toISOString() } };

const showInvitation = (found: Invitation | Refusal): Answer | Refusal =>
  isRefusal(found) ? found : { body: renderInvitation(found) };

export const sessions = [
  operation({
    method: "post",
    path: "/v1/sign-in-links",
    name: "createSignInLink",
    body: signInLinkBody,
    status: 201,
    handle: async ({ control, caller, body }) =>
      showLink(await createSignInLink(control, caller, { memberId: body.member_id, next: body.next })),
  }),
  operation({
    method: "post",
    path: "/v1/members/:id/invitation",
    name: "createInvitation",
    status: 201,
    handle: async ({ control, caller, id }) => showLink(await createInvitation(control, caller, id)),
  }),
  operation({
    method: "get",
    path: "/v1/members/:id/invitation",
    name: "readInvitation",
    handle: async ({ control, caller, id }) => showInvitation(await findInvitation(control, caller, id)),
  }),
  operation({
    method: "delete",
    path: "/v1/members/:id/invitation",
    name: "revokeInvitation",
    handle: async ({ control, caller, id }) => showInvitation(await revokeInvitation(control, caller, id)),
  }),
  operation({
    method: "post",
    path: "/v1/root-sign-in-links",
    name: "createRootSignInLink",
    status: 201,
    handle: async ({ control, caller }) => showLink(await createRootSignInLink(control, caller)),
  }),
  operation({
    method: "get",
    path: "/v1/sessions",
    name: "listSessions",
    query: sessionPageQuery,
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
    async handle({ control, caller, query }) {
      const outcome = await revokeSessions(control, caller, query.member_id);
      return isRefusal(outcome) ? outcome : { body: outcome };
    },
  }),
  operation({
    method: "delete",
    path: "/v1/sessions/:id",
    name: "revokeSession",
    async handle({ control, caller, id }) {
      const session = await revokeSession(control, caller, id);
      return isRefusal(session) ? session : { body: renderSession(session, caller.via) };
    },
  }),
];
