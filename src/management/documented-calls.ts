/**
 * What the OpenAPI document says of each call, by its name. The Worker does not need it, so it is in no bundle: the document is written by
 * `npm run openapi`.
 */

interface Documented {
  readonly summary: string;
  readonly description?: string;
}

/** By tag, in the order of the document. */
export const CALLS: Readonly<Record<string, Readonly<Record<string, Documented>>>> = {
  Organizations: {
    createOrganization: { summary: "Create an organization", description: "Only for the root token." },
    listOrganizations: {
      summary: "List organizations",
      description: "All of them for the root token; for other callers, their own.",
    },
    readOrganization: { summary: "Show an organization" },
    changeOrganization: {
      summary: "Change an organization",
      description:
        "Owners can change the name. Only the root token can change the plan, environments, key quota, location and status.",
    },
  },
  Workspaces: {
    createWorkspace: {
      summary: "Create a workspace",
      description:
        "If the caller's role manages only their own workspaces, the caller becomes a member of the new workspace.",
    },
    listWorkspaces: { summary: "List an organization's workspaces" },
    readWorkspace: { summary: "Show a workspace" },
    changeWorkspace: {
      summary: "Rename a workspace",
      description: "For members who belong to it, or whose role manages all workspace keys.",
    },
    deleteWorkspace: {
      summary: "Delete a workspace",
      description:
        "For members who belong to it, or whose role manages all workspace keys. Keys and members lose it; a key that reaches no other workspace is revoked.",
    },
  },
  Members: {
    createMember: {
      summary: "Create a member",
      description: "The role and workspaces cannot be more than the caller's.",
    },
    listMembers: { summary: "List an organization's members" },
    readMember: { summary: "Show a member" },
    changeMember: {
      summary: "Change a member",
      description:
        "The change also applies to keys that act as the member. Members cannot change their own role, and the last owner stays an owner.",
    },
    removeMember: {
      summary: "Remove a member",
      description:
        "This also ends the keys that act as the member, so the caller must manage all of these keys, and belong to the member's workspaces.",
    },
  },
  Sessions: {
    createSignInLink: {
      summary: "Create a sign-in link for a member",
      description: "Works once, within ten minutes. Owners can create links for members of their organization.",
    },
    createRootSignInLink: {
      summary: "Create a link that signs the platform team in to the console",
      description: "Only for the root token. Works once, within ten minutes; the session lasts an hour.",
    },
    createInvitation: {
      summary: "Invite a member who has never signed in",
      description:
        "Creates a sign-in link that works once, for as many days as configured, and ends the link of an earlier invitation.",
    },
    readInvitation: { summary: "Show the open invitation of a member" },
    revokeInvitation: { summary: "Revoke the open invitation of a member" },
    listSessions: { summary: "List a member's sessions", description: "Only active sessions." },
    revokeSessions: { summary: "End a member's sessions", description: "All except the session that sends the call." },
    revokeSession: { summary: "End a session" },
  },
  "API keys": {
    createApiKey: {
      summary: "Create a key",
      description: "The answer has the secret, which is never shown again. You cannot grant more than you have.",
    },
    listApiKeys: { summary: "List an organization's keys", description: "Only keys that the caller manages." },
    listUnusedApiKeys: {
      summary: "List keys of all organizations that have not been used for some days",
      description: "Only for the root token. Keys that work or are disabled; those unused for longest first.",
    },
    readApiKey: { summary: "Show a key" },
    changeApiKey: { summary: "Change a key", description: "The environment, reach and member of a key cannot change." },
    rotateApiKey: {
      summary: "Give a key a new secret",
      description: "The id and the limits stay the same. The old secrets keep working for the grace period.",
    },
    endApiKeySecret: {
      summary: "End an old secret of a key",
      description: "The other secrets keep working. The newest secret cannot be ended alone.",
    },
    revokeApiKey: { summary: "Revoke a key, for good" },
    disableApiKey: { summary: "Disable a key" },
    enableApiKey: { summary: "Enable a key again" },
    readLimits: { summary: "Show what is left of a key's limits" },
    resetLimits: {
      summary: "Reset a key's limits",
      description: "Only for the root token. Except the tokens that are lent to isolates now.",
    },
    adviseOnScopes: { summary: "List the scopes that a key has not used" },
    importApiKeys: {
      summary: "Import keys by the SHA-256 digests of their secrets",
      description:
        "Only for the root token. Imports all keys or none. Keys that were imported before are skipped, so a call can be repeated.",
    },
  },
  "Key requests": {
    requestApiKey: {
      summary: "Ask for a key",
      description: "For members who cannot create keys. Members who can create them see the request and answer it.",
    },
    listKeyRequests: {
      summary: "List the keys that members asked for",
      description: "Newest first. Callers who cannot create keys see only their own requests.",
    },
    declineKeyRequest: {
      summary: "Decline a request for a key",
      description: "To grant it, create a key with `key_request_id`.",
    },
  },
  Insight: {
    whoami: { summary: "Show what the credential is, and what it can do" },
    explain: {
      summary: "Explain how a request would be decided, step by step",
      description: "Counts against no limit, and forwards nothing.",
    },
  },
  Usage: {
    readUsage: {
      summary: "Show what keys were used for",
      description:
        "By default, for the last day. The root token can leave out `organization_id`: then the answer covers all organizations, by whole days of the last 31.",
    },
    readLatency: {
      summary: "Show how long the gateway and the origins took for an organization",
      description: "All its keys together, by default for the last day, and for at most the last 31 days.",
    },
  },
  Operation: {
    readTraffic: {
      summary: "Show all requests by route, and how long the gateway and the origins took",
      description: "Only for the root token.",
    },
    readStatus: {
      summary: "Show how full the database is, and when it was last asked for edits by hand",
      description: "Only for the root token.",
    },
  },
  Requests: {
    listRequests: {
      summary: "List finished requests",
      description:
        "Requests of the keys that the caller manages, newest first. They appear 10 to 20 seconds after they end. Without `organization_id` and `key_id`: requests of the caller's organization, or, for the root token, requests that belong to no known organization.",
    },
    readRequest: {
      summary: "Find a finished request by its id",
      description:
        "The id is in the `X-Request-Id` of every answer, and in the `request_id` of every error. A request can be found 10 to 20 seconds after it ends.",
    },
    explainRequest: {
      summary: "Explain a finished request: what was decided then, what would be decided now, and what to change",
      description: "Counts against no limit, and forwards nothing.",
    },
  },
  Audit: {
    listAuditEvents: {
      summary: "List changes, who made them, and when",
      description: "Newest first. With `target`: the history of one key, member, workspace or organization.",
    },
  },
  Changes: {
    readChange: {
      summary: "Show how many authorities do not know of a change yet",
      description: "`Location` of a 202 answer points here.",
    },
  },
  Peppers: {
    listPeppers: {
      summary: "List the peppers, and how many secrets are stored under each",
      description: "Only for the root token.",
    },
    listKeysOfPepper: {
      summary: "List the keys that would stop working without a pepper",
      description:
        "Only for the root token. These keys have a secret that has not been used since the pepper was replaced.",
    },
    retirePepper: {
      summary: "Delete the hashes that are stored under a replaced pepper",
      description: "Only for the root token. Afterwards you can remove the pepper from KEYGATE_PEPPERS.",
    },
  },
};
