import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { readSession } from "../../../src/management/session.ts";
import { AT_START, codeOf, controlOf } from "../../helpers/control.ts";
import { linkTokenFor, makeMember, makeOrganization } from "../../helpers/people.ts";
import { migrate } from "../../helpers/workerd.ts";
import { CONTROL, worker } from "../../management/call.ts";

const MINUTE = 60_000;
const control = controlOf();
const FROM_HERE = { "Sec-Fetch-Site": "same-origin", Origin: "null" };

beforeAll(migrate);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function visit(method: string, path: string, headers: Record<string, string> = {}) {
  const response = await worker.fetch(`${CONTROL}${path}`, { method, headers, redirect: "manual" });
  const [cookie] = response.headers.getSetCookie();
  const text = await response.text();
  return {
    status: response.status,
    text,
    headers: response.headers,
    cookie,
    location: response.headers.get("location"),
  };
}

const press = (path: string, headers: Record<string, string> = {}) => visit("POST", path, { ...FROM_HERE, ...headers });
const newMember = async () => makeMember(await makeOrganization());
const linkFor = async (memberId: string, next?: string) => `/sign-in/${await linkTokenFor(control, memberId, next)}`;
const pairOf = (cookie = "") => cookie.slice(0, cookie.indexOf(";"));

async function stateOf(cookie: string | undefined) {
  return codeOf(await readSession(new Request(CONTROL, { headers: { Cookie: pairOf(cookie) } }), control));
}

async function liveSessions(memberId: string) {
  const count = "SELECT count(*) AS live FROM sessions WHERE member_id = ? AND revoked_at IS NULL";
  return env.DB.prepare(count).bind(memberId).first("live");
}

describe("the page of a sign-in link", () => {
  test("says who will be signed in where, as text", async () => {
    const member = await newMember();
    const { status, text } = await visit("GET", await linkFor(member.id));
    expect(status).toBe(200);
    expect(text).toContain("Acme &amp; Söhne");
    expect(text).toContain("Ada &lt;b&gt;Lovelace&lt;/b&gt;");
    expect(text).toContain(member.email);
    expect(text).toContain('<form class="sheet" method="post">');
  });

  test("spends nothing, however often and by whomever it is looked at", async () => {
    const member = await newMember();
    const path = await linkFor(member.id);
    for (const method of ["GET", "HEAD", "GET", "OPTIONS", "PUT", "DELETE"]) {
      expect((await visit(method, path, FROM_HERE)).cookie).toBeUndefined();
    }
    expect(await liveSessions(member.id)).toBe(0);
    expect((await press(path)).status).toBe(303);
  });

  test("leaks nothing, and is kept, framed and scripted by nobody", async () => {
    const token = await linkTokenFor(control, (await newMember()).id);
    const page = await visit("GET", `/sign-in/${token}`);
    expect(page.text).not.toContain(token);
    expect(page.text).not.toMatch(/<script|<style|style=|\son\w+=/);
    const pressed = await press(`/sign-in/${token}`);
    const invalid = await visit("GET", `/sign-in/${token}`);
    for (const { headers } of [page, pressed, invalid, await press("/sign-out")]) {
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      const policy = headers.get("content-security-policy");
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
    }
  });

  test.each([
    ["never existed", async () => `/sign-in/kgl_${"A".repeat(43)}`],
    ["is no link at all", async () => "/sign-in/%3Cscript%3Ealert(1)"],
    [
      "is used",
      async () => {
        const path = await linkFor((await newMember()).id);
        await press(path);
        return path;
      },
    ],
    [
      "is old",
      async () => {
        const path = await linkFor((await newMember()).id);
        vi.setSystemTime(AT_START + 10 * MINUTE);
        return path;
      },
    ],
  ])("that %s says so, and what to do", async (_, make) => {
    const path = await make();
    for (const answer of [await visit("GET", path), await press(path)]) {
      expect([answer.status, answer.cookie]).toEqual([401, undefined]);
      expect(answer.headers.get("content-type")).toMatch(/^text\/html/);
      expect(answer.text).toContain("sign_in_link_invalid");
      expect(answer.text).toContain("Ask for a new link");
      expect(answer.text).toContain(answer.headers.get("x-request-id"));
      expect(answer.text).not.toContain("<script");
    }
  });
});

describe("the button of a sign-in link", () => {
  test("signs in by a cookie that no script, no other host and no plain connection gets, and goes on", async () => {
    const answer = await press(await linkFor((await newMember()).id));
    expect([answer.status, answer.location]).toEqual([303, "/"]);
    expect(answer.cookie).toMatch(
      /^__Host-keygate_session=kgs_[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(await stateOf(answer.cookie)).toBe("granted");
  });

  test("keeps the device and the place in words, and nothing else that the browser sends", async () => {
    const { id } = await newMember();
    const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0";
    const init = { method: "POST", headers: { ...FROM_HERE, "User-Agent": agent }, redirect: "manual" } as const;
    const cf = { country: "DE", city: "Berlin", postalCode: "10115", latitude: "52.5" };
    await worker.fetch(`${CONTROL}${await linkFor(id)}`, { ...init, cf } as never);
    const row = await env.DB.prepare("SELECT * FROM sessions WHERE member_id = ?").bind(id).first();
    expect(row).toMatchObject({ device: "Firefox on Linux", place: "Berlin, Germany" });
    expect(JSON.stringify(row)).not.toMatch(/10115|52\.5|Gecko/);
  });

  test("goes on to the page that the link was made for", async () => {
    const { id } = await newMember();
    expect((await press(await linkFor(id, "/keys?page=2#top"))).location).toBe("/keys?page=2#top");
  });

  test("makes exactly one session, though twenty press it at once", async () => {
    const { id } = await newMember();
    const path = await linkFor(id);
    const answers = await Promise.all(Array.from({ length: 20 }, () => press(path)));
    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array(19).fill(401)]);
    expect(answers.filter(({ cookie }) => cookie !== undefined)).toHaveLength(1);
    expect(await liveSessions(id)).toBe(1);
  });

  test("ends the session that the browser has already", async () => {
    const [first, second] = [await newMember(), await newMember()];
    const old = (await press(await linkFor(first.id))).cookie;
    const fresh = (await press(await linkFor(second.id), { Cookie: pairOf(old) })).cookie;
    expect([await stateOf(old), await stateOf(fresh)]).toEqual(["session_ended", "granted"]);
    expect(pairOf(fresh)).not.toBe(pairOf(old));
  });

  test.each([
    ["another site", { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" }],
    ["a sibling host", { "Sec-Fetch-Site": "same-site", Origin: "https://api.example.com" }],
    ["a browser that tells nothing", {}],
  ])("cannot be pressed by %s: nobody is signed in as somebody else without knowing", async (_, headers) => {
    const { id } = await newMember();
    const path = await linkFor(id);
    const answer = await visit("POST", path, headers);
    expect([answer.status, answer.cookie]).toEqual([403, undefined]);
    expect(answer.text).toContain("cross_site_refused");
    expect((await press(path)).status).toBe(303);
  });
});

describe("the sign-out", () => {
  test("ends the session and takes the cookie away", async () => {
    const { cookie } = await press(await linkFor((await newMember()).id));
    const answer = await press("/sign-out", { Cookie: pairOf(cookie) });
    expect([answer.status, answer.location]).toEqual([303, "/"]);
    expect(answer.cookie).toBe("__Host-keygate_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax");
    expect(await stateOf(cookie)).toBe("session_ended");
  });

  test("is no other site's to do", async () => {
    const { cookie } = await press(await linkFor((await newMember()).id));
    const answer = await visit("POST", "/sign-out", { Cookie: pairOf(cookie), "Sec-Fetch-Site": "cross-site" });
    expect([answer.status, answer.cookie]).toEqual([403, undefined]);
    expect((await visit("GET", "/sign-out", { Cookie: pairOf(cookie) })).status).toBe(404);
    expect(await stateOf(cookie)).toBe("granted");
  });
});

describe("the tokens of links and sessions", () => {
  test("are in no log, no answer but the cookie, and no table", async () => {
    const logged = vi.spyOn(console, "log");
    const { id } = await newMember();
    const path = await linkFor(id);
    const linkToken = path.slice("/sign-in/".length);
    const answers = [await visit("GET", path), await visit("GET", `${path}/more`), await visit("DELETE", path)];
    const { cookie } = await press(path);
    const sessionToken = pairOf(cookie).slice(pairOf(cookie).indexOf("=") + 1);
    const Cookie = pairOf(cookie);
    answers.push(
      await press(path, { Cookie }),
      await visit("GET", `/sign-in/${sessionToken}`, { Cookie }),
      await visit("GET", `/v1/sessions/${sessionToken}`, { Cookie }),
      await visit("GET", `/v1/members/${linkToken}`, { Cookie }),
      await press("/sign-out", { Cookie }),
      await visit("GET", "/v1/members", { Cookie }),
    );
    const told = logged.mock.calls.flat().join("\n");
    const tables = ["sign_in_links", "sessions", "audit_events"].map((table) =>
      env.DB.prepare(`SELECT * FROM ${table}`).all(),
    );
    const kept = JSON.stringify(await Promise.all(tables));
    const answered = answers.map(({ text, headers }) => text + JSON.stringify([...headers])).join("\n");
    expect(told).toContain('"route":"/sign-in/:token"');
    expect(kept).toContain(id);
    for (const token of [linkToken, sessionToken]) {
      for (const place of [told, kept, answered]) expect(place).not.toContain(token.slice(4));
    }
  });
});
