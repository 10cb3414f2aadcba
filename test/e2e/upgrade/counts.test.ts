/** A deployment of the last release, with its state, is upgraded to this code, and rolled back: what it has counted. */

import { expect, test } from "vitest";
import type { RunningGateway } from "../../helpers/gateway.ts";
import type { Key } from "../../helpers/seed.ts";
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

const lastUseOf = async (gateway: RunningGateway, { id }: Key): Promise<number> =>
  Date.parse((await gateway.manage("GET", `/v1/api-keys/${id}`)).body.last_used_at);

/** In which an isolate has reported what it has counted. */
const reported = () => new Promise((later) => setTimeout(later, 15_000));

test("after an upgrade keys live, revoked ones stay dead, and counts continue; after a rollback too", async () => {
  const [released] = await restart("released");
  const state = await fill(released);
  const { tenant, live, quota } = state;
  const counted = (gateway: RunningGateway, key: Key) => () => requestsOf(gateway, tenant, key);
  await expect.poll(counted(released, quota), { timeout: 90_000 }).toBe(5);
  await expect.poll(counted(released, live), { timeout: 90_000 }).toBe(1);
  const firstUse = await lastUseOf(released, live);
  // These are with the key's authority when the upgrade comes, and not in D1.
  for (let n = 0; n < 4; n++) expect((await answerTo(released, live)).status).toBe(200);
  await reported();

  const [current] = await restart("current");
  expect(await counted(current, quota)()).toBe(5);
  await expect.poll(counted(current, live), { timeout: 90_000 }).toBe(5);
  const lastUse = await lastUseOf(current, live);
  expect(lastUse).toBeGreaterThan(firstUse);
  await expectEverythingKept(current, state);
  expect(await admitted(current, state.rate, 8)).toBe(5);
  expect(await admitted(current, state.quota, 3)).toBe(3);
  expect((await current.manage("POST", `/v1/api-keys/${state.disabled.id}/enable`)).status).toBe(200);
  await expect.poll(async () => (await answerTo(current, state.disabled)).status, { timeout: 5_000 }).toBe(200);
  await expect.poll(counted(current, quota), WITHIN).toBe(8);
  await expect.poll(counted(current, live), WITHIN).toBe(6);
  await expect.poll(() => lastUseOf(current, live), WITHIN).toBeGreaterThan(lastUse);
  await expect.poll(() => meteredBy(current), WITHIN).toBeGreaterThanOrEqual(14);
  const metered = await meteredBy(current);
  await expect.poll(() => timedOf(current, tenant), WITHIN).toBeGreaterThanOrEqual(13);
  const timed = await timedOf(current, tenant);

  const [back] = await restart("released");
  expect(await answerTo(back, state.revoked)).toEqual({ status: 401, code: "key_revoked" });
  for (const key of [state.live, state.disabled]) expect((await answerTo(back, key)).status).toBe(200);
  expect(await admitted(back, state.rate, 2)).toBe(0);
  expect(await admitted(back, state.quota, 4)).toBe(2);
  await expect.poll(counted(back, quota), { timeout: 90_000 }).toBe(9);

  const [again] = await restart("current");
  expect(await meteredBy(again)).toBe(metered);
  expect(await timedOf(again, tenant)).toBe(timed);
  await expect.poll(counted(again, quota), WITHIN).toBe(12);
  await expect.poll(counted(again, live), { timeout: 90_000 }).toBe(7);
}, 540_000);
