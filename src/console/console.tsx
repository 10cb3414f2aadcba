/** The console: pages on the control base URL. They call the same verbs as the management API. */

import type { Context, MiddlewareHandler } from "hono";
import { Hono } from "hono/tiny";
import { collisionOf } from "../control/control.ts";
import { auditPages } from "./audit/list.tsx";
import { requireRootVisitor, requireVisitor } from "./frame/guard.ts";
import { showRefusal } from "./frame/refusal-page.tsx";
import { keepSent } from "./frame/send-again.tsx";
import type { ConsoleEnv } from "./frame/visit.ts";
import { keyActions } from "./key/actions.tsx";
import { keyConnect } from "./key/connect.tsx";
import { firstRequest } from "./key/first-request.tsx";
import { keyHistory } from "./key/history.tsx";
import { keyPage } from "./key/overview.tsx";
import { usageExport } from "./key/usage-export.ts";
import { keyEdit } from "./keys/edit.tsx";
import { keyExport } from "./keys/export.ts";
import { keyList } from "./keys/list.tsx";
import { newKeyPages } from "./keys/new.tsx";
import { keysSelected } from "./keys/selected.tsx";
import { guide } from "./open/guide.tsx";
import { PRIVATE_HEADERS } from "./open/page.ts";
import { workspaceDeletion } from "./organizations/delete-workspace.tsx";
import { organizationPage } from "./organizations/organization.tsx";
import { organizationStatus } from "./organizations/organization-status.tsx";
import { organizationTerms } from "./organizations/organization-terms.tsx";
import { organizationList } from "./organizations/organizations.tsx";
import { workspacePages } from "./organizations/workspaces.tsx";
import { overview } from "./overview/overview.tsx";
import { memberPages } from "./people/member.tsx";
import { memberActions } from "./people/member-actions.tsx";
import { memberList } from "./people/members.tsx";
import { sessionPages } from "./people/sessions.tsx";
import { explainPages } from "./requests/explain.tsx";
import { requestLists } from "./requests/list.tsx";
import { requestPage } from "./requests/request.tsx";

const PRIVATE_PATHS = [
  "/keys",
  "/requests",
  "/explain",
  "/workspaces",
  "/members",
  "/audit",
  "/organization",
  "/sessions",
];
/** The platform team's. */
const ROOT_PATH = "/organizations";

/** Only our own files, and no script turns text into markup. https://w3c.github.io/trusted-types/dist/spec/ */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

export function consolePages(): Hono<ConsoleEnv> {
  const pages = new Hono<ConsoleEnv>();
  for (const path of ["/", "/guide", ...[...PRIVATE_PATHS, ROOT_PATH].map((path) => `${path}/*`)])
    pages.use(path, asPage, keepSent);
  for (const path of PRIVATE_PATHS) pages.use(`${path}/*`, requireVisitor);
  pages.use(`${ROOT_PATH}/*`, requireRootVisitor);
  pages.route("/", overview).route("/", guide);
  pages
    .route("/", keyList)
    .route("/", keyExport)
    .route("/", keysSelected)
    .route("/", newKeyPages)
    .route("/", keyActions)
    .route("/", keyEdit);
  pages.route("/", usageExport).route("/", firstRequest).route("/", keyConnect).route("/", keyHistory);
  pages.route("/", requestLists).route("/", requestPage).route("/", explainPages).route("/", keyPage);
  pages.route("/", workspacePages).route("/", workspaceDeletion);
  pages.route("/", memberList).route("/", memberPages).route("/", memberActions);
  pages.route("/", auditPages).route("/", organizationPage).route("/", sessionPages);
  pages.route("/", organizationList).route("/", organizationTerms).route("/", organizationStatus);
  for (const path of [...PRIVATE_PATHS, ROOT_PATH]) {
    pages.all(`${path}/*`, (c) => showRefusal(c, { code: "not_found", problem: "This page does not exist." }));
  }
  return pages;
}

const asPage: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  await next();
  // It is already in the log.
  if (c.error) c.res = await errorPage(c);
  for (const [name, value] of Object.entries(PRIVATE_HEADERS)) c.header(name, value);
  c.header("Content-Security-Policy", POLICY);
};

function errorPage(c: Context<ConsoleEnv>): Response | Promise<Response> {
  const collision = c.error && collisionOf(c.error);
  return showRefusal(c, collision ?? { code: c.res.status === 503 ? "key_store_unavailable" : "internal_error" });
}
