/** Clients that reset their connection, on workerd's own socket: a proxy in front would keep its own connection open. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { wholeLines } from "../helpers/gateway.ts";
import { rawRequest } from "../helpers/raw.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { echoNextSocket } from "../helpers/websocket.ts";
import { direct, origins } from "./shared.ts";

const origin = origins();
/** Clients of each kind. */
const MANY = 20;
/** More tokens than they need, of which none comes back while the test runs. */
const LIMIT = { name: "day", limit: 1_000, window: 86_400 };
const LEASE_MS = 2_000;
const SOON = { timeout: 15_000 };
/** In which a busy machine has read all requests that wait. */
const READ_MS = 5_000;

let tenant: Tenant;
/** How many requests of each key the origin has. */
const asked = new Map<unknown, number>();
beforeAll(async () => {
  tenant = await seed(direct);
});
beforeEach(() => {
  origin.sandbox.answer(({ url = "", headers }, response) => {
    asked.set(headers["keygate-key-id"], (asked.get(headers["keygate-key-id"]) ?? 0) + 1);
    if (url.endsWith("/done")) response.end();
    if (!url.includes("stream")) return;
    response.writeHead(200, { "Content-Type": url.includes("events") ? "text/event-stream" : "text/plain" });
    response.write("first");
  });
});

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  /** What is sent of the body. */
  readonly begun?: string;
}

function open(key: Pick<Key, "secret">, { method = "GET", path, headers = {}, begun = "" }: Sent): Socket {
  const socket = connect(direct.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  const lines = Object.entries({ Host: `127.0.0.1:${direct.port}`, ...bearing(key), ...headers });
  socket.write(rawRequest(method, `/sandbox${path}`, lines) + begun);
  return socket;
}

function counted(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(texts, (text) => text)].map(([text, all]) => [text, all.length]));
}

/** The log lines that hold this text, by status and reason. */
function logged(text: string): Record<string, number> {
  const lines = wholeLines(direct.output());
  return counted(
    lines
      .filter((line) => line.includes(text))
      .map((line) => JSON.parse(line.slice(line.indexOf("{"))))
      .map(({ status, reason }) => `${status} ${reason ?? "forwarded"}`),
  );
}

/** Those that are neither there nor lent to the gateway. */
async function tokensOf({ id }: Key): Promise<number> {
  const { body } = await direct.manage("GET", `/v1/api-keys/${id}/limits`);
  const [{ remaining, lent }] = body.data;
  return LIMIT.limit - remaining - lent;
}

async function usageOf({ id }: Key): Promise<Record<string, number>> {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  const query = { organization_id: tenant.organizationId, key_id: id, group_by: "outcome" };
  const span = { from: at(-86_400_000), to: at(86_400_000) };
  const { body } = await direct.manage("GET", `/v1/usage?${new URLSearchParams({ ...query, ...span })}`);
  return Object.fromEntries(body.data.map((sum: { outcome: string; requests: number }) => [sum.outcome, sum.requests]));
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((one, other) => one + other, 0);

/** What the log, the limits and the usage of the key tell of its requests. */
async function accountOf(key: Key) {
  // The question for the next lease brings to the key's authority what was spent. A change ends tokens that are kept for longer.
  await direct.manage("PATCH", `/v1/api-keys/${key.id}`, { name: "changed" });
  await new Promise((later) => setTimeout(later, LEASE_MS));
  const lines = logged(key.id);
  await fetch(`${direct.base("sandbox")}/signatures/done`, { headers: bearing(key) });
  const tokens = await tokensOf(key);
  // The usage has that request too, once the isolate has reported it.
  const all = sum(lines) + 1;
  await expect.poll(async () => sum(await usageOf(key)), { timeout: 15_000, interval: 250 }).toBe(all);
  const { forwarded = 0, ...others } = await usageOf(key);
  return { lines, tokens, usage: { ...others, ...(forwarded > 1 && { forwarded: forwarded - 1 }) } };
}

const limitedKey = () => tenant.key({ limits: { rates: [LIMIT] } });

const KINDS: readonly (Sent & { readonly name: string })[] = [
  { name: "silent origin", path: "/signatures/1" },
  { name: "hooks", path: "/hooked/1" },
  {
    name: "short upload",
    method: "POST",
    path: "/signatures/1",
    headers: { "Content-Length": "1000" },
    begun: "first",
  },
  {
    name: "upload of unknown length",
    method: "POST",
    path: "/signatures/1",
    headers: { "Transfer-Encoding": "chunked" },
    begun: "5\r\nfirst\r\n",
  },
  {
    name: "upload that a hook reads",
    method: "POST",
    path: "/hooked/read",
    headers: { "Content-Length": "1000" },
    begun: "first",
  },
  {
    name: "upload of which the gateway takes the digest",
    method: "POST",
    path: "/digested/1",
    headers: { "Content-Length": "1000" },
    begun: "first",
  },
  { name: "answer", path: "/signatures/stream" },
  { name: "watched answer", path: "/signatures/stream-events" },
];
const isAnswered = ({ path }: Sent) => path.includes("stream");
/** By the gateway, which reads the whole body before the origin hears of the request. */
const isKept = ({ path }: Sent) => path === "/hooked/read" || path === "/digested/1";
const outcomeOf = (sent: Sent) => (isAnswered(sent) ? "forwarded" : "request_broken_off");
const lineOf = (sent: Sent) => `${isAnswered(sent) ? 200 : 400} ${outcomeOf(sent)}`;

test("a request whose client resets its connection is logged, counted and paid for, whatever it waits for", async () => {
  const ofKind = async (kind: (typeof KINDS)[number]) => {
    const key = await limitedKey();
    const sockets = Array.from({ length: MANY }, () => open(key, kind));
    if (isAnswered(kind)) await Promise.all(sockets.map((socket) => once(socket, "data")));
    if (isKept(kind)) await new Promise((later) => setTimeout(later, READ_MS));
    else await expect.poll(() => asked.get(key.id), SOON).toBe(MANY);
    for (const socket of sockets) socket.resetAndDestroy();
    await expect.poll(() => logged(key.id), SOON).toEqual({ [lineOf(kind)]: MANY });
    return [kind.name, await accountOf(key)] as const;
  };
  const accounts = Object.fromEntries(await Promise.all(KINDS.map(ofKind)));
  const expected = KINDS.map((kind) => [
    kind.name,
    { lines: { [lineOf(kind)]: MANY }, tokens: MANY, usage: { [outcomeOf(kind)]: MANY } },
  ]);
  expect(accounts).toEqual(Object.fromEntries(expected));
});

test("a WebSocket whose client resets its connection is logged, counted and paid for", async () => {
  const key = await limitedKey();
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  for (let n = 0; n < MANY; n++) {
    const accepted = echoNextSocket(origin.sandbox.server);
    const socket = open(key, { path: "/signatures/1", headers });
    await Promise.all([accepted, once(socket, "data")]);
    socket.resetAndDestroy();
  }
  await expect.poll(() => logged(key.id), SOON).toEqual({ "101 forwarded": MANY });
  expect(await accountOf(key)).toEqual({
    lines: { "101 forwarded": MANY },
    tokens: MANY,
    usage: { forwarded: MANY },
  });
});

test("log, tokens and usage agree where clients reset at any moment, also while the gateway itself waits", async () => {
  const keys = await Promise.all(Array.from({ length: 5 }, limitedKey));
  for (const key of keys) {
    const sockets = Array.from({ length: MANY }, () => open(key, { path: "/signatures/1" }));
    // To find a key and to get its first lease takes some milliseconds, and more on a busy machine.
    for (const [n, socket] of sockets.entries()) setTimeout(() => socket.resetAndDestroy(), 1 + n * n);
    // Those leave a busy machine perhaps before it has read their requests. This one leaves a line.
    const last = open(key, { path: "/signatures/1" });
    await expect.poll(() => asked.get(key.id) ?? 0, SOON).toBeGreaterThan(0);
    last.resetAndDestroy();
  }
  const kinds = () => keys.map(({ id }) => Object.keys(logged(id)));
  await expect.poll(kinds, SOON).toEqual(keys.map(() => ["400 request_broken_off"]));
  for (const { lines, tokens, usage } of await Promise.all(keys.map(accountOf))) {
    expect(lines).toEqual({ "400 request_broken_off": tokens });
    expect(usage).toEqual({ request_broken_off: tokens });
  }
});

test("a public request whose client resets its connection is logged", async () => {
  const ofStatus = () => logged('"route":"/status"')["400 request_broken_off"] ?? 0;
  const before = ofStatus();
  const seen = () => origin.sandbox.seen.length;
  const sockets = Array.from({ length: MANY }, () => open({ secret: "none" }, { path: "/status" }));
  await expect.poll(seen, SOON).toBe(MANY);
  for (const socket of sockets) socket.resetAndDestroy();
  await expect.poll(ofStatus, SOON).toBe(before + MANY);
});

test("a change whose client resets its connection is made to its end, and logged", async () => {
  const created = () => logged('"route":"/v1/workspaces"')["201 forwarded"] ?? 0;
  const before = created();
  const body = JSON.stringify({ organization_id: tenant.organizationId, name: "Left behind" });
  const headers = { Host: `localhost:${direct.port}`, Authorization: `Bearer ${direct.rootToken}` };
  const begin = () => {
    const socket = connect(direct.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(rawRequest("POST", "/v1/workspaces", Object.entries(headers), body));
    return socket;
  };
  for (let n = 0; n < MANY; n++) {
    const socket = begin();
    // Some before the change is made, some after.
    setTimeout(() => socket.resetAndDestroy(), 3 * n);
  }
  // Those leave a busy machine perhaps before it has read their requests.
  const last = begin();
  const made = async () => {
    const query = new URLSearchParams({ organization_id: tenant.organizationId, limit: "100" });
    const { body: list } = await direct.manage("GET", `/v1/workspaces?${query}`);
    return list.data.filter(({ name }: { name: string }) => name === "Left behind").length;
  };
  await expect.poll(made, SOON).toBeGreaterThan(0);
  last.resetAndDestroy();
  await expect.poll(async () => (await made()) === created() - before, SOON).toBe(true);
});
