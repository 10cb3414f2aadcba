/** Clients that go where the origin's answers send them, and that name a second address: each does the same with and without the gateway. */

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Upload } from "tus-js-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDirect } from "../../helpers/direct.ts";
import { freePort, type RunningGateway } from "../../helpers/gateway.ts";
import { seed } from "../../helpers/seed.ts";
import { type RunningServer, startRegistry, startTus, startWebDav, writeImage } from "../../helpers/servers.ts";
import { guardingServersText, type ServerPorts } from "../configs/servers.ts";
import { both, type Way } from "../ways.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "keygate-addresses-"));
const ports = {} as ServerPorts;
const servers: RunningServer[] = [];
let gateway: RunningGateway;
const keys: Record<string, string> = {};

beforeAll(async () => {
  for (const name of ["registry", "deep", "dav", "tus", "proxied"] as const) ports[name] = await freePort();
  gateway = await startDirect(guardingServersText(ports));
  const tenant = await seed(gateway);
  for (const environment of ["v2", "files"]) {
    keys[environment] = (await tenant.key({ environment })).secret;
  }
  servers.push(await startRegistry(join(folder, "registry"), ports.registry));
  servers.push(await startRegistry(join(folder, "deep-registry"), ports.deep, "/base/"));
  servers.push(await startWebDav(join(folder, "dav"), ports.dav, "/files/dav"));
  servers.push(await startTus(join(folder, "tus"), ports.tus, "/uploads", false));
  servers.push(await startTus(join(folder, "proxied"), ports.proxied, "/proxied", true));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await gateway?.stop();
  gateway?.forget();
  rmSync(folder, { recursive: true, force: true });
});

describe("skopeo, below a base URL that ends in /v2", () => {
  const image = join(folder, "image");
  beforeAll(() => writeImage(image, randomBytes(300_000)));
  const skopeo = (...args: string[]) => run("skopeo", ["--insecure-policy", ...args]);

  test.each([
    ["that believes X-Forwarded-Host", "demo"],
    ["that is below another path, too", "deep"],
  ])("pushes, copies, lists, pulls and deletes at a registry %s", { timeout: 60_000 }, async (_, repository) => {
    await both(async (way: Way) => {
      const through = way === "through";
      const host = `127.0.0.1:${through ? gateway.port : ports.registry}`;
      const at = (name: string) => `docker://${host}/${repository}/${way}${name}`;
      const flags = (side: "src-" | "dest-" | "") => [
        `--${side}tls-verify=false`,
        ...(through ? [`--${side}registry-token`, keys.v2 as string] : []),
      ];
      const pulled = join(folder, `${repository}-${way}`);
      await skopeo("copy", ...flags("dest-"), `oci:${image}:latest`, at("/one:1"));
      await skopeo("copy", ...flags("src-"), ...flags("dest-"), at("/one:1"), at("/two:2"));
      const { stdout: tags } = await skopeo("list-tags", ...flags(""), at("/two"));
      await skopeo("copy", ...flags("src-"), at("/two:2"), `oci:${pulled}:latest`);
      const { Digest } = JSON.parse((await skopeo("inspect", ...flags(""), at("/two:2"))).stdout);
      await skopeo("delete", ...flags(""), at("/two:2"));
      const gone = await skopeo("inspect", ...flags(""), at("/two:2")).catch(({ stderr }) => String(stderr));
      expect(gone).toMatch(/manifest unknown/);
      return [JSON.parse(tags).Tags, Digest, readdirSync(join(pulled, "blobs", "sha256")).sort()];
    });
  });
});

describe("rclone, over WebDAV", () => {
  const local = join(folder, "local");
  const tree = { "a.txt": "a", "b c/é.txt": "e", "b c/large.bin": randomBytes(200_000).toString("hex") };
  const write = (root: string, files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(root, name, ".."), { recursive: true });
      writeFileSync(join(root, name), text);
    }
  };
  beforeAll(() => write(local, tree));

  /** Runs it on the server, and tells what is there after. */
  const rclone = async (way: Way, verb: string, from: string, to: string) => {
    const through = way === "through";
    const url = `http://127.0.0.1:${through ? gateway.port : ports.dav}/files/dav`;
    const key = through ? `,bearer_token=${keys.files}` : "";
    const remote = (path: string) => path.replace("DAV:", `:webdav,url="${url}",vendor=other${key}:${way}/`);
    await run("rclone", [
      verb,
      remote(from),
      remote(to),
      "--config",
      "/dev/null",
      "--retries",
      "1",
      "--no-check-dest=false",
    ]);
    const { stdout } = await run("rclone", ["lsf", "-R", remote("DAV:"), "--config", "/dev/null"]);
    return stdout.trim().split("\n").sort();
  };

  test("copies, moves and synchronises, also from one place of the server to another", {
    timeout: 60_000,
  }, async () => {
    const told = await both(async (way) => {
      const moved = join(folder, `moved-${way}`);
      cpSync(local, moved, { recursive: true });
      const changed = join(folder, `changed-${way}`);
      write(changed, { "a.txt": "another", "new/x": "x" });
      const steps = [
        await rclone(way, "copy", local, "DAV:copied"),
        await rclone(way, "move", moved, "DAV:moved"),
        await rclone(way, "copy", "DAV:copied", "DAV:again"),
        await rclone(way, "moveto", "DAV:moved/b c/é.txt", "DAV:moved/ö ü.txt"),
        await rclone(way, "move", "DAV:moved", "DAV:elsewhere"),
        await rclone(way, "sync", changed, "DAV:again"),
      ];
      const back = join(folder, `back-${way}`);
      await rclone(way, "copy", "DAV:copied", back);
      return {
        steps,
        left: readdirSync(moved, { recursive: true }),
        back: readFileSync(join(back, "b c/large.bin"), "utf8"),
      };
    });
    expect(told.back).toBe(tree["b c/large.bin"]);
    expect(told.steps.at(-1)).toEqual([
      ...["again/", "again/a.txt", "again/new/", "again/new/x"],
      ...["copied/", "copied/a.txt", "copied/b c/", "copied/b c/large.bin", "copied/b c/é.txt"],
      ...["elsewhere/", "elsewhere/a.txt", "elsewhere/b c/", "elsewhere/b c/large.bin", "elsewhere/ö ü.txt"],
    ]);
    const logged = gateway.output().matchAll(/"status":201,.*"method":"(\w+)","route":"\/dav/g);
    expect(new Set([...logged].map(([, method]) => method))).toEqual(new Set(["PUT", "MKCOL", "COPY", "MOVE"]));
  });
});

describe("tus-js-client, below a path prefix", () => {
  test.each([
    ["that names its own host", "tus", "uploads"],
    ["that believes Forwarded", "proxied", "proxied"],
  ] as const)("uploads in parts, and resumes, at a server %s", async (_, server, path) => {
    const content = randomBytes(1_000_000);
    const stored = await both(async (way) => {
      const base = way === "through" ? gateway.base("files") : `http://127.0.0.1:${ports[server]}`;
      const options = {
        endpoint: `${base}/${path}`,
        headers: { Authorization: `Bearer ${keys.files}` },
        chunkSize: 300_000,
        retryDelays: null,
      };
      const url = await new Promise<string>((done, fail) => {
        const upload = new Upload(content, {
          ...options,
          onError: fail,
          onChunkComplete: (_size, accepted) => {
            // Broken off after the first part; the rest comes by the address alone.
            if (accepted === 300_000) void upload.abort().then(() => done(upload.url as string), fail);
          },
        });
        upload.start();
      });
      expect(url.slice(0, url.lastIndexOf("/"))).toBe(`${base}/${path}`);
      await new Promise<void>((done, fail) => {
        new Upload(content, { ...options, uploadUrl: url, onError: fail, onSuccess: () => done() }).start();
      });
      const name = url.slice(url.lastIndexOf("/") + 1);
      return readFileSync(join(folder, server === "tus" ? "tus" : "proxied", name)).equals(content);
    });
    expect(stored).toBe(true);
  });
});
