/** As much of Cloudflare's API as wrangler asks for while it migrates and deploys; it remembers what it was asked. */

import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface CloudflareApi {
  /** For a command that runs wrangler. */
  readonly env: Record<string, string>;
  /** What was changed, in order: created databases, applied migrations, uploaded Workers. */
  readonly changes: string[];
  /** Names of the secrets that came with the last upload. */
  secrets: string[];
  /** What the table of jurisdictions has. */
  jurisdictions: { objects: string; jurisdiction: string | null }[];
  /** Whether a database of this name exists. */
  readonly databases: Set<string>;
  /** Whether the Worker exists, with its secrets. */
  exists: boolean;
}

const UUID = "11111111-1111-1111-1111-111111111111";

type Result = { readonly result: unknown } | { readonly status: number; readonly code: number };

export async function startCloudflareApi(): Promise<CloudflareApi> {
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    const { pathname } = new URL(request.url ?? "", "http://api");
    const answer = answerOf(api, request, pathname.replace(/^\/accounts\/\w+/, ""), body);
    const isGood = "result" in answer;
    response.writeHead(isGood ? 200 : answer.status, { "Content-Type": "application/json" });
    const errors = isGood ? [] : [{ code: answer.code, message: "not found" }];
    response.end(JSON.stringify({ success: isGood, errors, messages: [], result: isGood ? answer.result : null }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const api: CloudflareApi = {
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      CLOUDFLARE_API_TOKEN: "token",
      CLOUDFLARE_ACCOUNT_ID: "0".repeat(32),
    },
    changes: [],
    secrets: [],
    databases: new Set(),
    jurisdictions: [],
    exists: false,
  };
  return api;
}

function answerOf(api: CloudflareApi, { method }: IncomingMessage, path: string, body: string): Result {
  const missing: Result = { status: 404, code: 10_007 };
  const database = /^\/d1\/database\/([\w-]+)$/.exec(path)?.[1];
  if (database && database !== UUID) return api.databases.has(database) ? { result: d1(database) } : missing;
  if (path === "/d1/database" && method === "POST") {
    const { name, jurisdiction } = JSON.parse(body);
    api.databases.add(name);
    api.changes.push(`create ${name}${jurisdiction ? ` in ${jurisdiction}` : ""}`);
    return { result: d1(name) };
  }
  if (path === "/d1/database") return { result: [...api.databases].map(d1) };
  if (path.endsWith("/query")) {
    const migration = /INSERT INTO "d1_migrations"[^;]*'(\w+\.sql)'/i.exec(JSON.parse(body).sql)?.[1];
    if (migration) api.changes.push(`migrate ${migration}`);
    const results = /FROM jurisdictions/.test(JSON.parse(body).sql) ? api.jurisdictions : [];
    return { result: [{ results, success: true, meta: { duration: 1, rows_read: 0, rows_written: 0 } }] };
  }
  if (path === "/storage/kv/namespaces") return { result: method === "POST" ? { id: "2".repeat(32) } : [] };
  if (path.endsWith("/assets-upload-session")) return { result: { jwt: "a.b.c", buckets: [] } };
  const script = /^\/workers\/scripts\/([\w-]+)(\/versions)?$/.exec(path)?.[1];
  if (script && method === "PUT") {
    api.changes.push(`deploy ${script}`);
    api.secrets = [...body.matchAll(/"name":"(\w+)","type":"secret_text"/g)].map(([, name]) => name as string);
    return { result: { id: script, deployment_id: "3".repeat(32), startup_time_ms: 20 } };
  }
  const subdomain = { enabled: false, previews_enabled: false };
  if (/^\/workers\/workers\/[\w-]+$/.test(path)) return { result: { subdomain } };
  if (path.endsWith("/subdomain")) return { result: subdomain };
  if (!api.exists) return missing;
  if (path.endsWith("/secrets")) return { result: SECRETS.map((name) => ({ name, type: "secret_text" })) };
  if (path.endsWith("/settings")) return { result: { bindings: [] } };
  return missing;
}

const SECRETS = ["KEYGATE_METRICS_TOKEN", "KEYGATE_PEPPERS", "KEYGATE_ROOT_TOKEN", "KEYGATE_SIGNING_KEYS"];

const d1 = (name: string) => ({ uuid: UUID, name });
