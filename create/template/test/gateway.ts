/** The gateway in workerd, with its real database and objects. Only the origin behind it is a stand-in (vitest.config.ts). */

import { applyD1Migrations } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll } from "vitest";
import config from "../gateway.config.ts";

export interface Key {
  secret: string;
  workspaceId: string;
}

const gateway = (exports as unknown as { default: Fetcher }).default;
const API = config.environments.production?.baseUrls[0];
const CONTROL = config.control.baseUrls[0];

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

/** An organization's key, with these scopes. */
export async function newKey(scopes: string[]): Promise<Key> {
  const { id: organization_id } = await create("organizations", ORGANIZATION);
  const { id: workspaceId } = await create("workspaces", { organization_id, name: "Main" });
  const person = { name: "Olga", email: "olga@acme.example", role: "owner", workspace_ids: [workspaceId] };
  const { id: member_id } = await create("members", { organization_id, ...person });
  const rights = { environment: "production", permission: "full-access", scopes, REACH };
  const { secret } = await create("api-keys", { organization_id, member_id, name: "test", ...rights });
  return { secret, workspaceId };
}

/** `path`: below the base URL; `:workspace` in it is the key's. */
export async function statusOf(method: string, path: string, key?: Key): Promise<number> {
  const url = API + path.replace(":workspace", key?.workspaceId ?? "");
  const headers = key ? { Authorization: `Bearer ${key.secret}` } : undefined;
  const response = await gateway.fetch(url, { method, headers });
  await response.body?.cancel();
  return response.status;
}

async function create(what: string, fields: object): Promise<{ id: string; secret: string }> {
  const response = await gateway.fetch(`${CONTROL}/v1/${what}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${env.KEYGATE_ROOT_TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify(fields),
  });
  const body = await response.text();
  if (response.status !== 201) throw new Error(`${what}: ${response.status} ${body}`);
  return JSON.parse(body);
}
