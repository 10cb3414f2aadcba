/** What the feed of changes spares, and what happens when it fails, or when authorities do. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { editD1 } from "../helpers/d1-file.ts";
import { startDirect } from "../helpers/direct.ts";
import { outputFile, type RunningGateway, wholeLines } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { guardingText } from "./configs/base.ts";

/** Until the feed has read that a key is new: an authority that reads D1 before knows more than the isolate has heard of. */
const HEARD_MS = 1_500;
/** Longer than a lease that is not kept. */
const PAUSE_MS = 2_300;
const BOUND_MS = 2_500;

let origin: Origin;
let gateway: RunningGateway;
let tenant: Tenant;
let faults: Server;
/** What is down at the moment. */
let down: "nothing" | "feed" | "authorities" = "nothing";
let isOver = false;
let using: Promise<void>;

beforeAll(async () => {
  origin = await startOrigin();
  faults = createServer((_, response) => response.end(down)).listen(0, "127.0.0.1");
  await once(faults, "listening");
  const { port: faultPort } = faults.address() as AddressInfo;
  const failing = (what: string) =>
    `if ((await (await fetch("http://127.0.0.1:${faultPort}/")).text()) === "${what}") throw new Error("down");`;
  const ANSWER = "async changesSince(question) {";
  const ASK = "async ask(question) {\n    this.#clock";
  const port = Number(new URL(origin.url).port);
  gateway = await startDirect(guardingText(port, port + 1), {
    faultsOf: () => ({
      [ANSWER]: `${ANSWER} ${failing("feed")}`,
      [ASK]: `async ask(question) {\n    ${failing("authorities")} this.#clock`,
    }),
  });
  tenant = await seed(gateway);
  // Another key is in use, so that the isolate follows the feed.
  const other = await newKey();
  using = (async () => {
    for (; !isOver; await sleep(60)) await use(other);
  })();
  await sleep(1_500);
});
afterAll(async () => {
  isOver = true;
  await using;
  await gateway?.stop();
  gateway?.forget();
  await origin?.stop();
  faults?.close();
});

const newKey = (fields = {}) => tenant.key({ environment: "production", scopes: ["signatures:read"], ...fields });

async function use(key: Key): Promise<number> {
  const response = await fetch(`${gateway.base("production")}/signatures`, { headers: bearing(key) });
  await response.arrayBuffer();
  return response.status;
}

/** The statuses of so many requests, one after each pause. */
async function useSlowly(key: Key, times: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < times; n++) {
    statuses.push(await use(key));
    await sleep(PAUSE_MS);
  }
  return statuses;
}

async function during<T>(what: typeof down, work: () => Promise<T>): Promise<T> {
  down = what;
  try {
    return await work();
  } finally {
    down = "nothing";
  }
}

/** How the leases came about by which the key's requests were decided. */
function leasesOf({ id }: Key): string[] {
  return wholeLines(readFileSync(outputFile(gateway.state), "utf8"))
    .filter((line) => line.includes(id) && line.includes('"kind":"request"'))
    .map((line) => JSON.parse(line).lease);
}

const PLENTY = { limits: { rates: [{ name: "minute", limit: 6_000, window: 60 }] } };

describe("with the feed", () => {
  test.concurrent.for([
    ["without limits waits for its authority once", {}, ["asked", "held", "held"]],
    ["with plenty of tokens waits for its authority once", PLENTY, ["asked", "held", "held"]],
    [
      "with few tokens asks each time, as without the feed",
      { limits: { rates: [{ name: "minute", limit: 60, window: 60 }] } },
      ["asked", "asked", "asked"],
    ],
  ] as const)("a key %s", async ([, fields, leases], { expect }) => {
    const key = await newKey(fields);
    await sleep(HEARD_MS);
    expect(await useSlowly(key, 3)).toEqual([200, 200, 200]);
    await expect.poll(() => leasesOf(key)).toEqual(leases);
  });

  test("an edit of D1 by hand is in force within 2.5 s for keys in use, of a key, a member and an organization", async () => {
    const edits = [
      (key: Key, _: Tenant) => editD1(gateway, "UPDATE api_keys SET disabled_at = 5 WHERE id = ?", key.id),
      (_: Key, own: Tenant) => editD1(gateway, "UPDATE members SET removed_at = 5 WHERE id = ?", own.members.owner),
      (_: Key, own: Tenant) =>
        editD1(gateway, "UPDATE organizations SET status = 'suspended' WHERE id = ?", own.organizationId),
    ];
    const timeOf = async (edit: (typeof edits)[number]) => {
      const own = await seed(gateway);
      const key = await own.key({ environment: "production", scopes: ["signatures:read"] });
      // A lease that is kept.
      expect(await useSlowly(key, 2)).toEqual([200, 200]);
      edit(key, own);
      const editedAt = performance.now();
      await expect.poll(() => use(key), { timeout: BOUND_MS, interval: 50 }).toBe(401);
      return Math.round(performance.now() - editedAt);
    };
    console.log(`in force after ${(await Promise.all(edits.map(timeOf))).join(", ")} ms`);
  }, 60_000);
});

describe("while the feed is down", () => {
  test("leases that were kept are asked for again, nobody is refused, and a change is in force in time", async () => {
    const keys = [await newKey(), await newKey(PLENTY)];
    await sleep(HEARD_MS);
    for (const key of keys) expect(await useSlowly(key, 2)).toEqual([200, 200]);
    await during("feed", async () => {
      await sleep(PAUSE_MS);
      for (const key of keys) expect(await use(key)).toBe(200);
      for (const key of keys) await expect.poll(() => leasesOf(key)).toEqual(["asked", "held", "asked"]);
      const [key] = keys as [Key];
      expect((await gateway.manage("POST", `/v1/api-keys/${key.id}/revoke`, {})).status).toBe(200);
      await sleep(BOUND_MS);
      expect(await use(key)).toBe(401);
    });
    await sleep(4_000);
  }, 60_000);
});

describe("while authorities are down", () => {
  test("leases that are kept go on within their limits, keys without one get 503, and nobody gets 401", async () => {
    const [free, plenty, few] = [
      await newKey(),
      await newKey(PLENTY),
      await newKey({ limits: { rates: [{ name: "minute", limit: 60, window: 60 }] } }),
    ];
    await sleep(HEARD_MS);
    for (const key of [free, plenty, few]) expect(await useSlowly(key, 1)).toEqual([200]);
    await during("authorities", async () => {
      for (let n = 0; n < 3; n++) {
        expect([await use(free), await use(few)]).toEqual([200, 503]);
        await sleep(700);
      }
      const statuses: number[] = [];
      for (let n = 0; n < 20; n++) statuses.push(await use(plenty));
      // It keeps some tokens, and then must ask.
      expect(new Set(statuses)).toEqual(new Set([200, 503]));
      expect(statuses.filter((status) => status === 200).length).toBeLessThan(6);
    });
    await expect.poll(() => use(plenty), { timeout: 6_000, interval: 200 }).toBe(200);
  }, 60_000);
});
