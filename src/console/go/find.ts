/** What a text leads to: pages, keys, requests, people, workspaces, organizations, error codes and calls of the management API. */

import { listKeysFor } from "../../control/keys/list.ts";
import { findRequest } from "../../control/requests/find.ts";
import { hourOfRequest } from "../../domain/request-id.ts";
import { ERRORS, isRefusal } from "../../errors.ts";
import { listOrganizations } from "../../store/organizations.ts";
import { membersOf, workspacesOf } from "../frame/directory.ts";
import { withoutSecret } from "../frame/pasted.ts";
import { beginningsFor, managesKeys, placesFor } from "../frame/places.ts";
import type { Visit } from "../frame/visit.ts";
import { CODES } from "../open/error-pages.tsx";
import { callsOf } from "../open/reference.tsx";

export interface Hit {
  readonly kind: string;
  readonly name: string;
  /** What tells it from others of the same name. */
  readonly note: string;
  readonly path: string;
}

const MAX_HITS = 6;
const MAX_LENGTH = 200;

export const soughtIn = (text: string): string => withoutSecret(text.trim()).slice(0, MAX_LENGTH);

/** The visitor's own before what is open to everyone. */
export async function find(c: Visit, text: string): Promise<readonly Hit[]> {
  const sought = soughtIn(text);
  if (sought === "") return pages(c, "");
  const { visitor, root } = c.var;
  const found = await Promise.all([
    pages(c, sought),
    visitor ? keys(c, sought) : [],
    visitor ? requests(c, sought) : [],
    visitor ? people(c, sought) : [],
    visitor ? workspaces(c, sought) : [],
    root ? organizations(c, sought) : [],
    errorCodes(sought),
    calls(c, sought),
  ]);
  return found.flatMap((hits) => hits.slice(0, MAX_HITS));
}

const has = (sought: string, ...texts: readonly string[]) =>
  texts.some((text) => text.toLowerCase().includes(sought.toLowerCase()));

function pages(c: Visit, sought: string): readonly Hit[] {
  const { own, open } = placesFor(c);
  return [...own, ...beginningsFor(c), ...open]
    .filter(({ name }) => has(sought, name))
    .map(({ name, path }) => ({ kind: "Page", name, note: "", path }));
}

async function keys(c: Visit, sought: string): Promise<readonly Hit[]> {
  const { control, visitor } = c.var;
  const { standing } = visitor.caller;
  if (standing.kind !== "member" || !managesKeys(standing)) return [];
  const wanted = { organizationId: visitor.session.organizationId, q: sought };
  const page = { limit: MAX_HITS, after: undefined };
  const found = await listKeysFor(control, visitor.caller, wanted, "-last_used_at", page);
  if (isRefusal(found)) return [];
  return found.items.map(({ id, name, environment, hint }) => ({
    kind: "Key",
    name,
    note: `${environment} ${hint}`,
    path: `/keys/${id}`,
  }));
}

async function requests(c: Visit, sought: string): Promise<readonly Hit[]> {
  if (hourOfRequest(sought) === undefined) return [];
  const found = await findRequest(c.var.control, c.var.visitor.caller, sought);
  return isRefusal(found) ? [] : [{ kind: "Request", name: sought, note: "", path: `/requests/${sought}` }];
}

/** What `list` finds, and what of its beginning has `sought`: SQL knows only the capital letters of ASCII. */
async function inAnyCase<T extends { id: string; name: string }>(
  sought: string,
  list: (sought: string) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found = await list(sought);
  if (!/[^ -~]/.test(sought)) return found;
  const ids = new Set(found.map(({ id }) => id));
  return [...found, ...(await list("")).filter(({ id, name }) => !ids.has(id) && has(sought, name))];
}

async function people(c: Visit, sought: string): Promise<readonly Hit[]> {
  const members = await inAnyCase(sought, (text) => membersOf(c, text));
  return members.map(({ id, name, email }) => ({ kind: "Member", name, note: email, path: `/members/${id}` }));
}

async function workspaces(c: Visit, sought: string): Promise<readonly Hit[]> {
  const found = await inAnyCase(sought, (text) => workspacesOf(c, [], text));
  return found.map(({ id, name }) => ({ kind: "Workspace", name, note: "", path: `/workspaces/${id}` }));
}

async function organizations(c: Visit, sought: string): Promise<readonly Hit[]> {
  const found = await listOrganizations(c.var.control.db, { limit: MAX_HITS, after: undefined }, sought);
  return found.items.map(({ id, name, status }) => ({
    kind: "Organization",
    name,
    note: status === "active" ? id : status,
    path: `/organizations/${id}`,
  }));
}

function errorCodes(sought: string): readonly Hit[] {
  return CODES.filter((code) => has(sought, code, ERRORS[code].title)).map((code) => ({
    kind: "Error code",
    name: ERRORS[code].title,
    note: code,
    path: `/errors/${code}`,
  }));
}

async function calls(c: Visit, sought: string): Promise<readonly Hit[]> {
  return callsOf(await c.var.readDocument())
    .filter(({ operationId, summary, path }) => has(sought, operationId, summary, path))
    .map(({ operationId, summary, method, path }) => ({
      kind: "API",
      name: summary,
      note: `${method} ${path}`,
      path: `/docs/${operationId}`,
    }));
}
