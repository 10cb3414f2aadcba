import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { findRepeated } from "../../src/store/audit.ts";
import { type AuditFilter, listAuditEvents } from "../../src/store/audit-list.ts";
import { readDatabaseState } from "../../src/store/health.ts";
import { hasHiddenKey } from "../../src/store/hidden-keys.ts";
import { countPlaces } from "../../src/store/key-count.ts";
import { KeyFinder } from "../../src/store/key-finder.ts";
import { countKnown, unknownMembers } from "../../src/store/key-import.ts";
import { readKeyRecord } from "../../src/store/key-records.ts";
import { readKey, readKeys } from "../../src/store/keys.ts";
import { emailTaken, hasOtherMember, listMembers, readMember } from "../../src/store/members.ts";
import { listOrganizations, readOrganization } from "../../src/store/organizations.ts";
import { countOutbox, readChange, readOutboxOf } from "../../src/store/outbox.ts";
import * as retention from "../../src/store/retention.ts";
import { readRootSession, readUsableRootLink } from "../../src/store/root-sessions.ts";
import { listSessions, readMemberSession, readSession } from "../../src/store/sessions.ts";
import { readUsableLink } from "../../src/store/sign-in-links.ts";
import {
  endAgain,
  findLiving,
  findReactivated,
  readRemovedMembers,
  readRevocation,
  readRevokedKeys,
  readSuspendedOrganizations,
} from "../../src/store/tombstones.ts";
import { readScopeUses } from "../../src/store/usage-list.ts";
import { listWorkspaces, readWorkspace, unknownWorkspaces } from "../../src/store/workspaces.ts";
import { migrate, newSecret, peppers } from "../helpers/workerd.ts";
import { scansOf } from "./plans.ts";

beforeAll(migrate);

const FIRST = { limit: 9, after: undefined };
const NEXT = { limit: 9, after: { sort: "", value: 1, id: "x" } };
const member = { id: "mem_1", organizationId: "org_1" } as Parameters<typeof hasOtherMember>[1];

const HASHES = ["current", "retiring"] as const;
const VISIBLE = { organization: "none", workspace: { workspaceIds: ["ws_1", "ws_2"] } } as const;

const LOOK_UPS: Record<string, (db: D1Database) => Promise<unknown>> = {
  "a secret": (db) => new KeyFinder(env.KV, db, peppers).inD1(newSecret()),
  "what an authority lends": (db) => readKeyRecord(db, "sandbox", "key_1"),
  "a key": (db) => readKey(db, "key_1"),
  "some keys": (db) => readKeys(db, ["key_1", "key_2"]),
  "keys that hold places": (db) => countPlaces(db, "org_1", true, 1),
  "secrets that are imported": (db) => countKnown(db, [["a", "b"]]),
  "members of keys that are imported": (db) => unknownMembers(db, "org_1", ["mem_1"]),
  "an organization": (db) => readOrganization(db, "org_1"),
  organizations: (db) => listOrganizations(db, FIRST),
  "more organizations": (db) => listOrganizations(db, NEXT),
  "a workspace": (db) => readWorkspace(db, "ws_1"),
  workspaces: (db) => listWorkspaces(db, "org_1", NEXT),
  "workspaces that are named": (db) => unknownWorkspaces(db, "org_1", ["ws_1"]),
  "a member": (db) => readMember(db, "mem_1"),
  members: (db) => listMembers(db, "org_1", NEXT),
  "an address": (db) => emailTaken(db, "org_1", "ada@acme.test"),
  "another owner": (db) => hasOtherMember(db, member, ["owner"]),
  "hidden keys of a member": (db) =>
    hasHiddenKey(db, "org_1", { memberId: "mem_1" }, VISIBLE, { actsAsMember: true, now: 1 }),
  "hidden keys of a workspace": (db) =>
    hasHiddenKey(db, "org_1", { workspaceId: "ws_1" }, VISIBLE, { actsAsMember: true, now: 1 }),
  "keys revoked lately": (db) => readRevokedKeys(db, [1, "x"], 2, 9),
  "members removed lately": (db) => readRemovedMembers(db, [1, "x"], 2, 9),
  "suspended organizations": (db) => readSuspendedOrganizations(db, [0, "x"], 2, 9),
  "a revocation": (db) => readRevocation(db, "key_1"),
  "what lives of what ended": async (db) => [
    await findLiving(db, "api_key", ["key_1"]),
    await findLiving(db, "member", ["mem_1"]),
    await findLiving(db, "organization", ["org_1"]),
  ],
  "what is ended again": async (db) => {
    const tombstone = { id: "x", at: 1, by: null, reason: null };
    for (const kind of ["api_key", "member", "organization"] as const) {
      await endAgain(db, kind, [tombstone], { changeId: "chg_1", at: 1 });
    }
  },
  "what was made active": (db) => findReactivated(db, [{ id: "org_1", at: 1 }]),
  "a session by its cookie": (db) => readMemberSession(db, HASHES),
  "a session": (db) => readSession(db, "ses_1"),
  sessions: (db) => listSessions(db, "mem_1", 1, NEXT),
  "a sign-in link": (db) => readUsableLink(db, HASHES, { now: 1, creators: { owner: [] } }),
  "a link of the platform team": (db) => readUsableRootLink(db, HASHES, 1),
  "a session of the platform team": (db) => readRootSession(db, HASHES, 1),
  "the oldest audit event": (db) => readDatabaseState(db),
  "a repeated request": (db) => findRepeated(db, "root", "key"),
  "a change's outbox": async (db) => [await readChange(db, "chg_1", 9), await countOutbox(db, "chg_1")],
  "a key's outbox": (db) => readOutboxOf(db, { key: "key_1" }, 9),
  "the scopes that a key used": (db) => readScopeUses(db, "key_1"),
};

describe("a look-up walks through no table", () => {
  test.for(Object.entries(LOOK_UPS))("%s", async ([, lookUp]) => {
    const plans = await scansOf(lookUp);
    expect(plans).not.toEqual([]);
    expect(plans.filter(({ scans }) => scans.length > 0)).toEqual([]);
  });
});

describe("a removal of old rows reads an index in the order of age, and sorts nothing", () => {
  const removals = Object.entries(retention).filter(
    (entry): entry is [string, retention.Removal] => typeof entry[1] === "function",
  );

  test.for(removals)("%s", async ([, remove]) => {
    for (const after of [undefined, [1, 1] as const]) {
      const plans = await scansOf((db) => remove(db, 1, after));
      expect(plans).not.toEqual([]);
      expect(plans.filter(({ scans }) => scans.length > 0)).toEqual([]);
      expect(plans.flatMap(({ details }) => details).filter((detail) => /TEMP B-TREE/.test(detail))).toEqual([]);
    }
  });

  test("and looks for the keys of a removed member by the member, not through the whole organization", async () => {
    const details = (await scansOf((db) => retention.removeMembers(db, 1, undefined))).flatMap((plan) => plan.details);
    expect(details.filter((detail) => /api_keys/.test(detail) && !detail.includes("(member_id=?"))).toEqual([]);
  });
});

test.each([
  ["keys that were revoked lately", readRevokedKeys],
  ["members who were removed lately", readRemovedMembers],
])("%s are read from a part of an index, and not with all that ended before", async (_, read) => {
  const [plan] = await scansOf((db) => read(db, [1, "x"], 2, 9));
  expect(plan?.details[0]).toMatch(/USING INDEX \w+ \((<expr>|removed_at)>\? AND (<expr>|removed_at)<\?\)/);
});

describe("the audit trail is read from an index", () => {
  const visibleTo = { organization: { memberId: "mem_1" }, workspace: { workspaceIds: ["ws_1"] } };
  const more: [string, Partial<AuditFilter>, string][] = [
    ["nothing more", {}, "by_time"],
    ["target", { target: "key_1" }, "by_target"],
    ["actor", { actor: "root" }, "by_actor"],
    ["action", { action: "api_key.created" }, "by_action"],
    ["time", { from: 1, to: 2 }, "by_time"],
    ["who sees", { visibleTo }, "by_time"],
    ["target and actor", { target: "key_1", actor: "root", action: "a" }, "by_target"],
    ["all at once", { target: "key_1", actor: "root", action: "a", from: 1, to: 2, visibleTo }, "by_target"],
  ];
  test.each(more)("filtered by %s, on the first page and on a deep one", async (_, filter, index) => {
    for (const page of [FIRST, NEXT]) {
      const plans = await scansOf((db) => listAuditEvents(db, { organizationId: "org_1", ...filter }, page));
      expect(plans).toMatchObject([{ scans: [] }]);
      expect(plans[0]?.details[0]).toMatch(new RegExp(`^SEARCH audit_events USING INDEX audit_events_${index} `));
    }
  });
});
