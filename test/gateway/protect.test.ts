import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { beforeAll, describe, expect, test, vi } from "vitest";
import config from "../../gateway.config.ts";
import { createGateway, type Env } from "../../src/worker.ts";
import { migrate, type SeededKey, seedKey } from "../helpers/workerd.ts";

const API = "https://sandbox.example.com/v1";
const gateway = createGateway(config);
let ran = 0;

/** An existing app that gains keys, scopes and limits. */
const app = new Hono<{ Bindings: Env }>()
  .get("/v1/hello", (c) => c.text("hello"))
  .use("/v1/reports/*", gateway.protect({ resource: "folders" }))
  .use("/v1/slow", gateway.protect({ resource: "folders", timeoutSeconds: 1 }))
  .get("/v1/reports/broken", () => {
    throw new Error("broken");
  })
  .get("/v1/reports/:id", (c) => {
    ran++;
    const { keyId, organizationId, scopes, environment } = c.var.keygate;
    const credentials = c.req.header("Authorization") ?? null;
    return c.json({
      id: c.req.param("id"),
      q: c.req.query("q"),
      keyId,
      organizationId,
      scopes,
      environment,
      credentials,
    });
  })
  .post("/v1/reports", async (c) => c.json({ body: await c.req.text() }, 201, { "X-Own": "yes" }))
  .get("/v1/slow", () => new Promise<never>(() => {}))
  .route("/", gateway);

let reader: SeededKey;
beforeAll(async () => {
  await migrate();
  reader = await seedKey({ scopes: ["folders:read"], plan: "scale" });
});

async function call(path: string, init: RequestInit = {}, secret: string | undefined = reader.secret) {
  const headers = { ...(secret && { Authorization: `Bearer ${secret}` }), ...init.headers };
  const url = path.startsWith("https:") ? path : API + path;
  const response = await app.request(url, { ...init, headers }, env as unknown as Env, createExecutionContext());
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("A route of a Hono app behind protect()", () => {
  test("knows who calls, at the URL that was called, without the key", async () => {
    const { status, text, headers } = await call("/reports/7?q=1", { headers: { "Keygate-Key-Id": "forged" } });
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        id: "7",
        q: "1",
        keyId: reader.id,
        organizationId: reader.organizationId,
        scopes: ["folders:read"],
        environment: "sandbox",
        credentials: null,
      },
    ]);
    expect(headers.get("X-Request-Id")).toMatch(/^req_/);
    expect(headers.get("RateLimit")).toContain("second");
  });

  test("does not run for a request that the gateway refuses", async () => {
    const before = ran;
    expect((await call("/reports/7", {}, "")).status).toBe(401);
    expect(JSON.parse((await call("/reports/7", { method: "DELETE" })).text)).toMatchObject({
      code: "scope_missing",
      required_scopes: ["folders:delete"],
    });
    expect(JSON.parse((await call(`/reports/7?key=${reader.secret}`)).text).code).toBe("credentials_in_url");
    expect((await call("https://other.example.org/v1/reports/7")).status).toBe(404);
    expect((await call("https://keys.example.com/v1/reports/7")).status).toBe(404);
    expect(ran).toBe(before);
  });

  test("gets bodies, and its answer keeps its status and headers", async () => {
    const writer = await seedKey({ scopes: ["folders:write"] });
    const { status, text, headers } = await call("/reports", { method: "POST", body: "hello" }, writer.secret);
    expect([status, text, headers.get("X-Own")]).toEqual([201, '{"body":"hello"}', "yes"]);
  });

  test("keeps its own errors, and has its deadline", async () => {
    expect((await call("/reports/broken")).status).toBe(500);
    expect(JSON.parse((await call("/slow")).text).code).toBe("origin_timeout");
  });

  test("is logged under the path that the app gave it", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    try {
      await call("/reports/7");
      expect(log.mock.lastCall?.[0]).toContain('"route":"/v1/reports/*"');
    } finally {
      log.mockRestore();
    }
  });

  test("shares the limits of the key with the routes of the gateway", async () => {
    const free = await seedKey({ scopes: ["folders:read"], plan: "free" });
    const statuses: number[] = [];
    for (let n = 0; n < 7; n++) statuses.push((await call("/reports/7", {}, free.secret)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    expect((await call("/whoami", {}, free.secret)).status).not.toBe(200);
  });

  test("leaves the other routes of the app, and the gateway's, as they are", async () => {
    expect((await call("/hello", {}, "")).text).toBe("hello");
    expect((await call("https://keys.example.com/errors")).status).toBe(200);
  });

  test("must name a resource of the configuration, or the Worker does not start and names the call", () => {
    const problem =
      'A route of your app cannot be used:\n  protect().resource: is not a resource: "folder". Did you mean';
    expect(() => gateway.protect({ resource: "folder" })).toThrow(problem);
  });

  test("cannot name a workspace in its path, which only the app knows", () => {
    // @ts-expect-error
    expect(() => gateway.protect({ resource: "folders", workspace: { param: "id" } })).toThrow("protect().workspace");
  });
});
