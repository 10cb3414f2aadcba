/** Organizations, people and keys for tests, made through the management API. */

import type { Gateway } from "./gateway.ts";

export const ROLES = ["owner", "admin", "member"] as const;
export type Role = (typeof ROLES)[number];

export interface Key {
  readonly id: string;
  readonly secret: string;
}

/** In words of the API, where they differ from the defaults: an organization key of the owner for everything in the sandbox. */
export interface KeyFields {
  role?: Role;
  environment?: string;
  reach?: "organization" | "workspace";
  workspace_ids?: string[];
  permission?: "full-access" | "read-only";
  scopes?: string[];
  name?: string;
  plan?: string;
  limits?: {
    rates?: { name: string; limit: number; window: number; burst?: number }[];
    quotas?: { name: string; limit: number; per: string }[];
  };
  allowed_addresses?: string[];
  expires_at?: string;
}

export interface Tenant {
  readonly organizationId: string;
  /** Two of them; the owner and the admin belong to both, the member to the first. */
  readonly workspaces: readonly [string, string];
  readonly members: Readonly<Record<Role, string>>;
  key(fields?: KeyFields): Promise<Key>;
}

export async function seed(gateway: Gateway): Promise<Tenant> {
  const make = async (path: string, fields: object) => {
    const { status, body } = await gateway.manage("POST", path, fields);
    if (status !== 201) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  };
  const { id: organization_id } = await make("/v1/organizations", { name: "Acme" });
  const workspace = async (name: string): Promise<string> =>
    (await make("/v1/workspaces", { organization_id, name })).id;
  const workspaces = [await workspace("Berlin"), await workspace("Lisbon")] as const;
  const member = async (role: Role, workspace_ids: readonly string[]): Promise<string> =>
    (await make("/v1/members", { organization_id, email: `${role}@acme.test`, name: role, role, workspace_ids })).id;
  const members = {
    owner: await member("owner", workspaces),
    admin: await member("admin", workspaces),
    member: await member("member", [workspaces[0]]),
  };
  return {
    organizationId: organization_id,
    workspaces,
    members,
    async key({ role = "owner", ...fields } = {}) {
      return make("/v1/api-keys", {
        organization_id,
        member_id: members[role],
        environment: "sandbox",
        reach: fields.workspace_ids ? "workspace" : "organization",
        permission: "full-access",
        scopes: ["admin"],
        name: "test",
        ...fields,
      });
    },
  };
}

/**
 * The headers of a client that holds the key. Each call is another client: one address may cause only so many look-ups
 * of keys that the gateway has not seen.
 */
export function bearing({ secret }: Pick<Key, "secret">): Record<string, string> {
  return { Authorization: `Bearer ${secret}`, "CF-Connecting-IP": someAddress() };
}

export function someAddress(): string {
  const byte = () => Math.floor(Math.random() * 256);
  return `10.${byte()}.${byte()}.${byte()}`;
}
