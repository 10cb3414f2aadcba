/** The console: pages on the control base URL. They call the same verbs as the management API. */

import { Hono } from "hono/tiny";
import { auditPages } from "./audit/list.tsx";
import { greetVisitor, requireRootVisitor, requireVisitor } from "./frame/guard.ts";
import { dropPastedSecret } from "./frame/pasted.ts";
import { asPage } from "./frame/policy.ts";
import { showRefusal } from "./frame/refusal-page.tsx";
import { keepSent } from "./frame/send-again.tsx";
import type { ConsoleEnv } from "./frame/visit.ts";
import { goPages } from "./go/go.tsx";
import { keyActions } from "./key/actions.tsx";
import { keyConnect } from "./key/connect.tsx";
import { firstRequest } from "./key/first-request.tsx";
import { keyHistory } from "./key/history.tsx";
import { keyPage } from "./key/overview.tsx";
import { usageExport } from "./key/usage-export.ts";
import { keyRequestPages } from "./key-requests/list.tsx";
import { newKeyRequest } from "./key-requests/new-request.tsx";
import { keyEdit } from "./keys/edit.tsx";
import { keyExport } from "./keys/export.ts";
import { keyList } from "./keys/list.tsx";
import { newKeyPages } from "./keys/new.tsx";
import { keysSelected } from "./keys/selected.tsx";
import { errorPages } from "./open/error-pages.tsx";
import { guide } from "./open/guide.tsx";
import { reference } from "./open/reference.tsx";
import { signInPages } from "./open/sign-in.tsx";
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

/** For everyone. They know who is signed in. */
const OPEN_PATHS = ["/guide", "/errors", "/docs", "/go", "/go.json"];
const PRIVATE_PATHS = [
  "/keys",
  "/key-requests",
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

export function consolePages(): Hono<ConsoleEnv> {
  const pages = new Hono<ConsoleEnv>();
  for (const path of ["/sign-in", "/sign-out", ...OPEN_PATHS]) pages.use(`${path}/*`, asPage, dropPastedSecret);
  for (const path of OPEN_PATHS) pages.use(`${path}/*`, greetVisitor);
  for (const path of ["/", ...[...PRIVATE_PATHS, ROOT_PATH].map((path) => `${path}/*`)])
    pages.use(path, asPage, dropPastedSecret, keepSent);
  for (const path of PRIVATE_PATHS) pages.use(`${path}/*`, requireVisitor);
  pages.use(`${ROOT_PATH}/*`, requireRootVisitor);
  pages.route("/", overview).route("/", signInPages);
  pages.route("/", guide).route("/", errorPages).route("/", reference).route("/", goPages);
  pages
    .route("/", keyList)
    .route("/", keyExport)
    .route("/", keysSelected)
    .route("/", newKeyPages)
    .route("/", keyActions)
    .route("/", keyEdit);
  pages.route("/", newKeyRequest).route("/", keyRequestPages);
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
