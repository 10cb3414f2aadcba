import { expect, test } from "vitest";
import { command, KEY, ORGANIZATION, startApi, TOKEN } from "../helpers.ts";

const OF_ONE = ["--organization", ORGANIZATION.id, "--group-by", "key"];
const OF_KEY = ["--key", KEY.id, "--group-by", "hour"];

/** What `usage` says below its table, if the gateway sends so many rows. */
async function belowTable(rows: number, args: string[]): Promise<string | undefined> {
  const data = Array.from({ length: rows }, (_, n) => ({ key_id: `key_${n}`, requests: 20, refused: 1 }));
  const { url } = await startApi(() => ({ body: { data } }));
  const { stdout } = await command(["usage", ...args, "--url", url, "--token", TOKEN]);
  return stdout.trimEnd().split("\n").at(-1);
}

test.each([
  [100, []],
  [100, ["--failing"]],
  [100, ["--limited"]],
  [100, [...OF_ONE, "--sort", "refused"]],
  [100, [...OF_ONE, "--failing"]],
  [100, ["--limit", "100"]],
  [100, [...OF_KEY, "--limit", "100"]],
])("%i rows of those that come first are not called all: usage %j", async (rows, args) => {
  expect(await belowTable(rows, args)).toBe(
    "2,000 requests, 100 refused in these rows. There can be more. Raise --limit (at most 1,000) to see them.",
  );
});

test.each([
  [99, []],
  [99, ["--failing"]],
  [100, OF_ONE],
  [150, OF_KEY],
  [100, ["--limit", "101"]],
])("%i rows that are all there are have the sum of all: usage %j", async (rows, args) => {
  expect(await belowTable(rows, args)).toMatch(/^[\d,]+ requests, \d+ refused$/);
});
