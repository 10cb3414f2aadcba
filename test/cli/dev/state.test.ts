import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startOf } from "../../../src/cli/dev/process.ts";
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

  test("is free if another process has the number of its gateway by now", () => {
    for (const start of ["", ` ${startOf(process.pid)}0`, " Sat Nov 28 23:05:43 2026"]) {
      writeFileSync(file(), `${process.pid}${start}`);
      expect(() => takeState(state)).not.toThrow();
    }
    writeFileSync(file(), `1 ${startOf(process.pid)}`);
    expect(() => takeState(state)).not.toThrow();
  });

  test("is not free while its gateway runs, whoever started that", () => {
    const parent = process.ppid;
    writeFileSync(file(), `${parent} ${startOf(parent)}`);
    expect(() => takeState(state)).toThrow(`Another gateway (process ${parent}) is using ${state}.`);
  });

  test.each(["0", "not a number", "2147483646"])("left behind by a gateway that was killed (%s) is free", (left) => {
    writeFileSync(file(), left);
    expect(() => takeState(state)).not.toThrow();
  });

  test.for(["", "v3", "v3/d1/a.sqlite"])("that its user has no rights to is refused by name: %j", (place) => {
    mkdirSync(join(state, "v3", "d1"), { recursive: true });
    writeFileSync(join(state, "v3", "d1", "a.sqlite"), "");
    for (const path of ["", "v3", "v3/d1", "v3/d1/a.sqlite"]) chmodSync(join(state, path), 0o777);
    chmodSync(join(state, place), 0o555);
    const named = place === "" ? file() : join(state, place);
    expect(takenWithoutRights()).toBe(
      `${named} needs rights that you do not have. Fix that, or choose another folder with --state DIR.`,
    );
  });

  /** Root can write everything. */
  function takenWithoutRights(): string {
    const module = new URL("../../../src/cli/dev/state.ts", import.meta.url).href;
    const script = `import { takeState } from ${JSON.stringify(module)};
      try { takeState(${JSON.stringify(state)}); } catch (error) { process.stdout.write(error.message); }`;
    const uid = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    return execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", ...uid });
  }
});
