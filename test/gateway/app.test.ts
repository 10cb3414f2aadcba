import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { beforeAll, describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway, type Env } from "../../src/worker.ts";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";

const SANDBOX = "https://sandbox.example.com/v1";
/** Answers as an origin would, with what the gateway made of the request. */
const bindings = {
  ...env,
  DEMO_ORIGIN: {
    fetch: async (request: Request) =>
      new Response(request.method === "HEAD" ? null : await request.text(), {
        headers: { "X-Method": request.method, "X-Path": new URL(request.url).pathname, "Content-Length": "5" },
      }),
  },
} as unknown as Env;
const gateway = createGateway(config);

let key: SeededKey;
beforeAll(async () => {
  await migrate();
  key = await seedKey();
});
const withKey = (init: RequestInit = {}) => ({ ...init, headers: { Authorization: `Bearer ${key.secret}` } });

describe("What createGateway returns is a Hono app:", () => {
  test("its request() calls the gateway, with a key and without", async () => {
    const call = (init: RequestInit) =>
      gateway.request(`${SANDBOX}/signatures`, init, bindings, createExecutionContext());
    expect((await call(withKey())).headers.get("X-Path")).toBe("/signatures");
    expect((await call({})).status).toBe(401);
  });

  test("another app mounts it, with routes of its own and middleware before it", async () => {
    const app = new Hono<{ Bindings: Env }>()
      .use(async (c, next) => {
        await next();
        c.header("X-Seen", "yes");
      })
      .get("/hello", (c) => c.text("hello"))
      .route("/", gateway);
    const call = (url: string, init: RequestInit = {}) => app.request(url, init, bindings, createExecutionContext());
    expect(await (await call("https://other.example.com/hello")).text()).toBe("hello");
    const forwarded = await call(`${SANDBOX}/signatures`, withKey({ method: "POST", body: "hello" }));
    expect(await forwarded.text()).toBe("hello");
    expect([...["X-Method", "X-Seen"].map((name) => forwarded.headers.get(name))]).toEqual(["POST", "yes"]);
    const refused = await call(`${SANDBOX}/signatures`);
    expect([refused.status, refused.headers.get("X-Seen")]).toEqual([401, "yes"]);
    expect((await call("https://keys.example.com/errors")).status).toBe(200);
  });

  test("as a Worker's export it leaves the answers to HEAD as they are", async () => {
    const answer = await gateway.fetch(
      new Request(`${SANDBOX}/signatures`, withKey({ method: "HEAD" })),
      bindings,
      createExecutionContext(),
    );
    expect([answer.status, answer.headers.get("X-Method"), answer.headers.get("Content-Length")]).toEqual([
      200,
      "HEAD",
      "5",
    ]);
  });

  test("a gateway that cannot start throws; mounted, to the other app's onError", async () => {
    const broken = { ...bindings, KEYGATE_PEPPERS: "" } as Env;
    const call = (app: Pick<typeof gateway, "request">) =>
      app.request(`${SANDBOX}/signatures`, {}, broken, createExecutionContext());
    await expect(async () => call(createGateway(config))).rejects.toThrow(/KEYGATE_PEPPERS/);
    const app = new Hono<{ Bindings: Env }>().route("/", createGateway(config));
    app.onError((error, c) => c.text(error.message, 500));
    expect(await (await call(app)).text()).toContain("KEYGATE_PEPPERS");
  });
});

describe("The request of a client that leaves is kept alive to its end:", () => {
  const contextOf = (kept: Promise<unknown>[]) =>
    ({ ...createExecutionContext(), waitUntil: (each: Promise<unknown>) => void kept.push(each) }) as ExecutionContext;
  /** Of those that have ended; reports of use take some seconds. */
  const answersIn = async (kept: readonly Promise<unknown>[]) => {
    const now = new Promise((resolve) => setTimeout(resolve, 0));
    const ended = await Promise.all(kept.map((each) => Promise.race([each, now])));
    return ended.flatMap((each) => (each instanceof Response ? [each.status] : []));
  };

  test("not before it leaves", async () => {
    const kept: Promise<unknown>[] = [];
    const left = new AbortController();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const fetch = (_: Request, { signal }: RequestInit) => {
      ask();
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    };
    const request = new Request(`${SANDBOX}/signatures`, withKey({ signal: left.signal }));
    const env = { ...bindings, DEMO_ORIGIN: { fetch } } as unknown as Env;
    const answer = createGateway(config).fetch(request, env, contextOf(kept));
    await asked;
    const before = kept.length;
    left.abort();
    expect((await answer).status).toBe(400);
    expect([await answersIn(kept.slice(0, before)), await answersIn(kept)]).toEqual([[], [400]]);
  });

  test("also if it left before the gateway began", async () => {
    const kept: Promise<unknown>[] = [];
    const request = new Request(`${SANDBOX}/signatures`, withKey({ signal: AbortSignal.abort() }));
    // This origin answers all the same.
    await gateway.fetch(request, bindings, contextOf(kept));
    expect(await answersIn(kept)).toEqual([200]);
  });

  test("always in another app, whose middleware can have replaced the request", async () => {
    const kept: Promise<unknown>[] = [];
    const app = new Hono<{ Bindings: Env }>()
      .use((c, next) => {
        c.req.raw = new Request(c.req.raw.url, { headers: c.req.raw.headers });
        return next();
      })
      .route("/", gateway);
    await app.request(`${SANDBOX}/signatures`, withKey(), bindings, contextOf(kept));
    expect(await answersIn(kept)).toEqual([200]);
  });

  test("always in the control plane, where it can change something", async () => {
    const kept: Promise<unknown>[] = [];
    await gateway.fetch(new Request("https://keys.example.com/errors"), bindings, contextOf(kept));
    expect(await answersIn(kept)).toEqual([200]);
  });
});
