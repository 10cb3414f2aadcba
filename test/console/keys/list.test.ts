/** The list of keys: what it shows, in which order, and how a visitor gets around in it. */

import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AT_START, controlOf } from "../../helpers/control.ts";
import { sessionTokenFor } from "../../helpers/people.ts";
import { migrate } from "../../helpers/workerd.ts";
import { call, makeKey, setUp } from "../../management/call.ts";
import { Browser, formTo, type Page } from "../browser.ts";
import { decode } from "../entities.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());

const DAY = 86_400_000;
const KEYS = 60;
let browser: Browser;
let ids: string[];
let organizationId: string;
let secret: string;

const use = (id: string, at: number | null, createdAt?: number) =>
  env.DB.prepare("UPDATE api_keys SET last_used_at = ?2, created_at = coalesce(?3, created_at) WHERE id = ?1")
    .bind(id, at, createdAt ?? null)
    .run();

beforeAll(async () => {
  await migrate();
  const control = controlOf();
  const { organization, member, keyBody } = await setUp({ name: "Acme" });
  organizationId = organization.id;
  ids = [];
  for (let n = 0; n < KEYS; n++) {
    vi.setSystemTime(AT_START + n * 1_000);
    const key = await makeKey({ ...keyBody, name: `key ${String(n).padStart(2, "0")}`, scopes: ["signatures:read"] });
    ids.push(key.id);
    secret = key.secret;
  }
  vi.setSystemTime(AT_START + 60_000);
  browser = new Browser();
  browser.cookies.set("__Host-keygate_session", await sessionTokenFor(control, member.id));
});

const namesOn = ({ html }: Page) =>
  [...html.matchAll(/<strong><a href="\/keys\/[^"]*"[^>]*>([^<]*)</g)].map(([, name]) => name);
const linkOn = ({ html }: Page, text: RegExp) => {
  const found = [...html.matchAll(/<a\b[^>]*href="([^"]*)"[^>]*>([\s\S]*?)<\/a>/g)].find(([, , label = ""]) =>
    text.test(
      decode(label.replaceAll(/<[^>]*>/g, " "))
        .replaceAll(/\s+/g, " ")
        .trim(),
    ),
  );
  if (!found) throw new Error(`no link ${text}`);
  return decode(found[1] as string);
};
const row = ({ html }: Page, id: string) => html.split("<tr").find((text) => text.includes(`/keys/${id}"`)) ?? "";

describe("The list of keys", () => {
  test("says how many there are, and leads to the next page and back to the same one", async () => {
    const first = await browser.open("/keys");
    expect(first.text).toContain(`${KEYS} keys`);
    expect(namesOn(first)).toHaveLength(50);
    expect(first.text).not.toContain("Previous page");
    const second = await browser.open(linkOn(first, /^Next page$/));
    expect(namesOn(second)).toHaveLength(10);
    expect(second.text).not.toContain("Next page");
    const back = await browser.open(linkOn(second, /^Previous page$/));
    expect(namesOn(back)).toEqual(namesOn(first));
    expect(back.text).not.toContain("Previous page");
    expect(linkOn(back, /^Next page$/)).toBe(linkOn(first, /^Next page$/));
  });

  test("is left for a question and found again at the page it was left, wherever that was reached from", async () => {
    const second = await browser.open(linkOn(await browser.open("/keys?sort=name"), /^Next page$/));
    const pages = [second, await browser.open(linkOn(second, /^Previous page$/))];
    for (const page of pages) {
      const form = formTo(page, "/keys/selected/export.csv");
      const back = form.controls.find(({ name }) => name === "back")?.value ?? "";
      const asked = await browser.open(`/keys/selected/disable?${new URLSearchParams({ key: ids[0] ?? "", back })}`);
      expect(namesOn(await browser.open(linkOn(asked, /^Cancel$/)))).toEqual(namesOn(page));
      expect(back).toContain(page === second ? "cursor=" : "before=");
    }
  });

  test.for(["Key", "Created", "Last used", "Expires"])(
    "is sorted by %s, and the other way round by the same heading",
    async (heading) => {
      const once = await browser.open(linkOn(await browser.open("/keys?status=active"), new RegExp(`^${heading}$`)));
      const twice = await browser.open(linkOn(once, new RegExp(`^${heading}$`)));
      const again = await browser.open(linkOn(twice, new RegExp(`^${heading}$`)));
      expect(twice.html).toMatch(/aria-sort="(as|des)cending"/);
      expect(namesOn(twice)).not.toEqual(namesOn(once));
      expect(namesOn(again)).toEqual(namesOn(once));
      expect(again.html).toContain("status=active");
    },
  );

  test("shows what it is filtered by, and each filter can be taken away alone, or all at once", async () => {
    const page = await browser.open("/keys?q=key+0&environment=sandbox&permission=read-only&sort=name");
    expect(page.text).toContain("No keys match.");
    for (const [chip, left] of [
      [/^Search: “key 0”/, "/keys?environment=sandbox&permission=read-only&sort=name"],
      [/^Environment: sandbox/, "/keys?q=key+0&permission=read-only&sort=name"],
      [/^Permission: read only/, "/keys?q=key+0&environment=sandbox&sort=name"],
      [/^Clear all$/, "/keys"],
    ] as const) {
      expect(linkOn(page, chip)).toBe(left);
    }
    const without = await browser.open(linkOn(page, /^Permission/));
    expect(namesOn(without)).toHaveLength(10);
    expect(without.text).toContain("10 keys");
  });

  test("has a key on one line, with its end, scopes, creator, use, and what can be done with it", async () => {
    await use(ids[3] as string, Date.now() - 5 * 60_000);
    await env.DB.prepare("INSERT INTO usage_hours VALUES (?, ?, 'sandbox', ?, '/x', 'forwarded', 12345)")
      .bind(organizationId, ids[3], Date.now() - (Date.now() % DAY) - 6 * DAY)
      .run();
    await env.DB.prepare("INSERT INTO usage_hours VALUES (?, ?, 'sandbox', ?, '/x', 'forwarded', 7)")
      .bind(organizationId, ids[3], Date.now() - (Date.now() % DAY) - 7 * DAY)
      .run();
    const page = await browser.open("/keys?q=key+03");
    const html = row(page, ids[3] as string);
    expect(html).toContain("5 min ago");
    expect(html).toContain("12.3k");
    expect(html).toContain("12,345 requests within 7 days");
    for (const deed of ["edit", "rotate", "disable", "revoke"])
      expect(html).toContain(`href="/keys/${ids[3]}/${deed}"`);
    expect(html).toMatch(/<code title="kg_test_…(.{4})">…\1<\/code>/);
  });

  test("shows the scope of a key that can do the most damage, and all of its rights to readers of screens", async () => {
    const own = await setUp({ name: "Rights" });
    const visitor = new Browser();
    visitor.cookies.set("__Host-keygate_session", await sessionTokenFor(controlOf(), own.member.id));
    const shown = async (scopes: readonly string[]) => {
      const { id } = await makeKey({ ...own.keyBody, name: "rights", scopes });
      const html = row(await visitor.open("/keys"), id);
      return { html, first: /<code>([^<]*)<\/code>/.exec(html)?.[1] };
    };
    const several = await shown(["folders:read", "folders:write", "signatures:delete", "read:all"]);
    expect(several.first).toBe("signatures:delete");
    expect(several.html).toContain("+3");
    const whole = "full access, all workspaces: signatures:delete, folders:write, read:all, folders:read";
    expect(several.html.split(whole)).toHaveLength(3);
    expect((await shown(["signatures:delete", "admin"])).first).toBe("admin");
  });

  test("says on narrow screens which time it shows: the end where keys are sorted by it, else the last use", async () => {
    const byAge = await browser.open("/keys?q=key+01");
    expect(row(byAge, ids[1] as string)).toContain('never<span class="narrow"> used</span>');
    expect(byAge.html).toContain('<table role="table" class="keys">');
    const byEnd = await browser.open("/keys?q=key+01&sort=expires_at");
    expect(row(byEnd, ids[1] as string)).toContain('<span class="narrow">expires </span>');
    expect(byEnd.html).toContain('class="keys by-end"');
  });

  test("finds a whole secret by its hint, and does not keep it in the address", async () => {
    const page = await browser.open(`/keys?q=${secret}&status=active`);
    expect(namesOn(page)).toEqual(["key 59"]);
    expect(page.html).not.toContain(secret);
    expect(page.html).toContain(secret.slice(-4));
  });

  test("keeps the old addresses of filters, and says what is wrong with a wrong one", async () => {
    expect((await browser.open("/keys?view=nonsense")).status).toBe(200);
    expect((await browser.open("/keys?status=nonsense")).status).toBe(422);
    expect((await browser.open("/keys?before=nonsense")).status).toBe(422);
    expect((await browser.open("/keys?cursor=nonsense")).status).toBe(422);
  });
});

describe("A view of the keys", () => {
  test("holds the keys that it names, and no others", async () => {
    const { organization, member, keyBody } = await setUp({ name: "Views" });
    const own = new Browser();
    own.cookies.set("__Host-keygate_session", await sessionTokenFor(controlOf(), member.id));
    const make = async (name: string, fields: object = {}) => (await makeKey({ ...keyBody, name, ...fields })).id;
    const now = Date.now();
    const iso = (at: number) => new Date(at).toISOString();
    const usual = { scopes: ["signatures:read"] };
    const [busy, old, dead] = [await make("busy", usual), await make("old", usual), await make("revoked", usual)];
    await make("broad", { scopes: ["admin"] });
    await make("reads all", { scopes: ["read:all"] });
    await make("broad, read only", { scopes: ["admin"], permission: "read-only" });
    const soon = await make("soon", { ...usual, expires_at: iso(now + 20 * DAY) });
    await use(busy, now - DAY, now - 200 * DAY);
    await use(old, now - 91 * DAY, now - 200 * DAY);
    await use(soon, now);
    await call("POST", `/v1/api-keys/${dead}/revoke`);
    const inView = async (view: string) => namesOn(await own.open(`/keys?view=${view}&sort=name`));
    expect(await inView("expiring")).toEqual(["soon"]);
    expect(await inView("unused")).toEqual(["old"]);
    expect(await inView("never")).toEqual(["broad", "broad, read only", "reads all"]);
    expect(await inView("broad")).toEqual(["broad"]);
    expect(organization.id).not.toBe(organizationId);
  });

  test("stays while it is searched and sorted, and is left by its chip of all", async () => {
    const page = await browser.open("/keys?view=never&q=key+1");
    expect(page.html).toMatch(/<input type="hidden" name="view" value="never"/);
    expect(linkOn(page, /^Clear all$/)).toBe("/keys?view=never");
    expect(linkOn(page, /^All keys$/)).toBe("/keys");
    expect(linkOn(page, /^Expires$/)).toContain("view=never");
  });
});
