import { expect, test } from "vitest";
import { ACTIONS } from "../../src/console/audit/sentences.ts";
import { sources } from "./sources.ts";

test("every action that the code writes to the audit trail has words for people", () => {
  const written = sources()
    .filter(({ path }) => /^src\/(control|store)\//.test(path))
    .flatMap(({ text }) => [...text.matchAll(/action: "([a-z_]+\.[a-z_]+)"/g)].map(([, action]) => action));
  expect(new Set(written).size).toBeGreaterThan(10);
  expect([...new Set(written)].filter((action) => !ACTIONS.includes(action as string))).toEqual([]);
});
