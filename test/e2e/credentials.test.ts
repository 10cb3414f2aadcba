import { beforeAll, describe, expect, test } from "vitest";
import { generateSecret } from "../../src/domain/secret.ts";
import { codeOf, headerOf, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed, someAddress, type Tenant } from "../helpers/seed.ts";
import { BOTH, origins } from "./shared.ts";

const origin = origins();

describe.for(BOTH)("Only a key in one Authorization header is let through: $server", ({ gateway }) => {
  let tenant: Tenant;
  let key: Key;
  beforeAll(async () => {
    tenant = await seed(gateway);
    key = await tenant.key();
  });

  /** `lines`: header lines in which SECRET stands for the key. */
  async function ask(lines: readonly string[], target = "/sandbox/signatures/1") {
    const headers = [`Host: 127.0.0.1:${gateway.port}`, `CF-Connecting-IP: ${someAddress()}`, ...lines];
    const text = `GET ${target} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`.replaceAll("SECRET", key.secret);
    const response = await sendRaw(gateway.port, text);
    return { status: response?.status, code: codeOf(response), challenge: headerOf(response, "www-authenticate") };
  }

  test.for(["Bearer", "bearer", "BEARER", "bEaReR"])("the scheme may be written %s", async (scheme) => {
    expect(await ask([`Authorization: ${scheme} SECRET`])).toMatchObject({ status: 200 });
    expect(origin.sandbox.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test("no credentials: 401, and a challenge that names no error", async () => {
    const challenge = 'Bearer realm="sandbox"';
    expect(await ask([])).toEqual({ status: 401, code: "credentials_missing", challenge });
    expect(await ask(["Authorization:"])).toEqual({ status: 401, code: "credentials_missing", challenge });
  });

  test.for([
    { name: "another scheme", line: "Authorization: Basic dXNlcjpwYXNz" },
    { name: "AWS", line: "Authorization: AWS4-HMAC-SHA256 Credential=SECRET/s3, SignedHeaders=host, Signature=fe5f80" },
    { name: "Digest", line: 'Authorization: Digest username="a", realm="b, Bearer SECRET", uri="/"' },
    { name: "no scheme", line: "Authorization: SECRET" },
    { name: "the scheme alone", line: "Authorization: Bearer" },
    { name: "two spaces", line: "Authorization: Bearer  SECRET" },
    { name: "a tab", line: "Authorization: Bearer\tSECRET" },
    { name: "a space and a tab", line: "Authorization: Bearer \tSECRET" },
    { name: "a space inside", line: "Authorization: Bearer kg_test_aaaaaaaaaa aaaaaaaaaaaaaaaaaaaaaaaaaa" },
    { name: "two words", line: "Authorization: Bearer SECRET SECRET" },
    { name: "quotes", line: 'Authorization: Bearer "SECRET"' },
    { name: "one more character", line: "Authorization: Bearer SECRETx" },
    { name: "a non-breaking space", line: "Authorization: Bearer\xa0SECRET" },
    { name: "bytes that are no ASCII", line: "Authorization: Bearer SECRET\xff" },
    { name: "70 KB", line: `Authorization: Bearer kg_test_${"a".repeat(70_000)}` },
  ])("$name: 401 credentials_malformed, with a challenge", async ({ line }) => {
    expect(await ask([line])).toEqual({
      status: 401,
      code: "credentials_malformed",
      challenge: 'Bearer realm="sandbox", error="invalid_token"',
    });
    expect(origin.sandbox.seen).toEqual([]);
  });

  test("one character changed, anywhere: 401 credentials_malformed", async () => {
    for (let at = 0; at < key.secret.length; at++) {
      const changed = key.secret.slice(0, at) + (key.secret[at] === "a" ? "b" : "a") + key.secret.slice(at + 1);
      expect(await ask([`Authorization: Bearer ${changed}`])).toMatchObject({
        status: 401,
        code: "credentials_malformed",
      });
    }
    expect(origin.sandbox.seen).toEqual([]);
  });

  test("a key in good form that does not exist: 401 key_unknown", async () => {
    const unknown = generateSecret("kg_test", (count) => crypto.getRandomValues(new Uint8Array(count)));
    expect(await ask([`Authorization: Bearer ${unknown}`])).toMatchObject({ status: 401, code: "key_unknown" });
  });

  test.for([
    ["Authorization: Bearer SECRET", "Authorization: Bearer SECRET"],
    ["Authorization: Bearer SECRET", "authorization: Bearer SECRET"],
    ["Authorization: Bearer SECRET", "Authorization: Basic dXNlcjpwYXNz"],
    ["Authorization: Bearer x", "Authorization: Bearer SECRET"],
    ["Authorization: Bearer SECRET, Bearer SECRET"],
    ['Authorization: Digest username="a", realm="b"', "Authorization: Bearer SECRET"],
  ])("two credentials: 400 credentials_repeated (%#)", async (lines) => {
    expect(await ask(lines)).toMatchObject({ status: 400, code: "credentials_repeated" });
    expect(origin.sandbox.seen).toEqual([]);
  });

  test.for(["\x00", "\x01", "\x0b", "\x1f", "\x7f"])(
    "the control character %j in a key lets nothing through",
    async (character) => {
      for (const line of [`Authorization: Bearer SECRET${character}`, `Authorization: Bearer ${character}SECRET`]) {
        expect((await ask([line])).status).toBeOneOf([400, 401, undefined]);
      }
      expect(origin.sandbox.seen).toEqual([]);
    },
  );

  test.for([
    "/sandbox/signatures/1?api_key=SECRET",
    "/sandbox/signatures/1?page=1&access_token=SECRET",
    "/sandbox/signatures/1?q=Bearer+SECRET",
    "/sandbox/signatures/1?q=Bearer%20SECRET",
    "/sandbox/no/such/route?api_key=SECRET",
    "/sandbox/status?key=SECRET",
    "/sandbox/signatures/1?q=Bearer%2520SECRET",
    "/sandbox/signatures/1?a=1;SECRET",
    "/sandbox/signatures/1?next=https%3A%2F%2Fh.test%2F%3Fkey%3DSECRET%26a%3D1",
    "/sandbox/signatures/SECRET",
    "/sandbox/signatures/x%2fSECRET/1",
    "/sandbox/signatures/1;key=SECRET",
  ])("a key in the URL is refused even where it is valid, and beside a good header: %s", async (target) => {
    for (const lines of [[], ["Authorization: Bearer SECRET"]]) {
      expect(await ask(lines, target)).toMatchObject({ status: 401, code: "credentials_in_url" });
    }
    expect(origin.sandbox.seen).toEqual([]);
  });

  test("a key in the URL is told to move to the header and to be rotated", async () => {
    const response = await fetch(`${gateway.base("sandbox")}/signatures?api_key=${key.secret}`);
    const problem = (await response.json()) as { fix: string };
    expect(problem.fix).toMatch(/header/);
    expect(problem.fix).toMatch(/rotate/);
  });

  test("routes cannot be told apart without a key", async () => {
    for (const target of ["/sandbox/signatures/1", "/sandbox/no/such/route", "/sandbox/only-get-and-post"]) {
      expect(await ask([], target)).toMatchObject({ status: 401, code: "credentials_missing" });
    }
  });

  test("a key with allowed addresses is refused from any other", async () => {
    const bound = await tenant.key({ allowed_addresses: ["203.0.113.0/24", "2001:db8::/32"] });
    const status = async (address: string) => {
      const headers = { ...bearing(bound), "CF-Connecting-IP": address };
      return (await fetch(`${gateway.base("sandbox")}/signatures/1`, { headers })).status;
    };
    expect(await status("203.0.113.7")).toBe(200);
    expect(await status("2001:db8::7")).toBe(200);
    expect(await status("203.0.114.7")).toBe(403);
    expect(await status("2001:db9::7")).toBe(403);
  });

  test("a key that has expired is refused as such", async () => {
    const use = async (brief: Key) => {
      const response = await fetch(`${gateway.base("sandbox")}/signatures/1`, { headers: bearing(brief) });
      return { status: response.status, code: ((await response.json()) as { code?: string }).code };
    };
    const usedKey = async (): Promise<Key> => {
      const endsAt = Date.now() + 3_000;
      const brief = await tenant.key({ expires_at: new Date(endsAt).toISOString() });
      const first = await use(brief);
      // A busy machine has perhaps not used it in time.
      if (Date.now() > endsAt) return usedKey();
      expect(first).toMatchObject({ status: 200 });
      return brief;
    };
    const used = await usedKey();
    await expect.poll(() => use(used), { interval: 100, timeout: 8000 }).toEqual({ status: 401, code: "key_expired" });
  });

  test("a HEAD request without a key gets the status and no body", async () => {
    const response = await sendRaw(
      gateway.port,
      rawRequest("HEAD", "/sandbox/signatures/1", [["Host", `127.0.0.1:${gateway.port}`]]),
    );
    expect(response).toMatchObject({ status: 401, body: "" });
  });
});
