/** A link gives its creator the way into another member's account: it ends with the creator's right to it. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import config from "../../../gateway.config.ts";
import { compile } from "../../../src/config/compile.ts";
import type { Caller } from "../../../src/control/control.ts";
import { changeMember, removeMember } from "../../../src/control/people/change.ts";
import { createInvitation, findInvitation } from "../../../src/control/sessions/invitation.ts";
import { createSignInLink, findSignInLink } from "../../../src/control/sessions/sign-in-link.ts";
import type { MemberRecord } from "../../../src/records/member.ts";
import { as, codeOf, controlOf, granted, root, type TestControl } from "../../helpers/control.ts";
import { giveRole, makeMember, makeOrganization, signInWith } from "../../helpers/people.ts";
import { migrate } from "../../helpers/workerd.ts";

beforeAll(migrate);

const ALL = { organization: "all", workspace: "all" } as const;
const LINKS = {
  "a sign-in link": (control: TestControl, caller: Caller, memberId: string) =>
    createSignInLink(control, caller, { memberId, next: "/" }),
  "an invitation": createInvitation,
};

const tokenOf = ({ url }: { url: string }) => url.slice(url.lastIndexOf("/") + 1);

async function people() {
  const organization = await makeOrganization();
  const [creator, owner] = [await makeMember(organization), await makeMember(organization)];
  return { creator, owner, guest: await makeMember(organization, "member") };
}

describe.each(Object.entries(LINKS))("%s", (_, create) => {
  const losses: [string, (control: TestControl, creator: MemberRecord, owner: MemberRecord) => Promise<unknown>][] = [
    ["is removed", (control, creator, owner) => removeMember(control, as(owner), creator.id)],
    [
      "is an owner no more",
      (control, creator, owner) => changeMember(control, as(owner), creator.id, { role: "admin" }),
    ],
  ];

  test.each(losses)("lets nobody in once its creator %s", async (_, lose) => {
    const control = controlOf();
    const { creator, owner, guest } = await people();
    const token = tokenOf(granted(await create(control, as(creator), guest.id)));
    expect(codeOf(await findSignInLink(control, token))).toBe("granted");
    expect(codeOf(await lose(control, creator, owner))).toBe("granted");
    expect(codeOf(await findSignInLink(control, token))).toBe("sign_in_link_invalid");
    expect(codeOf(await signInWith(control, token))).toBe("sign_in_link_invalid");
  });

  test.each(losses)("lets nobody in if its creator %s while it is used", async (_, lose) => {
    const control = controlOf();
    const { creator, owner, guest } = await people();
    const token = tokenOf(granted(await create(control, as(creator), guest.id)));
    const look: TestControl["look"] = async (_, read) => {
      const found = await read();
      await lose(control, creator, owner);
      return found;
    };
    expect(codeOf(await signInWith({ ...control, look }, token))).toBe("sign_in_link_invalid");
  });

  test("lets nobody in once the row of its creator is deleted", async () => {
    const control = controlOf();
    const { creator, guest } = await people();
    const token = tokenOf(granted(await create(control, as(creator), guest.id)));
    await env.DB.prepare("DELETE FROM members WHERE id = ?").bind(creator.id).run();
    expect(codeOf(await findSignInLink(control, token))).toBe("sign_in_link_invalid");
  });

  test("works whatever becomes of other owners, and always if the root token created it", async () => {
    const control = controlOf();
    const { creator, owner, guest } = await people();
    const other = await makeMember(guest.organizationId, "member");
    const token = tokenOf(granted(await create(control, as(owner), guest.id)));
    const ofRoot = tokenOf(granted(await create(control, root(), other.id)));
    granted(await removeMember(control, as(owner), creator.id));
    for (const each of [token, ofRoot]) expect(codeOf(await signInWith(control, each))).toBe("granted");
  });
});

test("an invitation of a removed creator is not shown, and a new one takes its place", async () => {
  const control = controlOf();
  const { creator, owner, guest } = await people();
  granted(await createInvitation(control, as(creator), guest.id));
  granted(await removeMember(control, as(owner), creator.id));
  expect(codeOf(await findInvitation(control, as(owner), guest.id))).toBe("not_found");
  control.wait(1);
  const token = tokenOf(granted(await createInvitation(control, as(owner), guest.id)));
  expect(granted(await findInvitation(control, as(owner), guest.id)).createdBy).toBe(owner.id);
  expect(codeOf(await signInWith(control, token))).toBe("granted");
});

describe("a link works as long as its creator could create it again", () => {
  test.each([
    ["in the roles of the demo", config.roles],
    [
      "where there are owners of several kinds",
      {
        ...config.roles,
        chief: { scopes: ["admin"], manages: ALL },
        registrar: { scopes: ["members:read", "members:write"], manages: ALL },
        reader: { scopes: ["members:read"], manages: ALL },
      },
    ],
  ])("%s", async (_, roles) => {
    const gateway = compile({ ...config, roles });
    const control = controlOf(gateway);
    const organization = await makeOrganization();
    const names = Object.keys(gateway.policy.roles);
    for (const role of [...names, "a role that is gone"]) {
      const guest = await makeMember(organization, role);
      const make = (member: MemberRecord) =>
        createSignInLink(control, as(member, gateway), { memberId: guest.id, next: "/" });
      for (const before of names) {
        const creator = await makeMember(organization, before);
        const link = await make(creator);
        if (codeOf(link) !== "granted") continue;
        const token = tokenOf(granted(link));
        for (const after of [...names, "a role that is gone"]) {
          await giveRole(creator.id, after);
          const again = codeOf(await make({ ...creator, role: after })) === "granted";
          const state = codeOf(await findSignInLink(control, token));
          const expected = again ? "granted" : "sign_in_link_invalid";
          expect({ role, before, after, state }).toEqual({ role, before, after, state: expected });
        }
      }
    }
  });
});
