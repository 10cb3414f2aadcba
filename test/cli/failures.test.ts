import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { command, copyOfProject, keygate, ORGANIZATION, type Outcome, SECRET, startApi, TOKEN } from "./helpers.ts";

function expectPlainFailure({ code, stdout, stderr }: Outcome, expectedCode = 1): void {
  expect({ code, stdout }).toEqual({ code: expectedCode, stdout: "" });
  expect(stderr).not.toMatch(/\n\s+at |node:internal|Error:/);
  expect(stderr.trim().split("\n").length).toBeLessThan(8);
  expect(stderr).not.toContain(TOKEN);
}

async function refusedWith(
  reply: Parameters<Parameters<typeof startApi>[0]>[0] | object,
  ...args: string[]
): Promise<Outcome> {
  const { url } = await startApi(() => reply as never);
  return command([...(args.length > 0 ? args : ["orgs", "list"]), "--url", url, "--token", TOKEN]);
}

function problem(status: number, members: object) {
  return { status, type: "application/problem+json", body: { type: "about:blank", status, ...members } };
}

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}

describe("a call that comes too often", () => {
  const tooMany = (seconds: number) => ({
    ...problem(429, { title: "Too many calls", detail: "Try again later.", code: "management_rate_exceeded" }),
    headers: { "Retry-After": String(seconds) },
  });

  test("is made again after the time that the gateway asks for", async () => {
    let asked = 0;
    const { url } = await startApi(() => {
      asked += 1;
      return asked === 1 ? tooMany(1) : { body: { data: [ORGANIZATION], next_cursor: null } };
    });
    const startedAt = Date.now();
    const { code, stdout } = await command(["orgs", "list", "--url", url, "--token", TOKEN]);
    expect([code, asked]).toEqual([0, 2]);
    expect(stdout).toContain(ORGANIZATION.name);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_000);
  });

  test("is given up where the gateway asks for more than a minute, and can succeed later", async () => {
    const outcome = await refusedWith(tooMany(61));
    expectPlainFailure(outcome, 3);
    expect(outcome.stderr).toContain("Try again later. (429, management_rate_exceeded)");
  });
});

describe("what the gateway refuses", () => {
  test("is told with the detail, the code, the request and the fix", async () => {
    const outcome = await refusedWith(
      problem(404, {
        title: "Not found",
        detail: "No such key.",
        code: "not_found",
        fix: "Check the id.",
        request_id: "req_1",
      }),
    );
    expectPlainFailure(outcome);
    expect(outcome.stderr).toBe("keygate: No such key. (404, not_found, request req_1)\n  Check the id.\n");
  });

  test("is told field by field where fields are wrong", async () => {
    const errors = [
      { field: "scopes[0]", problem: "is no scope of this gateway" },
      { field: "expires_at", problem: "is in the past" },
    ];
    const outcome = await refusedWith(
      problem(422, { title: "Invalid fields", detail: "…", code: "validation_failed", errors }),
    );
    expectPlainFailure(outcome);
    expect(outcome.stderr).toContain("Invalid fields (422, validation_failed)\n");
    expect(outcome.stderr).toContain("  scopes[0]: is no scope of this gateway\n  expires_at: is in the past\n");
  });

  test("leaves stdout empty with --json", async () => {
    expectPlainFailure(await refusedWith(problem(401, { detail: "No." }), "orgs", "list", "--json"));
  });

  test("never shows the token, not even where the answer holds it", async () => {
    const outcome = await refusedWith(problem(401, { detail: `The token ${TOKEN} is wrong; so is ${SECRET}.` }));
    expectPlainFailure(outcome);
    expect(outcome.stderr).toContain("The token [token] is wrong; so is [key].");
  });
});

describe("what is no management API", () => {
  test.each([
    ["a web page", { type: "text/html", body: "<h1>Hello</h1>" }],
    ["a redirect", { status: 302, headers: { Location: "https://elsewhere.example/" }, body: {} }],
    ["an empty 502", { status: 502, type: "text/plain", body: "" }, 3],
  ])("is told so: %s", async (_, reply, code = 1) => {
    const outcome = await refusedWith(reply);
    expectPlainFailure(outcome, code);
    expect(outcome.stderr).toContain("Check that --url is the control base URL.");
  });

  test("a gateway that does not run is told so, with what to do", async () => {
    const url = `http://localhost:${await unusedPort()}`;
    const outcome = await command(["orgs", "list", "--url", url, "--token", TOKEN]);
    expectPlainFailure(outcome, 3);
    expect(outcome.stderr).toBe(`keygate: No gateway answers at ${url} (ECONNREFUSED). Is \`npm start\` running?\n`);
  });
});

describe("the root token", () => {
  test("comes from .dev.vars where the gateway is local and no other is given", async () => {
    const project = copyOfProject();
    writeFileSync(join(project, ".dev.vars"), `KEYGATE_ROOT_TOKEN="${TOKEN}"\n`);
    const { url, calls } = await startApi(() => ({ body: ORGANIZATION }));
    const { code } = await keygate(["orgs", "show", "org_1", "--url", url], { project });
    expect([code, calls[0]?.headers.authorization]).toEqual([0, `Bearer ${TOKEN}`]);
  });

  test("of .dev.vars is not sent to a gateway that is not local", async () => {
    const project = copyOfProject();
    writeFileSync(join(project, ".dev.vars"), `KEYGATE_ROOT_TOKEN=${TOKEN}\n`);
    const outcome = await keygate(["orgs", "list", "--url", "https://keygate.invalid"], { project });
    expectPlainFailure(outcome);
    expect(outcome.stderr).toBe(
      "keygate: There is no token for https://keygate.invalid: sign in with `keygate login`, or set KEYGATE_URL and KEYGATE_ROOT_TOKEN in the environment.\n",
    );
  });

  test("is not sent over plain HTTP to another machine", async () => {
    const outcome = await command(["orgs", "list", "--url", "http://keygate.invalid", "--token", TOKEN]);
    expectPlainFailure(outcome, 2);
    expect(outcome.stderr).toContain("use https");
  });

  test.each(["kgr_with space", "kgr_line\nbreak", "kgr_ümlaut"])(
    "of a form that no header carries is refused unseen",
    async (token) => {
      const outcome = await command(["orgs", "list", "--token", token]);
      expectPlainFailure(outcome);
      expect(outcome.stderr).toContain("cannot contain");
      expect(outcome.stderr).not.toContain(token.slice(4));
    },
  );

  test.each([
    [["orgs", "list", `--tokn=${TOKEN}`]],
    [["orgs", "list", "--nope", "--token", TOKEN]],
    [[TOKEN]],
    [["keys", "show", TOKEN]],
    [["keys", "show", SECRET]],
  ])("and keys stay out of usage errors too: case %#", async (args) => {
    const outcome = await command(args);
    expectPlainFailure(outcome, 2);
    expect(outcome.stderr).not.toContain(SECRET);
  });
});
