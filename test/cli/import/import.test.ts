import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { command, keygateOnTerminal, ORGANIZATION, startApi, TOKEN, temporaryFolder } from "../helpers.ts";

const digest = (n: number) => createHash("sha256").update(String(n)).digest("hex");
const TERMS = ["--reach", "organization", "--permission", "read-only", "--scopes", "read:all"];

interface Sent {
  keys: Record<string, unknown>[];
}

type Reply = { status?: number; headers?: Record<string, string>; body: unknown };

/** `answer` may refuse a call; what it lets through is imported. */
async function prepare(text: string, answer: (sent: Sent, call: number) => Reply | undefined = () => undefined) {
  const { url, calls } = await startApi(({ body }) => {
    const sent = body as Sent;
    return answer(sent, calls.length) ?? { body: { imported: sent.keys.length, skipped: 0 } };
  });
  const file = join(temporaryFolder(), "keys");
  writeFileSync(file, text);
  const run = (...more: string[]) =>
    command(
      ["import", file, "--organization", ORGANIZATION.id, "--environment", "sandbox", "--json", "--url", url, ...more],
      { env: { KEYGATE_ROOT_TOKEN: TOKEN } },
    );
  const watch = () =>
    keygateOnTerminal(
      ["import", file, "--organization", ORGANIZATION.id, "--environment", "sandbox", "--url", url, ...TERMS],
      { KEYGATE_ROOT_TOKEN: TOKEN },
    );
  const sent = () => calls.map(({ body }) => (body as Sent).keys);
  return { file, run, watch, calls, sent };
}

const csv = (count: number) =>
  ["sha256,name", ...Array.from({ length: count }, (_, n) => `${digest(n)},Key ${n}`), ""].join("\n");

test("CSV and JSON lines say the same", async () => {
  const quoted = `\uFEFFsha256,name,description,workspace_ids,limits\r\n${digest(1)},One,"Says ""hi"",\nin two lines",ws_1 ws_2,"{""rates"":[]}"\r\n\r\n`;
  const fields = {
    sha256: digest(1),
    name: "One",
    description: 'Says "hi",\nin two lines',
    workspace_ids: ["ws_1", "ws_2"],
    limits: { rates: [] },
  };
  for (const text of [quoted, `\n${JSON.stringify(fields)}`]) {
    const { run, calls } = await prepare(text);
    expect(JSON.parse((await run(...TERMS)).stdout)).toEqual({ imported: 1, skipped: 0, invalid: 0 });
    const key = { ...fields, reach: "organization", permission: "read-only", scopes: ["read:all"] };
    expect(calls.map(({ path, body }) => [path, body])).toEqual([
      ["/v1/api-keys/import", { organization_id: ORGANIZATION.id, environment: "sandbox", keys: [key] }],
    ]);
  }
});

test("lines that cannot be imported are told by their numbers before anything is sent, or left out on demand", async () => {
  const lines = [
    "sha256,name,reach,expires_at",
    `${digest(1)},One,,2099-01-31`,
    "kg_test_a-secret,Two,,",
    `${digest(3)},,,`,
    `${digest(4)},Four,world,`,
    `${digest(5)},Five`,
    `${digest(6)},Six,,soon`,
  ];
  const { run, sent } = await prepare(lines.join("\n"));
  const refused = await run(...TERMS);
  expect([refused.code, refused.stdout, sent()]).toEqual([1, "", []]);
  expect(refused.stderr.split("\n").slice(1, 6)).toEqual([
    "  line 3: sha256 must be 64 hexadecimal digits",
    "  line 4: name is missing",
    "  line 5: reach must be organization or workspace",
    "  line 6: has 2 cells, but the header row has 4",
    "  line 7: expires_at must be a day such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z",
  ]);
  expect(refused.stderr).not.toContain("a-secret");
  const skipping = await run(...TERMS, "--skip-invalid");
  expect([skipping.code, JSON.parse(skipping.stdout)]).toEqual([0, { imported: 1, skipped: 0, invalid: 5 }]);
  expect(sent().flat()).toMatchObject([{ name: "One", expires_at: "2099-01-31T00:00:00.000Z" }]);
});

test.each([
  ["sha256,name,colour\n", /unknown columns: "colour"/],
  ["name\nA", /does not have sha256/],
  [`[${JSON.stringify({ sha256: digest(1) })}]`, /JSON array/],
])("a file of another form is told so: %j", async (text, words) => {
  const { run, calls } = await prepare(text);
  const { code, stderr } = await run(...TERMS);
  expect([code, calls.length]).toEqual([1, 0]);
  expect(stderr).toMatch(words);
});

test.each([
  ["is away for a moment", { status: 503, headers: { "Retry-After": "1" }, body: { title: "Later" } }],
  ["gets too many calls", { status: 429, body: { title: "Too many calls" } }],
])("a gateway that %s is asked again", async (_, later) => {
  const { run, calls } = await prepare(csv(2), (_, call) => (call === 1 ? later : undefined));
  expect(JSON.parse((await run(...TERMS)).stdout)).toEqual({ imported: 2, skipped: 0, invalid: 0 });
  expect(calls).toHaveLength(2);
});

test("keys that the gateway refuses are told by their lines; the same command goes on where it stopped", async () => {
  let strict = true;
  const isWrong = ({ name }: Record<string, unknown>) => name === "Key 600";
  const { file, run, sent } = await prepare(csv(1100), ({ keys }) => {
    const at = keys.findIndex(isWrong);
    if (!strict || at < 0) return undefined;
    return { status: 422, body: { title: "No", errors: [{ field: `keys.${at}.scopes`, problem: "are unheard of" }] } };
  });
  const stopped = await run(...TERMS);
  expect([stopped.code, stopped.stdout]).toEqual([1, ""]);
  expect(stopped.stderr).toContain("  line 602: scopes are unheard of\n500 of 1,100 keys are done.");
  expect(existsSync(`${file}.progress.json`)).toBe(true);
  const skipping = await run(...TERMS, "--skip-invalid");
  expect(JSON.parse(skipping.stdout)).toEqual({ imported: 1099, skipped: 0, invalid: 1 });
  expect(existsSync(`${file}.progress.json`)).toBe(false);
  expect(sent().map(({ length }) => length)).toEqual([500, 500, 500, 499, 100]);

  strict = false;
  writeFileSync(file, csv(1100));
  expect(JSON.parse((await run(...TERMS)).stdout)).toEqual({ imported: 1100, skipped: 0, invalid: 0 });
});

test("a run that resumes names the lines that cannot be imported, and leaves them out only on demand", async () => {
  const lines = csv(700).split("\n").with(651, "no digest,Key 650");
  const { run, sent } = await prepare(lines.join("\n"), (_, call) =>
    call === 2 ? { status: 409, body: { title: "Too many" } } : undefined,
  );
  expect((await run(...TERMS, "--skip-invalid")).code).toBe(1);
  const strict = await run(...TERMS);
  expect([strict.code, strict.stdout, sent().length]).toEqual([1, "", 2]);
  expect(strict.stderr).toContain("1 line of ");
  expect(strict.stderr).toContain("\n  line 652: sha256 must be 64 hexadecimal digits\nThis run sent nothing.");
  const skipping = await run(...TERMS, "--skip-invalid");
  expect(JSON.parse(skipping.stdout)).toEqual({ imported: 699, skipped: 0, invalid: 1 });
  expect(skipping.stderr).toContain("\n  line 652: sha256 must be 64 hexadecimal digits\n");
});

test("a run that resumes with other defaults names the lines that lack a field then", async () => {
  const { run, sent } = await prepare(csv(700), (_, call) =>
    call === 2 ? { status: 409, body: { title: "Too many" } } : undefined,
  );
  expect((await run(...TERMS)).code).toBe(1);
  const { code, stderr } = await run(...TERMS.slice(2));
  expect([code, sent().length]).toEqual([1, 2]);
  expect(stderr).toContain("200 lines of ");
  expect(stderr).toContain("\n  line 502: reach is missing\n");
});

test("an import that cannot keep its progress beside the file says so, before anything is sent", async () => {
  const { file, run, calls } = await prepare(csv(2));
  mkdirSync(`${file}.progress.json.new`);
  const { code, stderr } = await run(...TERMS);
  expect([code, calls.length]).toEqual([1, 0]);
  expect(stderr).toContain(`${file}.progress.json.new is a folder, but must be a file.`);
  expect(stderr).toContain("copy the file to a folder where you can write");
});

test("an import that can no longer keep its progress says what the gateway has", async () => {
  const { file, run } = await prepare(csv(1100), (_, call) => {
    if (call === 1) mkdirSync(`${file}.progress.json.new`);
    return undefined;
  });
  const { code, stderr } = await run(...TERMS);
  expect(code).toBe(1);
  expect(stderr).toContain("copy the file to a folder where you can write.\n500 of 1,100 keys are done.");
});

test("a checkpoint of a file that was changed since is not gone on from", async () => {
  const { file, run, sent } = await prepare(csv(600), (_, call) =>
    call === 2 ? { status: 409, body: { title: "Too many" } } : undefined,
  );
  expect((await run(...TERMS)).code).toBe(1);
  writeFileSync(file, csv(3));
  expect(JSON.parse((await run(...TERMS)).stdout)).toEqual({ imported: 3, skipped: 0, invalid: 0 });
  expect(sent().at(-1)).toHaveLength(3);
});

test("an import shows on a terminal how far it is, while it checks the file and while it sends it", async () => {
  const { watch } = await prepare(csv(1_200));
  const screen = await watch();
  expect(screen).toMatch(/Checking {3}█+ +100% {2}0\.1 MB of 0\.1 MB {2}in \d+ s/);
  expect(screen).toMatch(/Importing {2}█+░* +\d+% {2}[\d,]+ of 1,200 {2}(\d+ s left)?/);
  expect(screen).toMatch(/Importing {2}█+ +100% {2}1,200 of 1,200 {2}in \d+ s/);
});
