import { type Command, CommanderError } from "commander";
import { beforeAll, describe, expect, test } from "vitest";
import { program } from "../../src/cli/program.ts";
import { command, ORGANIZATION, startApi, TOKEN } from "./helpers.ts";
import { leavesOf, optionsOf, sampleOf, validCall } from "./walk.ts";

const LEAVES = leavesOf(program);
const EMPTY = ["", " ", "\t", "\n"];

const ran: string[] = [];
const said: string[] = [];

beforeAll(() => {
  const quiet = (command: Command) => {
    command.configureOutput({ writeErr: (text) => void said.push(text) });
    for (const inner of command.commands) quiet(inner);
  };
  quiet(program);
  // No command does anything here.
  for (const { command, path } of LEAVES) command.action(() => void ran.push(path.join(" ")));
});

async function usageErrorOf(args: readonly string[]): Promise<string> {
  ran.length = 0;
  said.length = 0;
  const error = await program.parseAsync([...args], { from: "user" }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(ran, args.join(" ")).toEqual([]);
  expect(error, args.join(" ")).toBeInstanceOf(CommanderError);
  return said.join("");
}

describe.each(LEAVES.map((leaf) => [leaf.path.join(" "), leaf] as const))("keygate %s", (_, leaf) => {
  test("runs with the samples of this test", async () => {
    ran.length = 0;
    await program.parseAsync(validCall(leaf), { from: "user" });
    expect(ran).toEqual([leaf.path.join(" ")]);
  });

  test("refuses an empty value of each option", async () => {
    for (const option of optionsOf(leaf)) {
      for (const value of EMPTY) {
        const separate = await usageErrorOf([...validCall(leaf), option.long as string, value]);
        expect(separate, option.flags).toContain(
          `error: option '${option.flags}' argument '${value}' is invalid. It is empty.`,
        );
        const joined = await usageErrorOf([...validCall(leaf), `${option.long}=${value}`]);
        expect(joined, option.flags).toContain(`error: option '${option.flags}'`);
      }
    }
  });

  test("refuses an empty value of each argument", async () => {
    const { command, path } = leaf;
    const valid = command.registeredArguments.map(sampleOf);
    const options = validCall(leaf).slice(path.length + command.registeredArguments.filter((a) => a.required).length);
    for (const at of valid.keys()) {
      for (const value of EMPTY) {
        expect(await usageErrorOf([...path, ...valid.with(at, value), ...options])).toContain("It is empty.");
      }
    }
  });
});

test("there are as many commands and options as people see", () => {
  expect(LEAVES.length).toBeGreaterThan(40);
  expect(LEAVES.flatMap(optionsOf).length).toBeGreaterThan(250);
});

test.each([
  ["--environment", ""],
  ["--scope", ""],
  ["--search", " "],
  ["--member", ""],
])("keys revoke --all with an empty %s revokes nothing, and asks the gateway nothing", async (flag, value) => {
  const { url, calls } = await startApi(() => ({ body: {} }));
  const args = ["keys", "revoke", "--all", "--organization", ORGANIZATION.id, flag, value, "--yes", "--url", url];
  const { code, stdout, stderr } = await command(args, { env: { KEYGATE_ROOT_TOKEN: TOKEN } });
  expect([code, stdout, calls]).toEqual([2, "", []]);
  expect(stderr).toContain("It is empty. Give a value, or leave it out.");
});

test.each(["KEYGATE_URL", "KEYGATE_PROFILE", "KEYGATE_ROOT_TOKEN"])(
  "an empty %s is a usage error for commands that call a gateway, and nothing to those that do not",
  async (name) => {
    const { url, calls } = await startApi(() => ({ body: {} }));
    const env = { KEYGATE_URL: url, KEYGATE_ROOT_TOKEN: TOKEN, [name]: "" };
    const called = await command(["orgs", "list"], { env });
    expect([called.code, calls]).toEqual([2, []]);
    expect(called.stderr).toContain(`${name} is empty in the environment.`);
    expect((await command(["check"], { env })).code).toBe(0);
  },
);

test("an empty KEYGATE_SIGNING_KEYS is not taken for the local gateway's", async () => {
  const { code, stderr } = await command(["signing-keys", "rotate"], { env: { KEYGATE_SIGNING_KEYS: "" } });
  expect([code, stderr]).toEqual([2, expect.stringContaining("KEYGATE_SIGNING_KEYS is empty")]);
});
