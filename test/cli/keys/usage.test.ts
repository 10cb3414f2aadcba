import type { Command } from "commander";
import { expect, test } from "vitest";
import { program } from "../../../src/cli/program.ts";
import { command, keygate, ORGANIZATION } from "../helpers.ts";

/** Every command there is, with its words. */
function commandsOf(command: Command, words: string[] = []): [words: string[], Command][] {
  return [[words, command], ...command.commands.flatMap((sub) => commandsOf(sub, [...words, sub.name()]))];
}

function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return help;
}

test("there are as many commands as people know of, and more", () => {
  expect(commandsOf(program).length).toBeGreaterThan(50);
});

test.each(commandsOf(program))("%j --help explains, with an example, in 100 columns", (words, command) => {
  const text = helpOf(command);
  expect(text).toContain(`Usage: ${["keygate", ...words].join(" ")}`);
  expect(text).toMatch(new RegExp(`Examples?:\\n +npx --no-install keygate ${words.join(" ")}`));
  const help = text.slice(0, text.search(/^Examples?:/m));
  expect(help.split("\n").filter((line) => line.length > 100)).toEqual([]);
});

test("--help exits with 0, and writes to stdout alone", async () => {
  const { code, stdout, stderr } = await keygate(["keys", "create", "--help"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("Usage: keygate keys create");
});

test("--version is the package's", async () => {
  const { version } = (await import("../../../package.json", { with: { type: "json" } })).default;
  expect((await keygate(["--version"])).stdout).toBe(`${version}\n`);
});

const KEY = [
  "keys",
  "create",
  "--organization",
  ORGANIZATION.id,
  "--environment",
  "sandbox",
  "--scopes",
  "a",
  "--name",
  "n",
];

const GATEWAY = ["--url", "http://localhost:1", "--token", "kgr_test"];

test.each([
  ["no verb", []],
  ["half a verb", ["keys"]],
  ["an unknown verb", ["destroy"]],
  ["an unknown option", ["orgs", "list", "--color", "red"]],
  ["an argument too many", ["orgs", "list", "org_1"]],
  ["a required option left out", ["orgs", "create"]],
  ["an argument left out", ["keys", "revoke"]],
  ["an id of another kind", ["keys", "list", "--organization", "key_1"]],
  ["a path for an id", ["orgs", "show", "org_1/../../v1"]],
  ["a path for a session", ["members", "sign-out", "ses_1/../../v1"]],
  ["a pepper that is none", ["pepper", "use", "p1:abc"]],
  ["a reach that does not exist", [...KEY, "--reach", "world", "--permission", "read-only"]],
  ["a day that does not exist", [...KEY, "--expires", "2027-13-31"]],
  ["an end in words", [...KEY, "--expires", "tomorrow"]],
  ["an empty name in a list", ["orgs", "create", "--name", "a", "--environments", "a,,b"]],
  ["a port out of range", ["dev", "--port", "65536"]],
  ["many keys of no organization", ["keys", "revoke", "--all"]],
  [
    "a version beside many keys",
    ["keys", "revoke", "--all", "--organization", "org_1", "--yes", "--if-match", "ver_1"],
  ],
  ["rates beside no limits", ["keys", "change", "key_1", "--rates", "minute=60/60", "--no-limits"]],
  ["quotas beside no limits", ["keys", "change", "key_1", "--no-limits", "--quotas", "day=5/day"]],
  ["another order of what fails most", ["usage", "--failing", "--sort", "requests"]],
  ["routes of one organization", ["traffic", "--organization", "org_1", "--by", "route", ...GATEWAY]],
  ["one gateway beside all", ["logout", "--all", "--profile", "staging"]],
  ["a URL beside all gateways", ["logout", "--all", "--url", "https://keys.test"]],
  ["filters beside the id of one key", ["keys", "revoke", "key_1", "--environment", "sandbox"]],
  ["a limit in words", [...KEY, "--rates", "one a minute"]],
  ["a duration in words", ["keys", "rotate", "key_1", "--grace", "a day"]],
  ["a sort that does not exist", ["keys", "list", "--organization", "org_1", "--sort", "color"]],
  ["a URL that is none", ["orgs", "list", "--url", "localhost:8787"]],
])("wrong usage exits with 2 and says how to see the right one: %s", async (_, args) => {
  const { code, stdout, stderr } = await command(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/--help/);
  expect(stderr).not.toMatch(/\n\s+at /);
});
