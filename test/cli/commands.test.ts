import { describe, expect, test } from "vitest";
import {
  type Call,
  command,
  KEY,
  keygate,
  MEMBER,
  ORGANIZATION,
  type Outcome,
  SECRET,
  startApi,
  TOKEN,
  WORKSPACE,
} from "./helpers.ts";

const ORG = ORGANIZATION.id;

function pageOf(...data: object[]) {
  return { data, next_cursor: null };
}

/** What the command printed and sent, with one answer for every call. */
async function run(args: string[], body: unknown, status = 200): Promise<Outcome & { calls: Call[] }> {
  const { url, calls } = await startApi(() => ({ status, body }));
  const outcome = await command([...args, "--url", url], { env: { KEYGATE_ROOT_TOKEN: TOKEN } });
  return { ...outcome, calls };
}

const KEY_ARGS = [
  ...["keys", "create", "--organization", ORG, "--environment", "sandbox", "--reach", "organization"],
  ...["--permission", "read-only", "--scopes", "signatures:read,folders:read", "--name", "ci-pipeline"],
];

const EVENT = {
  id: "evt_1",
  at: "2026-11-20T14:01:36.750Z",
  organization_id: ORG,
  actor: "root",
  via: "root",
  action: "api_key.changed",
  target: KEY.id,
  details: { plan: { from: null, to: "scale" } },
  request_id: "req_1",
};

const SESSION = {
  ...{ id: `ses_${"0".repeat(32)}`, device: "Firefox on Windows", place: "Berlin, Germany" },
  created_at: "2026-11-20T14:01:36.750Z",
  last_seen_at: "2026-11-20T14:01:36.750Z",
  expires_at: "2026-11-21T02:01:36.750Z",
};

const STATUS = {
  database: {
    bytes: 8_411_200_000,
    limit_bytes: 10_000_000_000,
    full: 0.84112,
    oldest_audit_event_at: "2025-11-20T14:01:36.750Z",
  },
  retention: { usage_days: 90, audit_days: 400, dead_key_days: 90 },
  last_cleanup: {
    started_at: "2026-11-20T14:00:36.750Z",
    ended_at: "2026-11-20T14:01:36.750Z",
    removed: { usage_hours: 1_200, api_keys: 3, members: 0 },
  },
  record_changes: { looked_at: "2026-11-20T14:02:36.750Z", restored_at: null },
};

const OF_ACME = { organization_id: ORG, organization_name: "Acme", key_id: KEY.id, key_name: "ci-pipeline" };
const NO_ANSWERS = { answers: { "2xx": 0, broken_off: 0 }, request_bytes: 0, response_bytes: 0 };
const SOME_ANSWERS = { answers: { "2xx": 50, "4xx": 39, broken_off: 1 }, request_bytes: 10, response_bytes: 900 };
const TIMES = { gateway_ms: { p50: 0, p95: 1, p99: 4 }, origin_ms: { p50: 23, p95: 128, p99: 1_024 } };

const COMMANDS: [args: string[], answer: unknown, method: string, path: string, body?: object][] = [
  [["orgs", "create", "--name", "Acme"], ORGANIZATION, "POST", "/v1/organizations", { name: "Acme" }],
  [
    ["orgs", "create", "--name", "Acme", "--plan", "free", "--environments", "a, b", "--key-quota", "9"],
    ORGANIZATION,
    "POST",
    "/v1/organizations",
    { name: "Acme", plan: "free", environments: ["a", "b"], key_quota: 9 },
  ],
  [["orgs", "list"], pageOf(ORGANIZATION), "GET", "/v1/organizations?limit=100"],
  [["orgs", "show", ORG], ORGANIZATION, "GET", `/v1/organizations/${ORG}`],
  [
    ["workspaces", "create", "--organization", ORG, "--name", "Berlin"],
    WORKSPACE,
    "POST",
    "/v1/workspaces",
    { organization_id: ORG, name: "Berlin" },
  ],
  [
    ["workspaces", "list", "--organization", ORG],
    pageOf(WORKSPACE),
    "GET",
    `/v1/workspaces?organization_id=${ORG}&limit=100`,
  ],
  [
    ["members", "create", "--organization", ORG, "--email", "o@acme.example", "--name", "O", "--role", "owner"],
    MEMBER,
    "POST",
    "/v1/members",
    { organization_id: ORG, email: "o@acme.example", name: "O", role: "owner" },
  ],
  [["members", "list", "--organization", ORG], pageOf(MEMBER), "GET", `/v1/members?organization_id=${ORG}&limit=100`],
  [
    KEY_ARGS,
    { ...KEY, secret: SECRET },
    "POST",
    "/v1/api-keys",
    {
      organization_id: ORG,
      environment: "sandbox",
      reach: "organization",
      permission: "read-only",
      scopes: ["signatures:read", "folders:read"],
      name: "ci-pipeline",
    },
  ],
  [
    ["keys", "list", "--organization", ORG, "--environment", "sandbox"],
    pageOf(KEY),
    "GET",
    `/v1/api-keys?organization_id=${ORG}&environment=sandbox&limit=100`,
  ],
  [["keys", "show", KEY.id], KEY, "GET", `/v1/api-keys/${KEY.id}`],
  [
    ["keys", "revoke", KEY.id, "--reason", "leaked"],
    KEY,
    "POST",
    `/v1/api-keys/${KEY.id}/revoke`,
    { reason: "leaked" },
  ],
  [
    ["keys", "list", "--organization", ORG, "--status", "active", "--search", "ci", "--sort", "-last_used_at"],
    pageOf(KEY),
    "GET",
    `/v1/api-keys?organization_id=${ORG}&status=active&q=ci&sort=-last_used_at&limit=100`,
  ],
  [
    ["keys", "change", KEY.id, "--scopes", "a:read", "--no-plan", "--no-limits", "--no-addresses"],
    KEY,
    "PATCH",
    `/v1/api-keys/${KEY.id}`,
    {
      scopes: ["a:read"],
      plan: null,
      limits: null,
      allowed_addresses: [],
    },
  ],
  [
    ["keys", "rotate", KEY.id, "--grace", "24h"],
    { ...KEY, secret: SECRET },
    "POST",
    `/v1/api-keys/${KEY.id}/rotate`,
    { grace_seconds: 86_400 },
  ],
  [["keys", "end-secret", KEY.id, "sec_mi7u1h8u"], KEY, "DELETE", `/v1/api-keys/${KEY.id}/secrets/sec_mi7u1h8u`],
  [["keys", "disable", KEY.id], KEY, "POST", `/v1/api-keys/${KEY.id}/disable`, {}],
  [["keys", "enable", KEY.id], KEY, "POST", `/v1/api-keys/${KEY.id}/enable`, {}],
  [
    ["orgs", "change", ORG, "--status", "suspended", "--no-key-quota"],
    ORGANIZATION,
    "PATCH",
    `/v1/organizations/${ORG}`,
    { status: "suspended", key_quota: null },
  ],
  [["workspaces", "show", WORKSPACE.id], WORKSPACE, "GET", `/v1/workspaces/${WORKSPACE.id}`],
  [["status"], STATUS, "GET", "/v1/status"],
  [["changes", "show", "chg_1"], { id: "chg_1", pending_keys: 3 }, "GET", "/v1/changes/chg_1"],
  [["members", "sign-out", MEMBER.id], { revoked: 2 }, "DELETE", `/v1/sessions?member_id=${MEMBER.id}`],
  [["members", "sign-out", "ses_1"], { id: "ses_1" }, "DELETE", "/v1/sessions/ses_1"],
  [
    ["workspaces", "rename", WORKSPACE.id, "Mitte"],
    WORKSPACE,
    "PATCH",
    `/v1/workspaces/${WORKSPACE.id}`,
    { name: "Mitte" },
  ],
  [["workspaces", "delete", WORKSPACE.id], WORKSPACE, "DELETE", `/v1/workspaces/${WORKSPACE.id}`],
  [
    ["members", "change", MEMBER.id, "--role", "admin", "--no-workspaces"],
    MEMBER,
    "PATCH",
    `/v1/members/${MEMBER.id}`,
    { role: "admin", workspace_ids: [] },
  ],
  [["members", "remove", MEMBER.id], MEMBER, "DELETE", `/v1/members/${MEMBER.id}`],
  [
    ["members", "sign-in-link", MEMBER.id],
    { url: "https://keys.test/sign-in/kgl_1", expires_at: "2026-11-20T14:11:36.750Z" },
    "POST",
    "/v1/sign-in-links",
    { member_id: MEMBER.id },
  ],
  [
    ["members", "invite", MEMBER.id],
    { url: "https://keys.test/sign-in/kgl_1", expires_at: "2026-11-20T14:11:36.750Z" },
    "POST",
    `/v1/members/${MEMBER.id}/invitation`,
    {},
  ],
  [
    ["members", "revoke-invitation", MEMBER.id],
    { member_id: MEMBER.id },
    "DELETE",
    `/v1/members/${MEMBER.id}/invitation`,
  ],
  [["members", "sessions", MEMBER.id], pageOf(SESSION), "GET", `/v1/sessions?member_id=${MEMBER.id}&limit=100`],
  [
    ["audit", "--organization", ORG, "--target", KEY.id, "--from", "2026-11-01", "--limit", "7"],
    pageOf(EVENT),
    "GET",
    `/v1/audit-events?organization_id=${ORG}&target=${KEY.id}&from=2026-11-01T00%3A00%3A00.000Z&limit=7`,
  ],
  [
    ["usage", "--organization", ORG, "--group-by", "day,key"],
    { data: [{ day: "2026-11-20T00:00:00.000Z", key_id: KEY.id, requests: 12_000, refused: 3 }] },
    "GET",
    `/v1/usage?organization_id=${ORG}&group_by=day%2Ckey`,
  ],
  [
    ["usage", "--limited"],
    {
      data: [
        { ...OF_ACME, outcome: "rate_exceeded", requests: 1_200, refused: 1_200, failed: 1_200, ...NO_ANSWERS },
        { ...OF_ACME, key_name: null, outcome: "quota_exceeded", requests: 3, refused: 3, failed: 3, ...NO_ANSWERS },
      ],
    },
    "GET",
    "/v1/usage?outcome=rate_exceeded%2Cquota_exceeded&group_by=key%2Coutcome",
  ],
  [
    ["usage", "--failing", "--limit", "5"],
    { data: [{ ...OF_ACME, requests: 90, refused: 1, failed: 40, ...SOME_ANSWERS }] },
    "GET",
    "/v1/usage?sort=failed&limit=5&group_by=key",
  ],
  [
    ["traffic", "--environment", "production"],
    {
      data: [
        { environment: "production", route: "/signatures/*", requests: 12, refused: 1, ...SOME_ANSWERS, ...TIMES },
      ],
    },
    "GET",
    "/v1/traffic?environment=production&group_by=environment%2Croute",
  ],
  [
    ["traffic", "--route", "/a/*", "--by", "hour"],
    {
      data: [
        { hour: "2026-11-20T14:00:00.000Z", requests: 12, refused: 1, ...SOME_ANSWERS, ...TIMES, origin_ms: null },
      ],
    },
    "GET",
    "/v1/traffic?route=%2Fa%2F*&group_by=hour",
  ],
  [["keys", "unused", "--days", "30", "--limit", "7"], pageOf(KEY), "GET", "/v1/unused-api-keys?days=30&limit=7"],
  [
    ["keys", "advice", KEY.id],
    {
      scopes: [
        { scope: "folders:read", last_used_at: "2026-11-20T00:00:00.000Z" },
        { scope: "folders:write", last_used_at: null },
      ],
      unused: ["folders:write"],
      too_young: false,
    },
    "GET",
    `/v1/api-keys/${KEY.id}/advice?days=30`,
  ],
];

describe.each(COMMANDS)("keygate %j", (args, answer, method, path, body) => {
  test("makes one call, with the root token, and prints its answer for people, in 100 columns", async () => {
    const { code, stdout, stderr, calls } = await run(args, answer);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(calls.map((call) => [call.method, call.path, call.body])).toEqual([[method, path, body]]);
    expect(calls[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(stdout).toMatch(/20 Nov 202[67]|^Ended [12] session|^Revoked|3 keys do not know|\d requests/);
    expect(stdout).not.toMatch(/\d{4}-\d{2}-\d{2}T|undefined|null|\[object/);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  test("prints exactly the API's JSON with --json", async () => {
    expect(JSON.parse((await run([...args, "--json"], answer)).stdout)).toEqual(answer);
  });
});

const LIMIT = {
  name: "minute",
  kind: "rate",
  limit: 60,
  window: 60,
  burst: 60,
  remaining: 12.5,
  lent: 4,
  reset_ms: 47_500,
};

test("limits show tells what is left, and when it is whole again", async () => {
  const { code, stdout, calls } = await run(["limits", "show", KEY.id], { data: [LIMIT] });
  expect([code, calls[0]?.path]).toEqual([0, `/v1/api-keys/${KEY.id}/limits`]);
  expect(stdout).toMatch(/^minute +60 in 60 s +12 +4 +48 s$/m);
});

test("--act-as and --if-match go with the call, and show tells the version", async () => {
  const { url, calls } = await startApi(() => ({ body: KEY, headers: { ETag: '"ver_7"' } }));
  const args = [
    "keys",
    "disable",
    KEY.id,
    "--if-match",
    "ver_6",
    "--act-as",
    MEMBER.id,
    "--url",
    url,
    "--token",
    TOKEN,
  ];
  const { stdout } = await command(args);
  expect(calls[0]?.headers).toMatchObject({ "if-match": '"ver_6"', "keygate-act-as": MEMBER.id });
  expect(calls[0]?.body).toEqual({});
  expect(stdout).toMatch(/^Version +ver_7$/m);
});

const EXPLANATION = {
  decision: {
    allowed: false,
    status: 403,
    code: "scope_missing",
    detail: "The key lacks folders:write.",
    fix: "Add it.",
  },
  steps: [
    { step: "route", check: "path", outcome: "passed", code: null, detail: "The route /folders." },
    { step: "authorize", check: "scope", outcome: "refused", code: "scope_missing", detail: "The key lacks it." },
  ],
  required_scope: "folders:write",
  lacking_in: ["scopes"],
  key: { id: KEY.id, environment: "sandbox", base_url: "https://sandbox.test", scopes: [], workspaces: null },
};

test.each<[what: string, args: string[], body: unknown, status?: number, input?: string]>([
  ["that is done", ["orgs", "list"], pageOf(ORGANIZATION)],
  ["that is refused", ["orgs", "show", ORG], { title: "No", code: "not_found" }, 404],
  ["that is wrong", ["orgs", "show"], {}],
  ["that asks for help", ["orgs", "--help"], {}],
  ["that gets no answer", ["orgs", "list"], {}, 503],
  ["that reads stdin", ["explain", "get", "https://sandbox.test/folders"], EXPLANATION, 200, SECRET],
])(
  "a command %s does the same in its own process and in one that runs others",
  async (_, args, body, status, input) => {
    const { url, calls } = await startApi(() => ({ status, body }));
    const surroundings = { env: { KEYGATE_ROOT_TOKEN: TOKEN, KEYGATE_URL: url }, input };
    const outcomes = [await keygate(args, surroundings)];
    for (let time = 0; time < 2; time++) outcomes.push(await command(args, surroundings));
    expect(outcomes).toEqual(Array(3).fill(outcomes[0]));
    const asked = calls.map(({ method, path, body, headers: { authorization } }) => ({
      method,
      path,
      body,
      authorization,
    }));
    expect(asked).toEqual(Array(asked.length).fill(asked[0]));
    expect(asked.length % 3).toBe(0);
  },
);

test("explain takes a secret from stdin or KEYGATE_KEY, and never prints it", async () => {
  const { url, calls } = await startApi(() => ({ body: EXPLANATION }));
  const args = ["explain", "post", "https://sandbox.test/folders", "--header", "X-Workspace: ws_1", "--url", url];
  const outcomes = [
    await command(args, { env: { KEYGATE_ROOT_TOKEN: TOKEN }, input: `${SECRET}\n` }),
    await command(args, { env: { KEYGATE_ROOT_TOKEN: TOKEN, KEYGATE_KEY: SECRET } }),
  ];
  const asked = {
    key: SECRET,
    method: "POST",
    url: "https://sandbox.test/folders",
    headers: { "X-Workspace": "ws_1" },
  };
  expect(calls.map(({ body }) => body)).toEqual([asked, asked]);
  for (const { code, stdout } of outcomes) {
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✗ Refused: 403 scope_missing\nThe key lacks folders:write\.\nAdd it\.\n/);
    expect(stdout).toMatch(/^✗ scope +The key lacks it\.$/m);
    expect(stdout).not.toContain(SECRET);
  }
});

test("explain sends a path as it is, so that the gateway finds the base URL of the key", async () => {
  for (const path of ["/v1/folders", "/folders"]) {
    const { code, calls } = await run(["explain", "get", path, "--key", KEY.id], EXPLANATION);
    expect([code, calls[0]?.body]).toEqual([0, { key_id: KEY.id, method: "GET", url: path }]);
  }
});

test("a command that is printed names the key or the organization that was given", async () => {
  const scopes = [
    { scope: "folders:read", last_used_at: "2026-11-20T00:00:00.000Z" },
    { scope: "folders:write", last_used_at: null },
  ];
  const advice = await run(["keys", "advice", KEY.id], { scopes, unused: ["folders:write"], too_young: false });
  expect(advice.stdout).toContain(`\n  npx --no-install keygate keys change ${KEY.id} --scopes folders:read\n`);
  for (const noun of ["workspaces", "members"]) {
    const { stdout } = await run([noun, "list", "--organization", ORG], pageOf());
    expect(stdout).toContain(`keygate ${noun} create --organization ${ORG} --`);
  }
});

test("status tells how full the database is, what was deleted last, and when it was last asked for changes by hand", async () => {
  const { code, stdout, calls } = await run(["status"], STATUS);
  expect([code, calls[0]?.path]).toEqual([0, "/v1/status"]);
  expect(stdout).toMatch(/^D1 +8,412 MB of 10,000 MB \(84\.1 %\)$/m);
  expect(stdout).toMatch(/^Last cleanup +20 Nov 2026, 14:01 UTC$/m);
  expect(stdout).toMatch(/^Rows deleted +usage hours 1,200, api keys 3$/m);
  expect(stdout).toMatch(/^Looked for edits by hand +20 Nov 2026, 14:02 UTC\nRestore found +none$/m);
  const never = await run(["status"], { ...STATUS, last_cleanup: null, record_changes: null });
  expect(never.stdout).not.toContain("by hand");
  expect(never.stdout).toMatch(/^Last cleanup +none yet$/m);
});

test("--json may stand in front", async () => {
  expect(JSON.parse((await run(["--json", "orgs", "list"], pageOf())).stdout)).toEqual(pageOf());
});

test("keys create sends the workspaces, the member, the end and the plan that it is given", async () => {
  const more = ["--member", MEMBER.id, "--workspaces", "ws_1,ws_2", "--expires", "2027-01-31", "--plan", "free"];
  const { calls } = await run([...KEY_ARGS, ...more], { ...KEY, secret: SECRET });
  expect(calls[0]?.body).toMatchObject({
    member_id: MEMBER.id,
    workspace_ids: ["ws_1", "ws_2"],
    expires_at: "2027-01-31T00:00:00.000Z",
    plan: "free",
  });
});

test("keys create shows the secret, says that it is not shown again, and how to try it", async () => {
  const { stdout } = await run(KEY_ARGS, { ...KEY, secret: SECRET });
  expect(stdout).toContain(`it is not shown again.\n  ${SECRET}\n`);
  expect(stdout).toMatch(
    /curl -i http:\/\/127\.0\.0\.1:\d+\/sandbox\/signatures \\\n\s+-H 'Authorization: Bearer kg_test_/,
  );
});

test("keys create leaves out the call to try where the configuration lacks the environment", async () => {
  const { code, stdout } = await run(KEY_ARGS, { ...KEY, environment: "staging", secret: SECRET });
  expect(code).toBe(0);
  expect(stdout).not.toContain("curl");
});

test("keys revoke says so when not every data center has been told yet", async () => {
  const revoked = { ...KEY, status: "revoked", revoked_at: "2026-11-21T09:00:00Z" };
  const [told, untold] = [
    await run(["keys", "revoke", KEY.id], revoked),
    await run(["keys", "revoke", KEY.id], revoked, 202),
  ];
  expect(told.stdout).toMatch(/^Revoked\.\n/);
  expect(untold.stdout).toMatch(/^Revoked\. Some data centers do not know yet/);
});

test("a change that is still on its way is told with the command that shows how far it is", async () => {
  const { url } = await startApi(() => ({ status: 202, headers: { Location: "/v1/changes/chg_1" }, body: KEY }));
  const { stdout } = await command(["keys", "disable", KEY.id, "--url", url], { env: { KEYGATE_ROOT_TOKEN: TOKEN } });
  expect(stdout).toContain("\n  npx --no-install keygate changes show chg_1\n");
});

test.each([
  [["orgs", "list"], "No organizations yet."],
  [["workspaces", "list", "--organization", ORG], "No workspaces yet."],
  [["members", "list", "--organization", ORG], "No members yet."],
  [["keys", "list", "--organization", ORG], "No keys yet."],
])("%j says in words that there is nothing, and how to begin", async (args, words) => {
  const { code, stdout } = await run(args, pageOf());
  expect(code).toBe(0);
  expect(stdout).toContain(words);
  expect(stdout).toMatch(/\n {2}npx --no-install keygate \w+ create/);
});

test("a list is followed to its last page", async () => {
  const pages = [
    ["1", "Anna"],
    ["2", "Ben"],
    [null, "Cleo"],
  ] as const;
  const { url, calls } = await startApi(({ path }) => {
    const [next_cursor, name] = pages[
      Number(new URLSearchParams(path.split("?")[1]).get("cursor") ?? 0)
    ] as (typeof pages)[number];
    return { body: { data: [{ ...ORGANIZATION, name }], next_cursor } };
  });
  const list = (...more: string[]) => command(["orgs", "list", "--url", url, "--token", TOKEN, ...more]);
  expect((await list()).stdout).toMatch(/Anna.*Ben.*Cleo/s);
  expect(calls).toHaveLength(3);
  const { data, next_cursor } = JSON.parse((await list("--json")).stdout);
  expect([data.map(({ name }: { name: string }) => name), next_cursor]).toEqual([["Anna", "Ben", "Cleo"], null]);
});

test("names that would steer the terminal are printed without what steers", async () => {
  const name = "A\u001b[31mcme\u0007\u202e\r\nGone";
  for (const [args, answer] of [
    [["orgs", "list"], pageOf({ ...ORGANIZATION, name })],
    [["orgs", "show", ORG], { ...ORGANIZATION, name }],
  ] as const) {
    const { stdout } = await run([...args], answer);
    expect(stdout).toContain("A[31mcmeGone");
  }
});

test("KEYGATE_URL names the gateway, and --url goes before it", async () => {
  const [first, second] = [await startApi(() => ({ body: pageOf() })), await startApi(() => ({ body: pageOf() }))];
  const env = { KEYGATE_URL: first.url, KEYGATE_ROOT_TOKEN: TOKEN };
  await command(["orgs", "list"], { env });
  await command(["orgs", "list", "--url", `${second.url}/`, "--token", "kgr_second"], { env });
  expect([first.calls, second.calls].map((calls) => calls.map(({ headers }) => headers.authorization))).toEqual([
    [`Bearer ${TOKEN}`],
    ["Bearer kgr_second"],
  ]);
});

test("--token goes before KEYGATE_ROOT_TOKEN, and of two tokens the first is sent", async () => {
  const { url, calls } = await startApi(() => ({ body: pageOf() }));
  const env = { KEYGATE_ROOT_TOKEN: "kgr_new,kgr_old" };
  await command(["orgs", "list", "--url", url], { env });
  await command(["orgs", "list", "--url", url, "--token", TOKEN], { env });
  expect(calls.map(({ headers }) => headers.authorization)).toEqual(["Bearer kgr_new", `Bearer ${TOKEN}`]);
});
