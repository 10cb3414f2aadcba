import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/config/compile.ts";
import { migrate, newClient, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { CONFIG } from "./config.ts";
import { buildPlane, codeOf, requestWith, send } from "./plane.ts";

const passage = { origin: "api", resource: "folders", requestIdleSeconds: 1, limits: { bodyBytes: 20 } };
const gateway = compile({
  ...CONFIG,
  routes: [
    { path: "/digested", ...passage, digest: true },
    { path: "/read", ...passage, onRequest: async (request) => new Request(request, { body: await request.text() }) },
    {
      path: "/faulty",
      ...passage,
      onRequest() {
        throw new Error("a mistake in the hook");
      },
    },
  ],
});

let key: SeededKey;
beforeAll(async () => {
  await migrate();
  key = await seedKey();
});

/** The outcome of a request, and what the log has of it. */
async function outcomeOf(path: string, body: ReadableStream<Uint8Array>, headers: Record<string, string>) {
  const plane = buildPlane({ gateway });
  const request = requestWith(key, path, { method: "POST", body, headers });
  const response = await send(plane, request, { address: newClient() });
  expect(plane.sent).toEqual([]);
  const lines = plane.lines.map((line) => JSON.parse(line));
  return {
    answer: [response.status, await codeOf(response)],
    errors: lines.filter(({ kind }) => kind === "message").map(({ message }) => message.split("\n")[0]),
    logged: lines.filter(({ kind }) => kind === "request").map(({ key_id, route, reason }) => [key_id, route, reason]),
  };
}

const begin = (then: (controller: ReadableStreamDefaultController<Uint8Array>) => void) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new Uint8Array([1]));
      then(controller);
    },
  });

describe.each([
  ["is to be signed", "/digested"],
  ["a hook reads", "/read"],
])("a body that %s", (_, path) => {
  test("and breaks off is the client's doing", async () => {
    const body = begin((controller) => controller.error(new Error("the client left")));
    expect(await outcomeOf(path, body, { "Content-Length": "10" })).toEqual({
      answer: [400, "request_broken_off"],
      errors: [],
      logged: [[key.id, path, "request_broken_off"]],
    });
  });

  test("and stands still is too slow", async () => {
    expect(
      await outcomeOf(
        path,
        begin(() => {}),
        { "Content-Length": "10" },
      ),
    ).toEqual({
      answer: [408, "request_timeout"],
      errors: [],
      logged: [[key.id, path, "request_timeout"]],
    });
  });
});

test("a body that a hook reads, and that is longer than the route takes, is too large", async () => {
  const body = begin((controller) => {
    controller.enqueue(new Uint8Array(50));
    controller.close();
  });
  expect((await outcomeOf("/read", body, {})).answer).toEqual([413, "body_too_large"]);
});

test("a hook that throws for a reason of its own is an internal error, logged with the key", async () => {
  const body = begin((controller) => controller.close());
  expect(await outcomeOf("/faulty", body, { "Content-Length": "1" })).toEqual({
    answer: [500, "internal_error"],
    errors: ["Error: a mistake in the hook"],
    logged: [[key.id, "/faulty", "internal_error"]],
  });
});
