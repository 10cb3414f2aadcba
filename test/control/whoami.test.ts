import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Caller } from "../../src/control/control.ts";
import { findSession } from "../../src/control/sessions/session.ts";
import { standingOfKey, standingOfMember } from "../../src/control/standing.ts";
import { whoami } from "../../src/control/whoami.ts";
import type { KeyRecord } from "../../src/domain/key.ts";
import { readKeyRecord } from "../../src/store/key-records.ts";
import { as, controlOf, GATEWAY, granted, root } from "../helpers/control.ts";
import { makeMember, makeOrganization, sessionTokenFor } from "../helpers/people.ts";
import { migrate, newId, type Seed, seedKey } from "../helpers/workerd.ts";

beforeAll(migrate);

async function whoHolds(seed: Seed, gateway = GATEWAY) {
  const key = await seedKey(seed);
  const record = (await readKeyRecord(env.DB, key.environment, key.id)) as KeyRecord;
  const standing = standingOfKey(record, gateway);
  const caller: Caller = { actor: standing.memberId ?? key.id, via: key.id, requestId: newId("req"), standing };
  return { key, who: await whoami(controlOf(gateway), caller) };
}

test("the root token is of no organization, and may do everything", async () => {
  expect(await whoami(controlOf(), root())).toEqual({
    kind: "root",
    actor: "root",
    via: "root",
    organization: null,
    member: null,
    scopes: null,
    workspaces: null,
    environment: null,
    expiresAt: null,
    manages: { organization: "all", workspace: "all" },
  });
});

test("a signed-in member is told their organization, their role, what it allows, and when the session ends", async () => {
  const control = controlOf();
  const organizationId = await makeOrganization();
  const member = await makeMember(organizationId, "admin");
  const session = granted(await findSession(control, await sessionTokenFor(control, member.id)));
  const standing = standingOfMember(session.member, GATEWAY);
  const who = await whoami(control, { actor: member.id, via: session.id, requestId: newId("req"), standing });
  expect(who).toMatchObject({
    kind: "member",
    via: session.id,
    organization: { id: organizationId, name: "Acme & Söhne" },
    member: { id: member.id, role: "admin" },
    workspaces: [],
    environment: null,
    expiresAt: session.expiresAt,
    manages: { organization: "all", workspace: "own" },
  });
  expect(who.scopes).toEqual(expect.arrayContaining(["api_keys:write", "members:read"]));
});

test("who acts as a member by the root token is that member, without an end", async () => {
  const member = await makeMember(await makeOrganization(), "member");
  const who = await whoami(controlOf(), { ...as(member), via: "root" });
  expect(who).toMatchObject({ kind: "member", actor: member.id, via: "root", expiresAt: null });
  expect(who.scopes).not.toContain("api_keys:read");
});

test("a key is told its environment, its end, its effective scopes and its workspaces", async () => {
  const { key, who } = await whoHolds({ reach: "workspace", permission: "read-only", environment: "production" });
  expect(who).toMatchObject({
    kind: "key",
    via: key.id,
    organization: { id: key.organizationId },
    member: { id: key.memberId, role: "owner" },
    workspaces: [key.workspaceIds[0]],
    environment: "production",
    expiresAt: Date.UTC(2100, 0),
    manages: { organization: "none", workspace: "own" },
  });
  expect(who.scopes).toEqual(expect.arrayContaining(["signatures:read", "members:read"]));
  expect(who.scopes?.filter((scope) => !scope.endsWith(":read"))).toEqual([]);
});

test("a key of the sandbox has the scopes of the sandbox's routes, and in the management API those of keys alone", async () => {
  const { who } = await whoHolds({});
  expect(who.scopes).toEqual(expect.arrayContaining(["signatures:write", "api_keys:write"]));
  expect(who.scopes).not.toContain("members:read");
});

test("a key that stands for its organization is of no member", async () => {
  const gateway = { ...GATEWAY, policy: { ...GATEWAY.policy, actAs: "organization" as const } };
  const { key, who } = await whoHolds({}, gateway);
  expect(who).toMatchObject({ actor: key.id, member: null, workspaces: null });
});
