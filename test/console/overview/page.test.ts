/** What the overview offers. */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import config from "../../../gateway.config.ts";
import { createGateway } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { controlOf } from "../../helpers/control.ts";
import { sessionTokenFor } from "../../helpers/people.ts";
import { migrate } from "../../helpers/workerd.ts";
import { CONTROL, setUp } from "../../management/call.ts";

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
