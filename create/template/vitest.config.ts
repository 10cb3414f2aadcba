import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** New secrets for the tests. */
function secrets(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "keygate-"));
  try {
    const file = join(folder, "secrets.json");
    execFileSync("npx", ["--no-install", "keygate", "secrets", "--to", file]);
    return JSON.parse(readFileSync(file, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: { ...secrets(), MIGRATIONS: await readD1Migrations("./node_modules/keygate/migrations") },
        // For origins with a URL: tests send nothing to them.
        outboundService: () => new Response("ok") as never,
        serviceBindings: { ORIGIN: () => new Response("ok") as never },
      },
    })),
  ],
});
