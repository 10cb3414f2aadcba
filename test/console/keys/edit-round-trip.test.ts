/** What is typed into the form for editing a key is what is kept, wherever the form comes back from. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Form } from "../../../src/console/frame/form.ts";
import { Kept } from "../../../src/console/frame/kept.tsx";
import { NO_PROBLEMS } from "../../../src/console/frame/mistakes.tsx";
import { EditForm } from "../../../src/console/keys/edit-form.tsx";
import { changesIn, completed, formOf } from "../../../src/console/keys/edited.ts";
import { ROW_KINDS, rowsIn } from "../../../src/console/keys/limit-rows.ts";
import { scopesOf } from "../../../src/domain/scope.ts";
import { isRefusal } from "../../../src/errors.ts";
import { check } from "../../../src/management/parse.ts";
import { changeableOf, keyPatch, type ManagedKey } from "../../../src/records/key.ts";

import { GATEWAY } from "../../helpers/control.ts";
import { entriesOf, formsIn } from "../browser.ts";

const WORKSPACES = ["ws_1", "ws_2", "ws_3"].map((id) => ({
  ...{ id, name: `Workspace <${id}>`, organizationId: "org_1", createdAt: 1, version: "ver_1" },
}));
const SCOPES = [...Object.keys(GATEWAY.policy.bundles), ...scopesOf(GATEWAY.policy.resources)];

const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
const limits = fc.record({
  rates: fc.array(
    fc.record(
      {
        name,
        limit: fc.integer({ min: 1, max: 1000 }),
        window: fc.integer({ min: 1, max: 86_400 }),
        burst: fc.integer({ min: 1, max: 99 }),
      },
      { requiredKeys: ["name", "limit", "window"] },
    ),
    { maxLength: 5 },
  ),
  quotas: fc.array(
    fc.record({
      name,
      limit: fc.integer({ min: 1, max: 1000 }),
      per: fc.constantFrom("hour" as const, "day" as const, "month" as const),
    }),
    { maxLength: 5 },
  ),
});
const lines = fc
  .array(fc.constantFrom("a", "b c", " d", "", "<e>", "&amp;", '"'), { maxLength: 5 })
  .map((list) => list.join("\n"));
const address = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `10.${a}.${b}.0/24`);

const keys: fc.Arbitrary<ManagedKey> = fc
  .record({
    reach: fc.constantFrom("organization" as const, "workspace" as const),
    workspaceIds: fc.subarray(["ws_1", "ws_2", "ws_3"], { minLength: 1 }),
    permission: fc.constantFrom("full-access" as const, "read-only" as const),
    scopes: fc.subarray([...SCOPES, "gone:read"], { minLength: 1, maxLength: 6 }),
    name: fc.constantFrom("key", ' <b>"k"</b>', "a & b", "ключ"),
    description: fc.option(lines),
    limits: fc.option(limits),
    allowedAddresses: fc.array(address, { maxLength: 4 }),
    expiresAt: fc.integer({ min: Date.UTC(2027, 0), max: Date.UTC(2030, 0) }),
  })
  .map((fields) => ({
    ...fields,
    workspaceIds: fields.reach === "workspace" ? fields.workspaceIds : [],
    ...{ id: "key_1", organizationId: "org_1", memberId: "mem_1", environment: "sandbox", plan: null, hint: "kg…abcd" },
    ...{ createdAt: 1, lastUsedAt: null, disabledAt: null, revokedAt: null, version: "ver_1" },
    ...{ organizationStatus: "active" as const, organizationPlan: null, memberRole: "owner", memberRemovedAt: null },
    secretRows: [],
  }));

/** What visitors write into the rows, in any order, with rows left empty or half filled. */
const cell = fc.oneof(
  { weight: 2, arbitrary: fc.constant("") },
  fc.constantFrom("a", "b", "5", " 60 ", "1e3", "0x10", "-1", "много"),
);
const rows = fc.array(
  fc.record({
    rate: fc.tuple(cell, cell, cell, cell),
    quota: fc.tuple(cell, cell, fc.constantFrom("hour", "day", "month")),
  }),
  {
    maxLength: 6,
  },
);

function written(key: ManagedKey, typed: readonly { rate: readonly string[]; quota: readonly string[] }[]): Form {
  const others = formOf(key)
    .entries()
    .filter(([field]) => !/^(rate|quota)_/.test(field));
  const cells = typed.flatMap(({ rate, quota }) =>
    ROW_KINDS.flatMap(({ columns }, kind) =>
      columns.map(({ name: field }, at): [string, string] => [field, (kind === 0 ? rate : quota)[at] ?? ""]),
    ),
  );
  return completed(new Form([...others, ...cells]), key);
}

/** To a browser and back. */
async function shown(key: ManagedKey, form: Form): Promise<Form> {
  const html = await EditForm({
    ...{ keyOf: key, form, problems: NO_PROBLEMS, gateway: GATEWAY, withheld: new Map(), workspaces: WORKSPACES },
  }).toString();
  return new Form(entriesOf((await formsIn(html))[0] as never));
}

async function reviewed(_: ManagedKey, form: Form): Promise<Form> {
  const html = `<form method="post">${await Kept({ fields: form.entries() }).toString()}</form>`;
  return new Form(entriesOf((await formsIn(html))[0] as never));
}

/** The fields that the key would have. */
const wanted = (form: Form, key: ManagedKey) => ({ ...changeableOf(key), ...changesIn(form, key) });
const ways = fc.array(fc.constantFrom(shown, reviewed), { minLength: 1, maxLength: 4 });
const RUNS = { numRuns: 150 };

describe("The form for editing a key", () => {
  test("changes nothing if nothing is written into it, however often it is shown and reviewed", async () => {
    await fc.assert(
      fc.asyncProperty(keys, ways, async (key, steps) => {
        let form = formOf(key);
        for (const step of steps) form = await step(key, form);
        expect(changesIn(form, key)).toEqual({});
      }),
      RUNS,
    );
  });

  test("keeps what is written into its rows, in any order and with rows left empty, however often it comes back", async () => {
    await fc.assert(
      fc.asyncProperty(keys, rows, ways, async (key, typed, steps) => {
        const first = written(key, typed);
        let form = first;
        for (const step of steps) form = await step(key, form);
        expect(wanted(form, key)).toEqual(wanted(first, key));
        for (const kind of ROW_KINDS) expect(rowsIn(form, kind)).toEqual(rowsIn(first, kind));
      }),
      RUNS,
    );
  });

  test("keeps what is chosen of scopes and workspaces and written as addresses, however often it comes back", async () => {
    const chosen = fc.record({
      scopes: fc.subarray(SCOPES),
      workspaces: fc.subarray(["ws_1", "ws_2", "ws_3"]),
      addresses: fc.array(fc.oneof(address, fc.constantFrom("", " ", "nonsense")), { maxLength: 4 }),
      text: lines,
    });
    await fc.assert(
      fc.asyncProperty(keys, chosen, ways, async (key, { scopes, workspaces, addresses, text }, steps) => {
        const others = formOf(key)
          .entries()
          .filter(([field]) => !["scopes", "workspace_ids", "allowed_addresses", "description"].includes(field));
        const first = new Form([
          ...others,
          ...scopes.map((scope): [string, string] => ["scopes", scope]),
          ...(key.reach === "workspace" ? workspaces.map((id): [string, string] => ["workspace_ids", id]) : []),
          ["allowed_addresses", addresses.join("\n")],
          ["description", text],
        ]);
        let form = first;
        for (const step of steps) form = await step(key, form);
        expect(wanted(form, key)).toEqual(wanted(first, key));
      }),
      RUNS,
    );
  });

  test("makes no limited key unlimited while anything is written into a row", () => {
    fc.assert(
      fc.property(keys, rows, (key, typed) => {
        const isEmpty = typed.every(({ rate, quota }) =>
          [...rate, ...quota.slice(0, 2)].every((text) => text.trim() === ""),
        );
        const change = check(keyPatch, changesIn(written(key, typed), key));
        // Half a row is a mistake, which saves nothing.
        if (isEmpty || isRefusal(change)) return;
        const kept = "limits" in change ? change.limits : key.limits;
        expect((kept?.rates.length ?? 0) + (kept?.quotas.length ?? 0)).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  test("changes no field that it was sent without", () => {
    fc.assert(
      fc.property(
        keys,
        fc.subarray(["name", "description", "permission", "limits", "expires_on", "allowed_addresses"]),
        (key, missing) => {
          const isMissing = (field: string) => missing.includes(/^(rate|quota)_/.test(field) ? "limits" : field);
          const form = new Form(
            formOf(key)
              .entries()
              .filter(([field]) => !isMissing(field)),
          );
          expect(changesIn(completed(form, key), key)).toEqual({});
        },
      ),
    );
  });

  test("takes numbers as they are written, and no others", () => {
    const [key] = fc.sample(keys, 1) as [ManagedKey];
    const withLimit = (limit: string) =>
      written({ ...key, limits: null }, [{ rate: ["r", limit, "60", ""], quota: [] }]);
    for (const limit of ["0x10", "1e3", "5.0", "+5", "5 0", "٥", "", "-1", "0"]) {
      expect(isRefusal(check(keyPatch, changesIn(withLimit(limit), { ...key, limits: null }))), limit).toBe(true);
    }
    expect(changesIn(withLimit(" 16 "), { ...key, limits: null })).toMatchObject({
      limits: { rates: [{ limit: 16 }] },
    });
  });
});

test("the form can change every field that the API can, except for the plan, which is the platform team's", () => {
  const key: ManagedKey = {
    ...{ id: "key_1", organizationId: "org_1", memberId: null, environment: "sandbox", reach: "workspace" },
    ...{ workspaceIds: ["ws_1"], permission: "read-only", scopes: ["signatures:read"], name: "a", description: "b" },
    ...{ plan: null, limits: { rates: [], quotas: [{ name: "day", limit: 1, per: "day" }] } },
    ...{ allowedAddresses: ["10.0.0.0/24"], hint: "…", createdAt: 1, expiresAt: 2, lastUsedAt: null },
    ...{ disabledAt: null, revokedAt: null, version: "ver_1", memberRemovedAt: null, memberRole: null },
    ...{ organizationPlan: null, organizationStatus: "active" },
    secretRows: [],
  };
  const changed = Object.keys(changesIn(new Form([]), key));
  expect([...changed, "plan"].sort()).toEqual(Object.keys(keyPatch.shape).sort());
});
