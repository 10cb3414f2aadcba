/** The console: pages on the control base URL. They call the same verbs as the management API. */

import { type Context, Hono, type MiddlewareHandler } from "hono";
import { PRIVATE_HEADERS } from "../management/page.ts";
import { assets } from "./assets.ts";
import { auditPages } from "./audit.tsx";
import { guide } from "./guide.tsx";
import { keyActions } from "./key-actions.tsx";
import { keyEdit } from "./key-edit.tsx";
import { keyPage } from "./key-page.tsx";
import { keyList } from "./keys.tsx";
import { memberPages } from "./member.tsx";
import { memberList } from "./members.tsx";
import { newKeyPages } from "./new-key.tsx";
import { organizationPage } from "./organization.tsx";
import { organizationTerms } from "./organization-terms.tsx";
import { organizationList } from "./organizations.tsx";
import { overview } from "./overview.tsx";
import { showRefusal } from "./refusal-page.tsx";
import { sessionPages } from "./sessions.tsx";
import { trial } from "./trial.tsx";
import { type ConsoleEnv, requireRootVisitor, requireVisitor } from "./visit.ts";
import { workspacePages } from "./workspaces.tsx";

const PRIVATE_PATHS = ["/keys", "/workspaces", "/members", "/audit", "/organization", "/sessions"];
/** The platform team's. */
const ROOT_PATH = "/organizations";

/** Nothing but our own files; no script makes markup of text. https://w3c.github.io/trusted-types/dist/spec/ */
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
    pages.use(path, asPage);
  for (const path of PRIVATE_PATHS) pages.use(`${path}/*`, requireVisitor);
  pages.use(`${ROOT_PATH}/*`, requireRootVisitor);
  pages.route("/", assets).route("/", overview).route("/", guide);
  pages.route("/", keyList).route("/", newKeyPages).route("/", keyActions).route("/", keyEdit);
  pages.route("/", trial).route("/", keyPage);
  pages.route("/", workspacePages).route("/", memberList).route("/", memberPages);
  pages.route("/", auditPages).route("/", organizationPage).route("/", sessionPages);
  pages.route("/", organizationList).route("/", organizationTerms);
  for (const path of [...PRIVATE_PATHS, ROOT_PATH]) {
    pages.all(`${path}/*`, (c) => showRefusal(c, { code: "not_found", problem: "There is no such page." }));
  }
  return pages;
}

const asPage: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  await next();
  // It is in the log already.
  if (c.error) c.res = await errorPage(c);
  for (const [name, value] of Object.entries(PRIVATE_HEADERS)) c.header(name, value);
  c.header("Content-Security-Policy", POLICY);
};

function errorPage(c: Context<ConsoleEnv>): Response | Promise<Response> {
  return showRefusal(c, { code: c.res.status === 503 ? "key_store_unavailable" : "internal_error" });
}
