import { describe, expect, test } from "vitest";
import { compile } from "../../src/config/compile.ts";
import type { EnvironmentConfig } from "../../src/config/types.ts";
import { findEndpoint } from "../../src/decide/endpoint.ts";
import { isRefusal } from "../../src/errors.ts";
import { CONFIG } from "../gateway/config.ts";

const at = (name: string, baseUrls: string[]): EnvironmentConfig => ({
  ...(CONFIG.environments[name] as EnvironmentConfig),
  baseUrls,
});
const gateway = compile({
  ...CONFIG,
  control: { baseUrls: ["https://keys.test", "http://localhost:8787"] },
  environments: {
    production: at("production", ["https://api.test/v1", "https://api.test", "http://127.0.0.1:8787/production"]),
    sandbox: at("sandbox", ["https://api.test/v1/sandbox", "http://127.0.0.1:8787/sandbox"]),
  },
});

function endpointNamed(text: string): string {
  const endpoint = findEndpoint(new URL(text), gateway);
  return isRefusal(endpoint) ? endpoint.code : `${endpoint.environment?.name ?? "control"} ${endpoint.path}`;
}

describe("the environment of a request", () => {
  test.each([
    ["https://api.test/v1/files/a", "production /files/a"],
    ["https://api.test/v1", "production /"],
    ["https://api.test/v1/", "production /"],
    ["https://api.test/v1x/files", "production /v1x/files"],
    ["https://api.test/other", "production /other"],
    ["https://api.test/v1/sandbox/files", "sandbox /files"],
    ["https://api.test/v1/sandboxes", "production /sandboxes"],
    ["https://api.test/v1/x/../sandbox/files", "sandbox /files"],
    ["https://api.test/v1/%73andbox/files", "production /%73andbox/files"],
    ["https://api.test/v1//sandbox/files", "production //sandbox/files"],
    ["https://API.test:443/v1/files", "production /files"],
    ["http://127.0.0.1:8787/sandbox/files", "sandbox /files"],
    ["https://keys.test/v1/organizations", "control /v1/organizations"],
    ["http://localhost:8787/healthz", "control /healthz"],
  ])("of %s is %s: the longest base URL wins, and is taken off", (url, endpoint) => {
    expect(endpointNamed(url)).toBe(endpoint);
  });

  test.each([
    "https://elsewhere.test/v1/files",
    "https://api.test.elsewhere.test/v1/files",
    "https://api.test:8443/v1/files",
    "http://127.0.0.1:8787/files",
    "http://127.0.0.1:8787/sandboxes",
    "http://localhost:8788/healthz",
  ])("of %s is none", (url) => {
    expect(endpointNamed(url)).toBe("unknown_host");
  });

  test.each(["http://api.test/v1/files", "http://keys.test/healthz"])(
    "of %s is refused, for the key has leaked already",
    (url) => {
      expect(endpointNamed(url)).toBe("https_required");
    },
  );
});
