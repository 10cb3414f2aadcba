/** Calls of the management API as anyone makes them: through the Worker, with the root token. */

import { env, exports } from "cloudflare:workers";
import { newId } from "../helpers/workerd.ts";
import { checkAgainstDocument } from "./contract.ts";

export const CONTROL = "https://keys.example.com";
/** The Worker itself. */
export const worker = (exports as unknown as { default: Fetcher }).default;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what the API answers is what the tests are about
  readonly body: any;
  readonly headers: Headers;
}

export async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await worker.fetch(`${CONTROL}${path}`, {
    method,
    headers: { Authorization: `Bearer ${env.KEYGATE_ROOT_TOKEN}`, ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  const answer = { status: response.status, body: await response.json(), headers: response.headers };
  checkAgainstDocument(method, path, answer);
  return answer;
}

async function made(path: string, body: unknown) {
  const answer = await call("POST", path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export const makeOrganization = (fields: object = {}) => made("/v1/organizations", { name: "Acme", ...fields });
export const makeWorkspace = (organization_id: string) => made("/v1/workspaces", { organization_id, name: "Sales" });
export const makeMember = (organization_id: string, fields: object = {}) =>
  made("/v1/members", { organization_id, email: `${newId("m")}@acme.test`, name: "Ada", role: "owner", ...fields });
export const makeKey = (body: object) => made("/v1/api-keys", body);

/** An organization, a workspace, a member, and the body of a key for them. */
export async function setUp(fields: object = {}) {
  const organization = await makeOrganization(fields);
  const [workspace, member] = await Promise.all([makeWorkspace(organization.id), makeMember(organization.id)]);
  const keyBody = {
    organization_id: organization.id as string,
    member_id: member.id as string,
    environment: "sandbox",
    reach: "organization",
    permission: "full-access",
    scopes: ["signatures:read"],
    name: "Key",
  };
  return { organization, workspace, member, keyBody };
}

/** What the audit trail tells of a target, the oldest first. */
export async function auditOf(target: string) {
  const { results } = await env.DB.prepare(
    "SELECT organization_id, actor, action, target, details, request_id FROM audit_events WHERE target = ? ORDER BY at, rowid",
  )
    .bind(target)
    .all<Record<"organization_id" | "actor" | "action" | "target" | "details" | "request_id", string>>();
  return results.map((event) => ({ ...event, details: JSON.parse(event.details) }));
}

export async function countRows(table: string): Promise<number> {
  return (await env.DB.prepare(`SELECT count(*) AS rows FROM ${table}`).first<number>("rows")) ?? 0;
}
