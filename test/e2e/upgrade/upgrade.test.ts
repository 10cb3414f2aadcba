/** A deployment of the last release, with its state, is upgraded to this code, and rolled back. */

import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { editD1 } from "../../helpers/d1-file.ts";
import type { RunningGateway } from "../../helpers/gateway.ts";
import { bearing, seed } from "../../helpers/seed.ts";
import {
  admitted,
  answerTo,
  deployments,
  expectEverythingKept,
  fill,
  meteredBy,
  requestsOf,
  timedOf,
  WITHIN,
} from "./state.ts";

const restart = deployments();

const readiness = async (gateway: RunningGateway) => (await gateway.manage("GET", "/readyz")).status;

test("edits of D1 by hand are in force after an upgrade and after a rollback, for keys whose records the other build stored", async () => {
  const [released] = await restart("released");
  const { live } = await fill(released);
  const permit = (permission: string) =>
    editD1(released, "UPDATE api_keys SET permission = ? WHERE id = ?", permission, live.id);
  const write = async (gateway: RunningGateway) => {
    const init = { method: "POST", headers: bearing(live) };
    return (await fetch(`${gateway.base("sandbox")}/signatures/1`, init)).status;
  };
  expect(await write(released)).toBe(200);

  const [current] = await restart("current");
  expect(await write(current)).toBe(200);
  expect(await readiness(current)).toBe(200);
  permit("read-only");
  await expect.poll(() => write(current), { timeout: 20_000, interval: 500 }).toBe(403);

  const [back] = await restart("released");
  expect(await write(back)).toBe(403);
  permit("full-access");
  await expect.poll(() => write(back), { timeout: 70_000, interval: 1_000 }).toBe(200);
  expect(await readiness(back)).toBe(200);
  // The old code creates keys in the new schema.
  expect((await answerTo(back, await (await seed(back)).key())).status).toBe(200);

  // What was changed while the old build ran is found too.
  permit("read-only");
  const [again] = await restart("current");
  await expect.poll(() => write(again), { timeout: 20_000, interval: 500 }).toBe(403);
}, 240_000);

describe.each([
  ["released", "current"],
  ["current", "released"],
] as const)("while objects run the %s code, and isolates of both builds", (objects, other) => {
  test("limits count together, and what one build changes is in force in the other", { timeout: 120_000 }, async () => {
    const gateways = await restart(objects, other);
    const [one, two] = gateways as [RunningGateway, RunningGateway];
    const state = await fill(one);
    await expectEverythingKept(two, state);
    expect((await admitted(two, state.rate, 3)) + (await admitted(one, state.rate, 5))).toBe(5);
    expect((await admitted(one, state.quota, 3)) + (await admitted(two, state.quota, 5))).toBe(5);
    const theirs = await seed(two);
    const key = await theirs.key();
    // For so long that an isolate of this version follows the feed, and keeps its lease.
    for (let n = 0; n < 40; n++) {
      for (const gateway of gateways) expect((await answerTo(gateway, key)).status).toBe(200);
      await sleep(70);
    }
    expect((await one.manage("POST", `/v1/api-keys/${key.id}/revoke`)).status).toBe(200);
    await sleep(2_500);
    for (const gateway of gateways) {
      expect(await answerTo(gateway, key)).toEqual({ status: 401, code: "key_revoked" });
    }
    if (objects === "released") {
      // Such a collector counts nothing, and its isolates report again once it can.
      const query = `organization_id=${state.tenant.organizationId}`;
      expect(await two.manage("GET", `/v1/usage?${query}`)).toMatchObject({ status: 503 });
      expect(await meteredBy(two)).toBe("503");
      expect(await timedOf(two, state.tenant)).toBe("503");
      return;
    }
    await expect.poll(() => requestsOf(one, state.tenant, state.rate), WITHIN).toBe(13);
    await expect.poll(() => requestsOf(one, state.tenant, state.quota), WITHIN).toBe(13);
    // Only isolates of this version measure it.
    await expect.poll(() => timedOf(one, state.tenant), WITHIN).toBeGreaterThanOrEqual(10);
  });
});
