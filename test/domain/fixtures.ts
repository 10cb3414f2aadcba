import type { KeyRecord } from "../../src/domain/key.ts";
import type { Policy } from "../../src/domain/rights.ts";
import type { Resource } from "../../src/domain/scope.ts";

/** A living key of a workspace's owner; what a test is about, it says itself. */
export function aKey(changes: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: "key_1",
    version: "v1",
    environment: "production",
    organization: { id: "org_1", status: "active" },
    member: { id: "mem_1", role: "owner", removed: false, workspaces: [] },
    reach: "workspace",
    workspaces: ["ws_1"],
    permission: "full-access",
    scopes: [],
    plan: null,
    limits: null,
    allowedAddresses: [],
    secrets: [{ hash: "secret", expiresAt: null }],
    createdAt: 0,
    expiresAt: 1_000_000,
    disabledAt: null,
    revokedAt: null,
    ...changes,
  };
}

export const aMember = (role: string, workspaces: string[] = []) => ({ id: "mem_1", role, removed: false, workspaces });

export function aResource(actions: string[], traits: Partial<Resource> = {}): Resource {
  return { actions, administrative: false, workspaceKeys: "all", management: false, ...traits };
}

const ALL = ["read", "write", "delete"];
const GUARDED = { administrative: true, management: true } as const;

/** The seven resources of which each can be read, written and deleted: 21 scopes. */
export const FULL_RESOURCES = [
  "teammates",
  "emails",
  "signatures",
  "smart_fields",
  "folders",
  "assets",
  "marketing_campaigns",
];
export const READ_ONLY_RESOURCES = ["integrations", "financial_documents"];

export const POLICY: Policy = {
  resources: {
    ...Object.fromEntries(FULL_RESOURCES.map((name) => [name, aResource(ALL)])),
    ...Object.fromEntries(READ_ONLY_RESOURCES.map((name) => [name, aResource(["read"])])),
    teammates: aResource(ALL, { administrative: true, workspaceKeys: "read" }),
    api_keys: aResource(ALL, GUARDED),
    usage: aResource(["read"], GUARDED),
  },
  bundles: {
    "read:all": { every: "read", administrative: true, management: false },
    "write:all": { every: "write", administrative: false, management: false },
    everything: { every: "*", administrative: true, management: false },
    admin: { every: "*", administrative: true, management: true },
  },
  roles: {
    owner: { scopes: ["admin"], manages: { organization: "all", workspace: "all" } },
    admin: { scopes: ["admin"], manages: { organization: "all", workspace: "own" } },
    member: { scopes: ["read:all", "write:all"], manages: { organization: "none", workspace: "none" } },
  },
  actAs: "member",
};
