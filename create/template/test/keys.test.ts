import { expect, test } from "vitest";
import { newKey, statusOf } from "./gateway.ts";

test("a key that can read cannot delete", async () => {
  const key = await newKey(["READ_SCOPE"]);
  expect(await statusOf("GET", "SAMPLE_PATH", key)).toBe(200);
  expect(await statusOf("DELETE", "SAMPLE_PATH", key)).toBe(403);
});

test("a request without a key is refused", async () => {
  expect(await statusOf("GET", "SAMPLE_PATH")).toBe(401);
});
