import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROJECT } from "../helpers/gateway.ts";
import { startOrigin } from "../helpers/origin.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { pythonWith } from "../interop/tools.ts";
import { direct, originPorts } from "./shared.ts";

const PYTHON = pythonWith("jwt, cryptography");

const run = promisify(execFile);
const issuer = direct.base("sandbox");
const folder = mkdtempSync(join(tmpdir(), "keygate-origins-"));
let tenant: Tenant;
let key: Key;

beforeAll(async () => {
  tenant = await seed(direct);
  key = await tenant.key();
  const installed = join(folder, "node_modules", "keygate-origin");
  mkdirSync(installed, { recursive: true });
  cpSync(join(PROJECT, "packages", "origin", "package.json"), join(installed, "package.json"));
  const compiler = join(PROJECT, "node_modules", "typescript", "bin", "tsc");
  const flags = ["-p", join(PROJECT, "tsconfig.build-origin.json"), "--outDir", join(installed, "dist")];
  await run(process.execPath, [compiler, ...flags]);
  for (const name of ["jose", "express"]) {
    symlinkSync(join(PROJECT, "node_modules", name), join(folder, "node_modules", name));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const get = (path: string, headers = {}) =>
  fetch(direct.base("sandbox") + path, { headers: { ...bearing(key), ...headers } });

/** What the gateway sends to the origin for one request. */
async function capture(path: string): Promise<{ assertion: string; target: string }> {
  const origin = await startOrigin(originPorts.sandbox);
  try {
    expect((await get(path)).status).toBe(200);
    const [seen] = origin.seen;
    return { assertion: String(seen?.headers["keygate-assertion"]), target: seen?.url ?? "" };
  } finally {
    await origin.stop();
  }
}

/** The recipe of docs/origins.md whose first line names this file. */
function recipe(name: string): string {
  const docs = readFileSync(join(PROJECT, "docs", "origins.md"), "utf8");
  const block = [...docs.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].find(([, text]) =>
    text?.split("\n")[0]?.includes(name),
  );
  const file = join(folder, name);
  writeFileSync(file, block?.[1] ?? "");
  return file;
}

describe.for([
  { tool: "jose alone", command: process.execPath, file: "verify.mjs", prints: () => key.id },
  { tool: "PyJWT alone", command: PYTHON, file: "verify.py", prints: () => key.id },
  { tool: "openssl", command: "bash", file: "verify.sh", prints: () => "Verified OK" },
])("The recipe for $tool, as written in docs/origins.md,", ({ command, file, prints }) => {
  const verify = (assertion: string, target: string) =>
    run(command, [recipe(file)], {
      env: {
        PATH: process.env.PATH,
        METHOD: "GET",
        TARGET: target,
        ASSERTION: assertion,
        ISSUER: issuer,
        AUDIENCE: "main",
      },
    });

  test.for(["/signatures/1", "/signatures/caf%C3%A9?q=a%20b&c[]=1&d={}"])(
    "verifies what the gateway made: %s",
    async (path) => {
      const { assertion, target } = await capture(path);
      expect((await verify(assertion, target)).stdout).toContain(prints());
    },
  );

  test("refuses what somebody changed", async () => {
    const { assertion, target } = await capture("/signatures/1");
    const [header, payload = "", signature] = assertion.split(".");
    const claims = Buffer.from(payload, "base64url").toString().replace('"role":"owner"', '"role":"OWNER"');
    const changed = [header, Buffer.from(claims).toString("base64url"), signature].join(".");
    expect(changed).not.toBe(assertion);
    await expect(verify(changed, target)).rejects.toThrow();
  });
});

describe.for([
  { example: "Node", command: process.execPath, source: "examples/origins/node/server.mjs" },
  { example: "Express", command: process.execPath, source: "examples/origins/express/server.mjs" },
  { example: "Python", command: PYTHON, source: "examples/origins/python/server.py" },
])("The example for $example, behind the real gateway,", ({ command, source }) => {
  /** Node resolves packages from where a file is. */
  async function whileServing(use: () => Promise<void>) {
    const file = source.endsWith(".mjs") ? join(folder, "server.mjs") : join(PROJECT, source);
    if (source.endsWith(".mjs")) cpSync(join(PROJECT, source), file);
    const port = String(originPorts.sandbox);
    const env = { PATH: process.env.PATH, PORT: port, ISSUER: issuer, AUDIENCE: "main" };
    const child = spawn(command, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(child.stdout, "data");
      await use();
    } finally {
      child.kill();
      await once(child, "close");
    }
  }

  test("knows who calls, whatever the caller says of themselves", async () => {
    await whileServing(async () => {
      const response = await get("/signatures/1?a=1", {
        "Keygate-Key-Id": "key_forged",
        "Keygate-Assertion": "forged",
      });
      expect(await response.json()).toEqual({ key: key.id, organization: tenant.organizationId, role: "owner" });
    });
  });

  test("answers nobody who comes past the gateway", async () => {
    const { assertion } = await capture("/signatures/1");
    await whileServing(async () => {
      const past = async (path: string, headers: Record<string, string>) => {
        const response = await fetch(`http://127.0.0.1:${originPorts.sandbox}${path}`, { headers });
        expect(response.headers.get("WWW-Authenticate")).toBe("Keygate-Assertion");
        return [response.status, ((await response.json()) as { code?: string }).code];
      };
      expect(await past("/base/signatures/1", { "Keygate-Key-Id": key.id })).toEqual([401, "assertion_missing"]);
      expect(await past("/base/signatures/2", { "Keygate-Assertion": assertion })).toEqual([401, "target_mismatch"]);
      expect(await past("/base/signatures/1", { "Keygate-Assertion": `${assertion},x` })).toEqual([
        401,
        "assertion_repeated",
      ]);
    });
  });
});
