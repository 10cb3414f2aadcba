/** `npm run scale`, its second part: what a browser waits for the console's pages, in an organization with many keys. Fails where that is too long. */

import Table from "cli-table3";
import { DAY_MS, HOUR_MS } from "../src/domain/durations.ts";
import { startOrigin } from "./client.ts";
import { spreadOf } from "./report.ts";
import { ROOT_TOKEN, type Runtime, startRuntime } from "./runtime.ts";
import { type D1Database, seedKeys } from "./seed.ts";

interface MeasuredPage {
  readonly path: string;
  /** From the request to the last byte, the median. */
  readonly ms: number;
  /** Of the processor, which what else runs on the machine does not change much. */
  readonly processorMs: number;
}

const KEYS = 100_000;
const MAX_MS = 60;
const ROUNDS = 9;
/** Each list of filters that the page offers, and orders of each kind. */
const PATHS = [
  "/keys",
  "/keys?sort=-last_used_at",
  "/keys?sort=name",
  "/keys?status=active&environment=production",
  "/keys?permission=read-only",
  "/keys?scope=signatures:read",
  "/keys?q=bench",
  "/keys?q=nothing-is-called-so",
  "/keys?q=zzzz",
  "/keys?view=expiring",
  "/keys?view=unused",
  "/keys?view=never",
  "/keys?view=broad",
  "/",
];

process.removeAllListeners("warning");
process.stderr.write("Making keys, and measuring the console's pages\n");
const pages = await measurePages(KEYS);
const table = new Table({
  head: ["page", "ms", "processor ms"],
  colAligns: ["left", "right", "right"],
  style: { head: [], border: [] },
});
for (const { path, ms, processorMs } of pages) table.push([path, ms.toFixed(0), processorMs.toFixed(0)]);
process.stdout.write(`${table}\n`);
for (const { path, ms } of pages.filter(({ ms }) => ms > MAX_MS)) {
  process.stderr.write(`Too slow: ${path}: ${ms} ms, and ${MAX_MS} are allowed\n`);
  process.exitCode = 1;
}

/** Of these paths, and of the page after the first, which there is only if there are keys. */
async function measurePages(keys: number): Promise<MeasuredPage[]> {
  const origin = await startOrigin();
  const runtime = await startRuntime(origin.url, new AbortController().signal);
  try {
    const browser = await signIn(runtime, keys);
    const next = /href="([^"]*cursor=[^"]*)"/.exec(await browser.text("/keys"))?.[1]?.replaceAll("&amp;", "&");
    const measured: MeasuredPage[] = [];
    for (const path of [...PATHS, next as string]) {
      const times: number[] = [];
      const before = runtime.processorTime();
      for (let round = 0; round < ROUNDS; round++) {
        const begunAt = performance.now();
        await browser.text(path);
        times.push(performance.now() - begunAt);
      }
      const processorMs = (runtime.processorTime() - before) / 1000 / ROUNDS;
      measured.push({ path: path.replace(/cursor=.*/, "cursor=…"), ms: spreadOf(times).median, processorMs });
    }
    return measured;
  } finally {
    await runtime.stop();
    origin.stop();
  }
}

/** A busy week of 200 keys, among them those of the first pages by age. */
async function seedUsage(db: D1Database, organization: string): Promise<void> {
  const now = Date.now();
  await db
    .prepare(
      `WITH RECURSIVE hours(hour) AS (SELECT ?2 UNION ALL SELECT hour - ${HOUR_MS} FROM hours WHERE hour > ?2 - ${7 * DAY_MS}),
         outcomes(outcome) AS (VALUES ('forwarded'), ('rate_exceeded'), ('scope_missing')),
         used(id) AS (SELECT * FROM (SELECT id FROM api_keys WHERE organization_id = ?1 ORDER BY created_at DESC, id DESC LIMIT 100)
           UNION SELECT * FROM (SELECT id FROM api_keys WHERE organization_id = ?1 ORDER BY created_at, id LIMIT 100))
       INSERT INTO usage_hours (organization_id, key_id, environment, hour, route, outcome, requests)
       SELECT ?1, id, 'production', hour, '/signatures/*', outcome, 9 FROM used, hours, outcomes`,
    )
    .bind(organization, now - (now % HOUR_MS))
    .run();
}

async function signIn({ db, urls }: Runtime, keys: number): Promise<{ text(path: string): Promise<string> }> {
  const control = urls.keygate.replace("127.0.0.1", "localhost");
  const make = async (path: string, fields: object) => {
    const headers = { Authorization: `Bearer ${ROOT_TOKEN}` };
    const response = await fetch(control + path, { method: "POST", headers, body: JSON.stringify(fields) });
    if (response.status !== 201) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as { id: string; url: string };
  };
  const { id } = await make("/v1/organizations", { name: "Acme" });
  const owner = { organization_id: id, email: "owner@acme.test", name: "Olga", role: "owner" };
  const member = await make("/v1/members", owner);
  await seedKeys(db, "ample", keys, id);
  await seedUsage(db, id);
  const link = await make("/v1/sign-in-links", { member_id: member.id });
  const headers = { Origin: control, "Sec-Fetch-Site": "same-origin" };
  const signedIn = await fetch(link.url, { method: "POST", headers, redirect: "manual" });
  const [cookie = ""] = (signedIn.headers.get("set-cookie") ?? "").split(";");
  return {
    async text(path) {
      const response = await fetch(control + path, { headers: { Cookie: cookie } });
      if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
      return response.text();
    },
  };
}
