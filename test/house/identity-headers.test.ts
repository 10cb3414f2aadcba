import { expect, test } from "vitest";
import { read, sources } from "./sources.ts";

test("docs/origins.md names each header that an origin gets from the gateway about the caller", () => {
  const forwarding = sources("src/gateway/forward/*.ts").map(({ text }) => text);
  const names = new Set(forwarding.join("\n").match(/"Keygate-[A-Za-z-]+"/g));
  expect(names.size).toBeGreaterThan(5);
  const page = read("docs/origins.md");
  expect([...names].filter((name) => !page.includes(`\`${name.slice(1, -1)}\``))).toEqual([]);
});
