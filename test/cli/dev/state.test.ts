import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { takeState } from "../../../src/cli/dev/state.ts";

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "keygate-state-"));
});
afterEach(() => rmSync(state, { recursive: true }));

const file = () => join(state, "keygate.pid");

describe("a state folder", () => {
  test("serves one gateway at a time, and says which", () => {
    takeState(state);
    expect(() => takeState(state)).toThrow(`Another gateway (process ${process.pid}) is using ${state}.`);
  });

  test("is free again when its gateway gives it back", () => {
    takeState(state)();
    expect(existsSync(file())).toBe(false);
    takeState(state);
  });

  test.each(["0", "not a number", "2147483646"])("left behind by a gateway that was killed (%s) is free", (left) => {
    writeFileSync(file(), left);
    expect(() => takeState(state)).not.toThrow();
  });
});
