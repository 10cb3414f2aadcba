import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Jurisdictions } from "../../src/domain/location.ts";
import { jurisdictionCheck } from "../../src/store/jurisdictions.ts";
import { migrate } from "../helpers/workerd.ts";

beforeAll(migrate);
beforeEach(() => env.DB.exec("DELETE FROM jurisdictions"));

const isReady = async (wanted: Jurisdictions, lines: object[] = []) => {
  const check = jurisdictionCheck(env.DB, wanted, (line) => lines.push(line));
  return check().then(
    () => true,
    () => false,
  );
};

describe("the jurisdictions of a deployment", () => {
  test("are recorded by whoever asks first", async () => {
    expect(await isReady({ "*": null, production: "eu" })).toBe(true);
    const { results } = await env.DB.prepare("SELECT * FROM jurisdictions ORDER BY objects").all();
    expect(results).toEqual([
      { objects: "*", jurisdiction: null },
      { objects: "production", jurisdiction: "eu" },
    ]);
  });

  test.each<[string, Jurisdictions]>([
    ["another", { "*": null, production: "us" }],
    ["none", { "*": null, production: null }],
    ["one for what had none", { "*": "eu", production: "eu" }],
    ["no such environment", { "*": null }],
  ])("cannot be replaced by %s: the gateway is not ready, and the log says why", async (_, wanted) => {
    await isReady({ "*": null, production: "eu" });
    const lines: object[] = [];
    expect(await isReady(wanted, lines)).toBe(false);
    expect(lines).toEqual([
      expect.objectContaining({ level: "error", message: expect.stringContaining("were created in") }),
    ]);
    expect(await isReady({ "*": null, production: "eu" })).toBe(true);
  });

  test("can be added for a new environment", async () => {
    await isReady({ "*": null, production: "eu" });
    expect(await isReady({ "*": null, production: "eu", sandbox: "us" })).toBe(true);
    expect(await isReady({ "*": null, production: "eu", sandbox: null })).toBe(false);
  });

  test("are asked for again after a fault, and not once they were right", async () => {
    let asked = 0;
    const db = {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: (statements: D1PreparedStatement[]) => {
        asked += 1;
        return asked === 1 ? Promise.reject(new Error("down")) : env.DB.batch(statements);
      },
    } as D1Database;
    const check = jurisdictionCheck(db, { "*": null }, () => {});
    await expect(check()).rejects.toThrow("down");
    await check();
    await check();
    expect(asked).toBe(2);
  });
});
