import { globSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT } from "../helpers/gateway.ts";
import { mistakesOf } from "./base.ts";

const MODELS = globSync("examples/models/*/gateway.config.ts", { cwd: PROJECT });

test("there are three models to copy from, and a minimal one", () => {
  expect(MODELS.length).toBe(4);
});

test.for(MODELS)("%s is without a mistake", async (path) => {
  expect(mistakesOf((await import(join(PROJECT, path))).default)).toEqual([]);
});
