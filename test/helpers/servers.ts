/** Servers that nobody here wrote, as origins: docker-registry, `rclone serve webdav`, and a tus server. */

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

export interface RunningServer {
  stop(): Promise<void>;
}

const START_DEADLINE_MS = 20_000;

/** `prefix`: with slashes around it. */
export function startRegistry(folder: string, port: number, prefix = "/"): Promise<RunningServer> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "config.yml");
  writeFileSync(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: "error" },
      storage: { filesystem: { rootdirectory: join(folder, "images") }, delete: { enabled: true } },
      http: { addr: `127.0.0.1:${port}`, prefix },
    }),
  );
  return startProcess("docker-registry", ["serve", config], `http://127.0.0.1:${port}${prefix}v2/`);
}

/** `prefix`: without a slash at its end. */
export function startWebDav(folder: string, port: number, prefix: string): Promise<RunningServer> {
  mkdirSync(folder, { recursive: true });
  const flags = ["--addr", `127.0.0.1:${port}`, "--baseurl", prefix, "--config", "/dev/null"];
  return startProcess("rclone", ["serve", "webdav", folder, ...flags], `http://127.0.0.1:${port}${prefix}/`);
}

export async function startTus(folder: string, port: number, path: string, believesForwarded: boolean) {
  mkdirSync(folder, { recursive: true });
  const datastore = new FileStore({ directory: folder });
  const tus = new Server({ path, datastore, respectForwardedHeaders: believesForwarded });
  const server = createServer((request, response) => tus.handle(request, response)).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function startProcess(command: string, args: string[], url: string): Promise<RunningServer> {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const ended = once(child, "exit");
  await answering(url, child).catch((error) => {
    child.kill();
    throw new Error(`${command} does not answer: ${error}\n${said}`);
  });
  return {
    async stop() {
      child.kill();
      await ended;
    },
  };
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await fetch(url).catch(() => undefined))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`exit code ${child.exitCode}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}

/** An image of one layer, laid out as https://github.com/opencontainers/image-spec/blob/main/image-layout.md. */
export function writeImage(folder: string, content: Buffer): void {
  const blobs = join(folder, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const digestOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
  const put = (mediaType: string, bytes: Buffer) => {
    const digest = digestOf(bytes);
    writeFileSync(join(blobs, digest), bytes);
    return { mediaType: `application/vnd.oci.image.${mediaType}`, digest: `sha256:${digest}`, size: bytes.length };
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const layer = put("layer.v1.tar+gzip", gzipSync(content));
  const rootfs = { type: "layers", diff_ids: [`sha256:${digestOf(content)}`] };
  const config = put("config.v1+json", json({ architecture: "amd64", os: "linux", rootfs }));
  const manifest = put("manifest.v1+json", json({ schemaVersion: 2, config, layers: [layer] }));
  const named = { ...manifest, annotations: { "org.opencontainers.image.ref.name": "latest" } };
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
}
