import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import config from "../../../gateway.config.ts";
import { compile } from "../../../src/config/compile.ts";
import type { Caller } from "../../../src/control/control.ts";
import { createSignInLink, findSignInLink, sitePath } from "../../../src/control/sessions/sign-in-link.ts";
import { standingOfKey } from "../../../src/control/standing.ts";
import { RETENTION_MS } from "../../../src/domain/session.ts";
import { readKeyRecord } from "../../../src/store/key-records.ts";
import { readMember } from "../../../src/store/members.ts";
import { removeSignInLinks } from "../../../src/store/retention.ts";
import { as, codeOf, controlOf, GATEWAY, granted, root } from "../../helpers/control.ts";
import { giveRole, linkTokenFor, makeMember, makeOrganization, removeMember, setStatus } from "../../helpers/people.ts";
import { migrate, seedKey } from "../../helpers/workerd.ts";

beforeAll(migrate);

const SITE = "https://keys.example.com";
const MINUTE = 60_000;

async function create(caller: Caller, memberId: string, gateway = GATEWAY) {
  return codeOf(await createSignInLink(controlOf(gateway), caller, { memberId, next: "/" }));
}

describe("a sign-in link is made", () => {
  test("by the root token for anyone, for ten minutes, at the control base URL", async () => {
    const control = controlOf();
    const member = await makeMember(await makeOrganization(), "member");
    const link = granted(await createSignInLink(control, root(), { memberId: member.id, next: "/" }));
    expect(link.url).toMatch(/^https:\/\/keys\.example\.com\/sign-in\/kgl_[A-Za-z0-9_-]{43}$/);
    expect(link.expiresAt).toBe(control.now() + 10 * MINUTE);
  });

  test.each([
    ["owner", "owner", "granted"],
    ["owner", "admin", "granted"],
    ["owner", "member", "granted"],
    ["admin", "member", "management_forbidden"],
    ["admin", "owner", "management_forbidden"],
    ["member", "member", "management_forbidden"],
    ["a role that is gone", "member", "management_forbidden"],
  ])("by one whose role is %s, for one whose role is %s: %s", async (role, invited, outcome) => {
    const organization = await makeOrganization();
    const maker = await makeMember(organization, role);
    expect(await create(as(maker), (await makeMember(organization, invited)).id)).toBe(outcome);
  });

  test("by nobody below an owner, not even for themselves", async () => {
    const admin = await makeMember(await makeOrganization(), "admin");
    expect(await create(as(admin), admin.id)).toBe("management_forbidden");
  });

  test("by no owner for a member who may do more than they", async () => {
    const everything = { organization: "all", workspace: "all" } as const;
    const gateway = compile({
      ...config,
      roles: {
        ...config.roles,
        chief: { scopes: ["admin"], manages: everything },
        owner: { scopes: ["members:read", "members:write"], manages: everything },
      },
    });
    const organization = await makeOrganization();
    const owner = await makeMember(organization, "owner");
    const chief = await makeMember(organization, "chief");
    expect(await create(as(owner, gateway), chief.id, gateway)).toBe("management_forbidden");
    expect(await create(as(chief, gateway), owner.id, gateway)).toBe("granted");
  });

  test("by no owner without the right to change members", async () => {
    const manages = { organization: "all", workspace: "all" } as const;
    const gateway = compile({ ...config, roles: { ...config.roles, owner: { scopes: ["read:all"], manages } } });
    const owner = await makeMember(await makeOrganization());
    expect(await create(as(owner, gateway), owner.id, gateway)).toBe("management_forbidden");
  });

  test("by no key, for a session would outgrow its environment, life and limits", async () => {
    const key = await seedKey({ environment: "production" });
    const record = await readKeyRecord(env.DB, "production", key.id);
    if (!record) throw new Error("no record");
    const standing = standingOfKey(record, GATEWAY);
    expect(standing.scopes.has("members:write")).toBe(true);
    expect(await create({ actor: key.memberId, via: key.id, requestId: "req", standing }, key.memberId)).toBe(
      "management_forbidden",
    );
  });

  test("for nobody of another organization, nobody who is gone, and nobody who never was: all alike", async () => {
    const [here, there] = [await makeOrganization(), await makeOrganization()];
    const owner = as(await makeMember(here));
    const gone = await makeMember(here, "member");
    await removeMember(gone.id);
    const ids = [(await makeMember(there, "member")).id, gone.id, "mem_0"];
    const refusals = await Promise.all(
      ids.map((memberId) => createSignInLink(controlOf(), owner, { memberId, next: "/" })),
    );
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
    expect(refusals.map(codeOf)).toEqual(["not_found", "not_found", "not_found"]);
    expect(await create(root(), gone.id)).toBe("not_found");
  });

  test("for nobody while their organization is suspended", async () => {
    const member = await makeMember(await makeOrganization());
    await setStatus(member.organizationId, "suspended");
    expect(await create(root(), member.id)).toBe("conflict");
  });

  test("with an event in the audit trail, which does not hold the link", async () => {
    const member = await makeMember(await makeOrganization());
    const caller = root();
    const { url } = granted(await createSignInLink(controlOf(), caller, { memberId: member.id, next: "/" }));
    const event = await env.DB.prepare("SELECT * FROM audit_events WHERE target = ?").bind(member.id).first();
    expect(event).toMatchObject({ actor: "root", action: "sign_in_link.created", request_id: caller.requestId });
    expect(JSON.stringify(event)).not.toContain(url.slice(-43));
  });
});

describe("a sign-in link can be used", () => {
  test("until it is ten minutes old", async () => {
    const control = controlOf();
    const token = await linkTokenFor(control, (await makeMember(await makeOrganization())).id);
    control.wait(10 * MINUTE - 1);
    expect(codeOf(await findSignInLink(control, token))).toBe("granted");
    control.wait(1);
    expect(codeOf(await findSignInLink(control, token))).toBe("sign_in_link_invalid");
  });

  test.each([
    ["is gone", (id: string) => removeMember(id)],
    ["has another role, so that nobody rises by an older link", (id: string) => giveRole(id, "admin")],
    [
      "is of a suspended organization",
      async (id: string) => setStatus((await readMember(env.DB, id))?.organizationId ?? "", "suspended"),
    ],
  ])("no more once its member %s", async (_, change) => {
    const control = controlOf();
    const { id } = await makeMember(await makeOrganization(), "member");
    const token = await linkTokenFor(control, id);
    expect(codeOf(await findSignInLink(control, token))).toBe("granted");
    await change(id);
    expect(codeOf(await findSignInLink(control, token))).toBe("sign_in_link_invalid");
  });

  test.each([
    "",
    "kgl_",
    `kgl_${"A".repeat(42)}`,
    `kgs_${"A".repeat(43)}`,
    `kgl_${"A".repeat(42)}%`,
    `kgl_${"é".repeat(43)}`,
  ])("not with %j, and no database is asked about it", async (token) => {
    const control = { ...controlOf(), db: undefined as never };
    expect(codeOf(await findSignInLink(control, token))).toBe("sign_in_link_invalid");
  });

  test("is known to the database by its hash alone, and is forgotten a day after its end", async () => {
    const control = controlOf();
    const { id } = await makeMember(await makeOrganization());
    const token = await linkTokenFor(control, id);
    const stored = async () => {
      const { results } = await env.DB.prepare("SELECT * FROM sign_in_links WHERE member_id = ?").bind(id).all();
      return results;
    };
    expect(await stored()).toHaveLength(1);
    expect(JSON.stringify(await stored())).not.toContain(token.slice(4));
    control.wait(10 * MINUTE + 24 * 60 * MINUTE + 1);
    await removeSignInLinks(env.DB, control.now() - RETENTION_MS, undefined);
    expect(await stored()).toEqual([]);
  });
});

describe("after the sign-in the browser goes on", () => {
  test.each([
    ["/", "/"],
    ["/keys", "/keys"],
    ["/keys?page=2&q=a%20b#top", "/keys?page=2&q=a%20b#top"],
    ["/a/../keys", "/keys"],
    ["/keys?next=https://evil.example", "/keys?next=https://evil.example"],
    ["/a//b", "/a//b"],
    ["/@evil.example", "/@evil.example"],
  ])("to %s, a path of this site", (text, path) => {
    expect(sitePath(text, SITE)).toBe(path);
  });

  test.each([
    "",
    "keys",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    " //evil.example",
    "\t//evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/%2e//evil.example",
    "/%2E%2e//evil.example",
    "/./\\evil.example",
    "/ä",
    "/a b",
    "/\0",
    "/\u2028",
  ])("never by %j", (text) => {
    expect(sitePath(text, SITE)).toBeUndefined();
  });

  test("to this site, whatever is asked for", () => {
    const piece = fc.constantFrom(
      "/",
      "\\",
      ".",
      "..",
      "%2e",
      "%2f",
      "%5c",
      "\t",
      "\n",
      "@",
      ":",
      "?",
      "#",
      "a",
      "evil.example",
      "https:",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join("")}`),
        (text) => {
          const path = sitePath(text, SITE);
          if (path === undefined) return;
          expect(new URL(path, `${SITE}/sign-in/x`).origin).toBe(SITE);
          expect(sitePath(path, SITE)).toBe(path);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("only to what was checked when the link was made", async () => {
    const { id } = await makeMember(await makeOrganization());
    const made = await createSignInLink(controlOf(), root(), { memberId: id, next: "//evil.example" });
    expect(made).toMatchObject({ code: "validation_failed", errors: [{ field: "next" }] });
  });
});
