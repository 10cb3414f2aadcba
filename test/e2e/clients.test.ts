/** Clients that nobody here wrote: each does the same with and without the gateway. */

import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gitBackend } from "../helpers/git-origin.ts";
import { type Key, seed } from "../helpers/seed.ts";
import { baseOf, devServer, origins } from "./shared.ts";
import { both, type Way } from "./ways.ts";

const run = promisify(execFile);
const origin = origins();
const folder = mkdtempSync(join(tmpdir(), "keygate-clients-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let key: Key;
beforeAll(async () => {
  key = await (await seed(devServer)).key();
});

const base = baseOf(origin);

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("curl", () => {
  const curl = async (way: Way, ...flags: string[]) =>
    (
      await run(
        "curl",
        ["-sS", "--max-time", "20", "-H", `Authorization: Bearer ${key.secret}`, ...flags, `${base(way)}/file`],
        {
          encoding: "buffer",
          maxBuffer: 2 ** 26,
        },
      ).catch((error) => error)
    ).stdout as Buffer;
  const FILE = randomBytes(300_000);

  const serveFile = () =>
    origin.sandbox.answer((request, response) => {
      const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
      if (from === undefined) return response.setHeader("Content-Length", FILE.length).end(FILE);
      const part = FILE.subarray(Number(from), to ? Number(to) + 1 : undefined);
      const range = `bytes ${from}-${Number(from) + part.length - 1}/${FILE.length}`;
      return response.writeHead(206, { "Content-Range": range, "Content-Length": part.length }).end(part);
    });

  test("a range, and a download that is resumed", async () => {
    serveFile();
    expect(await both((way) => curl(way, "-r", "100-199"))).toEqual(FILE.subarray(100, 200));
    const whole = await both(async (way) => {
      const file = join(folder, `${way}.bin`);
      writeFileSync(file, FILE.subarray(0, 123_456));
      await curl(way, "-C", "-", "-o", file);
      return sha256(readFileSync(file));
    });
    expect(whole).toBe(sha256(FILE));
  });

  test("--compressed", async () => {
    origin.sandbox.answer((_, response) => response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync(FILE)));
    expect(sha256(await both((way) => curl(way, "--compressed")))).toBe(sha256(FILE));
  });

  test("an upload that waits for 100 Continue, and one without a length", async () => {
    const file = join(folder, "upload.bin");
    writeFileSync(file, randomBytes(3_000_000));
    origin.sandbox.answer(async (request, response) => response.end(sha256(Buffer.concat(await request.toArray()))));
    const sent = sha256(readFileSync(file));
    expect(String(await both((way) => curl(way, "-T", file, "-H", "Expect: 100-continue")))).toBe(sent);
    expect(String(await both((way) => curl(way, "-T", file, "-H", "Transfer-Encoding: chunked")))).toBe(sent);
  });

  test("-L follows the redirects that the client is told of", async () => {
    origin.sandbox.answer((request, response) => {
      if (request.url?.endsWith("/file")) response.writeHead(302, { Location: "there?x=1" }).end();
      else response.end(request.url);
    });
    expect(String(await both((way) => curl(way, "-L")))).toBe("/base/signatures/there?x=1");
  });
});

test("git clones and pushes", { timeout: 60_000 }, async () => {
  const git = (cwd: string, ...args: string[]) =>
    run("git", ["-c", `http.extraHeader=Authorization: Bearer ${key.secret}`, ...args], {
      cwd,
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0" },
    });
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.test"];
  await both(async (way) => {
    const repository = join(folder, `${way}.git`);
    await git(folder, "init", "-q", "--bare", "-b", "main", repository);
    await git(repository, "config", "http.receivepack", "true");
    origin.sandbox.answer(gitBackend(folder, "/base/signatures"));
    const clone = join(folder, `${way}-clone`);
    await git(folder, "clone", "-q", `${base(way)}/${way}.git`, clone);
    const content = Buffer.alloc(2_000_000, "content ");
    writeFileSync(join(clone, "file"), content);
    await git(clone, "add", "file");
    await git(clone, ...who, "commit", "-q", "-m", "first");
    await git(clone, "push", "-q", "origin", "HEAD:main");
    const again = join(folder, `${way}-again`);
    await git(folder, "clone", "-q", `${base(way)}/${way}.git`, again);
    return sha256(readFileSync(join(again, "file")));
  });
});

test("npm installs, with the key as its token", { timeout: 60_000 }, async () => {
  const source = mkdtempSync(join(folder, "package-"));
  writeFileSync(
    join(source, "package.json"),
    JSON.stringify({ name: "keygate-sample", version: "1.2.3", main: "x.js" }),
  );
  writeFileSync(join(source, "x.js"), "module.exports = 42;\n");
  await run("npm", ["pack", "--silent"], { cwd: source });
  const tarball = readFileSync(join(source, "keygate-sample-1.2.3.tgz"));
  const installed = await both(async (way) => {
    origin.sandbox.answer((request, response) => {
      if (request.url?.endsWith(".tgz")) return response.setHeader("Content-Length", tarball.length).end(tarball);
      const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
      const dist = { tarball: `${base(way)}/keygate-sample-1.2.3.tgz`, integrity };
      const version = { name: "keygate-sample", version: "1.2.3", dist };
      const body = { name: "keygate-sample", "dist-tags": { latest: "1.2.3" }, versions: { "1.2.3": version } };
      return response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
    });
    const project = mkdtempSync(join(folder, `${way}-project-`));
    const registry = `${base(way)}/`;
    writeFileSync(join(project, ".npmrc"), `registry=${registry}\n${registry.slice(5)}:_authToken=${key.secret}\n`);
    writeFileSync(join(project, "package.json"), "{}");
    const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--cache", join(project, "cache")];
    await run("npm", ["install", "keygate-sample", ...quiet], { cwd: project });
    return readFileSync(join(project, "node_modules", "keygate-sample", "x.js"), "utf8");
  });
  expect(installed).toBe("module.exports = 42;\n");
});

test("Python's urllib gets, posts, and reads errors", async () => {
  origin.sandbox.answer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    response.writeHead(request.method === "DELETE" ? 409 : 200, { "Set-Cookie": ["a=1", "b=2"] });
    response.end(`${request.method} ${body}`);
  });
  const script = `
import json, sys, urllib.error, urllib.request
def ask(method, data=None):
    request = urllib.request.Request(sys.argv[1] + "/1", data, {"Authorization": "Bearer " + sys.argv[2]}, method=method)
    try:
        answer = urllib.request.urlopen(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    return [answer.status, answer.headers.get_all("Set-Cookie"), answer.read().decode()]
print(json.dumps([ask("GET"), ask("POST", b"a=b"), ask("DELETE")]))
`;
  const told = await both(async (way) =>
    JSON.parse((await run("python3", ["-c", script, base(way), key.secret])).stdout),
  );
  const cookies = ["a=1", "b=2"];
  expect(told).toEqual([
    [200, cookies, "GET "],
    [200, cookies, "POST a=b"],
    [409, cookies, "DELETE "],
  ]);
});

test("fetch reads a stream of events, and posts a stream of its own", async () => {
  const headers = { Authorization: `Bearer ${key.secret}` };
  origin.sandbox.answer((request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    request.on("data", (chunk) => response.write(`data: ${chunk}\n\n`));
    request.on("end", () => response.end("data: end\n\n"));
  });
  const events = await both(async (way) => {
    const body = Readable.toWeb(Readable.from(["one", "two"].map((text) => Buffer.from(text))));
    const init = { method: "POST", headers, body, duplex: "half" } as unknown as RequestInit;
    return (await (await fetch(`${base(way)}/1`, init)).text()).replaceAll(/data: |\n/g, "");
  });
  expect(events).toBe("onetwoend");
});
