/** Worker entries as the modules that a deploy would upload. */

import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inProject } from "../src/cli/operate/project.ts";
import { runWrangler } from "../src/cli/operate/wrangler.ts";
import type { GatewayConfig } from "../src/config/types.ts";

export async function bundle(entry: string, stop: AbortSignal): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "keygate-bundle-"));
  try {
    await runWrangler(["deploy", entry, "--dry-run", "--minify=false", "--outdir", folder], stop);
    const [module] = globSync(join(folder, "*.js"));
    return readFileSync(module as string, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A gateway at local base URLs on `port`. */
export function gatewayEntry(port: number, leases: GatewayConfig["leases"] = {}): string {
  return `${imports(port, leases)}
export default gateway;
export const { KeyAuthority, Courier } = gateway;
`;
}

/** The same, with calls counted in the Worker and in the authorities. `/counts` returns them and resets them. */
export function countingEntry(port: number, leases: GatewayConfig["leases"] = {}): string {
  return `${imports(port, leases)}
import { counting, takeCounts } from ${path("bench", "workers", "counting.ts")};

export default {
  fetch: (request, env, context) =>
    new URL(request.url).pathname === "/counts"
      ? Response.json(takeCounts())
      : gateway.fetch(request, counting(env), context),
};
export class KeyAuthority extends gateway.KeyAuthority {
  constructor(context, env) {
    super(context, counting(env));
  }
}
export const { Courier } = gateway;
`;
}

/** The same, with KV and the authorities in the isolate itself. */
export function nearEntry(port: number): string {
  return `${imports(port, {})}
import { near } from ${path("bench", "workers", "near.ts")};

export default { fetch: (request, env, context) => gateway.fetch(request, near(env), context) };
export const { KeyAuthority, Courier } = gateway;
`;
}

function imports(port: number, leases: GatewayConfig["leases"]): string {
  return `import { CONFIG } from ${path("bench", "config.ts")};
import { createGateway } from ${path("src", "app.ts")};
import { withLocalBaseUrls } from ${path("src", "config", "local.ts")};

const gateway = createGateway(withLocalBaseUrls({ ...CONFIG, leases: ${JSON.stringify(leases)} }, ${port}));
`;
}

function path(...parts: string[]): string {
  return JSON.stringify(inProject(...parts));
}
