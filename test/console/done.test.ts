/** What pages say after a change. */

import { afterAll, describe, expect, test, vi } from "vitest";
import { AT_START, controlOf } from "../helpers/control.ts";
import { migrate } from "../helpers/workerd.ts";
import { call } from "../management/call.ts";
import { type Browser, fill, formTo } from "./browser.ts";
import { makeWorld, platformTeam, visitorOf } from "./world.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
await migrate();
const control = controlOf();
const world = await makeWorld();
const pages = {
  keys: `/keys/${world.keyId}`,
  workspace: `/workspaces/${world.workspaceId}`,
  member: `/members/${world.otherId}`,
  organization: `/organizations/${world.organizationId}`,
};
const DEEDS = [
  "changed",
  "rotated",
  "disabled",
  "enabled",
  "revoked",
  "suspended",
  "made",
  "removed",
  "ended",
  "before",
  "repeated",
];
const NOTICE = /class="notice (?:good|note)"[^>]*>([^<]*)/;
const noticeOf = ({ html }: { html: string }) => NOTICE.exec(html)?.[1]?.trim();

describe("A page says what was done", () => {
  test.for([
    "/keys",
    pages.keys,
    "/workspaces",
    pages.workspace,
    "/members",
    pages.member,
    "/organization",
    "/sessions",
  ])("and never because its URL says so: %s", async (path) => {
    const browser = await visitorOf(control, world);
    const plain = noticeOf(await browser.open(path));
    for (const deed of DEEDS) expect(noticeOf(await browser.open(`${path}?done=${deed}&pending=0`))).toBe(plain);
  });

  test("also on the pages of the platform team", async () => {
    const team = await platformTeam();
    for (const path of ["/organizations", pages.organization]) {
      for (const deed of DEEDS) expect(noticeOf(await team.open(`${path}?done=${deed}`))).toBeUndefined();
    }
  });

  test("once, at the place that the change leads to, and not after a reload", async () => {
    const browser = await visitorOf(control, world);
    const disabled = await browser.send(`${pages.keys}/disable`, []);
    expect(disabled.path).toBe(pages.keys);
    expect(noticeOf(disabled)).toContain("The key was disabled. It takes effect everywhere within");
    expect(noticeOf(await browser.open(pages.keys))).toBeUndefined();
    expect(noticeOf(await browser.send(`${pages.keys}/enable`, []))).toContain("The key was enabled.");
    expect(noticeOf(await browser.open(pages.keys))).toBeUndefined();
  });

  test("to nobody else: the URL is that of the page, and another session sees nothing, even with the same cookie", async () => {
    const [browser, other] = [await visitorOf(control, world), await visitorOf(control, world)];
    const form = formTo(await browser.open("/workspaces"), "/workspaces");
    // Without following the redirect, which would use the message up.
    const session = browser.cookies.get("__Host-keygate_session");
    const done = await messageAfter(
      session ?? "",
      fill(form, { name: "Porto" }).controls.map(({ name, value }) => [name, value]),
    );
    expect(done.location).toBe("/workspaces");
    other.cookies.set("__Host-keygate_done", done.cookie);
    expect(noticeOf(await other.open("/workspaces"))).toBeUndefined();
    browser.cookies.set("__Host-keygate_done", done.cookie);
    expect(noticeOf(await browser.open("/keys"))).toBeUndefined();
    expect(noticeOf(await browser.open("/workspaces"))).toBe("Created.");
    expect(noticeOf(await browser.open("/workspaces"))).toBeUndefined();
  });

  test("and nothing because of a cookie that was made up", async () => {
    const browser = await visitorOf(control, world);
    for (const made of [
      "x",
      "%",
      "[]",
      "{",
      '["ses_1","/keys","made",""]',
      "%5B1%2C2%5D",
      "null",
      '["","","__proto__",""]',
    ]) {
      browser.cookies.set("__Host-keygate_done", made);
      expect((await browser.open("/keys")).status).toBe(200);
      expect(noticeOf(await browser.open(pages.keys))).toBeUndefined();
    }
  });
});

async function messageAfter(session: string, entries: string[][]) {
  const { CONTROL, worker } = await import("../management/call.ts");
  const response = await worker.fetch(`${CONTROL}/workspaces`, {
    method: "POST",
    redirect: "manual",
    headers: { Cookie: `__Host-keygate_session=${session}`, Origin: CONTROL, "Sec-Fetch-Site": "same-origin" },
    body: new URLSearchParams(entries),
  });
  const line = response.headers.getSetCookie().find((one) => one.startsWith("__Host-keygate_done=")) ?? "";
  expect(line).toMatch(/Max-Age=60; Path=\/; HttpOnly; Secure; SameSite=Lax/);
  return { location: response.headers.get("location"), cookie: /=([^;]*)/.exec(line)?.[1] ?? "" };
}

describe("A form that is sent again", () => {
  async function createForm(browser: Browser, name: string) {
    const page = await browser.open("/keys/new");
    const form = fill(formTo(page, "/keys/new"), { name });
    for (const one of form.controls) if (one.value === "signatures:read") one.checked = true;
    return { page, form };
  }
  const keysNamed = async (q: string) =>
    (await call("GET", `/v1/api-keys?organization_id=${world.organizationId}&q=${q}`)).body.data;

  test("with the same content creates no second key and says so", async () => {
    const browser = await visitorOf(control, world);
    const { page, form } = await createForm(browser, "twice");
    expect((await browser.submit(page, form)).status).toBe(201);
    const again = await browser.submit(page, form);
    expect(again.text).toContain("You sent the same form twice. It was done once.");
    expect(await keysNamed("twice")).toHaveLength(1);
    expect(noticeOf(await browser.open(again.path))).toBeUndefined();
  });

  test.for([
    ["another name", (form: ReturnType<typeof formTo>) => fill(form, { name: "again, second" })],
    ["another description", (form: ReturnType<typeof formTo>) => fill(form, { description: "new" })],
    [
      "fewer rights",
      (form: ReturnType<typeof formTo>) => {
        for (const one of form.controls) if (one.name === "permission") one.checked = one.value === "read-only";
        return form;
      },
    ],
  ] as const)(
    "with %s says that it differs, shows what was filled in, and creates the key when it is sent once more",
    async ([what, change]) => {
      const name = `again ${what}`;
      const browser = await visitorOf(control, world);
      const { page, form } = await createForm(browser, name);
      await browser.submit(page, form);
      const differs = await browser.submit(page, change(form));
      expect(differs.status).toBe(409);
      expect(differs.text).toContain("This form was sent before, with other content.");
      expect(differs.text).toContain("Nothing was created this time.");
      expect(await keysNamed("again")).toHaveLength(1 + earlier);
      expect((await browser.submit(differs, formTo(differs, "/keys/new"))).status).toBe(201);
      expect(await keysNamed("again")).toHaveLength(2 + earlier);
      earlier += 2;
    },
  );
  let earlier = 0;

  test("for a rotation, with another grace period, makes no second secret and says that it differs", async () => {
    const browser = await visitorOf(control, world);
    const path = `/keys/${world.workspaceKeyId}/rotate`;
    const page = await browser.open(path);
    const form = formTo(page, path);
    expect((await browser.submit(page, form)).status).toBe(201);
    expect((await browser.submit(page, form)).text).toContain("You sent the same form twice.");
    const differs = await browser.submit(page, fill(form, { grace_seconds: "0" }));
    expect(differs.text).toContain("This form was sent before, with another grace period.");
  });
});
