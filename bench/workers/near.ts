/**
 * Stands in for KV, the authorities and the collectors, inside the isolate: every secret is found, its key may do nothing, and reports
 * are stored nowhere. What the isolate then holds in memory is the gateway's own; a collector has an isolate to itself on the edge.
 */

type Question = { environment: string; keyId: string; secretHash: string };

export function near<Env extends object>(env: Env): Env {
  return { ...env, KV: { get: entryOf }, AUTHORITY: objects({ ask }), COURIER: objects({ report: async () => ({}) }) };
}

const objects = (calls: object) => ({ idFromName: (name: string) => name, get: () => calls });

async function entryOf(name: string): Promise<string> {
  return JSON.stringify({ key_id: `key_${name.slice(-32)}`, pepper_id: "bench" });
}

async function ask({ environment, keyId, secretHash }: Question) {
  const policy = { name: "second", limit: 10_000, window: 1, remaining: 9_999, resetMs: 1 };
  const lease = { id: crypto.randomUUID(), record: recordOf(environment, keyId, secretHash), tokens: 1, ttlMs: 2_000 };
  return { kind: "lease", lease: { ...lease, denial: null, policies: [policy] } };
}

function recordOf(environment: string, id: string, hash: string) {
  const [createdAt, expiresAt] = [Date.now(), Date.now() + 86_400_000];
  const organization = { id: `org_${id.slice(-32)}`, status: "active" };
  // Some keys have lists as long as the API allows. As in an answer from an object, each text is a separate one.
  const [scopes, workspaces] = id.endsWith("0") ? [textsOf("scope"), textsOf("workspace")] : [[], []];
  const rights = { reach: "organization", workspaces, permission: "full-access", scopes, allowedAddresses: [] };
  const times = { createdAt, expiresAt, disabledAt: null, revokedAt: null };
  const secrets = [{ hash, expiresAt: null }];
  return {
    id,
    version: id,
    environment,
    organization,
    member: null,
    plan: null,
    limits: null,
    secrets,
    ...rights,
    ...times,
  };
}

function textsOf(kind: string): string[] {
  return JSON.parse(JSON.stringify(Array.from({ length: 500 }, (_, n) => `${kind}_${n}_${"x".repeat(32)}`)));
}
