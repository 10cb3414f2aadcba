import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { collectorAt, reportTo } from "./collect.ts";

describe("a report", () => {
  test("is stored when it is answered", async () => {
    const report = { sender: "isolate", number: 1, keys: [] };
    expect(await reportTo(7, report)).toEqual({ generation: 0 });
    const stored = await runInDurableObject(collectorAt(7), (_, { storage }) => [
      ...storage.kv.list({ prefix: "journal/" }),
    ]);
    expect(stored).toHaveLength(1);
  });
});
