/** What the overview offers, and where it leads. */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import config from "../../../gateway.config.ts";
import { createGateway } from "../../../src/app.ts";
import { DAY_MS } from "../../../src/domain/durations.ts";
import type { Env } from "../../../src/env.ts";
import { controlOf } from "../../helpers/control.ts";
import { sessionTokenFor } from "../../helpers/people.ts";
import { migrate } from "../../helpers/workerd.ts";
import { CONTROL, makeKey, setUp } from "../../management/call.ts";
import { Browser } from "../browser.ts";
import { decode } from "../entities.ts";

beforeAll(migrate);
const control = { ...controlOf(), now: Date.now };

test("it offers no more days than usage is kept for, and shows none that an old link asks for", async () => {
  const { member } = await setUp();
  const cookie = `__Host-keygate_session=${await sessionTokenFor(control, member.id)}`;
  const daysWith = async (usageDays: number) => {
    const gateway = createGateway({ ...config, retention: { usageDays } });
    const request = new Request(`${CONTROL}/?days=90`, { headers: { Cookie: cookie } });
    const response = await gateway.fetch(request, env as unknown as Env, createExecutionContext());
    const [, options = ""] = /<select[^>]*name="days"[^>]*>([\s\S]*?)<\/select>/.exec(await response.text()) ?? [];
    return [...options.matchAll(/value="(\d+)"( selected)?/g)].map(([, days, isChosen]) => days + (isChosen ?? ""));
  };
  expect(await daysWith(90)).toEqual(["1", "7", "30", "90 selected"]);
  expect(await daysWith(89)).toEqual(["1", "7 selected", "30"]);
  expect(await daysWith(35)).toEqual(["1", "7 selected", "30"]);
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
