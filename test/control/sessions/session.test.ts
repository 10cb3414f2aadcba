import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { listSessions, revokeSession, revokeSessions } from "../../../src/control/sessions/manage.ts";
import { findSession, signOut } from "../../../src/control/sessions/session.ts";
import { standingOfKey } from "../../../src/control/standing.ts";
import { RETENTION_MS } from "../../../src/domain/session.ts";
import { isRefusal } from "../../../src/errors.ts";
import type { MemberRecord } from "../../../src/records/member.ts";
import { readKeyRecord } from "../../../src/store/key-records.ts";
import { readMember } from "../../../src/store/members.ts";
import { removeSessions } from "../../../src/store/retention.ts";
import { as, codeOf, controlOf, GATEWAY, granted, root, type TestControl } from "../../helpers/control.ts";
import {
  giveRole,
  linkTokenFor,
  makeMember,
  makeOrganization,
  removeMember,
  sessionTokenFor,
  setStatus,
  signInWith,
} from "../../helpers/people.ts";
import { counting, failing, instrument, migrate, seedKey } from "../../helpers/workerd.ts";

beforeAll(migrate);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FIRST = { limit: 50, after: undefined };

const stateOf = async (control: TestControl, token: string) => codeOf(await findSession(control, token));
const idOf = async (control: TestControl, token: string) => granted(await findSession(control, token)).id;

/** By the session with this token. */
async function by(control: TestControl, member: MemberRecord, token: string) {
  return { ...as(member), via: await idOf(control, token) };
}

async function sessionsOf(memberId: string) {
  const { results } = await env.DB.prepare("SELECT * FROM sessions WHERE member_id = ?").bind(memberId).all();
  return results;
}

async function eventsOf(organizationId: string, action: string) {
  const { results } = await env.DB.prepare("SELECT * FROM audit_events WHERE organization_id = ? AND action = ?")
    .bind(organizationId, action)
    .all<Record<"actor" | "via" | "target" | "details", string>>();
  return results.map((event) => ({ ...event, details: JSON.parse(event.details) }));
}

describe("a sign-in link", () => {
  test("makes exactly one session, though twenty try it at once", async () => {
    const control = controlOf();
    const member = await makeMember(await makeOrganization());
    const linkToken = await linkTokenFor(control, member.id);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => signInWith(control, linkToken)));
    expect(outcomes.map(codeOf).sort()).toEqual(["granted", ...Array(19).fill("sign_in_link_invalid")]);
    expect(await sessionsOf(member.id)).toHaveLength(1);
    expect(await eventsOf(member.organizationId, "session.created")).toHaveLength(1);
  });

  test("is spent for good", async () => {
    const control = controlOf();
    const linkToken = await linkTokenFor(control, (await makeMember(await makeOrganization())).id);
    const attempt = async () => codeOf(await signInWith(control, linkToken));
    expect([await attempt(), await attempt()]).toEqual(["granted", "sign_in_link_invalid"]);
  });

  test("makes no session once it is ten minutes old", async () => {
    const control = controlOf();
    const member = await makeMember(await makeOrganization());
    const linkToken = await linkTokenFor(control, member.id);
    control.wait(10 * MINUTE);
    expect(codeOf(await signInWith(control, linkToken))).toBe("sign_in_link_invalid");
    expect(await sessionsOf(member.id)).toEqual([]);
  });

  test("makes no session of a member who is removed while the button is pressed", async () => {
    const control = controlOf();
    const member = await makeMember(await makeOrganization());
    const linkToken = await linkTokenFor(control, member.id);
    const db = instrument(env.DB, async (name, go) => {
      if (name === "batch") await removeMember(member.id);
      return go();
    });
    const outcome = await signInWith({ ...control, db }, linkToken);
    expect(codeOf(outcome)).toBe("sign_in_link_invalid");
    expect(await sessionsOf(member.id)).toEqual([]);
    expect(await eventsOf(member.organizationId, "session.created")).toEqual([]);
  });

  test("leaves in the audit trail who made it and who used it", async () => {
    const control = controlOf();
    const member = await makeMember(await makeOrganization());
    const id = await idOf(control, await sessionTokenFor(control, member.id));
    expect(await eventsOf(member.organizationId, "session.created")).toMatchObject([
      { actor: member.id, via: id, target: id, details: { member_id: member.id, link_created_by: "root" } },
    ]);
  });
});

describe("a session", () => {
  test("tells who is signed in, where, and as what", async () => {
    const control = controlOf();
    const member = await makeMember(await makeOrganization(), "admin");
    const token = await sessionTokenFor(control, member.id);
    expect(token).toMatch(/^kgs_[A-Za-z0-9_-]{43}$/);
    expect(await findSession(control, token)).toMatchObject({
      member: { ...member, lastSignedInAt: control.now() },
      organization: { name: "Acme & Söhne", status: "active" },
      createdAt: control.now(),
      expiresAt: control.now() + 12 * HOUR,
    });
  });

  test("says from which device and place it began, and is the member's last sign-in from then on, also once it is deleted", async () => {
    const control = controlOf();
    const { id } = await makeMember(await makeOrganization());
    const lastSignIn = async () => (await readMember(env.DB, id))?.lastSignedInAt;
    expect(await lastSignIn()).toBeNull();
    const session = granted(await findSession(control, await sessionTokenFor(control, id)));
    expect(session).toMatchObject({ device: "Firefox on Windows", place: "Berlin, Germany" });
    expect(await lastSignIn()).toBe(control.now());
    control.wait(HOUR);
    await sessionTokenFor(control, id);
    expect(await lastSignIn()).toBe(control.now());
    const last = control.now();
    control.wait(36 * HOUR + 1);
    await removeSessions(env.DB, control.now() - RETENTION_MS, undefined);
    expect(await sessionsOf(id)).toEqual([]);
    expect(await lastSignIn()).toBe(last);
  });

  test("is known to the database by its hash alone", async () => {
    const control = controlOf();
    const { id } = await makeMember(await makeOrganization());
    const token = await sessionTokenFor(control, id);
    expect(JSON.stringify(await sessionsOf(id))).not.toContain(token.slice(4));
  });

  test("is over after two hours in which nobody used it", async () => {
    const control = controlOf();
    const token = await sessionTokenFor(control, (await makeMember(await makeOrganization())).id);
    control.wait(2 * HOUR - 1);
    expect(await stateOf(control, token)).toBe("granted");
    control.wait(2 * HOUR - 1);
    expect(await stateOf(control, token)).toBe("granted");
    control.wait(2 * HOUR);
    expect(await stateOf(control, token)).toBe("session_ended");
  });

  test("is over after twelve hours, however much it is used", async () => {
    const control = controlOf();
    const token = await sessionTokenFor(control, (await makeMember(await makeOrganization())).id);
    for (let hour = 1; hour < 12; hour++) {
      control.wait(HOUR);
      expect(await stateOf(control, token)).toBe("granted");
    }
    control.wait(HOUR - 1);
    expect(await stateOf(control, token)).toBe("granted");
    control.wait(1);
    expect(await stateOf(control, token)).toBe("session_ended");
  });

  test("is written down as seen at most once in five minutes, also by twenty requests at once", async () => {
    const control = controlOf();
    const { id } = await makeMember(await makeOrganization());
    const token = await sessionTokenFor(control, id);
    const { binding, calls } = counting(env.DB);
    const watched = { ...control, db: binding };
    control.wait(5 * MINUTE - 1);
    await Promise.all(Array.from({ length: 20 }, () => findSession(watched, token)));
    expect(calls.filter((name) => name === "run")).toEqual([]);
    control.wait(1);
    await Promise.all(Array.from({ length: 20 }, () => findSession(watched, token)));
    expect(await sessionsOf(id)).toMatchObject([{ last_seen_at: control.now() }]);
    calls.length = 0;
    await findSession(watched, token);
    expect(calls).toEqual(["first"]);
  });

  test("ends when its browser signs in anew, so that one planted there is worth nothing", async () => {
    const control = controlOf();
    const [planter, victim] = [await makeMember(await makeOrganization()), await makeMember(await makeOrganization())];
    const planted = await sessionTokenFor(control, planter.id);
    const own = await sessionTokenFor(control, victim.id, planted);
    expect(own).not.toBe(planted);
    expect(await stateOf(control, planted)).toBe("session_ended");
    expect(granted(await findSession(control, own)).memberId).toBe(victim.id);
    expect(await eventsOf(planter.organizationId, "session.revoked")).toMatchObject([
      { actor: planter.id, details: { reason: "replaced" } },
    ]);
  });

  test("is not what a browser asks for: an unknown token that it has is never taken up", async () => {
    const control = controlOf();
    const made = `kgs_${"A".repeat(43)}`;
    const token = await sessionTokenFor(control, (await makeMember(await makeOrganization())).id, made);
    expect(token).not.toBe(made);
    expect(await stateOf(control, made)).toBe("session_ended");
  });

  test("ends at once with the sign-out, and a sign-out of no session does nothing", async () => {
    const control = controlOf();
    const { id, organizationId } = await makeMember(await makeOrganization());
    const token = await sessionTokenFor(control, id);
    await signOut(control, "req", token);
    expect(await stateOf(control, token)).toBe("session_ended");
    await signOut(control, "req", token);
    await signOut(control, "req", undefined);
    expect(await eventsOf(organizationId, "session.revoked")).toMatchObject([{ details: { reason: "signed_out" } }]);
  });

  test("is dead at once when its member is removed", async () => {
    const control = controlOf();
    const { id } = await makeMember(await makeOrganization());
    const token = await sessionTokenFor(control, id);
    await removeMember(id);
    expect(await stateOf(control, token)).toBe("session_ended");
  });

  test("is refused while the organization is suspended", async () => {
    const control = controlOf();
    const { id, organizationId } = await makeMember(await makeOrganization());
    const token = await sessionTokenFor(control, id);
    await setStatus(organizationId, "suspended");
    expect(await stateOf(control, token)).toBe("organization_suspended");
  });

  test("has the role that the member has now", async () => {
    const control = controlOf();
    const { id } = await makeMember(await makeOrganization());
    const token = await sessionTokenFor(control, id);
    await giveRole(id, "member");
    expect(granted(await findSession(control, token)).member.role).toBe("member");
  });

  test.each(["", "kgs_", `kgs_${"A".repeat(44)}`, `kgl_${"A".repeat(43)}`, `kgs_${"A".repeat(42)};`])(
    "is not to be had with %j, and no database is asked about it",
    async (token) => {
      expect(codeOf(await findSession({ ...controlOf(), db: undefined as never }, token))).toBe("session_ended");
    },
  );

  test("that cannot be looked up is a fault, and nobody is told that theirs has ended", async () => {
    const control = controlOf();
    const token = await sessionTokenFor(control, (await makeMember(await makeOrganization())).id);
    await expect(findSession({ ...control, db: instrument(env.DB, failing) }, token)).rejects.toThrow("down");
  });

  test("is forgotten a day after its end", async () => {
    const control = controlOf();
    const { id } = await makeMember(await makeOrganization());
    await sessionTokenFor(control, id);
    control.wait(36 * HOUR + 1);
    await removeSessions(env.DB, control.now() - RETENTION_MS, undefined);
    expect(await sessionsOf(id)).toEqual([]);
  });
});

describe("sessions are seen and ended", () => {
  test("by whom they belong to: all but the one in use", async () => {
    const control = controlOf();
    const member = await makeMember(await makeOrganization());
    const tokens = [];
    for (let n = 0; n < 25; n++) tokens.push(await sessionTokenFor(control, member.id));
    const [used, ...others] = tokens as [string, ...string[]];
    const caller = await by(control, member, used);
    expect(granted(await listSessions(control, caller, undefined, FIRST)).items).toHaveLength(25);
    expect(await revokeSessions(control, caller, undefined)).toEqual({ revoked: 24 });
    expect(granted(await listSessions(control, caller, undefined, FIRST)).items).toMatchObject([{ id: caller.via }]);
    expect(await stateOf(control, used)).toBe("granted");
    for (const other of others) expect(await stateOf(control, other)).toBe("session_ended");
    expect(await eventsOf(member.organizationId, "session.revoked")).toHaveLength(24);
  });

  test("page by page", async () => {
    const control = controlOf();
    const member = await makeMember(await makeOrganization());
    for (let n = 0; n < 3; n++) await sessionTokenFor(control, member.id);
    const first = granted(await listSessions(control, as(member), undefined, { limit: 2, after: undefined }));
    const second = granted(await listSessions(control, as(member), undefined, { limit: 2, after: first.next }));
    expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, undefined]);
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(3);
  });

  test("while they live, and no longer", async () => {
    const control = controlOf();
    const member = await makeMember(await makeOrganization());
    const id = await idOf(control, await sessionTokenFor(control, member.id));
    control.wait(2 * HOUR);
    expect(granted(await listSessions(control, as(member), undefined, FIRST)).items).toEqual([]);
    expect(codeOf(await revokeSession(control, as(member), id))).toBe("not_found");
  });

  test.each([
    ["the root token", "root", "granted"],
    ["an owner of the organization", "owner", "granted"],
    ["an admin", "admin", "not_found"],
    ["another member", "member", "not_found"],
    ["an owner of another organization", "foreign", "not_found"],
  ])("of a member by %s: %s, %s", async (_, who, outcome) => {
    const control = controlOf();
    const organization = await makeOrganization();
    const member = await makeMember(organization, "member");
    const [one, two] = [await sessionTokenFor(control, member.id), await sessionTokenFor(control, member.id)];
    const caller =
      who === "root"
        ? root()
        : as(
            await makeMember(
              who === "foreign" ? await makeOrganization() : organization,
              who === "foreign" ? "owner" : who,
            ),
          );
    const id = await idOf(control, one);
    expect(codeOf(await listSessions(control, caller, member.id, FIRST))).toBe(outcome);
    expect(codeOf(await revokeSession(control, caller, id))).toBe(outcome);
    expect(codeOf(await revokeSessions(control, caller, member.id))).toBe(outcome);
    const left = outcome === "granted" ? "session_ended" : "granted";
    expect([await stateOf(control, one), await stateOf(control, two)]).toEqual([left, left]);
    const events = await eventsOf(organization, "session.revoked");
    expect(events.map(({ actor }) => actor)).toEqual(outcome === "granted" ? [caller.actor, caller.actor] : []);
  });

  test("by no key, whatever it may do", async () => {
    const control = controlOf();
    const key = await seedKey({ environment: "production" });
    const record = await readKeyRecord(env.DB, "production", key.id);
    if (!record) throw new Error("no record");
    const caller = { actor: key.memberId, via: key.id, requestId: "req", standing: standingOfKey(record, GATEWAY) };
    const token = await sessionTokenFor(control, key.memberId);
    const outcomes = [
      await listSessions(control, caller, undefined, FIRST),
      await revokeSession(control, caller, await idOf(control, token)),
      await revokeSessions(control, caller, undefined),
    ];
    expect(outcomes.map(codeOf)).toEqual(Array(3).fill("management_forbidden"));
    expect(await stateOf(control, token)).toBe("granted");
  });

  test("by the root token for a member whom it names, since it has none of its own", async () => {
    const outcome = await listSessions(controlOf(), root(), undefined, FIRST);
    expect(isRefusal(outcome) && outcome).toMatchObject({ errors: [{ field: "member_id" }] });
  });

  test("once: a session that is over is not found, and leaves one event", async () => {
    const control = controlOf();
    const member = await makeMember(await makeOrganization());
    const id = await idOf(control, await sessionTokenFor(control, member.id));
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => revokeSession(control, as(member), id)));
    expect(outcomes.map(codeOf)).toContain("granted");
    expect(codeOf(await revokeSession(control, as(member), id))).toBe("not_found");
    expect(await eventsOf(member.organizationId, "session.revoked")).toHaveLength(1);
  });
});
