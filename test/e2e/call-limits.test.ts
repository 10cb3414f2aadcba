import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startIsolates } from "../helpers/direct.ts";
import { freePort, type RunningGateway } from "../helpers/gateway.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";

const ACTOR = { limit: 20, window: 40, burst: 12 };
const ORGANIZATION = { limit: 60, window: 40, burst: 30 };

/** The management API of one gateway in two isolates, over HTTP. */
describe("The rates of the management API", () => {
  let isolates: RunningGateway[];
  let tenant: Tenant;

  beforeAll(async () => {
    const port = await freePort();
    const origins = { production: `http://127.0.0.1:${port}`, sandbox: `http://127.0.0.1:${port + 1}` };
    const management = { changes: { actor: ACTOR, organization: ORGANIZATION } };
    isolates = await startIsolates(
      `import { guarding } from "PROJECT/test/e2e/configs/base.ts";
      export default { ...guarding(${JSON.stringify(origins)}), management: ${JSON.stringify(management)} };`,
      2,
    );
  });
  beforeEach(async () => {
    tenant = await seed(isolates[0] as RunningGateway);
  });
  afterAll(async () => {
    await isolates[0]?.stop();
    isolates[0]?.forget();
  });

  const admin = () => tenant.key({ environment: "production", scopes: ["admin"] });

  async function create(key: Key, isolate = 0): Promise<{ status: number; retryAfter: number }> {
    const response = await fetch(`http://localhost:${isolates[isolate]?.port}/v1/workspaces`, {
      method: "POST",
      headers: bearing(key),
      body: JSON.stringify({ organization_id: tenant.organizationId, name: "W" }),
    });
    await response.body?.cancel();
    return { status: response.status, retryAfter: Number(response.headers.get("retry-after")) };
  }

  test("admit no more over two isolates than the rate allows, and no less than its burst", async () => {
    const key = await admin();
    const admitted: number[] = [];
    const startedAt = Date.now();
    const client = async (isolate: number) => {
      while (Date.now() < startedAt + 6_000) {
        const { status } = await create(key, isolate);
        if (status === 201) admitted.push(Date.now());
        else expect(status).toBe(429);
      }
    };
    await Promise.all([0, 1, 0, 1].map(client));
    const seconds = (Date.now() - startedAt) / 1_000;
    expect(admitted.length).toBeLessThanOrEqual(ACTOR.burst + (ACTOR.limit / ACTOR.window) * seconds);
    expect(admitted.length).toBeGreaterThanOrEqual(ACTOR.burst);
  });

  test("let a lone caller in after exactly the seconds of Retry-After", async () => {
    const key = await admin();
    let answer = await create(key);
    while (answer.status === 201) answer = await create(key);
    expect([answer.status, answer.retryAfter >= 1]).toEqual([429, true]);
    await new Promise((resolve) => setTimeout(resolve, answer.retryAfter * 1_000));
    expect((await create(key, 1)).status).toBe(201);
  });

  test("leave others of the organization what is theirs while one key floods", async () => {
    const [flooding, other, third] = [await admin(), await admin(), await admin()];
    const flood = await Promise.all(Array.from({ length: 60 }, (_, at) => create(flooding, at % 2)));
    expect(flood.filter(({ status }) => status === 201).length).toBeLessThanOrEqual(ACTOR.burst + 2);
    expect((await create(other)).status).toBe(201);
    const revoked = await fetch(`http://localhost:${isolates[1]?.port}/v1/api-keys/${flooding.id}/revoke`, {
      method: "POST",
      headers: bearing(third),
    });
    expect(revoked.status).toBe(200);
  });
});
