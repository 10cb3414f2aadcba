import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { compile } from "../../src/config/compile.ts";
import type { RouteConfig } from "../../src/config/types.ts";
import type { OriginFetch } from "../../src/gateway/origins/origin.ts";
import { migrate, newClient, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { CONFIG } from "./config.ts";
import { buildPlane, requestWith, send } from "./plane.ts";

let key: SeededKey;
beforeAll(async () => {
  await migrate();
  key = await seedKey();
});
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A client that sends one byte of two, and then nothing. */
const halfSent = () => new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array(1)) });
const silent: OriginFetch = (_, { signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
const reading: OriginFetch = async (request) => new Response(await request.text());

/** Sends half a body, and waits until the origin is asked. */
async function begin(route: Partial<RouteConfig>, originFetch: OriginFetch) {
  const settings = { path: "/hooked", origin: "api", resource: "folders", ...route };
  const plane = buildPlane({ gateway: compile({ ...CONFIG, routes: [settings] }), originFetch });
  const request = requestWith(key, "/hooked", { method: "POST", body: halfSent(), headers: { "Content-Length": "2" } });
  let outcome: unknown;
  const answer = send(plane, request, { address: newClient() });
  void answer.then(async (response) => {
    outcome = response.status < 400 ? response.status : await response.json();
  });
  await vi.waitUntil(() => plane.sent.length === 1, { timeout: 10_000, interval: 10 });
  const after = async (seconds: number) => {
    await vi.advanceTimersByTimeAsync(seconds * 1_000);
    return outcome;
  };
  return { answer, after };
}

const rebuilt = ({ url, method, headers }: Request) => new Request(url, { method, headers });

describe.each<[what: string, onRequest: RouteConfig["onRequest"]]>([
  ["puts another in its place", (request) => new Request(request, { body: "another" })],
  ["sends none", rebuilt],
  ["sends a GET", ({ url, headers }) => new Request(url, { headers })],
])("While nobody reads the body because a hook %s", (_, onRequest) => {
  test.each([
    { timeoutSeconds: 5, requestIdleSeconds: 1 },
    { timeoutSeconds: 1, requestIdleSeconds: 5 },
  ])("the origin has its own time and no other: %o", async (times) => {
    const { after } = await begin({ ...times, onRequest }, silent);
    expect(await after(times.timeoutSeconds - 0.5)).toBeUndefined();
    expect(await after(0.5)).toMatchObject({
      code: "origin_timeout",
      detail: `The service behind the gateway did not start to answer within ${times.timeoutSeconds} s.`,
    });
  });
});

describe.each<[what: string, onRequest: RouteConfig["onRequest"]]>([
  ["changes it", (request) => request.headers.set("X-Hooked", "1")],
  ["creates a request from it", (request) => new Request(request, { headers: request.headers })],
  ["puts its body into another", ({ url, method, headers, body }) => new Request(url, { method, headers, body })],
  [
    "has read a copy of it",
    (request) =>
      void request
        .clone()
        .text()
        .catch(() => undefined),
  ],
  [
    "pipes its body into another",
    ({ url, method, headers, body }) =>
      new Request(url, { method, headers, body: body?.pipeThrough(new TransformStream()) ?? null }),
  ],
])("A body that a hook passes on, because it %s", (_, onRequest) => {
  test("is still the client's to send in time", async () => {
    const { after } = await begin({ timeoutSeconds: 60, requestIdleSeconds: 1, onRequest }, reading);
    expect(await after(0.5)).toBeUndefined();
    expect(await after(1)).toMatchObject({ code: "request_timeout" });
  });
});

test("An origin that reads none of the body is told from one that does not answer", async () => {
  const { after } = await begin({ timeoutSeconds: 5, requestIdleSeconds: 1 }, silent);
  expect(await after(1)).toMatchObject({
    code: "origin_timeout",
    detail: "The service behind the gateway did not read the body within 1 s.",
  });
});

test("An origin that has begun to answer need not read the body", async () => {
  let reached: AbortSignal | undefined;
  const { answer, after } = await begin({ requestIdleSeconds: 1 }, async (_, { signal }) => {
    reached = signal;
    return new Response(new ReadableStream());
  });
  expect((await answer).status).toBe(200);
  await after(5);
  expect(reached?.aborted).toBe(false);
});
