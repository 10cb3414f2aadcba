import { beforeAll, describe, expect, test } from "vitest";
import { codeOf, headerOf, type RawResponse, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { BOTH, devServer, origins } from "./shared.ts";

/** Below /sandbox. All want to come from where the key may go (assets) to where it may not. */
const PATHS = [
  "/assets/../folders/1",
  "/assets/1/../../folders/1",
  "/assets/%2e%2e/folders/1",
  "/assets/.%2e/folders/1",
  "/assets/%2E./folders/1",
  "/assets/..%2ffolders/1",
  "/assets/..%2Ffolders%2F1",
  "/assets/%2e%2e%2ffolders/1",
  "/assets/%252e%252e/folders/1",
  "/assets/%252e%252e%252ffolders/1",
  "/assets/%25252e%25252e%25252ffolders/1",
  "/assets/..%5cfolders/1",
  "/assets/..\\folders\\1",
  "/assets\\..\\folders\\1",
  "/assets/..;/folders/1",
  "/assets/..;a=b/folders/1",
  "/assets/%2e%2e;/folders/1",
  "/assets/..%3b/folders/1",
  "/assets/..%00/folders/1",
  "/assets/%00/../../folders/1",
  "/assets/..%09/folders/1",
  "/assets/.\t./folders/1",
  "/assets/%c0%ae%c0%ae/folders/1",
  "/assets/%u002e%u002e/folders/1",
  "/assets/..%c0%affolders/1",
  "/assets/\xc0\xae\xc0\xae/folders/1",
  "/assets//../folders/1",
  "/assets/./../folders/1",
  "//folders/1",
  "//assets/../folders/1",
  "/./folders/1",
  "/%2e/folders/1",
  "/.//folders/1",
  "/../sandbox/folders/1",
  "/../production/assets/1",
  "/..%2fproduction/assets/1",
  "/assets/..%2f..%2f..%2fproduction/folders/1",
  "/assets/../../../../folders/1",
  "//evil.example/folders/1",
  "/\\evil.example/folders/1",
  "/assets//vault/1",
  "/assets///vault/1",
  "/assets/./vault/1",
  "/assets/1/../vault/1",
  "/assets/%76ault/1",
  "/assets/%2576ault/1",
  "/assets%2fvault/1",
  "/assets%5cvault%5c1",
  "/assets/vault%2f1",
  "/assets/vault%5c1",
  "/assets/vault/",
  "/assets/vault%2f",
  "/assets/vault",
  "/assets/vault?x",
  "/assets/vault#x",
  "/assets/1?/../../folders/1",
  "/assets/1#/../../folders/1",
  "/assets/1%3f/../../folders/1",
  "/assets/1%23/../../folders/1",
  "?/assets/../folders/1",
  "/status/../folders/1",
  "/status%2f..%2ffolders/1",
  "/status/folders/1",
  "/workspaces/OWN/folders/../../OTHER/folders/1",
  "/workspaces/OWN/folders/..%2f..%2fOTHER%2ffolders%2f1",
  "/workspaces/OWN%2f..%2fOTHER/folders/1",
  "/workspaces/OWN//OTHER/folders/1",
  "/workspaces/%4fTHER/folders/1",
];

/** Below /sandbox: an origin that ignores case, drops formats, or folds characters may take each for what lies in the vault. */
const SPELLINGS_OF_THE_VAULT = [
  "/assets/VAULT/1",
  "/assets/Vault",
  "/assets/v%41ult/1",
  "/assets/v%2541ult/1",
  "/assets//VAULT//1",
  "/assets/VAULT/",
  "/assets%2fVAULT%2f1",
  "/assets/vault.json",
  "/assets/VAULT.JSON",
  "/assets/vault.tar.gz",
  "/assets/vault.json/1",
  "/assets/vault.",
  "/assets/vault;jsessionid=1/1",
  "/assets/vault%3bx.json/1",
  "/assets/vault%20/1",
  "/assets/%20vault/1",
  "/assets/vault+/1",
  "/assets/va%09ult/1",
  "/assets/va%0d%0ault/1",
  "/assets/%EF%BD%96ault/1",
  "/assets/%EF%BC%B6AULT/1",
  "/assets/vau%E2%84%93t/1",
  "/assets/va%C2%ADult/1",
  "/assets/va%E2%80%8Bult/1",
  "/assets/va%FFult/1",
  "/assets/%EF%BC%8Fvault/1",
  "/assets/x%EF%BC%8F..%EF%BC%8Fvault/1",
  "/assets/%E2%88%95vault/1",
  "/assets/%C0%AFvault/1",
  "/assets/x%C0%AF%C0%AE%C0%AE%C0%AFvault/1",
  "/assets/x/%EF%BC%8E%EF%BC%8E/vault/1",
  "/assets/%u0076ault/1",
  "/assets/%uff0fvault/1",
  "/assets/%25%37%36ault/1",
  "/assets/%2%09fvault/1",
];

/** What the paths of the configuration need, for a path in its plain form. */
function needOf(method: string, path: string): string {
  const [first = "", second, third] = path.split("/").filter(Boolean);
  const action = method === "DELETE" ? "delete" : method === "POST" ? "write" : "read";
  if (first === "assets" && second === "vault") return `teammates:${action}`;
  if (first === "workspaces" && third === "folders") return `folders:${action} in ${second}`;
  if (first === "status" && second === undefined) return "nothing";
  return `${first}:${action}`;
}

/** All ways in which an origin might read the path that reached it: decoded how often it likes, and resolved. */
function readings(url: string): string[] {
  const [path = ""] = url.split(/[?#]/);
  const decoded = [path];
  for (let round = 0; round < 5; round++) decoded.push(decodeLoosely(decoded.at(-1) as string));
  return decoded
    .flatMap((text) => [text, caseFolded(text), caseFolded(text).replace(/\.[^./]*(?=\/|$)/g, "")])
    .map((text) => resolve(text.replaceAll("\\", "/")));
}

/** As bytes of UTF-8 that have been decoded one by one. */
function caseFolded(text: string): string {
  return Buffer.from(text, "latin1").toString().normalize("NFKC").toUpperCase().toLowerCase();
}

function decodeLoosely(text: string): string {
  return text
    .replace(/%u00([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** As a file system would. */
function resolve(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    const name = segment.replace(/;.*$/, "").replace(/\0.*$/, "");
    if (name === "..") kept.pop();
    else if (name !== "" && name !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

const AMBIGUOUS = { status: 400, code: "path_ambiguous" };

const origin = origins();

describe.for(BOTH)("No spelling of a path leads where the key may not go: $server", ({ gateway }) => {
  let key: Key;
  let own: string;
  let other: string;
  beforeAll(async () => {
    const tenant = await seed(gateway);
    [own, other] = tenant.workspaces;
    key = await tenant.key({ scopes: ["assets:read", "folders:write"], workspace_ids: [own] });
  });
  const allowed = () => ["assets:read", "nothing", `folders:write in ${own}`, "folders:write"];
  const host = `127.0.0.1:${gateway.port}`;

  const send = (method: string, target: string, headers: [string, string][] = [["Host", host]]) =>
    sendRaw(gateway.port, rawRequest(method, target, [...headers, ...Object.entries(bearing(key))]));

  /** What is no HTTP at all may be refused before it gets to the gateway. Some of it makes the dev server's own proxy fail. */
  function expectNoFailure(response: RawResponse | undefined) {
    const isOfProxy = gateway === devServer && headerOf(response, "x-request-id") === undefined;
    if (!isOfProxy) expect(response?.status).not.toBe(500);
  }

  function expectNoEscape() {
    expect(origin.production.seen).toEqual([]);
    for (const { method, url } of origin.sandbox.seen) {
      for (const path of readings(url)) {
        expect(path.startsWith("/base/"), `${url} read as ${path}`).toBe(true);
        expect(allowed(), `${url} read as ${path}`).toContain(needOf(method, path.slice("/base".length)));
      }
    }
  }

  test("the paths that the key may take are taken as they are", async () => {
    for (const path of ["/assets/1", "/assets/@scope%2fname", "/assets/a%20b;c=d", "/assets/caf%C3%A9", "/assets"]) {
      expect((await send("GET", `/sandbox${path}`))?.status).toBe(200);
      expect(origin.sandbox.seen.at(-1)?.url).toBe(`/base${path}`);
    }
    expect((await send("POST", `/sandbox/workspaces/${own}/folders/1`))?.status).toBe(200);
    expectNoEscape();
  });

  test("ids in capitals, with dots, at signs and letters of any language are taken as they are", async () => {
    for (const id of ["VAULT-1", "Ab9_X", "vaults.json", "file.json", "a.b@C.test", "CAF%C3%89", "%E6%97%A5", "v1.2"]) {
      expect((await send("GET", `/sandbox/assets/${id}`))?.status, id).toBe(200);
      expect(origin.sandbox.seen.at(-1)?.url).toBe(`/base/assets/${id}`);
    }
    expectNoEscape();
  });

  test.for(SPELLINGS_OF_THE_VAULT)("%s is refused, for it may be in the vault", async (path) => {
    for (const method of ["GET", "HEAD", "POST", "DELETE"]) {
      const response = await send(method, `/sandbox${path}`);
      if (method !== "HEAD") expect({ status: response?.status, code: codeOf(response) }).toEqual(AMBIGUOUS);
    }
    expect(origin.sandbox.seen).toEqual([]);
  });

  test.for(PATHS)("%j", async (path) => {
    const target = `/sandbox${path}`.replaceAll("OWN", own).replaceAll("OTHER", other);
    for (const method of ["GET", "POST", "DELETE"]) {
      expectNoFailure(await send(method, target));
    }
    expectNoEscape();
  });

  test.for([
    { name: "absolute form", target: () => `http://${host}/sandbox/folders/1` },
    { name: "absolute form of another host", target: () => "http://evil.example/sandbox/assets/1" },
    { name: "absolute form of an https base URL", target: () => "https://sandbox.test/v1/assets/1" },
    { name: "absolute form with credentials", target: () => `http://user:pass@${host}/sandbox/assets/../folders/1` },
    { name: "no slash in front", target: () => "sandbox/folders/1" },
    { name: "an asterisk", target: () => "*" },
    { name: "authority form", target: () => host },
    { name: "nothing", target: () => "" },
    { name: "a scheme alone", target: () => "http://" },
    { name: "a space inside", target: () => "/sandbox/assets/1 /../folders/1" },
  ])("a request target in $name", async ({ target }) => {
    for (const method of ["GET", "OPTIONS"]) {
      expectNoFailure(await send(method, target()));
    }
    expectNoEscape();
  });

  test.for([
    { name: "two hosts", hosts: ["127.0.0.1:PORT", "sandbox.test"] },
    { name: "two hosts, the other way round", hosts: ["sandbox.test", "127.0.0.1:PORT"] },
    { name: "the same host twice", hosts: ["127.0.0.1:PORT", "127.0.0.1:PORT"] },
    { name: "no host", hosts: [] },
    { name: "an empty host", hosts: [""] },
    { name: "a host with a path", hosts: ["127.0.0.1:PORT/sandbox/assets?"] },
    { name: "a host with a user", hosts: ["evil.example@127.0.0.1:PORT"] },
    { name: "a host with a space", hosts: ["127.0.0.1:PORT evil.example"] },
    { name: "a list of hosts", hosts: ["127.0.0.1:PORT, evil.example"] },
    { name: "a host in the shape of a path", hosts: ["../../127.0.0.1"] },
  ])("$name in the Host header", async ({ hosts }) => {
    const lines = hosts.map((text): [string, string] => ["Host", text.replace("PORT", `${gateway.port}`)]);
    for (const target of ["/sandbox/assets/1", "/sandbox/folders/1", "/v1/folders/1"]) {
      expectNoFailure(await send("GET", target, lines));
    }
    expectNoEscape();
  });

  test.for(["TRACE", "PURGE", "PROPFIND", "assets", "G\xc9T"])(
    "the method %s does not change what a path needs",
    async (method) => {
      expectNoFailure(await send(method, "/sandbox/folders/1"));
      for (const { url } of origin.sandbox.seen) expect(url).toBe("/base/folders/1");
      if (method === "TRACE") expect(origin.sandbox.seen).toEqual([]);
    },
  );

  test.for([
    { name: "URL", target: `/sandbox/assets/1?${"a".repeat(20_000)}`, lines: [], status: 414 },
    { name: "header", target: "/sandbox/assets/1", lines: [["X-Long", "a".repeat(70_000)]], status: 431 },
    {
      name: "list of headers",
      target: "/sandbox/assets/1",
      lines: Array.from({ length: 300 }, (_, at) => [`X-${at}`, "a"]),
      status: 431,
    },
  ])("a $name that is too long is refused and told so", async ({ target, lines, status }) => {
    const response = await send("GET", target, [["Host", host], ...(lines as [string, string][])]);
    expect(response?.status).toBe(status);
    expect(origin.sandbox.seen).toEqual([]);
  });
});
