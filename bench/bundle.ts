/** Worker entries as the modules that a deploy would upload. */

import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inProject } from "../src/cli/operate/project.ts";
import { runWrangler } from "../src/cli/operate/wrangler.ts";
import type { GatewayConfig } from "../src/config/types.ts";

/** What differs in nothing but its port is bundled once. */
const ANY_PORT = 65_535;

export async function bundle(entry: string, stop: AbortSignal, flags: readonly string[] = []): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "keygate-bundle-"));
  try {
    await runWrangler(["deploy", entry, "--dry-run", "--minify=false", "--outdir", folder, ...flags], stop);
    const [module] = globSync(join(folder, "*.js"));
    return readFileSync(module as string, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What one Worker has that another has not. */
export interface Kind {
  readonly leases?: GatewayConfig["leases"];
  /** It is a Hono app with a protected route. */
  readonly protects?: true;
  /** KV and the authorities are in the isolate itself. */
  readonly isNear?: true;
  /** The ways to KV, D1 and objects take as long as they can in production. */
  readonly delays?: true;
  /** What it causes is counted, in the objects too. `/counts` returns the counts and resets them. */
  readonly counts?: true;
}

/** A gateway at local base URLs, on a port that is still to be said. */
export function entryOf({ leases = {}, protects, isNear, delays, counts }: Kind): string {
  const app = protects ? "app" : "gateway";
  const seen = isNear ? "near" : delays ? "delaying" : undefined;
  const served = seen
    ? `{ fetch: (request, env, context) => ${app}.fetch(request, ${seen}(env), context) }`
    : counts
      ? `{
  fetch: (request, env, context) =>
    new URL(request.url).pathname === "/counts"
      ? Response.json(takeCounts())
      : ${app}.fetch(request, counting(env), context),
}`
      : app;
  const object = (name: string) => (counts ? `countingObject(${name})` : delays ? `delayingObject(${name})` : name);
  return `import { Hono } from "hono";
import { CONFIG } from ${path("bench", "config.ts")};
import { counting, countingObject, takeCounts } from ${path("bench", "workers", "counting.ts")};
import { delaying, delayingObject } from ${path("bench", "workers", "delaying.ts")};
import { handler } from ${path("bench", "workers", "handler.ts")};
import { near } from ${path("bench", "workers", "near.ts")};
import { createGateway } from ${path("src", "app.ts")};
import { withLocalBaseUrls } from ${path("src", "config", "local.ts")};

const PORT = ${ANY_PORT};
const config = { ...CONFIG, leases: ${JSON.stringify(leases)} };
const gateway = createGateway(withLocalBaseUrls(config, PORT), { handlers: { handler } });
const app = new Hono()
  .use("/production/protected/*", gateway.protect({ resource: "signatures", watchRevocation: false }))
  .get("/production/protected/*", (c) => handler.fetch(c.req.raw, c.env));

export default ${served};
export const KeyAuthority = ${object("gateway.KeyAuthority")};
export const Courier = ${object("gateway.Courier")};
`;
}

export function onPort(script: string, port: number): string {
  return script.replace(`PORT = ${ANY_PORT};`, `PORT = ${port};`);
}

function path(...parts: string[]): string {
  return JSON.stringify(inProject(...parts));
}
