import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { beforeAll, describe, expect, test, vi } from "vitest";
import base from "../../gateway.config.ts";
import { defineGateway } from "../../src/index.ts";
import { createGateway, type Env } from "../../src/worker.ts";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";

const API = "https://api.example.com/v1";
const config = defineGateway({
  ...base,
  origins: { main: { handler: "app" } },
  routes: [
    { path: "/open", origin: "main", public: true },
    { path: "/slow", origin: "main", public: true, timeoutSeconds: 1 },
    { path: "/folders/*", origin: "main", resource: "folders" },
  ],
});

let afterAnswer = "";
const app = new Hono<{ Bindings: Env }>()
  .get("/open", (c) => c.text("open"))
  .get("/slow", () => new Promise<never>(() => {}))
  .get("/folders/broken", () => {
    throw new Error("broken");
  })
  .get("/folders/stream", (c) =>
    streamSSE(c, async (stream) => {
      for (const data of ["a", "b"]) await stream.writeSSE({ data });
    }),
  )
  .get("/folders/later", (c) => {
    c.executionCtx.waitUntil(Promise.resolve().then(() => (afterAnswer = "ran")));
    return c.body(null, 204);
  })
  .post("/folders/echo", async (c) => c.json({ body: await c.req.text() }, 201))
  .get("/folders/*", (c) =>
    c.json({
      path: c.req.path,
      query: c.req.query("q"),
      key: c.req.header("Keygate-Key-Id"),
      credentials: c.req.header("Authorization") ?? null,
      hasBindings: c.env.DB !== undefined,
    }),
  );
const gateway = createGateway(config, { handlers: { app } });

let key: SeededKey;
beforeAll(async () => {
  await migrate();
  key = await seedKey({ environment: "production" });
});

async function call(path: string, init: RequestInit = {}, secret: string | undefined = key.secret) {
  const headers = { ...(secret && { Authorization: `Bearer ${secret}` }), ...init.headers };
  const bindings = env as unknown as Env;
  const response = await gateway.request(`${API}${path}`, { ...init, headers }, bindings, createExecutionContext());
  return { status: response.status, body: await response.text() };
}

describe("An origin that is a Hono app in the same Worker", () => {
  test("gets the request as any origin does: below the base URL, with an identity, without the key", async () => {
    const { status, body } = await call("/folders/1?q=2", { headers: { "Keygate-Key-Id": "key_forged" } });
    expect([status, JSON.parse(body)]).toEqual([
      200,
      { path: "/folders/1", query: "2", key: key.id, credentials: null, hasBindings: true },
    ]);
  });

  test("gets no request that the gateway refuses", async () => {
    expect((await call("/folders/1", {}, "")).status).toBe(401);
    expect((await call("/other")).status).toBe(404);
  });

  test("serves public routes, bodies, streams, and work after the answer", async () => {
    expect((await call("/open", {}, "")).body).toBe("open");
    expect(await call("/folders/echo", { method: "POST", body: "hello" })).toMatchObject({
      status: 201,
      body: '{"body":"hello"}',
    });
    expect((await call("/folders/stream")).body).toBe("data: a\n\ndata: b\n\n");
    expect((await call("/folders/later")).status).toBe(204);
    await vi.waitFor(() => expect(afterAnswer).toBe("ran"), { timeout: 10_000 });
  });

  test("keeps its own errors, and has the deadline of its route", async () => {
    expect((await call("/folders/broken")).status).toBe(500);
    const { status, body } = await call("/slow", {}, "");
    expect([status, JSON.parse(body).code]).toEqual([504, "origin_timeout"]);
  });

  test("that throws is called once, and the log says what it threw", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const fetch = vi.fn(() => {
      throw new Error("a mistake in the app");
    });
    const broken = createGateway(config, { handlers: { app: { fetch } } });
    const response = await broken.request(`${API}/open`, {}, env as unknown as Env, createExecutionContext());
    expect([response.status, fetch.mock.calls.length]).toEqual([502, 1]);
    expect(logged.mock.calls.join()).toContain("main: Error: a mistake in the app");
    logged.mockRestore();
  });

  test("that returns an answer which was read already gets a clear line in the log, and its client a 502", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const answer = new Response("once");
    const reading = createGateway(config, { handlers: { app: { fetch: () => answer } } });
    const ask = () => reading.request(`${API}/open`, {}, env as unknown as Env, createExecutionContext());
    expect(await (await ask()).text()).toBe("once");
    const second = await ask();
    expect([second.status, second.headers.get("X-Request-Id")]).toEqual([502, expect.stringMatching(/^req_/)]);
    expect(logged.mock.calls.join()).toContain("main: TypeError: its answer was read. Read a clone of it");
    logged.mockRestore();
  });

  test.for(["before its answer has begun", "in the middle of its answer"])(
    "hears of a client that leaves %s, also where it uses onabort itself",
    async (moment) => {
      const [asked, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const fetch = ({ signal }: Request) => {
        signal.onabort = () => left.resolve();
        asked.resolve();
        return moment === "in the middle of its answer"
          ? new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(1)) }))
          : new Promise<never>(() => {});
      };
      const listening = createGateway(config, { handlers: { app: { fetch } } });
      const client = new AbortController();
      const request = new Request(`${API}/open`, { signal: client.signal });
      const answer = listening.fetch(request, env as unknown as Env, createExecutionContext());
      await (moment === "in the middle of its answer" ? answer : asked.promise);
      client.abort();
      await left.promise;
      expect((await answer).status).toBe(moment === "in the middle of its answer" ? 200 : 400);
    },
  );

  test("must be passed to createGateway: a missing one fails at start, with the line to add", () => {
    expect(() => createGateway(config)).toThrow(
      'origins.main.production.handler: is a handler that the Worker does not have: "app". ' +
        "Pass it: createGateway(config, { handlers: { app } }).",
    );
  });
});
