import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { findKey } from "../../src/origin/keys.ts";
import { ISSUER, newKey, type TestKey } from "./issuer.ts";

/** An issuer's endpoint that counts, and can go down. */
class Endpoint {
  keys: TestKey[] = [];
  fetches = 0;
  up = true;
  hangs = false;

  readonly fetch = async (): Promise<Response> => {
    this.fetches++;
    if (this.hangs) return new Promise(() => {});
    if (!this.up) throw new TypeError("down");
    return Response.json({ keys: this.keys.map(({ publicJwk }) => publicJwk) });
  };

  find(kid: string): Promise<string> {
    return findKey(ISSUER, kid, this.fetch).then(
      () => "found",
      (error) => error.code ?? String(error),
    );
  }

  /** Many at once. */
  async storm(count: number): Promise<Set<string>> {
    return new Set(await Promise.all(Array.from({ length: count }, (_, n) => this.find(`unknown-${n}`))));
  }
}

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

describe("The public keys of an issuer", () => {
  let endpoint: Endpoint;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    endpoint = new Endpoint();
    endpoint.keys = [await newKey("a"), await newKey("n")];
  });
  afterEach(() => void vi.useRealTimers());

  test("are fetched once for many requests", async () => {
    for (let n = 0; n < 100; n++) expect(await endpoint.find("a")).toBe("found");
    expect(endpoint.fetches).toBe(1);
  });

  test("are fetched again at once for one that was added, and found", async () => {
    await endpoint.find("a");
    pass(31);
    endpoint.keys.push(await newKey("f"));
    expect(await endpoint.find("f")).toBe("found");
    expect(endpoint.fetches).toBe(2);
  });

  test("are fetched at most twice a minute, however many unknown ones are named", async () => {
    expect(await endpoint.storm(1000)).toEqual(new Set(["key_unknown"]));
    expect(endpoint.fetches).toBe(1);
    for (let half = 1; half <= 4; half++) {
      pass(30);
      await endpoint.storm(1000);
      expect(endpoint.fetches).toBe(1 + half);
    }
    expect(await endpoint.find("a")).toBe("found");
  });

  test("are asked for once a second while the issuer is down, and found once it is up", async () => {
    endpoint.up = false;
    expect(await endpoint.storm(1000)).toEqual(new Set(["keys_unavailable"]));
    expect(endpoint.fetches).toBe(1);
    pass(1);
    endpoint.up = true;
    expect(await endpoint.find("a")).toBe("found");
  });

  test("outlive an issuer that is down by five minutes from when they were fetched, and no longer", async () => {
    await endpoint.find("a");
    endpoint.up = false;
    pass(299);
    expect(await endpoint.find("a")).toBe("found");
    pass(1);
    expect(await endpoint.find("a")).toBe("keys_unavailable");
  });

  test("hold up requests by a quarter of a second in five while the issuer hangs, and no other than the first", async () => {
    await endpoint.find("a");
    endpoint.hangs = true;
    pass(150);
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: Date.now() });
    const outcomes: string[] = [];
    const ask = () => void endpoint.find("a").then((outcome) => outcomes.push(outcome));
    ask();
    await vi.advanceTimersByTimeAsync(249);
    expect(outcomes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(outcomes).toEqual(["found"]);
    ask();
    await vi.advanceTimersByTimeAsync(0);
    expect(outcomes).toEqual(["found", "found"]);
    await vi.advanceTimersByTimeAsync(4_750);
    expect(endpoint.fetches).toBe(2);
    ask();
    expect(endpoint.fetches).toBe(3);
  });

  test("are fetched again for those who need them while an earlier fetch hangs", async () => {
    await endpoint.find("a");
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: Date.now() });
    endpoint.hangs = true;
    pass(298);
    const early = endpoint.find("a");
    await vi.advanceTimersByTimeAsync(250);
    expect(await early).toBe("found");
    endpoint.hangs = false;
    pass(2);
    expect(await endpoint.find("a")).toBe("found");
    expect(endpoint.fetches).toBe(3);
  });

  test("no longer hold one that was taken out, five minutes later at the latest", async () => {
    await endpoint.find("a");
    endpoint.keys.shift();
    pass(300);
    expect(await endpoint.find("a")).toBe("key_unknown");
  });

  test("are fetched again where the clock has stepped back: for one that was added, and to know how old they are", async () => {
    await endpoint.find("a");
    pass(-3_600);
    endpoint.keys.push(await newKey("f"));
    expect(await endpoint.find("f")).toBe("found");
    expect(endpoint.fetches).toBe(2);
    pass(31);
    expect(await endpoint.find("a")).toBe("found");
    expect(endpoint.fetches).toBe(2);
  });

  test("outlive an issuer that is down by no more than that where the clock has stepped back", async () => {
    await endpoint.find("a");
    endpoint.up = false;
    pass(-3_600);
    expect(await endpoint.find("a")).toBe("found");
    pass(149);
    expect(await endpoint.find("a")).toBe("found");
    pass(1);
    expect(await endpoint.find("a")).toBe("keys_unavailable");
  });

  test.for<[what: string, body: unknown]>([
    ["no keys", {}],
    ["null", null],
    ["a key that is none", { keys: [{ kty: "EC", crv: "P-256", kid: "a", x: "AA", y: "AA" }] }],
  ])("are not there where the issuer answers with %s", async ([, body]) => {
    const answered = findKey(ISSUER, "a", async () => Response.json(body));
    await expect(answered).rejects.toMatchObject({ code: "keys_unavailable" });
  });

  test("are never those of a redirect", async () => {
    const answered = findKey(ISSUER, "a", async () => Response.redirect("https://evil.test/", 302));
    await expect(answered).rejects.toMatchObject({ code: "keys_unavailable" });
  });
});
