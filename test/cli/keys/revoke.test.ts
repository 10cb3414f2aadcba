import type { ChildProcess } from "node:child_process";
import { expect, test } from "vitest";
import { KEY, keygate, keygateOnTerminal, ORGANIZATION, startApi, TOKEN } from "../helpers.ts";

const KEYS = Array.from({ length: 9 }, (_, n) => ({ ...KEY, id: `key_${n}`, status: n === 8 ? "revoked" : "active" }));

const LATER: Record<string, string> = { "Retry-After": "61" };

interface Course {
  /** Keys that the gateway refuses to revoke. */
  refused?: string[];
  /** Keys whose revocation some data centers do not know of yet. */
  pending?: string[];
  /** Called at each revocation, with how many there were. */
  revoking?: (count: number) => unknown;
  /** The revocation that something else than the gateway answers. */
  awayAt?: number;
  /** The revocation from which on there are too many calls. */
  tooManyFrom?: number;
}

async function prepare({ refused = [], pending = [], revoking, awayAt, tooManyFrom }: Course = {}) {
  let asked = 0;
  const ended = new Set<string>();
  const { url, calls } = await startApi(async ({ method, path }) => {
    if (method === "GET" && path.startsWith("/v1/organizations")) return { body: ORGANIZATION };
    if (method === "GET") {
      const data = KEYS.map((key) => (ended.has(key.id) ? { ...key, status: "revoked" } : key));
      return { body: { data, next_cursor: null } };
    }
    const nth = ++asked;
    await revoking?.(nth);
    const isRefused = refused.some((id) => path.includes(`/${id}/`));
    if (tooManyFrom && nth >= tooManyFrom) {
      return { status: 429, headers: LATER, body: { title: "Too many calls" } };
    }
    if (nth === awayAt) return { status: 502, type: "text/plain", body: "" };
    if (!isRefused) ended.add(path.split("/")[3] ?? "");
    if (isRefused) return { status: 403, body: { title: "No" } };
    const change = pending.find((id) => path.includes(`/${id}/`));
    return change ? { status: 202, headers: { Location: `/v1/changes/chg_${change}` }, body: KEY } : { body: KEY };
  });
  const args = ["keys", "revoke", "--all", "--organization", ORGANIZATION.id, "--environment", "sandbox"];
  const env = { KEYGATE_ROOT_TOKEN: TOKEN };
  let child: ChildProcess | undefined;
  const begun = (process: ChildProcess) => {
    child = process;
  };
  const run = (...more: string[]) => keygate([...args, "--url", url, ...more], { env, begun });
  const watch = () => keygateOnTerminal([...args, "--url", url, "--yes"], env);
  const revoked = () => calls.filter(({ method }) => method === "POST").map(({ path }) => path.split("/")[3]);
  return { run, watch, calls, revoked, interrupt: () => child?.kill("SIGINT") };
}

test("keys revoke --all ends every key that the filters leave, and that is not revoked already", async () => {
  const { run, calls, revoked } = await prepare();
  const { code, stdout } = await run("--yes", "--reason", "left");
  expect([code, stdout]).toEqual([0, "Revoked 8 of 8 keys.\n"]);
  expect(calls[1]?.path).toBe(`/v1/api-keys?organization_id=${ORGANIZATION.id}&environment=sandbox&limit=100`);
  expect(revoked().sort()).toEqual(KEYS.slice(0, 8).map(({ id }) => id));
  expect(calls.at(-1)?.body).toEqual({ reason: "left" });
});

test("keys revoke --all revokes nothing where nobody can be asked whether it is meant", async () => {
  const { run, revoked } = await prepare();
  const { code, stderr } = await run();
  expect([code, stderr, revoked()]).toEqual([2, expect.stringContaining("--yes"), []]);
});

test("keys revoke --all goes on past a key that is refused, and names it in the end", async () => {
  const { run, revoked } = await prepare({ refused: ["key_2", "key_5"] });
  const { code, stdout, stderr } = await run("--yes", "--json");
  expect([code, JSON.parse(stdout).revoked, revoked().length]).toEqual([1, 6, 8]);
  expect(stderr).toMatch(/^keygate: 2 keys could not be revoked:\n {2}key_2: No .*\n {2}key_5: No /);
});

test("keys revoke --all says of how many keys some data centers do not know yet, and how to follow it", async () => {
  const { run } = await prepare({ pending: ["key_2", "key_5"] });
  const { code, stdout } = await run("--yes");
  expect([code, stdout.split("\n\n")[0]]).toEqual([
    0,
    "Revoked 8 of 8 keys. Some data centers do not know of 2 of them yet; the gateway keeps telling them. To follow them:",
  ]);
  for (const id of ["key_2", "key_5"]) expect(stdout).toContain(`  npx --no-install keygate changes show chg_${id}\n`);
});

test("keys revoke --all --json has the keys that are pending, with their changes", async () => {
  const { run } = await prepare({ pending: ["key_2"] });
  const { stdout } = await run("--yes", "--json");
  const pending = [{ id: "key_2", change_id: "chg_key_2" }];
  expect(JSON.parse(stdout)).toEqual({ revoked: 8, pending, failed: [] });
});

test("keys revoke --all that is interrupted ends what is under way, tells how far it came, and says how to go on", async () => {
  const { run, interrupt, revoked } = await prepare({
    async revoking(count) {
      if (count === 3) interrupt();
      // Until the signal has arrived for sure.
      if (count >= 3) await new Promise((later) => setTimeout(later, 500));
    },
  });
  const { code, stdout, stderr } = await run("--yes");
  expect(code).toBe(130);
  const done = Number(/^Revoked (\d) of 8 keys\.\n$/.exec(stdout)?.[1]);
  expect(done).toBe(revoked().length);
  expect(done).toBeGreaterThanOrEqual(3);
  expect(done).toBeLessThan(8);
  expect(stderr).toBe("keygate: Interrupted. Run the same command again to revoke the others.\n");

  const { stdout: rest, code: again } = await run("--yes");
  expect([again, rest]).toEqual([0, expect.stringMatching(`^Revoked ${8 - done} of ${8 - done} keys?`)]);
  expect(revoked().sort()).toEqual(KEYS.slice(0, 8).map(({ id }) => id));
});

test("keys revoke --all whose gateway goes away tells how far it came", async () => {
  const { run, revoked } = await prepare({ awayAt: 3 });
  const { code, stdout } = await run("--yes");
  expect(code).toBe(3);
  const done = Number(/^Revoked (\d) of 8 keys\.\n$/.exec(stdout)?.[1]);
  expect(done).toBe(revoked().length - 1);
});

test("keys revoke --all stops where there are too many calls, and can be run again later", async () => {
  const { run, revoked } = await prepare({ tooManyFrom: 2 });
  const { code, stdout, stderr } = await run("--yes");
  expect([code, stdout, stderr]).toEqual([
    3,
    "Revoked 1 of 8 keys.\n",
    expect.stringContaining("Too many calls (429)\n  Try again in 61 s."),
  ]);
  // The first one, and those that were under way.
  expect(revoked().length).toBeLessThanOrEqual(1 + 4);
});

test("keys revoke --all shows on a terminal how far it is", async () => {
  const { watch } = await prepare();
  const screen = await watch();
  expect(screen).toMatch(/Revoking {3}█+ +100% {2}8 of 8 {2}in \d+ s/);
  expect(screen).toMatch(/Revoked 8 of 8 keys\.\r\n$/);
});
