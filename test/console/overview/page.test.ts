/** What the overview and the first page of a key offer, and where they lead. */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import config from "../../../gateway.config.ts";
import { createGateway } from "../../../src/app.ts";
import type { RoleConfig } from "../../../src/config/types.ts";
import { DAY_MS } from "../../../src/domain/durations.ts";
import type { Env } from "../../../src/env.ts";
import { controlOf } from "../../helpers/control.ts";
import { sessionTokenFor } from "../../helpers/people.ts";
import { migrate } from "../../helpers/workerd.ts";
import { CONTROL, makeKey, makeMember, setUp } from "../../management/call.ts";
import { Browser } from "../browser.ts";
import { decode } from "../entities.ts";

beforeAll(migrate);
const control = { ...controlOf(), now: Date.now };

/** As the console shows it if usage is kept for so many days. */
const pageWith = (usageDays: number, path: string, cookie: string) =>
  pageOf({ ...config, retention: { usageDays } }, path, cookie);

async function pageOf(configured: typeof config, path: string, cookie: string): Promise<string> {
  const gateway = createGateway(configured);
  const request = new Request(`${CONTROL}${path}`, { headers: { Cookie: cookie } });
  const response = await gateway.fetch(request, env as unknown as Env, createExecutionContext());
  return response.text();
}

const cookieOf = async (memberId: string) => `__Host-keygate_session=${await sessionTokenFor(control, memberId)}`;

test("it offers no more days than usage is kept for, and shows none that an old link asks for", async () => {
  const { member } = await setUp();
  const cookie = await cookieOf(member.id);
  const daysWith = async (usageDays: number) => {
    const html = await pageWith(usageDays, "/?days=90", cookie);
    const [, options = ""] = /<select[^>]*name="days"[^>]*>([\s\S]*?)<\/select>/.exec(html) ?? [];
    return [...options.matchAll(/value="(\d+)"( selected)?/g)].map(([, days, isChosen]) => days + (isChosen ?? ""));
  };
  expect(await daysWith(90)).toEqual(["1", "7", "30", "90 selected"]);
  expect(await daysWith(89)).toEqual(["1", "7 selected", "30"]);
  expect(await daysWith(35)).toEqual(["1", "7 selected", "30"]);
});

test("the page of a key shows the 30 days before only if all of their usage is kept", async () => {
  const { member, organization, keyBody } = await setUp();
  const key = await makeKey(keyBody);
  const today = Date.now() - (Date.now() % DAY_MS);
  const used = env.DB.prepare(
    `INSERT INTO usage_days (organization_id, key_id, environment, day, collector, route, outcome, requests)
     VALUES (?, ?, 'sandbox', ?, 0, '/signatures/*', 'forwarded', 9)`,
  );
  await env.DB.batch([1, 33].map((days) => used.bind(organization.id, key.id, today - days * DAY_MS)));
  const cookie = await cookieOf(member.id);
  const hasBefore = async (usageDays: number) => {
    const html = await pageWith(usageDays, `/keys/${key.id}`, cookie);
    expect(html).toContain("Requests with this key, by day");
    return html.includes("the period before");
  };
  expect([await hasBefore(90), await hasBefore(35)]).toEqual([true, false]);
});

test("the link to more keys that expire soon stays in the chosen environment", async () => {
  const { member, keyBody } = await setUp();
  const expires_at = new Date(Date.now() + 5 * DAY_MS).toISOString();
  for (let n = 0; n < 6; n++) await makeKey({ ...keyBody, expires_at });
  await makeKey({ ...keyBody, environment: "production", expires_at });
  const browser = await Browser.signedIn(control, member.id);
  const linkOn = async (path: string) => {
    const { html } = await browser.open(path);
    return decode(/<a href="([^"]*)">There are more than 5 keys/.exec(html)?.[1] ?? "");
  };
  const listed = async (path: string) => (await browser.open(path)).text;
  expect(await listed(await linkOn("/?environment=sandbox"))).toContain("6 keys");
  expect(await listed(await linkOn("/"))).toContain("7 keys");
});

test("it leads who manages keys, but cannot see usage, to the keys, and others to a request for one", async () => {
  const { organization } = await setUp();
  const { id } = await makeMember(organization.id, { role: "member" });
  const managing: RoleConfig = {
    scopes: ["read:all", "api_keys:read", "api_keys:write"],
    manages: { organization: "none", workspace: "own" },
  };
  const leadsTo = async (roles: typeof config.roles) => {
    const html = await pageOf({ ...config, roles }, "/", await cookieOf(id));
    const main = /<main[\s\S]*/.exec(html)?.[0] ?? "";
    return ["/keys", "/key-requests/new"].filter((path) => main.includes(`href="${path}"`));
  };
  expect(await leadsTo({ ...config.roles, member: managing })).toEqual(["/keys"]);
  expect(await leadsTo(config.roles)).toEqual(["/key-requests/new"]);
});
