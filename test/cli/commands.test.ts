import { describe, expect, test } from "vitest";
import {
  type Call,
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
  const outcome = await keygate([...args, "--url", url], { env: { KEYGATE_ROOT_TOKEN: TOKEN } });
  return { ...outcome, calls };
}

const KEY_ARGS = [
  ...["keys", "create", "--organization", ORG, "--environment", "sandbox", "--reach", "organization"],
  ...["--permission", "read-only", "--scopes", "signatures:read,folders:read", "--name", "ci-pipeline"],
];

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
];

describe.each(COMMANDS)("keygate %j", (args, answer, method, path, body) => {
  test("makes one call, with the root token, and prints its answer for people, in 100 columns", async () => {
    const { code, stdout, stderr, calls } = await run(args, answer);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(calls.map((call) => [call.method, call.path, call.body])).toEqual([[method, path, body]]);
    expect(calls[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(stdout).toMatch(/20 Nov 202[67]/);
    expect(stdout).not.toMatch(/\d{4}-\d{2}-\d{2}T|undefined|null|\[object/);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  test("prints exactly the API's JSON with --json", async () => {
    expect(JSON.parse((await run([...args, "--json"], answer)).stdout)).toEqual(answer);
  });
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
  expect(untold.stdout).toMatch(/^Revoked; the data centers that could not be told yet will be/);
});

test.each([
  [["orgs", "list"], "No organizations yet."],
  [["workspaces", "list", "--organization", ORG], "No workspaces yet."],
  [["members", "list", "--organization", ORG], "No members yet."],
  [["keys", "list", "--organization", ORG], "No keys here yet."],
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
  const list = (...more: string[]) => keygate(["orgs", "list", "--url", url, "--token", TOKEN, ...more]);
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
  await keygate(["orgs", "list"], { env });
  await keygate(["orgs", "list", "--url", `${second.url}/`], { env });
  expect([first.calls.length, second.calls.length]).toEqual([1, 1]);
});

test("--token goes before KEYGATE_ROOT_TOKEN, and of two tokens the first is sent", async () => {
  const { url, calls } = await startApi(() => ({ body: pageOf() }));
  const env = { KEYGATE_ROOT_TOKEN: "kgr_new,kgr_old" };
  await keygate(["orgs", "list", "--url", url], { env });
  await keygate(["orgs", "list", "--url", url, "--token", TOKEN], { env });
  expect(calls.map(({ headers }) => headers.authorization)).toEqual(["Bearer kgr_new", `Bearer ${TOKEN}`]);
});
