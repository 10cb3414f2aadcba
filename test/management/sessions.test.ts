import { beforeAll, describe, expect, test } from "vitest";
import { migrate } from "../helpers/workerd.ts";
import { CONTROL, call, makeMember, makeOrganization, worker } from "./call.ts";

const FROM_HERE = { "Sec-Fetch-Site": "same-origin", Origin: CONTROL };

beforeAll(migrate);

const newMember = async (role = "owner") => makeMember((await makeOrganization()).id, { role });
const linkFor = (member_id: string, fields: object = {}) => call("POST", "/v1/sign-in-links", { member_id, ...fields });

/** The cookie of a new session. */
async function signIn(member: { id: string }): Promise<string> {
  const { body } = await linkFor(member.id);
  const response = await worker.fetch(body.url, { method: "POST", headers: FROM_HERE, redirect: "manual" });
  return response.headers.getSetCookie()[0]?.split(";")[0] as string;
}

async function bySession(cookie: string, method: string, path: string, body?: object, headers: object = FROM_HERE) {
  const response = await worker.fetch(`${CONTROL}${path}`, {
    method,
    headers: { Cookie: cookie, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: what the API answers is what the tests are about
  return { status: response.status, body: (await response.json()) as any };
}

describe("a sign-in link", () => {
  test("is answered once, to be kept nowhere, with its end", async () => {
    const { status, body, headers } = await linkFor((await newMember()).id, { next: "/keys" });
    expect([status, headers.get("cache-control")]).toEqual([201, "no-store"]);
    expect(body).toEqual({ url: expect.stringMatching(/\/sign-in\/kgl_/), expires_at: expect.any(String) });
    expect(Date.parse(body.expires_at)).toBeGreaterThan(Date.now() + 9 * 60_000);
  });

  test("is refused with a path to another site, by the name of the field", async () => {
    const { status, body } = await linkFor((await newMember()).id, { next: "https://evil.example/" });
    expect([status, body.errors[0].field]).toEqual([422, "next"]);
  });

  test("is an owner's to make by their own session, and no other member's", async () => {
    const owner = await newMember();
    const member = await makeMember(owner.organization_id, { role: "member" });
    const made = await bySession(await signIn(owner), "POST", "/v1/sign-in-links", { member_id: member.id });
    expect(made.status).toBe(201);
    const refused = await bySession(await signIn(member), "POST", "/v1/sign-in-links", { member_id: owner.id });
    expect([refused.status, refused.body.code]).toEqual([403, "management_forbidden"]);
  });
});

describe("a signed-in member", () => {
  test("sees their sessions and which is in use, and ends one of them or all the others", async () => {
    const member = await newMember("member");
    const [used, second, third] = [await signIn(member), await signIn(member), await signIn(member)];
    const list = async () => (await bySession(used, "GET", "/v1/sessions")).body.data;
    const seen = await list();
    expect(seen.map(({ current }: { current: boolean }) => current).sort()).toEqual([false, false, true]);
    const other = seen.find(({ current }: { current: boolean }) => !current);
    expect((await bySession(used, "DELETE", `/v1/sessions/${other.id}`)).status).toBe(200);
    expect(await list()).toHaveLength(2);
    expect((await bySession(used, "DELETE", "/v1/sessions")).body).toEqual({ revoked: 1 });
    expect(await list()).toMatchObject([{ current: true, member_id: member.id }]);
    for (const cookie of [second, third]) {
      const { status, body } = await bySession(cookie, "GET", "/v1/sessions");
      expect([status, body.code]).toEqual([401, "session_ended"]);
    }
  });

  test("is out the moment that they are removed", async () => {
    const member = await newMember("member");
    const cookie = await signIn(member);
    expect((await call("DELETE", `/v1/members/${member.id}`)).status).toBe(200);
    expect((await bySession(cookie, "GET", "/v1/sessions")).body.code).toBe("session_ended");
  });

  test("is out while their organization is suspended", async () => {
    const member = await newMember();
    const cookie = await signIn(member);
    await call("PATCH", `/v1/organizations/${member.organization_id}`, { status: "suspended" });
    expect((await bySession(cookie, "GET", "/v1/sessions")).body.code).toBe("organization_suspended");
  });

  test("can do what their role can from its change on", async () => {
    const member = await newMember("member");
    const cookie = await signIn(member);
    const audit = async () =>
      (await bySession(cookie, "GET", `/v1/audit-events?organization_id=${member.organization_id}`)).status;
    expect(await audit()).toBe(403);
    await call("PATCH", `/v1/members/${member.id}`, { role: "owner" });
    expect(await audit()).toBe(200);
    await call("PATCH", `/v1/members/${member.id}`, { role: "member" });
    expect(await audit()).toBe(403);
  });

  test("changes and reads nothing from a page of another site", async () => {
    const cookie = await signIn(await newMember());
    const evil = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", Origin: "https://evil.example" };
    for (const method of ["GET", "DELETE"]) {
      const { status, body } = await bySession(cookie, method, "/v1/sessions", undefined, evil);
      expect([method, status, body.code]).toEqual([method, 403, "cross_site_refused"]);
    }
    expect((await bySession(cookie, "GET", "/v1/sessions")).status).toBe(200);
  });

  test("is ended by the root token, which needs to say whose sessions it means", async () => {
    const member = await newMember();
    const cookie = await signIn(member);
    expect((await call("DELETE", "/v1/sessions")).body.errors[0].field).toBe("member_id");
    expect((await call("DELETE", `/v1/sessions?member_id=${member.id}`)).body).toEqual({ revoked: 1 });
    expect((await bySession(cookie, "GET", "/v1/sessions")).body.code).toBe("session_ended");
  });
});
