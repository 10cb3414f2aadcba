import { describe, expect, test } from "vitest";
import type { Environment } from "../../src/config/compile.ts";
import { authorize } from "../../src/decide/authorize.ts";
import { lifeRefusal, principalOf } from "../../src/decide/key-principal.ts";
import { reachOf } from "../../src/decide/principal.ts";
import { findRoute } from "../../src/decide/route.ts";
import type { KeyRecord } from "../../src/domain/key.ts";
import { actionOfMethod } from "../../src/domain/scope.ts";
import type { Refusal } from "../../src/errors.ts";
import { gateway } from "../gateway/plane.ts";

const NOW = Date.UTC(2030, 0);

const KEY: KeyRecord = {
  id: "key_1",
  version: "ver_1",
  environment: "sandbox",
  organization: { id: "org_1", status: "active" },
  member: { id: "mem_1", role: "owner", removed: false, workspaces: ["ws_1", "ws_2"] },
  reach: "organization",
  workspaces: [],
  permission: "full-access",
  scopes: ["admin"],
  plan: null,
  limits: null,
  allowedAddresses: [],
  secrets: [{ hash: "h", expiresAt: null }],
  createdAt: 1,
  expiresAt: NOW + 1,
  disabledAt: null,
  revokedAt: null,
};
const WORKSPACE_KEY: KeyRecord = { ...KEY, reach: "workspace", workspaces: ["ws_1"] };

interface Asking {
  method?: string;
  headers?: [string, string][];
  client?: string;
  now?: number;
  hash?: string;
}

function decide(key: KeyRecord, path: string, asking: Asking = {}): Refusal | undefined {
  const { method = "GET", headers = [], client = "192.0.2.1", now = NOW, hash = "h" } = asking;
  const url = new URL(`https://sandbox.test/v1${path}`);
  const match = findRoute(method, url.pathname.slice(3), gateway.router);
  const environment = gateway.environments.sandbox as Environment;
  const principal = principalOf(key, { environment: key.environment, keyId: key.id, hash }, gateway);
  const asked = { request: { method, headers: new Headers(headers) }, url, environment, client, match };
  return lifeRefusal(key, hash, gateway, now) ?? authorize(principal, asked, gateway);
}

function codeOf(...asked: Parameters<typeof decide>): string {
  return decide(...asked)?.code ?? "allowed";
}

describe("the workspace of a request", () => {
  const inHeader = (...values: string[]): Asking => ({
    method: "POST",
    headers: values.map((value): [string, string] => ["X-Workspace-Id", value]),
  });

  test.each([
    ["in the path", "/workspaces/ws_1/folders/1", {}],
    ["in the query", "/reports?workspace=ws_1", {}],
    ["in a header", "/uploads", inHeader("ws_1")],
    ["nowhere, so that the origin is told of all that are allowed", "/uploads", {}],
  ] as [string, string, Asking][])("is within reach of the key where it is named %s", (_, path, asking) => {
    expect(codeOf(WORKSPACE_KEY, path, asking)).toBe("allowed");
  });

  test.each([
    ["in the path", "/workspaces/ws_2/folders/1", {}],
    ["in the path, encoded", "/workspaces/ws%5f2/folders/1", {}],
    ["in the path, in another case", "/workspaces/WS_1/folders/1", {}],
    ["in the path, with a parameter behind it", "/workspaces/ws_1;ws_2/folders/1", {}],
    ["in the query", "/reports?workspace=ws_2", {}],
    ["in the query, empty", "/reports?workspace=", {}],
    ["in the query, in another case", "/reports?Workspace=ws_2", {}],
    ["in the query, as a list", "/reports?workspace[]=ws_2", {}],
    ["in the query, with a blank", "/reports?%20workspace=ws_2", {}],
    ["in the query, after a semicolon", "/reports?a=1;workspace=ws_2", {}],
    ["in a header", "/uploads", inHeader("ws_2")],
    [
      "in a header with an underscore, which some origins read as the same",
      "/uploads",
      { headers: [["X_Workspace_Id", "ws_2"]] },
    ],
  ] as [string, string, Asking][])("is out of reach where another is named %s", (_, path, asking) => {
    expect(codeOf(WORKSPACE_KEY, path, asking)).toBe("workspace_forbidden");
  });

  test.each([
    ["the query", "/reports?workspace=ws_1&workspace=ws_2", {}],
    ["the query, encoded", "/reports?workspace=ws_1&work%73pace=ws_2", {}],
    ["the query, in two spellings", "/reports?workspace=ws_1&WORKSPACE=ws_2", {}],
    ["the query, the same", "/reports?workspace=ws_1&workspace=ws_1", {}],
    ["a header", "/uploads", inHeader("ws_1, ws_2")],
    ["two headers", "/uploads", inHeader("ws_1", "ws_2")],
    [
      "two spellings of a header",
      "/uploads",
      {
        headers: [
          ["X-Workspace-Id", "ws_1"],
          ["X_Workspace_Id", "ws_2"],
        ],
      },
    ],
  ] as [string, string, Asking][])(
    "is refused where it is named twice, in %s, even to a key that reaches all",
    (_, path, asking) => {
      expect(codeOf(WORKSPACE_KEY, path, asking)).toBe("workspace_repeated");
      expect(codeOf(KEY, path, asking)).toBe("workspace_repeated");
    },
  );

  test("may be any for a key that reaches the organization", () => {
    expect(codeOf(KEY, "/workspaces/ws_9/folders/1")).toBe("allowed");
  });

  test("is gone from a key when its member has left it, unless the member's role manages every workspace key", () => {
    const left = (role: string): KeyRecord => ({
      ...WORKSPACE_KEY,
      member: { ...(KEY.member as object), role, workspaces: [] } as never,
    });
    expect(codeOf(left("member"), "/workspaces/ws_1/folders/1")).toBe("workspace_forbidden");
    expect(codeOf(left("owner"), "/workspaces/ws_1/folders/1")).toBe("allowed");
  });
});

describe("the client's address", () => {
  const allowed = (...allowedAddresses: string[]): KeyRecord => ({ ...KEY, allowedAddresses });

  test.each([
    ["192.0.2.1", ["192.0.2.1"]],
    ["192.0.2.1", ["192.0.2.0/24"]],
    ["192.0.2.1", ["203.0.113.1", "192.0.2.0/31"]],
    ["192.0.2.1", ["0.0.0.0/0"]],
    ["::ffff:192.0.2.1", ["192.0.2.0/24"]],
    ["2001:DB8::1", ["2001:db8::/32"]],
    ["2001:db8:0:0:0:0:0:1", ["2001:db8::1"]],
    ["anything", []],
  ])("%s is taken where %o are allowed", (client, ranges) => {
    expect(codeOf(allowed(...ranges), "/files/a", { client })).toBe("allowed");
  });

  test.each([
    ["192.0.2.2", ["192.0.2.1"]],
    ["192.0.3.1", ["192.0.2.0/24"]],
    ["2001:db9::1", ["2001:db8::/32"]],
    ["2001:db8::1", ["0.0.0.0/0"]],
    ["", ["0.0.0.0/0", "::/0"]],
    ["192.0.2.1, 203.0.113.1", ["192.0.2.1"]],
    ["192.0.2.1:80", ["192.0.2.1"]],
    ["192.0.2.1", ["not a range"]],
  ])("%s is refused where %o are allowed", (client, ranges) => {
    expect(codeOf(allowed(...ranges), "/files/a", { client })).toBe("address_forbidden");
  });
});

describe("the scope", () => {
  test.each([
    ["GET", "read"],
    ["HEAD", "read"],
    ["OPTIONS", "read"],
    ["POST", "write"],
    ["PUT", "write"],
    ["PATCH", "write"],
    ["DELETE", "delete"],
    ["PROPFIND", "write"],
    ["QUERY", "write"],
    ["get", "write"],
  ])("that %s needs is %s, unless the route says otherwise", (method, action) => {
    expect(actionOfMethod(method)).toBe(action);
    expect(
      codeOf(
        {
          ...KEY,
          scopes: ["folders:read", "folders:write", "folders:delete"].filter((scope) => scope === `folders:${action}`),
        },
        "/files/a",
        { method },
      ),
    ).toBe("allowed");
  });

  test("of a route that names its action is that one, whatever the method", () => {
    expect(codeOf({ ...KEY, scopes: ["signatures:read"] }, "/signatures/search", { method: "POST" })).toBe("allowed");
    expect(codeOf({ ...KEY, scopes: ["signatures:write"] }, "/signatures/search", { method: "POST" })).toBe(
      "scope_missing",
    );
  });

  test.each([
    ["the scopes granted", { scopes: ["vault:read"] }, "/files/a", ["scopes"]],
    [
      "the member's role",
      { member: { id: "m", role: "member", removed: false, workspaces: [] } },
      "/files/a",
      ["role"],
    ],
    [
      "a role that is no longer configured",
      { member: { id: "m", role: "gone", removed: false, workspaces: [] } },
      "/files/a",
      ["role"],
    ],
    [
      "a role called like a method of every object",
      { member: { id: "m", role: "constructor", removed: false, workspaces: [] } },
      "/files/a",
      ["role"],
    ],
    ["the permission", { permission: "read-only" }, "/files/a", ["permission"]],
    ["the reach", { reach: "workspace", workspaces: ["ws_1"] }, "/teammates/1", ["reach"]],
  ] as [string, Partial<KeyRecord>, string, string[]][])(
    "is missing where %s leave it out, and the refusal says so",
    (_, change, path, lacking) => {
      const method = path === "/teammates/1" ? "POST" : "DELETE";
      expect(decide({ ...KEY, ...change }, path, { method })).toMatchObject({ code: "scope_missing", lacking });
    },
  );

  test("of a record that has changed is worked out anew", () => {
    expect(codeOf(KEY, "/files/a")).toBe("allowed");
    expect(codeOf({ ...KEY, scopes: [] }, "/files/a")).toBe("scope_missing");
  });
});

describe("the key's life", () => {
  test("ends at its very millisecond", () => {
    expect(codeOf(KEY, "/files/a", { now: NOW })).toBe("allowed");
    expect(codeOf(KEY, "/files/a", { now: NOW + 1 })).toBe("key_expired");
  });

  test("ends earlier for a secret that was rotated out, and for no other", () => {
    const rotated: KeyRecord = {
      ...KEY,
      secrets: [
        { hash: "old", expiresAt: NOW },
        { hash: "new", expiresAt: null },
      ],
    };
    expect(codeOf(rotated, "/files/a", { hash: "old", now: NOW - 1 })).toBe("allowed");
    expect(codeOf(rotated, "/files/a", { hash: "old" })).toBe("key_expired");
    expect(codeOf(rotated, "/files/a", { hash: "new" })).toBe("allowed");
  });
});

describe("the principal of a key", () => {
  const account = { environment: "sandbox", keyId: "key_1", hash: "h" };

  test("says who calls, for whom, until when, and what they can do", () => {
    const { rights, ...principal } = principalOf(WORKSPACE_KEY, account, gateway);
    expect(principal).toEqual({
      subject: "key_1",
      organization: "org_1",
      member: WORKSPACE_KEY.member,
      environment: "sandbox",
      allowedAddresses: [],
      expiresAt: NOW + 1,
      account,
    });
    expect([reachOf(rights), [...(rights.workspaces ?? [])]]).toEqual(["workspace", ["ws_1"]]);
    expect(reachOf(principalOf(KEY, account, gateway).rights)).toBe("organization");
  });

  test("is made once for each record, and for each secret has that secret's account", () => {
    const [first, other] = [{ ...account }, { ...account, hash: "other" }];
    const record = { ...KEY };
    const principal = principalOf(record, first, gateway);
    expect(principalOf(record, { ...first }, gateway)).toBe(principal);
    expect(principalOf(record, other, gateway)).toEqual({ ...principal, account: other });
    expect(principalOf(record, other, gateway).rights).toBe(principal.rights);
    expect(principalOf(record, first, gateway).account).toEqual(first);
    expect(principalOf({ ...record }, first, gateway)).not.toBe(principal);
  });
});
