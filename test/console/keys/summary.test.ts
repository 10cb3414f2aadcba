import fc from "fast-check";
import { describe, expect, test } from "vitest";
import config from "../../../gateway.config.ts";
import { compile } from "../../../src/config/compile.ts";
import { summaryOf } from "../../../src/console/keys/summary.ts";
import { sampleCall } from "../../../src/control/explain/sample-call.ts";
import type { KeyRecord } from "../../../src/domain/key.ts";
import { rightsOf } from "../../../src/domain/rights.ts";
import { scopesOf } from "../../../src/domain/scope.ts";

const gateway = compile(config);
const key = (fields: Partial<KeyRecord> = {}): KeyRecord => ({
  ...{
    id: "key_1",
    version: "ver_1",
    environment: "sandbox",
    plan: null,
    limits: null,
    allowedAddresses: [],
    secrets: [],
  },
  ...{ createdAt: 0, expiresAt: Date.UTC(2027, 0, 31), disabledAt: null, revokedAt: null },
  organization: { id: "org_1", status: "active" },
  member: { id: "mem_1", role: "owner", removed: false, workspaces: [] },
  reach: "organization",
  workspaces: [],
  permission: "full-access",
  scopes: ["signatures:read"],
  ...fields,
});
const summary = (fields?: Partial<KeyRecord>) => summaryOf(key(fields), gateway, (id) => `<${id}>`, 1).join(" ");

describe("What a key can do, in words", () => {
  test.for([
    [{}, "It can read signatures."],
    [{ scopes: [] }, "It can do nothing yet"],
    [
      { scopes: ["signatures:read", "signatures:write", "folders:read", "folders:write"] },
      "read and write signatures and folders.",
    ],
    [{ permission: "read-only", scopes: ["signatures:write"] }, "signatures:write (the key is read only)"],
    [
      { member: { ...key().member, role: "member" } as never, scopes: ["signatures:delete"] },
      "(the member's role does not have it)",
    ],
    [
      { reach: "workspace", workspaces: ["ws_1"], scopes: ["teammates:write"] },
      "teammates:write (keys limited to workspaces cannot)",
    ],
    [{ reach: "workspace", workspaces: ["ws_1", "ws_2"] }, "in the workspaces <ws_1> and <ws_2> only."],
    [{ environment: "production" }, "not a sandbox"],
    [{}, "It expires on 31 Jan 2027"],
  ] as const)("%j: %s", ([fields, words]) => expect(summary(fields as Partial<KeyRecord>)).toContain(words));

  test("tells the main environment by `main: true`, whichever stands first", () => {
    const { production, sandbox } = config.environments as Required<typeof config.environments>;
    const environments = { sandbox: { ...sandbox, main: false }, production: { ...production, main: true } };
    const turned = compile({ ...config, environments } as typeof config);
    const words = (environment: string) => summaryOf(key({ environment }), turned, (id) => id, 1).join(" ");
    expect(words("production")).toContain("This is the main environment, not a sandbox.");
    expect(words("sandbox")).not.toContain("This is the main environment");
  });

  test("names each scope that is chosen, as one that works or as one that does not", () => {
    const scopes = fc.subarray(scopesOf(gateway.policy.resources), { maxLength: 6 });
    const permission = fc.constantFrom("full-access" as const, "read-only" as const);
    fc.assert(
      fc.property(scopes, permission, (chosen, permitted) => {
        const record = key({ scopes: chosen, permission: permitted });
        const { effective } = rightsOf(record, gateway.policy);
        const text = summary({ scopes: chosen, permission: permitted });
        for (const scope of chosen) expect(text.includes(scope)).toBe(!effective.has(scope));
      }),
    );
  });
});

test("the call that is shown is one that the key may make, or none", () => {
  const url = gateway.environments.sandbox?.url;
  expect(sampleCall(key(), gateway)).toBe(`${url}/signatures`);
  expect(sampleCall(key({ scopes: ["integrations:read"] }), gateway)).toBe(`${url}/integrations`);
  expect(sampleCall(key({ scopes: ["signatures:delete"] }), gateway)).toBeUndefined();
  expect(sampleCall(key({ scopes: ["folders:read"] }), gateway)).toBeUndefined();
  expect(sampleCall(key({ environment: "gone" }), gateway)).toBeUndefined();
  const workspace = { reach: "workspace", workspaces: ["ws_1"], scopes: ["folders:read"] } as const;
  expect(sampleCall(key(workspace), gateway)).toBe(`${url}/workspaces/ws_1/folders`);
});

describe("Of a key that does not work", () => {
  const NOW = 1_000;
  const CASES: [string, Partial<KeyRecord>][] = [
    ["it was revoked, which is final", { revokedAt: 5 }],
    ["it has expired, which is final", { expiresAt: 5 }],
    ["its organization is suspended", { organization: { id: "org_1", status: "suspended" } }],
    ["its member was removed", { member: { id: "mem_1", role: "owner", removed: true, workspaces: [] } }],
    ["it is disabled", { disabledAt: 5 }],
    ["its plan is not configured here", { plan: "gone" }],
    ["its environment is not configured here", { environment: "gone" }],
  ];
  test.for(CASES)("says why, and neither what it can do nor when it ends: %s", ([why, fields]) => {
    const sentences = summaryOf(key(fields), gateway, (id) => id, NOW);
    expect(sentences[0]).toBe(`It does nothing now: ${why}.`);
    expect(sentences.join(" ")).toContain("read signatures");
    expect(sentences.join(" ")).not.toMatch(/\bcan\b|expires/);
  });

  test("says that its scopes have no effect, if none has", () => {
    expect(summary({ permission: "read-only", scopes: ["signatures:write"] })).toBe(
      "It does nothing now: none of its scopes has an effect. Chosen, but without effect: signatures:write (the key is read only).",
    );
  });
});

describe("Of limits", () => {
  const own = { rates: [{ name: "mine", limit: 30, window: 60 }], quotas: [] };
  test.for<[string, Partial<KeyRecord>]>([
    ["It has no limits.", {}],
    ["Limits: 5 requests per minute (plan free).", { plan: "free" }],
    [
      "Without effect, because another limit is always reached first: 10,000 requests per day (UTC) (plan free).",
      { plan: "free" },
    ],
    ["Limits: 5 requests per minute (plan free).", { plan: "free", limits: own }],
    [
      "always reached first: 10,000 requests per day (UTC) (plan free) and 30 requests per minute (its own).",
      { plan: "free", limits: own },
    ],
    ["Limits: 30 requests per minute (its own).", { plan: "scale", limits: own }],
    ["Limits: 100 requests per second (plan scale) and 3,000 requests per minute (plan scale).", { plan: "scale" }],
    ["Limits: 30 requests per minute (its own).", { limits: own }],
  ])("says those that bind, and where they come from: %s", ([words, fields]) =>
    expect(summary(fields)).toContain(words),
  );
});
