/**
 * `npm run scale`, its second part: what a browser waits for each page of the console, in an organization with 100,000 keys and a
 * history of three months. Beside each, in the same round, a page that reads nothing: the machine is noisy.
 */

import Table from "cli-table3";
import { type DirectGateway, startDirect } from "../test/helpers/direct.ts";
import { type History, writeHistory } from "./history.ts";
import { childNamed, processorMicros } from "./process.ts";

interface Measured {
  readonly path: string;
  /** From the request to the last byte, in milliseconds. */
  readonly least: number;
  readonly median: number;
  readonly p95: number;
  /** The median of the page that reads nothing, beside it. */
  readonly trivial: number;
  /** Of workerd's processor time, for one of them. */
  readonly processorMs: number;
}

const KEYS = 100_000;
const MAX_MS = 60;
const ROUNDS = 20;
/** `node bench/pages.ts keys`: only pages whose path contains it. */
const ONLY = process.argv[2] ?? "";
const TRIVIAL = "/errors/scope_missing";
/** The project's own, and calls of one member are not limited to what people do. */
const CONFIG = `
import config from "PROJECT/gateway.config.ts";
const calls = { actor: { limit: 1_000_000, window: 60 }, organization: { limit: 10_000_000, window: 60 } };
const origins = Object.fromEntries(
  Object.keys(config.origins).map((name) => [
    name,
    { production: { url: "http://127.0.0.1:1", shared: true }, sandbox: { url: "http://127.0.0.1:1", shared: true } },
  ]),
);
export default { ...config, origins, management: { calls, root: { limit: 1_000_000, window: 60 } } };
`;

/** Every page of the route table, each list of filters that pages offer, and orders of each kind. `:key` and the like are filled in. */
const OWN = [
  ...["/", "/?days=1", "/?days=30", "/?days=90", "/?days=90&environment=sandbox"],
  ...["/keys", "/keys?sort=-last_used_at", "/keys?sort=name", "/keys?status=active&environment=production"],
  ...["/keys?permission=read-only", "/keys?scope=signatures:read", "/keys?view=expiring", "/keys?view=unused"],
  ...["/keys?view=never", "/keys?view=broad", "/keys?q=billing", "/keys?q=nothing-is-called-so", "/keys?q=zzzz"],
  ...["/keys/new", "/keys/:key", "/keys/:key/requests", "/keys/:key/connect", "/keys/:key/history", "/keys/:key/edit"],
  ...["/keys/:key/rotate", "/keys/:key/disable", "/keys/:key/enable", "/keys/:key/revoke", "/keys/:key/usage.csv"],
  ...["/keys/selected/revoke?key=:key", "/keys/selected/disable?key=:key", "/keys/usage.csv?days=7"],
  ...["/requests", "/explain", "/workspaces", "/workspaces/:workspace", "/workspaces/:workspace/delete", "/members"],
  ...["/members/:member", "/members/:member/remove", "/members/:member/end-sessions", "/audit", "/audit?actor=:member"],
  ...["/audit?action=api_key.revoked", "/organization", "/sessions", "/go", "/go?q=billing", "/go?q=zzzz"],
  ...["/guide", "/errors", TRIVIAL, "/docs", "/docs/listApiKeys"],
];
const ROOT = [
  ...[
    "/organizations",
    "/organizations?q=acme",
    "/organizations/:organization",
    "/organizations/:organization/suspend",
  ],
  ...["/guide", "/go?q=acme", "/docs"],
];

process.removeAllListeners("warning");
process.stderr.write("Making keys, and measuring the console's pages\n");
const measured = await measurePages();
const table = new Table({
  head: ["page", "ms, least", "median", "p95", "nothing", "processor ms"],
  colAligns: ["left", "right", "right", "right", "right", "right"],
  style: { head: [], border: [] },
});
for (const { path, least, median, p95, trivial, processorMs } of measured)
  table.push([path, ...[least, median, p95, trivial, processorMs].map((ms) => ms.toFixed(0))]);
process.stdout.write(`${table}\n`);
for (const { path, median } of measured.filter(({ median }) => median > MAX_MS)) {
  process.stderr.write(`Too slow: ${path}: ${median} ms, and ${MAX_MS} are allowed\n`);
  process.exitCode = 1;
}

async function measurePages(): Promise<Measured[]> {
  const gateway = await startDirect(CONFIG);
  try {
    const history = writeHistory(gateway.state, { moreKeys: KEYS });
    const [acme] = history.organizations as [Organization];
    const owner = await signIn(gateway, "/v1/sign-in-links", { member_id: acme.ownerId });
    const root = await signIn(gateway, "/v1/root-sign-in-links", undefined);
    const next = /href="([^"]*cursor=[^"]*)"/.exec(await owner.text("/keys"))?.[1]?.replaceAll("&amp;", "&");
    const pages: Measured[] = [];
    const wanted = (path: string) => path.includes(ONLY);
    for (const path of [...OWN, next as string].filter(wanted)) pages.push(await measure(owner, filled(path, acme)));
    for (const path of ROOT.filter(wanted)) pages.push(await measure(root, filled(path, acme)));
    return pages.map((page) => ({ ...page, path: shown(page.path, acme) }));
  } finally {
    await gateway.stop();
    gateway.forget();
  }
}

type Organization = History["organizations"][number];

/** The first key that was used, so that there is something to see. */
function partsOf({ id, ownerId, keys }: Organization): readonly (readonly [string, string])[] {
  const used = keys.find(({ lastUsedAt, revokedAt, disabledAt }) => lastUsedAt && revokedAt === null && !disabledAt);
  const workspace = id.replace("org_", "ws_");
  return [
    [":organization", id],
    [":workspace", `${workspace}_berlin`],
    [":member", `${ownerId.slice(0, -1)}1`],
    [":key", used?.id as string],
  ];
}

function filled(path: string, organization: Organization): string {
  return partsOf(organization).reduce((text, [name, value]) => text.replace(name, value), path);
}

function shown(path: string, organization: Organization): string {
  return partsOf(organization)
    .reduce((text, [name, value]) => text.replace(value, name), path)
    .replace(/cursor=.*/, "cursor=…");
}

interface Visitor {
  text(path: string): Promise<string>;
}

async function measure(visitor: Visitor, path: string): Promise<Measured> {
  const workerd = childNamed("workerd");
  const [times, trivial]: [number[], number[]] = [[], []];
  let micros = 0;
  for (let round = 0; round < ROUNDS; round++) {
    trivial.push(await timeOf(visitor, TRIVIAL));
    const before = processorMicros(workerd);
    times.push(await timeOf(visitor, path));
    micros += processorMicros(workerd) - before;
  }
  return {
    ...{
      path,
      least: Math.min(...times),
      median: shareOf(times, 0.5),
      p95: shareOf(times, 0.95),
      trivial: shareOf(trivial, 0.5),
    },
    processorMs: micros / 1_000 / ROUNDS,
  };
}

async function timeOf(visitor: Visitor, path: string): Promise<number> {
  const begunAt = performance.now();
  await visitor.text(path);
  return performance.now() - begunAt;
}

function shareOf(times: readonly number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1] as number;
}

async function signIn({ port, manage }: DirectGateway, path: string, fields: object | undefined): Promise<Visitor> {
  const control = `http://localhost:${port}`;
  const { status, body } = await manage("POST", path, fields);
  if (status !== 201) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
  const headers = { Origin: control, "Sec-Fetch-Site": "same-origin" };
  const signedIn = await fetch(body.url, { method: "POST", headers, redirect: "manual" });
  const [cookie = ""] = (signedIn.headers.get("set-cookie") ?? "").split(";");
  return {
    async text(page) {
      const answer = await fetch(control + page, { headers: { Cookie: cookie } });
      if (answer.status !== 200) throw new Error(`${page} answered ${answer.status}: ${await answer.text()}`);
      return answer.text();
    },
  };
}
