/** What a verb has found may change before it writes: another change comes in exactly between the two. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { type Caller, type Control, collisionOf } from "../../src/control/control.ts";
import { changeKey } from "../../src/control/keys/change.ts";
import { createKey } from "../../src/control/keys/create.ts";
import { importKeys } from "../../src/control/keys/import.ts";
import { revokeKey } from "../../src/control/keys/revoke.ts";
import { rotateKey } from "../../src/control/keys/rotate.ts";
import { disableKey, enableKey } from "../../src/control/keys/switch.ts";
import { deleteWorkspace } from "../../src/control/organizations/change-workspace.ts";
import type { NewKey } from "../../src/records/key.ts";
import { readKey } from "../../src/store/keys.ts";
import { codeOf, controlOf, granted, root } from "../helpers/control.ts";
import { instrument, migrate } from "../helpers/workerd.ts";
import { auditOf, call, countRows, makeKey, setUp } from "../management/call.ts";

beforeAll(migrate);

type Change = () => Promise<{ status: number }>;

/** `change` takes place after the verb's last look, and before its one batch. */
function meanwhile(change: Change): Control {
  const db = instrument(env.DB, async (name, go) => {
    if (name === "batch" && (await change()).status >= 300) throw new Error("the change was refused");
    return go();
  });
  return { ...controlOf(), now: Date.now, db };
}

async function prepare() {
  const { organization, member, workspace, keyBody } = await setUp();
  const wanted: NewKey = {
    organizationId: organization.id,
    memberId: member.id,
    environment: "sandbox",
    reach: "workspace",
    workspaceIds: [workspace.id],
    permission: "full-access",
    scopes: ["signatures:read"],
    name: "Key",
    description: null,
    expiresAt: null,
    plan: null,
    limits: null,
    allowedAddresses: [],
  };
  const patchOrganization = (body: object) => () => call("PATCH", `/v1/organizations/${organization.id}`, body);
  const changes: Record<string, Change> = {
    "its member is removed": () => call("DELETE", `/v1/members/${member.id}`),
    "its member gets another role": () => call("PATCH", `/v1/members/${member.id}`, { role: "member" }),
    "its organization is suspended": patchOrganization({ status: "suspended" }),
    "its environment is closed": patchOrganization({ environments: ["production"] }),
    "its workspace is deleted": () => call("DELETE", `/v1/workspaces/${workspace.id}`),
  };
  return { wanted, changes, workspace, keyBody };
}

const attempt = (verb: Promise<unknown>) => verb.catch((error) => collisionOf(error) ?? Promise.reject(error));
const actions = async (target: string) => (await auditOf(target)).map(({ action }) => action);

describe("no key is made where in the meantime", () => {
  const GONE = [
    "its member is removed",
    "its organization is suspended",
    "its environment is closed",
    "its workspace is deleted",
  ];

  test.for([...GONE, "its member gets another role"])("%s", async (what) => {
    const { wanted, changes } = await prepare();
    const before = await countRows("api_keys");
    expect(codeOf(await attempt(createKey(meanwhile(changes[what] as Change), root(), wanted)))).toBe("conflict");
    expect(await countRows("api_keys")).toBe(before);
  });

  test.for(GONE)("%s, of all that are imported", async (what) => {
    const { wanted, changes } = await prepare();
    const before = await countRows("api_keys");
    const { organizationId, environment, ...terms } = wanted;
    const keys = ["a", "b"].map((digit) => ({ ...terms, sha256: digit.repeat(64), hint: "old" }));
    const control = meanwhile(changes[what] as Change);
    const imported = await attempt(importKeys(control, root(), { organizationId, environment, keys }));
    expect(codeOf(imported)).toBe("conflict");
    expect(await countRows("api_keys")).toBe(before);
  });
});

describe("while somebody widens a key", () => {
  type Verb = (control: Control, caller: Caller, id: string) => Promise<unknown>;

  async function race(verb: Verb, ifMatch?: true, before = async (_: string): Promise<unknown> => undefined) {
    const { keyBody } = await prepare();
    const { id } = await makeKey(keyBody);
    await before(id);
    const version = (await readKey(env.DB, id))?.version as string;
    const control = meanwhile(() => call("PATCH", `/v1/api-keys/${id}`, { scopes: ["signatures:write"] }));
    const outcome = codeOf(await verb(control, { ...root(), ifMatch: ifMatch && [version] }, id));
    const { status, scopes } = (await call("GET", `/v1/api-keys/${id}`)).body;
    return { outcome, status, scopes, actions: await actions(id) };
  }
  const scopes = ["signatures:write"];
  const UNCHANGED = ["api_key.created", "api_key.changed"];

  test("it is not enabled, rotated or changed as it was before", async () => {
    const lost = { outcome: "conflict", status: "active", scopes, actions: UNCHANGED };
    const disable = (id: string) => call("POST", `/v1/api-keys/${id}/disable`);
    expect(await race(enableKey, undefined, disable)).toEqual({
      ...{ ...lost, status: "disabled" },
      actions: ["api_key.created", "api_key.disabled", "api_key.changed"],
    });
    expect(await race((control, caller, id) => rotateKey(control, caller, id, 0))).toEqual(lost);
    expect(await race((control, caller, id) => changeKey(control, caller, id, { name: "n" }))).toEqual(lost);
  });

  test("it is disabled and revoked all the same", async () => {
    expect(await race(disableKey)).toEqual({
      outcome: "granted",
      status: "disabled",
      scopes,
      actions: expect.arrayContaining(["api_key.disabled", ...UNCHANGED]),
    });
    expect(await race((control, caller, id) => revokeKey(control, caller, id, null))).toEqual({
      outcome: "granted",
      status: "revoked",
      scopes,
      actions: expect.arrayContaining(["api_key.revoked", ...UNCHANGED]),
    });
  });

  test("it is not disabled or revoked by who means one version alone", async () => {
    const lost = { outcome: "precondition_failed", status: "active", scopes, actions: UNCHANGED };
    expect(await race(disableKey, true)).toEqual(lost);
    expect(await race((control, caller, id) => revokeKey(control, caller, id, null), true)).toEqual(lost);
  });
});

describe("a workspace that somebody renames while it is to be deleted", () => {
  test.for([
    [undefined, "conflict"],
    [true, "precondition_failed"],
  ] as const)("stays, and no event tells of a deletion (If-Match: %s)", async ([ifMatch, code]) => {
    const { workspace } = await prepare();
    const path = `/v1/workspaces/${workspace.id}`;
    const version = (await call("GET", path)).headers.get("ETag")?.replaceAll('"', "") as string;
    const control = meanwhile(() => call("PATCH", path, { name: "Other" }));
    const caller: Caller = { ...root(), ifMatch: ifMatch && [version] };
    expect(codeOf(await deleteWorkspace(control, caller, workspace.id))).toBe(code);
    expect((await call("GET", path)).body.name).toBe("Other");
    expect(await actions(workspace.id)).toEqual(["workspace.created", "workspace.changed"]);
  });
});

describe("a change that is made, where D1 fails right after", () => {
  const failingAfterwards = (): Control => {
    let isMade = false;
    const db = instrument(env.DB, async (name, go) => {
      if (isMade) throw new Error("D1_ERROR: gone");
      const result = await go();
      isMade = name === "batch";
      return result;
    });
    return { ...controlOf(), now: Date.now, db };
  };

  test("is answered as made and still to be told, with the secret of a rotation", async () => {
    const { keyBody } = await prepare();
    const { id } = await makeKey(keyBody);
    const { key, secret, effect } = granted(await rotateKey(failingAfterwards(), root(), id, 0));
    expect(secret).toMatch(/^kg_test_/);
    expect(effect.isPending).toBe(true);
    const { body, headers } = await call("GET", `/v1/api-keys/${id}`);
    expect([headers.get("ETag"), body.hint]).toEqual([`"${key.version}"`, key.hint]);
  });

  test.for(["change", "disable", "enable", "revoke"])("is answered with the record as it is: %s", async (deed) => {
    const { keyBody } = await prepare();
    const { id } = await makeKey(keyBody);
    if (deed === "enable") await call("POST", `/v1/api-keys/${id}/disable`);
    const verbs: Record<string, () => ReturnType<typeof changeKey>> = {
      change: () => changeKey(failingAfterwards(), root(), id, { scopes: ["signatures:read", "signatures:write"] }),
      disable: () => disableKey(failingAfterwards(), root(), id),
      enable: () => enableKey(failingAfterwards(), root(), id),
      revoke: () => revokeKey(failingAfterwards(), root(), id, "leaked"),
    };
    const { key, effect } = granted(await (verbs[deed] as () => ReturnType<typeof changeKey>)());
    expect(effect.isPending).toBe(true);
    expect(key).toEqual(await readKey(env.DB, id));
  });
});
