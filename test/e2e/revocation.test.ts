import { setTimeout as wait } from "node:timers/promises";
import { describe, test } from "vitest";
import type { Gateway } from "../helpers/gateway.ts";
import { bearing, type Key, type KeyFields, seed } from "../helpers/seed.ts";
import { BOTH, origins } from "./shared.ts";

/** Of design and documentation: a lease's life and its margin. */
const BOUND_MS = 2_500;

origins();

async function ask(gateway: Gateway, key: Key): Promise<{ sentAt: number; status: number; code: string | undefined }> {
  const sentAt = performance.now();
  const response = await fetch(`${gateway.base("sandbox")}/signatures/1`, { headers: bearing(key) });
  const { code } = (await response.json()) as { code?: string };
  return { sentAt, status: response.status, code };
}

/** In use, request after request. */
async function use(gateway: Gateway, key: Key, isOver: () => boolean) {
  const answers = [];
  for (; !isOver(); await wait(20)) answers.push(await ask(gateway, key));
  return answers;
}

/** Whether so much time has passed. */
function timer(ms: number): () => boolean {
  const begunAt = performance.now();
  return () => performance.now() - begunAt > ms;
}

describe.for(BOTH)("A revoked key is dead within 2.5 seconds: $server", { concurrent: true }, ({ gateway }) => {
  const KEYS: { kind: string; fields: KeyFields }[] = [
    { kind: "without limits", fields: {} },
    { kind: "with limits", fields: { limits: { rates: [{ name: "second", limit: 1000, window: 1 }] } } },
    { kind: "of a workspace", fields: { reach: "workspace" } },
  ];

  test.for(KEYS)("a key $kind, in use all the time", async ({ fields }, { expect }) => {
    const tenant = await seed(gateway);
    const workspace_ids = fields.reach === "workspace" ? [tenant.workspaces[0]] : undefined;
    const [key, other] = [await tenant.key({ ...fields, workspace_ids }), await tenant.key()];
    for (const { status } of await use(gateway, key, timer(300))) expect(status).toBe(200);

    let isOver = timer(15_000);
    const using = use(gateway, key, () => isOver());
    expect((await gateway.manage("POST", `/v1/api-keys/${key.id}/revoke`, { reason: "test" })).status).toBe(200);
    const revokedAt = performance.now();
    isOver = timer(BOUND_MS + 1_500);
    const answers = await using;
    const dead = answers.findIndex(({ status }) => status !== 200);
    expect(answers.slice(dead).every(({ status, code }) => status === 401 && code === "key_revoked")).toBe(true);
    const late = answers.filter(({ sentAt }) => sentAt > revokedAt + BOUND_MS);
    expect(new Set(late.map(({ status }) => status))).toEqual(new Set([401]));
    expect(await ask(gateway, other)).toMatchObject({ status: 200 });
  });

  test("a key that was never used is refused at once", async ({ expect }) => {
    const key = await (await seed(gateway)).key();
    await gateway.manage("POST", `/v1/api-keys/${key.id}/revoke`);
    expect(await ask(gateway, key)).toMatchObject({ status: 401, code: "key_revoked" });
  });
});
