import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import config from "../../../gateway.config.ts";
import { compile } from "../../../src/config/compile.ts";
import { createInvitation, findInvitation, revokeInvitation } from "../../../src/control/sessions/invitation.ts";
import { findSignInLink } from "../../../src/control/sessions/sign-in-link.ts";
import { RETENTION_MS } from "../../../src/domain/session.ts";
import { removeSignInLinks } from "../../../src/store/retention.ts";
import { as, codeOf, controlOf, granted, root, type TestControl } from "../../helpers/control.ts";
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
import { migrate } from "../../helpers/workerd.ts";

beforeAll(migrate);

const DAY = 86_400_000;

const tokenOf = ({ url }: { url: string }) => url.slice(url.lastIndexOf("/") + 1);
const invite = async (control: TestControl, memberId: string) =>
  tokenOf(granted(await createInvitation(control, root(), memberId)));
const stateOf = async (control: TestControl, token: string) => codeOf(await findSignInLink(control, token));
const newMember = async () => makeMember(await makeOrganization(), "member");

async function eventsOf(memberId: string) {
  const { results } = await env.DB.prepare("SELECT action FROM audit_events WHERE target = ? ORDER BY rowid")
    .bind(memberId)
    .all<{ action: string }>();
  return results.map(({ action }) => action);
}

describe("an invitation", () => {
  test("lives for seven days, or as long as the configuration says", async () => {
    const control = controlOf();
    const token = await invite(control, (await newMember()).id);
    control.wait(7 * DAY - 1);
    expect(await stateOf(control, token)).toBe("granted");
    control.wait(1);
    expect(await stateOf(control, token)).toBe("sign_in_link_invalid");

    const short = controlOf(compile({ ...config, control: { ...config.control, invitationDays: 2 } }));
    const other = await invite(short, (await newMember()).id);
    short.wait(2 * DAY - 1);
    expect(await stateOf(short, other)).toBe("granted");
    short.wait(1);
    expect(await stateOf(short, other)).toBe("sign_in_link_invalid");
  });

  test("signs in once, of twenty attempts at once", async () => {
    const control = controlOf();
    const { id } = await newMember();
    const token = await invite(control, id);
    control.wait(3 * DAY);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => signInWith(control, token)));
    expect(outcomes.map(codeOf).sort()).toEqual(["granted", ...Array(19).fill("sign_in_link_invalid")]);
  });

  test("stops working at once when it is revoked, and its end is in the audit trail, once", async () => {
    const control = controlOf();
    const { id } = await newMember();
    const token = await invite(control, id);
    control.wait(1);
    const outcomes = await Promise.all([1, 2, 3].map(() => revokeInvitation(control, root(), id)));
    expect(outcomes.map(codeOf)).toContain("granted");
    control.wait(1);
    expect(codeOf(await signInWith(control, token))).toBe("sign_in_link_invalid");
    expect(codeOf(await revokeInvitation(control, root(), id))).toBe("not_found");
    expect(await eventsOf(id)).toEqual(["invitation.created", "invitation.revoked"]);
  });

  test("ends when a new one is sent", async () => {
    const control = controlOf();
    const { id } = await newMember();
    const first = await invite(control, id);
    control.wait(1);
    const second = await invite(control, id);
    control.wait(1);
    expect([await stateOf(control, first), await stateOf(control, second)]).toEqual([
      "sign_in_link_invalid",
      "granted",
    ]);
  });

  test("ends when the member signs in by another link, and there is none for members who have", async () => {
    const control = controlOf();
    const { id } = await newMember();
    const token = await invite(control, id);
    await sessionTokenFor(control, id);
    control.wait(1);
    expect(await stateOf(control, token)).toBe("sign_in_link_invalid");
    expect(codeOf(await createInvitation(control, root(), id))).toBe("conflict");
    expect(codeOf(await findInvitation(control, root(), id))).toBe("not_found");
  });

  test("ends for the code of earlier versions too, which only knows what has expired", async () => {
    const control = controlOf();
    const { id } = await newMember();
    const expiry = () =>
      env.DB.prepare("SELECT expires_at FROM sign_in_links WHERE member_id = ?").bind(id).first("expires_at");
    await invite(control, id);
    control.wait(10);
    await revokeInvitation(control, root(), id);
    expect(await expiry()).toBeLessThanOrEqual(control.now());
    await invite(control, id);
    control.wait(10);
    // As earlier code inserts a session.
    await env.DB.prepare(
      `INSERT INTO sessions (id, hash, organization_id, member_id, created_at, last_seen_at, expires_at, version)
       SELECT ?1, ?1, organization_id, id, ?2, ?2, ?2 + 1, '' FROM members WHERE id = ?3`,
    )
      .bind(`ses_${id}`, control.now(), id)
      .run();
    expect(await expiry()).toBeLessThanOrEqual(control.now());
  });

  test.each([
    ["is removed", removeMember],
    ["gets another role", (id: string) => giveRole(id, "owner")],
  ])("ends when the member %s", async (_, change) => {
    const control = controlOf();
    const { id } = await newMember();
    const token = await invite(control, id);
    await change(id);
    expect(await stateOf(control, token)).toBe("sign_in_link_invalid");
  });

  test("does not work while the organization is suspended, and can be revoked then", async () => {
    const control = controlOf();
    const { id, organizationId } = await newMember();
    const token = await invite(control, id);
    await setStatus(organizationId, "suspended");
    expect(await stateOf(control, token)).toBe("sign_in_link_invalid");
    expect(codeOf(await createInvitation(control, root(), id))).toBe("conflict");
    expect(codeOf(await revokeInvitation(control, root(), id))).toBe("granted");
    control.wait(1);
    await setStatus(organizationId, "active");
    expect(await stateOf(control, token)).toBe("sign_in_link_invalid");
  });

  test.each([
    ["its creator is no owner at the moment", "creator", "owner"],
    ["its member has another role at the moment", "guest", "member"],
  ] as const)("can be revoked while %s, and so does not work again later", async (_, who, role) => {
    const control = controlOf();
    const organizationId = await makeOrganization();
    const [creator, owner, guest] = [
      await makeMember(organizationId),
      await makeMember(organizationId),
      await makeMember(organizationId, "member"),
    ];
    const token = tokenOf(granted(await createInvitation(control, as(creator), guest.id)));
    await giveRole({ creator, guest }[who].id, "admin");
    expect(codeOf(await findInvitation(control, as(owner), guest.id))).toBe("not_found");
    expect(codeOf(await revokeInvitation(control, as(owner), guest.id))).toBe("granted");
    control.wait(1);
    await giveRole({ creator, guest }[who].id, role);
    expect(await stateOf(control, token)).toBe("sign_in_link_invalid");
    expect(codeOf(await revokeInvitation(control, as(owner), guest.id))).toBe("not_found");
    expect(await eventsOf(guest.id)).toEqual(["invitation.created", "invitation.revoked"]);
  });

  test("is an owner's to create, see and revoke, and no other member's", async () => {
    const control = controlOf();
    const organizationId = await makeOrganization();
    const [owner, admin, other] = [
      await makeMember(organizationId),
      await makeMember(organizationId, "admin"),
      await makeMember(organizationId, "member"),
    ];
    const foreign = await makeMember(await makeOrganization());
    const attempts = async (who: typeof owner) =>
      Promise.all(
        [createInvitation, findInvitation, revokeInvitation].map(async (verb) =>
          codeOf(await verb(control, as(who), other.id)),
        ),
      );
    expect(await attempts(admin)).toEqual(Array(3).fill("management_forbidden"));
    expect(await attempts(other)).toEqual(Array(3).fill("management_forbidden"));
    expect(await attempts(foreign)).toEqual(Array(3).fill("not_found"));
    granted(await createInvitation(control, as(owner), other.id));
    expect(granted(await findInvitation(control, as(owner), other.id))).toMatchObject({
      ...{ memberId: other.id, createdBy: owner.id, createdAt: control.now(), expiresAt: control.now() + 7 * DAY },
    });
    granted(await revokeInvitation(control, as(owner), other.id));
  });

  test("is no sign-in link of ten minutes, which revokes nothing and is revoked by nothing here", async () => {
    const control = controlOf();
    const { id } = await newMember();
    const [link, invitation] = [await linkTokenFor(control, id), await invite(control, id)];
    expect(await stateOf(control, link)).toBe("granted");
    await revokeInvitation(control, root(), id);
    control.wait(1);
    expect([await stateOf(control, link), await stateOf(control, invitation)]).toEqual([
      "granted",
      "sign_in_link_invalid",
    ]);
  });

  test("is deleted a day after its end", async () => {
    const control = controlOf();
    const { id } = await newMember();
    await invite(control, id);
    control.wait(8 * DAY + 1);
    await removeSignInLinks(env.DB, control.now() - RETENTION_MS, undefined);
    expect(await env.DB.prepare("SELECT 1 FROM sign_in_links WHERE member_id = ?").bind(id).first()).toBeNull();
  });
});
