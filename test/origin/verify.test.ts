import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  AssertionError,
  memoryReplays,
  requireScope,
  requireWorkspace,
  type VerifyOptions,
  verifyArrived,
} from "../../src/origin/index.ts";
import { forgeryTable, type Table } from "./forgeries.ts";
import { AUDIENCE, claimsAt, ISSUER, newKey, signed } from "./issuer.ts";

let table: Table;
let options: VerifyOptions;

beforeAll(async () => {
  table = await forgeryTable(Math.floor(Date.now() / 1000));
  const { issuer, audience, jwks } = table;
  options = { issuer, audience, replays: memoryReplays(), fetch: async () => Response.json(jwks) };
});

async function verdicts(of: VerifyOptions): Promise<string[]> {
  const found: string[] = [];
  for (const { name, method, target, assertion } of table.cases) {
    const verdict = await verifyArrived({ method, target, assertion }, of).then(
      () => "accepted",
      (error) => (error instanceof AssertionError ? error.code : String(error)),
    );
    found.push(`${name}: ${verdict}`);
  }
  return found;
}

const expectations = () => table.cases.map(({ name, expected }) => `${name}: ${expected}`);

describe("verifyAssertion", () => {
  test("refuses every forgery with its code, and accepts what is true", async () => {
    expect(table.cases.filter(({ expected }) => expected !== "accepted").length).toBeGreaterThan(100);
    expect(await verdicts(options)).toEqual(expectations());
  });

  test("names the issuer and the audience that it expected, and those that it received", async () => {
    const key = await newKey("a");
    const assertion = await signed(key, claimsAt(Math.floor(Date.now() / 1000)));
    const arrived = { method: "GET", target: "/signatures/1", assertion };
    const fetch = async () => Response.json({ keys: [key.publicJwk] });
    const refusal = (wrong: Partial<VerifyOptions>) =>
      verifyArrived(arrived, { issuer: ISSUER, audience: AUDIENCE, fetch, ...wrong }).catch(({ message }) => message);
    expect(await refusal({ issuer: ["https://a.test", "https://b.test"] })).toBe(
      `The assertion has another issuer. Expected: "https://a.test or https://b.test". Received: "${ISSUER}".`,
    );
    expect(await refusal({ audience: "other" })).toBe(
      `The assertion has another audience. Expected: "other". Received: "${AUDIENCE}".`,
    );
  });

  test.each<[unknown, string]>([
    [undefined, "Received: none."],
    [["https://a.test"], 'Received: ["https://a.test"].'],
    ['x\n"'.repeat(1_000), "Received: "],
  ])("shows whatever issuer arrived in one short line (%#)", async (iss, shown) => {
    const assertion = await signed(await newKey("a"), { ...claimsAt(0), iss } as never);
    const arrived = { method: "GET", target: "/signatures/1", assertion };
    const { code, message } = await verifyArrived(arrived, { issuer: ISSUER, audience: AUDIENCE }).catch((e) => e);
    expect(code).toBe("issuer_wrong");
    expect(message).toContain(shown);
    expect(message.length).toBeLessThan(400);
    expect(message).not.toContain("\n");
  });

  test("requires a scope and a workspace of nobody who was not verified", () => {
    for (const require of [() => requireScope(undefined, "a:read"), () => requireWorkspace(undefined, "ws_1")]) {
      expect(require).toThrow(expect.objectContaining({ code: "assertion_missing", status: 401 }));
    }
  });

  test("without a memory, takes an assertion again within its minute", async () => {
    const { replays: _, ...rest } = options;
    const replayed = (line: string) => line.replace(/: replayed$/, ": accepted");
    expect(await verdicts(rest)).toEqual(expectations().map(replayed));
  });

  test("refuses the assertions of a retired key once its public part may be kept no longer", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const keys = [await newKey("old"), await newKey("next")];
    const fetchKeys = async () => Response.json({ keys: keys.map(({ publicJwk }) => publicJwk) });
    const [old] = keys;
    const verdict = async () => {
      const assertion = await signed(old as (typeof keys)[number], claimsAt(Math.floor(Date.now() / 1000)));
      const arrived = { method: "GET", target: "/signatures/1", assertion };
      return verifyArrived(arrived, { issuer: ISSUER, audience: AUDIENCE, fetch: fetchKeys }).then(
        () => "accepted",
        (error) => error.code,
      );
    };
    expect(await verdict()).toBe("accepted");
    keys.shift();
    vi.setSystemTime(Date.now() + 100_000);
    expect(await verdict()).toBe("accepted");
    vi.setSystemTime(Date.now() + 200_000);
    expect(await verdict()).toBe("key_unknown");
  });
});
