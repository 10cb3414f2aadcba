import type { Option } from "commander";
import { describe, expect, test } from "vitest";
import { program } from "../../src/cli/program.ts";
import { command } from "./helpers.ts";
import { type Leaf, leavesOf, sampleOf, validCall } from "./walk.ts";

/** An option that gives a value, and the one that removes it. */
const PAIRS = leavesOf(program).flatMap((leaf) =>
  leaf.command.options.flatMap((no): [name: string, leaf: Leaf, yes: Option, no: Option][] => {
    const isYes = (option: Option) => !option.negate && option.attributeName() === no.attributeName();
    const yes = no.negate ? leaf.command.options.find(isYes) : undefined;
    return yes ? [[[...leaf.path, no.long].join(" "), leaf, yes, no]] : [];
  }),
);

test("there are such options in the commands that change something", () => {
  expect(PAIRS.map(([name]) => name).sort()).toEqual([
    ...["keys change --no-addresses", "keys change --no-description", "keys change --no-plan"],
    ...["members change --no-workspaces"],
    ...["orgs change --no-key-quota", "orgs change --no-location", "orgs change --no-plan"],
  ]);
});

describe.each(PAIRS)("keygate %s", (_, leaf, yes, no) => {
  const value = [yes.long as string, sampleOf(yes)];

  test.each([
    ["before", [no.long as string, ...value]],
    ["after", [...value, no.long as string]],
  ])("is refused %s a value, because the later of both would win silently", async (_, args) => {
    const { code, stdout, stderr } = await command([...validCall(leaf), ...args]);
    expect([code, stdout]).toEqual([2, ""]);
    for (const { flags } of [yes, no]) expect(stderr).toContain(`option '${flags}'`);
    expect(stderr).toContain("cannot be used with");
  });
});
