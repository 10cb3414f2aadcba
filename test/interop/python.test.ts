import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { forgeryTable, type Table } from "../origin/forgeries.ts";
import { pythonWith } from "./tools.ts";

interface Verdicts {
  verdicts: string[];
  storm: { codes: string[]; fetches: number };
  later: { code: string; fetches: number };
  down: { codes: string[]; fetches: number };
  stale: { within: string; after: string };
  stepped: { code: string };
  hanging: { codes: string[]; waited: boolean; fetches: number };
}

describe("The Python example", () => {
  let table: Table;
  let found: Verdicts;
  beforeAll(async () => {
    const now = Math.floor(Date.now() / 1000);
    table = await forgeryTable(now);
    const running = promisify(execFile)(pythonWith("jwt, cryptography"), [join(import.meta.dirname, "forgeries.py")], {
      maxBuffer: 1e7,
    });
    running.child.stdin?.end(JSON.stringify({ ...table, now }));
    found = JSON.parse((await running).stdout);
  });

  test("refuses every forgery with the code of keygate-origin, and accepts what is true", () => {
    expect(found.verdicts).toEqual(table.cases.map(({ name, expected }) => `${name}: ${expected}`));
  });

  test("fetches keys once for a thousand unknown ones, and once more after half a minute", () => {
    expect(new Set(found.storm.codes)).toEqual(new Set(["key_unknown"]));
    expect(found.storm.fetches).toBe(1);
    expect(found.later).toEqual({ code: "key_unknown", fetches: 2 });
  });

  test("says so while keys cannot be fetched, and does not try for each request", () => {
    expect(new Set(found.down.codes)).toEqual(new Set(["keys_unavailable"]));
    expect(found.down.fetches).toBe(1);
  });

  test("goes on with the keys that it has for five minutes while they cannot be fetched, and no longer", () => {
    expect(found.stale).toEqual({ within: "found", after: "keys_unavailable" });
  });

  test("trusts no key for longer because the clock was set back", () => {
    expect(found.stepped).toEqual({ code: "keys_unavailable" });
  });

  test("lets no request whose key is known wait for an issuer that hangs, and does not ask it again at once", () => {
    expect(found.hanging.waited).toBe(false);
    expect(found.hanging.codes).toEqual([...Array(100).fill("found"), ...Array(100).fill("key_unknown")]);
    expect(found.hanging.fetches).toBe(1);
  });
});
