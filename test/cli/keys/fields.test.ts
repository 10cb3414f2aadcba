import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { rowOf } from "../../../src/cli/import/row.ts";
import { bodyOf, fieldsInWords, KEY_CELLS, optionsToChange, optionsToCreate } from "../../../src/cli/keys/fields.ts";
import { type KeyAnswer, keyBody, keyPatch } from "../../../src/records/key.ts";

const bodyWith = (options: (command: Command) => Command, args: string[]) => {
  const command = options(new Command()).exitOverride();
  command.parse(args, { from: "user" });
  return JSON.parse(JSON.stringify(bodyOf(command.opts())));
};

const REQUIRED = [
  ...["--organization", "org_1", "--environment", "sandbox", "--reach", "workspace"],
  ...["--permission", "read-only", "--scopes", "a:read,b:read", "--name", "ci"],
];
const BODY = {
  ...{ organization_id: "org_1", environment: "sandbox", reach: "workspace" },
  ...{ permission: "read-only", scopes: ["a:read", "b:read"], name: "ci" },
};

describe("the options of keys create", () => {
  test("give the API's fields, and leave out what is not given", () => {
    expect(bodyWith(optionsToCreate, REQUIRED)).toEqual(BODY);
  });

  test("can give every field that the API takes", () => {
    const others = [
      ...["--member", "mem_1", "--workspaces", "ws_1,ws_2", "--description", "Longer", "--expires", "2027-01-31"],
      ...["--plan", "scale", "--rates", "minute=60/60", "--quotas", "day=5/day", "--addresses", "203.0.113.0/24"],
    ];
    const body = bodyWith(optionsToCreate, [...REQUIRED, ...others]);
    expect(Object.keys(body).sort()).toEqual(Object.keys(keyBody.shape).sort());
    expect(body).toMatchObject({
      ...{ member_id: "mem_1", workspace_ids: ["ws_1", "ws_2"], expires_at: "2027-01-31T00:00:00.000Z", plan: "scale" },
      limits: { rates: [{ name: "minute", limit: 60, window: 60 }], quotas: [{ name: "day", limit: 5, per: "day" }] },
      allowed_addresses: ["203.0.113.0/24"],
    });
    expect(keyBody.safeParse(body).error).toBeUndefined();
  });
});

describe("the options of keys change", () => {
  test("leave every field as it is where none is given", () => {
    expect(bodyWith(optionsToChange, [])).toEqual({});
  });

  test("can remove what a key can be without", () => {
    const args = ["--no-description", "--no-plan", "--no-limits", "--no-addresses"];
    const body = bodyWith(optionsToChange, args);
    expect(body).toEqual({ description: null, plan: null, limits: null, allowed_addresses: [] });
    expect(keyPatch.safeParse(body).error).toBeUndefined();
  });

  test("can give every field that a change takes", () => {
    const args = [
      ...["--name", "ci", "--description", "Longer", "--permission", "read-only", "--scopes", "a:read"],
      ...["--workspaces", "ws_1", "--expires", "2027-01-31", "--plan", "scale", "--rates", "minute=60/60"],
      ...["--addresses", "203.0.113.7"],
    ];
    expect(Object.keys(bodyWith(optionsToChange, args)).sort()).toEqual(Object.keys(keyPatch.shape).sort());
  });
});

test("an import takes every field of a key, except for those that its options give", () => {
  const fields = Object.keys(keyBody.shape).filter((name) => name !== "organization_id" && name !== "environment");
  expect(Object.keys(KEY_CELLS).sort()).toEqual(fields.sort());
  const { organization_id, environment, ...terms } = BODY;
  const row = { sha256: "0".repeat(64), ...terms, expires_at: "2027-01-31" };
  expect(rowOf(row, {})).toEqual({ row: { ...row, expires_at: "2027-01-31T00:00:00.000Z" } });
});

test("keys show has a line for each field of the answer", () => {
  const key: KeyAnswer = {
    ...{ id: "key_1", organization_id: "org_1", member_id: null, environment: "sandbox", reach: "organization" },
    ...{ workspace_ids: [], permission: "read-only", scopes: [], name: "ci", description: null, plan: null },
    ...{
      limits: { rates: [], quotas: [] },
      allowed_addresses: [],
      hint: "kg_…1234",
      status: "active",
      status_reason: null,
    },
    ...{ created_at: "2026-11-20T14:01:00.000Z", expires_at: "2027-11-20T14:01:00.000Z", last_used_at: null },
    revoked_at: null,
    secrets: [
      { id: "sec_b", hint: "kg_…1234", created_at: "2026-11-20T14:01:00.000Z", expires_at: null },
      { id: "sec_a", hint: "kg_…abcd", created_at: "2026-11-19T14:01:00.000Z", expires_at: "2026-11-21T14:01:00.000Z" },
    ],
  };
  const lines = fieldsInWords(key);
  expect(lines).toHaveLength(Object.keys(key).length);
  expect(Object.fromEntries(lines)).toMatchObject({
    Secrets: "sec_b kg_…1234, sec_a kg_…abcd (until 21 Nov 2026, 14:01 UTC)",
    ...{ Scopes: "none", Limits: "none", Workspaces: "", Description: null, Revoked: "", "Last used": "never" },
    Created: "20 Nov 2026, 14:01 UTC",
  });
});
