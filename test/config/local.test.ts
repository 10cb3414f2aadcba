import { describe, expect, test } from "vitest";
import gatewayConfig from "../../gateway.config.ts";
import { compile } from "../../src/config/compile.ts";
import { withLocalBaseUrls } from "../../src/config/local.ts";
import { ConfigError } from "../../src/config/problems.ts";
import { changed } from "./base.ts";

describe("local base URLs", () => {
  const local = withLocalBaseUrls(changed(), 8787);

  test("stand in front of the configured ones", () => {
    expect(local.control.baseUrls).toEqual(["http://localhost:8787", "https://keys.test"]);
    expect(local.environments.production?.baseUrls).toEqual([
      "http://127.0.0.1:8787/production",
      "https://api.test/v1",
    ]);
    expect(local.environments.sandbox?.baseUrls).toEqual(["http://127.0.0.1:8787/sandbox", "https://sandbox.test/v1"]);
  });

  test("are the issuers", () => {
    expect(local.environments.production?.issuer).toBe("http://127.0.0.1:8787/production");
    expect(local.environments.sandbox?.issuer).toBe("http://127.0.0.1:8787/sandbox");
  });

  test("change nothing else", () => {
    const { environments, control, ...rest } = changed();
    expect(local).toMatchObject(rest);
    expect(local.environments.production?.keyPrefix).toBe(environments.production?.keyPrefix);
    expect(Object.keys(local.control)).toEqual(Object.keys(control));
  });

  test("have no jurisdictions, which workerd does not have", () => {
    const change = { "environments.production.jurisdiction": "eu", "control.jurisdiction": "eu" };
    expect(withLocalBaseUrls(changed(change), 8787)).toEqual(local);
  });

  test("leave the configuration that was given as it was", () => {
    const config = changed();
    withLocalBaseUrls(config, 8787);
    expect(config).toEqual(changed());
  });

  test.each([80, 443, 8787])("make a configuration that compiles, on port %i", (port) => {
    const gateway = compile(withLocalBaseUrls(gatewayConfig, port));
    expect(new URL(gateway.controlUrl).hostname).toBe("localhost");
    expect(gateway.environments.sandbox?.url).toMatch(/^http:\/\/127\.0\.0\.1(:\d+)?\/sandbox$/);
  });

  test("are not repeated where they are configured already", () => {
    const config = changed({ "environments.sandbox.baseUrls.1": "http://127.0.0.1:8787/sandbox" });
    expect(withLocalBaseUrls(config, 8787).environments.sandbox?.baseUrls).toEqual([
      "http://127.0.0.1:8787/sandbox",
      "https://sandbox.test/v1",
    ]);
  });

  test.each([
    [
      { "environments.production.baseUrls.0": "http://localhost:3000/v1" },
      "http://localhost:8787",
      "http://localhost:3000/v1",
    ],
    [{ "control.baseUrls.0": "http://127.0.0.1:3000" }, "http://127.0.0.1:3000", "http://127.0.0.1:8787/production"],
  ])("that clash with a configured one are named together with it: %j", (change, one, other) => {
    expect(() => compile(withLocalBaseUrls(changed(change), 8787))).toThrow(`: "${one}" and "${other}"`);
  });

  test("are not put into a broken configuration: its mistakes are told as they are in the file", () => {
    const broken = changed({ "environments.production.baseUrls.0": "api.test" });
    expect(() => withLocalBaseUrls(broken, 8787)).toThrow(ConfigError);
    expect(() => withLocalBaseUrls(broken, 8787)).toThrow("environments.production.baseUrls[0]: is not a URL");
  });
});
