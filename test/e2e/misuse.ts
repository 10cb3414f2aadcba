/** Secrets in all the places where they should not be. */

import type { HeaderLines, Witness } from "./witness.ts";

const JSON_ENVIRONMENTS = ["sandbox", "production"];

/** In requests for origins. */
export async function misuseForOrigins({ data }: Witness, secret: string, bearer = secret): Promise<void> {
  const good = ["Authorization", `Bearer ${bearer}`] as const;
  for (const environment of JSON_ENVIRONMENTS) {
    const path = `/${environment}/signatures/1`;
    const asked = { headers: [good, ["X-Custom", "canary-in-header"]] as const, body: "canary-in-body" };
    for (let n = 0; n < 3; n++) await data("POST", `${path}?q=canary-in-query`, asked);
    const lines: HeaderLines[] = [
      ...["Basic ", "", "Bearer  ", `Bearer ${secret} `].map((before) => [["Authorization", before + secret]] as const),
      [["Authorization", `Bearer ${secret}\x01`]],
      [good, good],
      [good, ["Cookie", `__Host-keygate_session=${secret}; other=${secret}`]],
      [good, ["X-Request-Id", secret], ["Origin", `https://${secret}.example`]],
      [
        ["Origin", "https://app.test"],
        ["Access-Control-Request-Headers", secret],
      ],
    ];
    const targets = [
      `${path}?api_key=${secret}`,
      `${path}?api_key=${secret}x&canary-in-query`,
      `/${environment}/assets/..%2f${secret}`,
      `/${environment}/no/such/${secret}`,
      `/${environment}/workspaces/${secret}/folders/1`,
      `/${environment}/by-query/1?workspace=${secret}`,
      `/${environment}/nobody/1`,
      `/${environment}/.well-known/${secret}`,
      `/${secret}`,
    ];
    await Promise.all([
      ...lines.map((headers) => data("GET", path, { headers })),
      ...targets.map((target) => data("GET", target, { headers: [good] })),
      data("GET", `${path}?api_key=${secret}`),
      data("TRACE", path, { headers: [good] }),
      data("OPTIONS", `/${environment}/web/1`, { headers: lines.at(-1) as HeaderLines }),
      data("GET", `/${environment}/by-header/1`, { headers: [good, ["X-Workspace", secret]] }),
    ]);
  }
}

export interface Targets {
  readonly organizationId: string;
  readonly memberId: string;
  readonly keyId: string;
}

/** In calls of the management API, and in visits to its pages. */
export async function misuseForControl(witness: Witness, secret: string, targets: Targets): Promise<void> {
  const { control, root } = witness;
  await Promise.all([
    ...pathsWith(secret, targets).map((path) => root("GET", path)),
    ...pathsWith(secret, targets).map((path) => control("DELETE", path)),
    ...headersWith(secret).map((headers) => control("GET", "/v1/whoami", { headers })),
    ...headersWith(secret).map((headers) => control("GET", "/keys", { headers })),
  ]);
  const bodies = bodiesWith(secret, targets);
  await Promise.all(bodies.map(([method, path, body]) => root(method, path, { body })));
  await root("PATCH", `/v1/api-keys/${targets.keyId}`, { headers: [["If-Match", `"${secret}"`]], body: { name: "n" } });
  for (const name of ["Kept", "Kept", "Another"]) {
    const body = { organization_id: targets.organizationId, name };
    await root("POST", "/v1/workspaces", { headers: [["Idempotency-Key", secret]], body });
  }
}

function pathsWith(secret: string, { organizationId }: Targets): string[] {
  const kinds = ["organizations", "workspaces", "members", "api-keys", "sessions", "changes"];
  const lists = ["api-keys", "audit-events", "usage"].map((kind) => `/v1/${kind}?organization_id=${organizationId}`);
  const queries = ["sort", "cursor", "scope", "from", "group_by", "q", secret].map((name) => `${name}=${secret}`);
  return [
    ...kinds.map((kind) => `/v1/${kind}/${secret}`),
    ...lists.flatMap((list) => queries.map((query) => `${list}&${query}`)),
    ...[`/v1/api-keys/${secret}/limits`, `/v1/peppers/${secret}/keys`, `/v1/sessions?member_id=${secret}`],
    ...["/v1", "/errors", "/docs/assets", "/keys", "/members", "/sign-in/x", ""].map((path) => `${path}/${secret}`),
  ];
}

function headersWith(secret: string): HeaderLines[] {
  return [
    [["Authorization", `Basic ${secret}`]],
    [["Authorization", `Bearer ${secret}`]],
    [["Authorization", `Bearer ${secret} ${secret}`]],
    [["Cookie", `__Host-keygate_session=${secret}`]],
    [["Cookie", `__Host-keygate_session=kgs_${secret}; other=${secret}`]],
    [
      ["Keygate-Act-As", secret],
      ["X-Request-Id", secret],
      ["Origin", `https://${secret}.example`],
    ],
  ];
}

function bodiesWith(secret: string, targets: Targets): [method: string, path: string, body: string | object][] {
  const { organizationId: organization_id, memberId: member_id, keyId } = targets;
  const organization = `/v1/organizations/${organization_id}`;
  const key = { organization_id, member_id, environment: "sandbox", reach: "organization", permission: "full-access" };
  const wanted = { ...key, scopes: ["folders:read"], name: "Wanted" };
  const imported = { ...wanted, sha256: secret };
  const explained = { method: "GET", url: `http://127.0.0.1/sandbox/assets/${secret}` };
  const wrong = [
    ...[
      "organization_id",
      "member_id",
      "environment",
      "reach",
      "permission",
      "expires_at",
      "plan",
      "limits",
      secret,
    ].map((name) => ({ [name]: secret })),
    ...["scopes", "workspace_ids", "allowed_addresses"].map((name) => ({ [name]: [secret] })),
    { reach: "workspace", workspace_ids: [secret] },
    { name: secret, description: secret, environment: "nowhere" },
    { limits: { rates: [{ name: secret, limit: 0, window: 1 }] } },
  ];
  return [
    ...wrong.map((fields): [string, string, object] => ["POST", "/v1/api-keys", { ...wanted, ...fields }]),
    ["POST", "/v1/api-keys", `{"${secret}`],
    ["POST", "/v1/api-keys/import", { organization_id, environment: secret, keys: [imported] }],
    ["POST", `/v1/api-keys/${keyId}/rotate`, { grace_seconds: secret, [secret]: secret }],
    ["POST", "/v1/members", { organization_id, email: secret, name: "n", role: secret, workspace_ids: [secret] }],
    ["POST", "/v1/members", { organization_id, email: "n@acme.test", name: "n", role: secret }],
    ["PATCH", organization, { plan: secret, environments: [secret] }],
    ["PATCH", organization, { environments: [secret] }],
    ["POST", "/v1/sign-in-links", { member_id: secret }],
    ["POST", "/v1/sign-in-links", { member_id, next: `//${secret}` }],
    ["POST", `/v1/peppers/${secret}/retire`, {}],
    ["POST", "/v1/explain", { ...explained, key: secret }],
    ["POST", "/v1/explain", { ...explained, key_id: keyId }],
    ["POST", "/v1/explain", { ...explained, key_id: secret, headers: { [secret]: 1 } }],
  ];
}
