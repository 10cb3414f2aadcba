import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { againIfReset } from "../../src/authority/reset.ts";
import { migrate, seedKey } from "../helpers/workerd.ts";
import { ask, authorityOf, instrumentAuthority } from "./ask.ts";

beforeAll(migrate);

const failing = (...errors: object[]) => {
  let calls = 0;
  return {
    call: async () => {
      const error = errors[calls++];
      if (error) throw Object.assign(new Error("failed"), error);
      return "answered";
    },
    calls: () => calls,
  };
};

describe("a call to an object", () => {
  test("that restarts meanwhile is made again, once", async () => {
    const once = failing({ durableObjectReset: true });
    expect(await againIfReset(once.call)).toBe("answered");
    const twice = failing({ durableObjectReset: true }, { durableObjectReset: true });
    await expect(againIfReset(twice.call)).rejects.toThrow("failed");
    expect(twice.calls()).toBe(2);
  });

  test.each([{}, { retryable: true }, { overloaded: true }, { durableObjectReset: true, overloaded: true }])(
    "that fails in another way is not: %o",
    async (error) => {
      const broken = failing(error);
      await expect(againIfReset(broken.call)).rejects.toThrow("failed");
      expect(broken.calls()).toBe(1);
    },
  );

  test("is answered by the next instance of an authority that is restarted in the middle of it", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "r", limit: 3, window: 3_600 }] } });
    let asked = 0;
    await instrumentAuthority(key, () => {
      asked += 1;
      return new Promise(() => {});
    });
    const answer = againIfReset(() => ask(key));
    await vi.waitFor(() => expect(asked).toBe(1), { timeout: 10_000 });
    await runInDurableObject(authorityOf(key), (_, state) => state.abort("a deploy")).catch(() => {});
    expect(await answer).toMatchObject({ kind: "lease", lease: { tokens: 1 } });
  });
});
