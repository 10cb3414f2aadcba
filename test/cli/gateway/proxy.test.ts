import { describe, expect, test } from "vitest";
import { HOST, startProxy, startTlsGateway } from "../deployed.ts";
import { keygate, ORGANIZATION, startApi, TOKEN } from "../helpers.ts";

const BODY = { data: [ORGANIZATION], next_cursor: null };

const LIST = ["orgs", "list", "--url"];

describe.each(["HTTPS_PROXY", "https_proxy"])("%s", (name) => {
  test("is the way to a gateway, by CONNECT, so that the proxy sees no token", async () => {
    const [gateway, proxy] = [await startTlsGateway(BODY), await startProxy()];
    for (const value of [`http://${proxy.host}`, `http://${proxy.host}/`, proxy.host]) {
      const { code, stdout, stderr } = await keygate([...LIST, gateway.url], {
        env: { ...gateway.env, [name]: value },
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain(ORGANIZATION.name);
    }
    expect(proxy.asked).toEqual(Array(3).fill(`CONNECT ${HOST}:${gateway.port}`));
    expect(gateway.tokens).toEqual(Array(3).fill(`Bearer ${TOKEN}`));
  });
});

describe("a proxy", () => {
  let gateway: Awaited<ReturnType<typeof startTlsGateway>>;
  const listThrough = (value: string, more: Record<string, string> = {}) =>
    keygate([...LIST, gateway.url], { env: { ...gateway.env, HTTPS_PROXY: value, ...more } });

  test("gets the name and password of its URL, which are never shown", async () => {
    gateway = await startTlsGateway(BODY);
    const proxy = await startProxy();
    expect((await listThrough(`http://user:pa%20ss@${proxy.host}`)).code).toBe(0);
    expect(proxy.seen[0]?.authorization).toBe(`Basic ${btoa("user:pa ss")}`);
    const refusing = await startProxy(407);
    const { code, stderr } = await listThrough(`http://user:hunter2@${refusing.host}`);
    expect(code).toBe(3);
    expect(stderr).toBe(
      `keygate: The proxy ${refusing.host} answered 407 and did not connect to ${gateway.url}. Check HTTPS_PROXY, or name the host in NO_PROXY.\n`,
    );
  });

  test.each(["NO_PROXY", "no_proxy"])("is not used for hosts in %s", async (name) => {
    gateway = await startTlsGateway(BODY);
    const proxy = await startProxy();
    const { code, stderr } = await listThrough(`http://${proxy.host}`, { [name]: `a.test,${HOST}` });
    expect([code, proxy.asked, gateway.tokens]).toEqual([3, [], []]);
    expect(stderr).toMatch(/No gateway answers at/);
  });

  test("that does not run is named", async () => {
    gateway = await startTlsGateway(BODY);
    const { code, stderr } = await listThrough("http://127.0.0.1:61");
    expect(code).toBe(3);
    expect(stderr).toBe(
      `keygate: No gateway answers at ${gateway.url} through the proxy 127.0.0.1:61 (ECONNREFUSED). Check --url, HTTPS_PROXY and the network.\n`,
    );
  });

  test.each(["socks5://127.0.0.1:1", "http://", "::"])("that cannot be understood (%s) is told so", async (value) => {
    gateway = await startTlsGateway(BODY);
    const { code, stderr } = await listThrough(value);
    expect([code, stderr]).toEqual([1, expect.stringContaining("HTTPS_PROXY is not the URL of a proxy.")]);
    expect(gateway.tokens).toEqual([]);
  });

  test("gets no call to this machine, which would show it the token", async () => {
    const proxy = await startProxy();
    const { url, calls } = await startApi(() => ({ body: BODY }));
    const value = `http://${proxy.host}`;
    const env = { HTTP_PROXY: value, http_proxy: value, HTTPS_PROXY: value, https_proxy: value };
    for (const target of [url, url.replace("127.0.0.1", "localhost")]) {
      expect((await keygate([...LIST, target, "--token", TOKEN], { env })).code).toBe(0);
    }
    expect([calls.length, proxy.asked]).toEqual([2, []]);
  });
});

test("an unset or empty HTTPS_PROXY is no proxy, and a certificate that is not trusted is told so", async () => {
  const gateway = await startTlsGateway(BODY);
  const proxy = await startProxy();
  const { code, stderr } = await keygate([...LIST, gateway.url], {
    env: { KEYGATE_ROOT_TOKEN: TOKEN, HTTPS_PROXY: `http://${proxy.host}` },
  });
  expect(code).toBe(3);
  expect(stderr).toMatch(/^keygate: The certificate of https:\/\/keys\.example\.test:\d+ is not trusted \(\w+\)\./);
  expect(gateway.tokens).toEqual([]);
  const local = await startApi(() => ({ body: BODY }));
  const env = { HTTPS_PROXY: "", https_proxy: " " };
  expect((await keygate([...LIST, local.url, "--token", TOKEN], { env })).code).toBe(0);
});
