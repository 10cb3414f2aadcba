/** The demo's data: an organization, its people, and keys to try. Created through the management API, once. */

import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { GatewayConfig } from "../../config/types.ts";
import { Refused } from "../gateway/answers.ts";
import type { Api } from "../gateway/api.ts";
import { KEYS_PATH } from "../keys/path.ts";
import type { CreatedKey } from "../keys/words.ts";
import type { Member } from "../organizations/members.ts";
import type { Organization } from "../organizations/orgs.ts";
import type { Workspace } from "../organizations/workspaces.ts";

const KEYS = {
  sandbox: { environment: "sandbox", permission: "full-access", scopes: ["admin"], name: "Everything, sandbox" },
  production: {
    environment: "production",
    permission: "full-access",
    scopes: ["admin"],
    name: "Everything, production",
  },
  readOnly: { environment: "sandbox", permission: "read-only", scopes: ["read:all", "write:all"], name: "Reads only" },
  free: {
    environment: "sandbox",
    permission: "full-access",
    scopes: ["read:all", "write:all"],
    name: "On the free plan",
    plan: "free",
  },
};

type KeyName = keyof typeof KEYS;
const KEY_NAMES = Object.keys(KEYS) as KeyName[];

interface People {
  organization_id: string;
  workspace_ids: { berlin: string; lisbon: string };
  member_ids: { owner: string; admin: string; member: string };
}

export interface Demo extends People {
  keys: Record<KeyName, { id: string; secret: string }>;
}

/** Links that sign these members in to the console. Each works once, for ten minutes. */
export type SignInLinks = Record<"owner" | "admin", string>;

export async function makeSignInLinks(api: Api, { member_ids }: Demo): Promise<SignInLinks> {
  const link = async (member_id: string) =>
    (await api.post<{ url: string }>("/v1/sign-in-links", { member_id })).body.url;
  return { owner: await link(member_ids.owner), admin: await link(member_ids.admin) };
}

/** `file` remembers the ids. What the gateway no longer has (its database was deleted, for example) is created again. */
export async function prepareDemo(api: Api, config: GatewayConfig, file: string): Promise<Demo> {
  const remembered = readDemo(file);
  const kept = remembered && (await exists(api, remembered.organization_id)) ? remembered : undefined;
  const people = kept ?? (await createPeople(api));
  const keys = {} as Demo["keys"];
  for (const name of KEY_NAMES) {
    const key = kept?.keys[name];
    keys[name] = key && (await isAccepted(config, name, key.secret)) ? key : await createKey(api, people, name);
  }
  const { organization_id, workspace_ids, member_ids } = people;
  const demo = { organization_id, workspace_ids, member_ids, keys };
  writeDemo(file, demo);
  return demo;
}

async function createPeople(api: Api): Promise<People> {
  const create = async <T>(path: string, fields: object) => (await api.post<T>(path, fields)).body;
  const environments = ["sandbox", "production"];
  const { id: organization_id } = await create<Organization>("/v1/organizations", { name: "Acme", environments });
  const workspace = async (name: string) => (await create<Workspace>("/v1/workspaces", { organization_id, name })).id;
  const workspace_ids = { berlin: await workspace("Berlin"), lisbon: await workspace("Lisbon") };
  const member = async (role: string, name: string, workspaces: string[]) => {
    const email = `${name.toLowerCase()}@acme.example`;
    return (await create<Member>("/v1/members", { organization_id, email, name, role, workspace_ids: workspaces })).id;
  };
  const { berlin, lisbon } = workspace_ids;
  const member_ids = {
    owner: await member("owner", "Olga", [berlin, lisbon]),
    admin: await member("admin", "Adam", [berlin, lisbon]),
    member: await member("member", "Mia", [berlin]),
  };
  return { organization_id, workspace_ids, member_ids };
}

async function createKey(api: Api, people: People, name: KeyName): Promise<{ id: string; secret: string }> {
  const { organization_id, member_ids } = people;
  const fields = { organization_id, member_id: member_ids.owner, reach: "organization", ...KEYS[name] };
  const { id, secret } = (await api.post<CreatedKey>(KEYS_PATH, fields)).body;
  return { id, secret };
}

/** Asks for a path without a route: a bad key is refused before the path is looked at, so this spends no token. */
async function isAccepted(config: GatewayConfig, name: KeyName, secret: string): Promise<boolean> {
  const base = config.environments[KEYS[name].environment]?.baseUrls[0];
  if (base === undefined) return false;
  const response = await fetch(`${base}/`, { headers: { Authorization: `Bearer ${secret}` }, redirect: "manual" });
  await response.body?.cancel();
  return response.status !== 401;
}

async function exists(api: Api, organization: string): Promise<boolean> {
  try {
    await api.get(`/v1/organizations/${organization}`);
    return true;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return false;
    throw error;
  }
}

function readDemo(file: string): Demo | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function writeDemo(file: string, demo: Demo): void {
  writeFileSync(file, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
}
