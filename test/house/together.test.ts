import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { read } from "./sources.ts";

test("all modules with SQL stand side by side in the bundle", () => {
  const named = [...read("src/store/together.ts").matchAll(/^import "\.\/([^"]+)";$/gm)].map(([, name]) => name);
  const modules = readdirSync("src/store").filter((name) => name.endsWith(".ts") && name !== "together.ts");
  expect(named).toEqual(modules.sort());
});
