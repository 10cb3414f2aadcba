/** How soon what was counted and kept of a request can be seen: the bounds of docs/usage.md and docs/requests.md, over HTTP. */

import { beforeAll, expect, test } from "vitest";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { direct, origins } from "./shared.ts";

origins();
/** A busy machine answers late. */
const LATE_MS = 3_000;
const REPORTED_MS = 10_000 + LATE_MS;
const WRITTEN_MS = 70_000 + LATE_MS;

let tenant: Tenant;
let key: Key;
beforeAll(async () => {
  tenant = await seed(direct);
  key = await tenant.key();
});

const read = async (path: string) => (await direct.manage("GET", path)).body;

async function requestsOf({ id }: Key): Promise<number> {
  const day = (ms: number) => new Date(Date.now() + ms).toISOString();
  const span = { from: day(-86_400_000), to: day(86_400_000) };
  const query = new URLSearchParams({ organization_id: tenant.organizationId, key_id: id, ...span });
  const { data } = await read(`/v1/usage?${query}`);
  return data.reduce((sum: number, { requests }: { requests: number }) => sum + requests, 0);
}

async function inList({ id }: Key): Promise<string | null> {
  const { data } = await read(`/v1/api-keys?organization_id=${tenant.organizationId}&limit=100`);
  return data.find((one: { id: string }) => one.id === id).last_used_at;
}

test("A request is counted and found after 10 s, is the last use of its key then, and in lists after 70 s", {
  timeout: WRITTEN_MS + LATE_MS,
}, async () => {
  const sentAt = Date.now();
  const response = await fetch(`${direct.base("sandbox")}/signatures/1`, { headers: bearing(key) });
  await response.arrayBuffer();
  const requestId = response.headers.get("x-request-id");
  const until = (bound: number) => ({ timeout: bound - (Date.now() - sentAt), interval: 250 });
  const [, used] = await Promise.all([
    expect.poll(() => requestsOf(key), until(REPORTED_MS)).toBe(1),
    (async () => {
      await expect
        .poll(() => read(`/v1/api-keys/${key.id}`), until(REPORTED_MS))
        .toMatchObject({ last_used_at: expect.any(String) });
      return (await read(`/v1/api-keys/${key.id}`)).last_used_at as string;
    })(),
    expect
      .poll(() => read(`/v1/requests/${requestId}`), until(REPORTED_MS))
      .toMatchObject({ id: requestId, status: 200 }),
    expect.poll(() => inList(key), until(WRITTEN_MS)).not.toBeNull(),
  ]);
  expect(Math.abs(Date.parse(used) - sentAt)).toBeLessThan(LATE_MS);
  expect(await inList(key)).toBe(used);
});
