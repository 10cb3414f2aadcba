import fc from "fast-check";
import { describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { compile } from "../../src/config/compile.ts";
import {
  auditedOf,
  CHANGED_KEY_COLUMNS,
  changeableOf,
  KEY_COLUMNS,
  keyBody,
  keyCells,
  keyChangeOf,
  keyOf,
  keyPatch,
  type ManagedKey,
  newKeyOf,
  renderKey,
} from "../../src/records/key.ts";

const NOW = Date.UTC(2026, 10, 28);
const DAY_MS = 86_400_000;

const KEY: ManagedKey = {
  ...{ id: "key_1", organizationId: "org_1", memberId: null, environment: "sandbox", reach: "workspace" },
  ...{ workspaceIds: ["ws_1"], permission: "read-only", scopes: ["signatures:read"], name: "ci", description: null },
  ...{ plan: null, limits: { rates: [{ name: "minute", limit: 60, window: 60 }], quotas: [] } },
  ...{ allowedAddresses: ["203.0.113.0/24"], hint: "kg_…abcd", createdAt: NOW, expiresAt: NOW + DAY_MS },
  ...{ lastUsedAt: null, disabledAt: null, revokedAt: null, version: "ver_1" },
  ...{ organizationStatus: "active", organizationPlan: "scale", memberRole: null, memberRemovedAt: null },
  secretRows: [{ hint: "kg_…abcd", createdAt: NOW, expiresAt: null }],
};
const TERMS = compile(config);

/** As D1 returns it. */
function rowOf(key: ManagedKey) {
  const cells = keyCells(key, KEY_COLUMNS);
  return {
    ...Object.fromEntries(KEY_COLUMNS.map((column, at) => [column, cells[at]])),
    ...{ last_used_at: key.lastUsedAt, disabled_at: key.disabledAt, revoked_at: key.revokedAt, hint: key.hint },
    ...{ scopes: JSON.stringify(key.scopes), workspace_ids: JSON.stringify(key.workspaceIds) },
    ...{ organization_status: key.organizationStatus, organization_plan: key.organizationPlan },
    ...{ member_role: key.memberRole, member_removed_at: key.memberRemovedAt },
    secret_rows: JSON.stringify(key.secretRows),
  };
}

const anyKey = fc.record({
  name: fc.string(),
  description: fc.option(fc.string()),
  limits: fc.option(fc.constant(KEY.limits)),
  allowedAddresses: fc.array(fc.string()),
  scopes: fc.array(fc.string()),
  lastUsedAt: fc.option(fc.nat()),
});

describe("a key", () => {
  test("is read from a row as it was written", () => {
    fc.assert(
      fc.property(anyKey, (fields) => {
        const key = { ...KEY, ...fields };
        expect(keyOf(rowOf(key))).toEqual(key);
      }),
    );
  });

  test("that is created again from what the API shows of it has the same fields", () => {
    const { id, hint, secrets, status, status_reason, created_at, last_used_at, revoked_at, ...fields } = renderKey(
      KEY,
      TERMS,
      NOW,
    );
    const { id: _, hint: __, createdAt, lastUsedAt, disabledAt, revokedAt, version, ...rest } = KEY;
    const { organizationStatus, organizationPlan, memberRole, memberRemovedAt, secretRows, ...same } = rest;
    expect(newKeyOf(keyBody.parse(fields))).toEqual(same);
  });

  test("that is changed to what it is stays the same", () => {
    expect({ ...KEY, ...keyChangeOf(keyPatch.parse(changeableOf(KEY))) }).toEqual(KEY);
  });

  test("loses nothing in a change that gives nothing, and no field that is `undefined`", () => {
    expect(keyChangeOf(keyPatch.parse({}))).toEqual({});
    expect(Object.keys(keyChangeOf({ name: undefined }))).toEqual([]);
  });

  test("is shown with its times, its state, and neither its version nor when it was disabled", () => {
    const shown = renderKey({ ...KEY, memberId: "mem_1", memberRole: "owner", disabledAt: NOW }, TERMS, NOW);
    expect(shown).toMatchObject({ status: "disabled", status_reason: "key_disabled", last_used_at: null });
    expect(shown.expires_at).toBe("2026-11-29T00:00:00.000Z");
    expect(Object.keys(shown)).not.toContain("version");
    expect(Object.keys(shown)).not.toContain("disabled_at");
    expect(Object.keys(shown)).not.toContain("organization_plan");
  });

  test("has a column for each field that a change can touch, except for those with separate tables", () => {
    const own = Object.keys(keyPatch.shape).filter((name) => name !== "scopes" && name !== "workspace_ids");
    expect([...CHANGED_KEY_COLUMNS].sort()).toEqual([...own, "version"].sort());
    expect(KEY_COLUMNS).toEqual(expect.arrayContaining([...own, "id", "organization_id", "created_at"]));
  });

  test("is told of in the audit trail by the API's names", () => {
    expect(auditedOf(KEY)).toEqual({
      ...{ environment: "sandbox", reach: "workspace", workspace_ids: ["ws_1"], permission: "read-only" },
      ...{ scopes: ["signatures:read"], name: "ci" },
    });
  });
});
