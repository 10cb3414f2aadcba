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
