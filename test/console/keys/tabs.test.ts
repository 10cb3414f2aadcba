/** One key as pages: what each has, who sees it, and what is asked before it is changed. */

import { env } from "cloudflare:workers";
import { afterAll, describe, expect, test, vi } from "vitest";
import { momentOf } from "../../../src/console/frame/words.ts";
import { variableOf } from "../../../src/console/key/connect.tsx";
import { AT_START, controlOf } from "../../helpers/control.ts";
import { migrate } from "../../helpers/workerd.ts";
import { call, makeKey, setUp } from "../../management/call.ts";
import { Browser, fill, formTo } from "../browser.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
await migrate();
const control = controlOf();
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function world(fields: object = {}) {
  const { member, keyBody, organization } = await setUp({ plan: "free" });
  const key = await makeKey({ ...keyBody, ...fields });
  return { key, organization, path: `/keys/${key.id}`, browser: await Browser.signedIn(control, member.id) };
}

async function count(
  keyId: string,
  organizationId: string,
  counts: readonly [route: string, outcome: string, requests: number][],
  hoursAgo = 1,
) {
  const sql =
    "INSERT INTO usage_hours (organization_id, key_id, environment, hour, route, outcome, requests) VALUES (?, ?, 'sandbox', ?, ?, ?, ?)";
  await env.DB.batch(
    counts.map(([route, outcome, requests]) =>
      env.DB.prepare(sql).bind(organizationId, keyId, AT_START - hoursAgo * HOUR_MS, route, outcome, requests),
    ),
  );
}

describe("The pages of a key", () => {
  const TABS = ["", "/requests", "/connect", "/history"];

  test("each lead to the others, say which one is open, and have what can be done with the key", async () => {
    const { browser, path } = await world();
    for (const tab of TABS) {
      const { html, status } = await browser.open(path + tab);
      expect(status).toBe(200);
      for (const other of TABS) expect(html).toContain(`href="${path}${other}"`);
      expect(html).toMatch(new RegExp(`href="${path}${tab}" aria-current="page"`));
      for (const deed of ["rotate", "disable", "revoke"]) expect(html).toContain(`href="${path}/${deed}" data-dialog`);
    }
  });

  test("are nobody's in another organization", async () => {
    const [{ path }, { browser }] = [await world(), await world()];
    for (const tab of [...TABS, "/first-request", "/usage.csv"]) {
      expect((await browser.open(path + tab)).status, tab).toBe(404);
    }
  });

  test("begin with its last use, the requests of a week, its expiry and its creator, each said once", async () => {
    const { browser, path, key, organization } = await world({ scopes: ["read:all"], permission: "full-access" });
    await count(key.id, organization.id, [["/signatures/*", "forwarded", 1_200]]);
    const { text } = await browser.open(path);
    expect(text).toMatch(/Last used .*Requests in 7 days 1,200 Expires .* Created by .*What it can do/);
    expect(text.match(/expire/gi)).toHaveLength(1);
    expect(text).not.toContain("full access");
  });

  test("show no call of an environment that is no longer configured, and explain the key all the same", async () => {
    const { browser, path, key } = await world({ scopes: ["folders:read"] });
    await env.DB.prepare("UPDATE api_keys SET environment = 'gone' WHERE id = ?").bind(key.id).run();
    const page = await browser.open(`${path}/connect`);
    expect(page.text).toContain("not configured");
    expect(page.text).toContain("Its environment is no longer configured.");
    expect(page.text).not.toContain("None of its scopes");
    expect(page.html).not.toContain("undefined");
    const explained = await browser.submit(page, formTo(page, "/explain"));
    expect(explained.status).toBe(200);
    expect(explained.text).toContain("This is a key of gone, which is no longer configured.");
  });

  test("do not offer to copy the hint as if it were the secret", async () => {
    const { browser, path } = await world();
    const { text, html } = await browser.open(path);
    expect(text).toContain("Shown once, when it was created. Rotate the key for a new one.");
    expect(html.match(/data-copy="[^"]*"/g)).toEqual(['data-copy="key-id"']);
  });

  test("say nothing of unused scopes if the key was used, but no use of any scope is known", async () => {
    const { browser, path, key } = await world();
    const usedAgo = (days: number) =>
      env.DB.prepare("UPDATE api_keys SET created_at = ?, last_used_at = ? WHERE id = ?")
        .bind(AT_START - 200 * DAY_MS, AT_START - days * DAY_MS, key.id)
        .run();
    await usedAgo(3);
    expect((await browser.open(path)).text).not.toContain("Scopes it does not need");
    await usedAgo(100);
    expect((await browser.open(path)).text).toContain("Granted, but not used within 90 days");
  });

  test("tell its history in pages", async () => {
    const { browser, path, key } = await world({ name: "billing" });
    await call("POST", `/v1/api-keys/${key.id}/disable`);
    const { text } = await browser.open(`${path}/history`);
    expect(text).toContain("the root token disabled the key billing");
    expect(text).toContain("the root token created the key billing");
  });
});

describe("What asks before a key is changed", () => {
  test.for(["rotate", "disable", "revoke"])("says when %s acts, and who is affected", async (deed) => {
    const { browser, path, key, organization } = await world();
    expect((await browser.open(`${path}/${deed}`)).text).toContain("No requests since 11:00 UTC. It was never used.");
    await count(key.id, organization.id, [
      ["/signatures/*", "forwarded", 1_200],
      ["/folders/*", "scope_missing", 34],
    ]);
    const { text } = await browser.open(`${path}/${deed}`);
    expect(text).toContain("1,234 requests (34 refused) since 11:00 UTC, to /signatures/*, /folders/*.");
    expect(text).toMatch(/within 2\.5 seconds|until the grace period ends/);
  });

  test("promises no old secret for longer than the key works", async () => {
    const expires = new Date(AT_START + 3 * DAY_MS).toISOString();
    const { browser, path } = await world({ expires_at: expires });
    const page = await browser.open(`${path}/rotate`);
    const rotated = await browser.submit(page, fill(formTo(page, `${path}/rotate`), { grace_seconds: "2592000" }));
    const words = momentOf(AT_START + 3 * DAY_MS);
    expect(rotated.text).toContain(`The old secret works until ${words}.`);
    expect((await browser.open(path)).text).toMatch(new RegExp(`Old secret \\S+ until ${words}`));
  });

  test("is marked for the script that shows it as a dialog, with its title and its way out", async () => {
    const { browser, path } = await world();
    const { html } = await browser.open(`${path}/revoke`);
    expect(html).toMatch(/id="asked"[\s\S]*id="asked-what"[\s\S]*<form[\s\S]*data-cancel/);
  });
});

describe("The first request of a key", () => {
  test("is waited for while there was none, and then is said to have come", async () => {
    const { browser, path, key } = await world();
    expect((await browser.open(path)).html).toContain(`data-wait="${path}/first-request"`);
    expect((await browser.open(`${path}/first-request`)).html).toBe("null");
    await env.DB.prepare("UPDATE api_keys SET last_used_at = ? WHERE id = ?").bind(AT_START, key.id).run();
    expect((await browser.open(`${path}/first-request`)).html).toBe(
      '"The first request was seen on 31 May 2040, 12:00 UTC."',
    );
    expect((await browser.open(path)).html).not.toContain("data-wait");
  });

  test("is not waited for with a key that does not work", async () => {
    const { browser, path, key } = await world();
    await call("POST", `/v1/api-keys/${key.id}/disable`);
    expect((await browser.open(path)).html).not.toContain("data-wait");
  });
});

describe("What a developer needs", () => {
  test("has the base URL, and snippets with a variable named after the key", async () => {
    const { browser, path } = await world({ name: "Nightly export (2)" });
    const { text } = await browser.open(`${path}/connect`);
    expect(text).toContain("https://sandbox.example.com/v1");
    expect(text).toContain('"Authorization: Bearer $NIGHTLY_EXPORT_2_KEY"');
    expect(text).toContain('os.environ["NIGHTLY_EXPORT_2_KEY"]');
    expect(text).toContain("process.env.NIGHTLY_EXPORT_2_KEY");
  });

  test.for([
    ["ci-pipeline", "CI_PIPELINE_KEY"],
    ["Überweisung", "U_BERWEISUNG_KEY"],
    ["2nd", "API_2ND_KEY"],
    ["鍵", "KEY"],
    ["$(rm -rf /)", "RM_RF_KEY"],
    ["`id`; \"'\n", "ID_KEY"],
    ["__proto__", "PROTO_KEY"],
    ["a".repeat(200), `${"A".repeat(56)}_KEY`],
  ])("has a variable that every shell takes: %j", ([name, variable]) => {
    expect(variableOf(name as string)).toBe(variable);
    expect(variable).toMatch(/^[A-Z][A-Z0-9_]*$/);
  });

  test("can export the use of the key, and of all keys, by day, route and outcome", async () => {
    const { browser, path, key, organization } = await world();
    await count(key.id, organization.id, [
      ["/signatures/*", "forwarded", 12],
      ["", "no_such_route", 3],
    ]);
    const lines = [
      "day,key,environment,route,outcome,requests",
      `"2040-05-31","${key.id}","sandbox","","no_such_route",3`,
      `"2040-05-31","${key.id}","sandbox","/signatures/*","forwarded",12`,
      "",
    ].join("\r\n");
    for (const file of [
      `${path}/usage.csv?days=30`,
      "/keys/usage.csv",
      "/keys/usage.csv?days=x",
      "/keys/usage.csv?environment=sandbox",
    ]) {
      const { html, headers } = await browser.open(file);
      expect(html, file).toBe(lines);
      expect(headers.get("content-disposition")).toContain("usage.csv");
    }
    expect((await browser.open("/keys/usage.csv?environment=nowhere")).status).toBe(422);
  });

  test("of 24 hours has the evening before, and nothing older", async () => {
    const { browser, key, organization } = await world();
    for (const [hoursAgo, requests] of [
      [24, 100],
      [23, 20],
      [13, 4],
      [1, 3],
    ] as const) {
      await count(key.id, organization.id, [["/signatures/*", "forwarded", requests]], hoursAgo);
    }
    const { html } = await browser.open("/keys/usage.csv?days=1");
    const counts = [...html.matchAll(/"(\d{4}-\d\d-\d\d)".*,(\d+)\r/g)].map(([, day, sum]) => [day, sum]);
    expect(counts).toEqual([
      ["2040-05-30", "24"],
      ["2040-05-31", "3"],
    ]);
  });
});
