/** What stops the access of others asks first: for a click, or for the name of what is in use. */

import { env } from "cloudflare:workers";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { checkTyped } from "../../src/console/frame/ask.tsx";
import { Form } from "../../src/console/frame/form.ts";
import { AT_START, controlOf } from "../helpers/control.ts";
import { migrate } from "../helpers/workerd.ts";
import { call } from "../management/call.ts";
import { type Browser, fill, formTo } from "./browser.ts";
import { makeWorld, platformTeam, visitorOf, type World } from "./world.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
await migrate();
const control = controlOf();
let world: World;
beforeEach(async () => {
  world = await makeWorld();
});

interface Ending {
  readonly what: string;
  readonly path: () => string;
  readonly name: string;
  readonly button?: string;
  readonly values?: Record<string, string>;
  readonly isDone: () => Promise<boolean>;
}
const status = async (path: string) => (await call("GET", path)).body.status;
const isGone = async (path: string) => (await call("GET", path)).status === 404;

const ENDINGS: readonly Ending[] = [
  {
    what: "suspending an organization",
    path: () => `/organizations/${world.organizationId}/suspend`,
    name: "Acme",
    isDone: async () => (await status(`/v1/organizations/${world.organizationId}`)) === "suspended",
  },
  {
    what: "removing a member with keys",
    path: () => `/members/${world.otherId}/remove`,
    name: "Nell",
    isDone: () => isGone(`/v1/members/${world.otherId}`),
  },
  {
    what: "deleting a workspace with keys",
    path: () => `/workspaces/${world.workspaceId}/delete`,
    name: "Sales",
    isDone: () => isGone(`/v1/workspaces/${world.workspaceId}`),
  },
  {
    what: "revoking a key in use",
    path: () => `/keys/${world.keyId}/revoke`,
    name: "in use",
    isDone: async () => (await status(`/v1/api-keys/${world.keyId}`)) === "revoked",
  },
  {
    what: "ending the old secret of a key in use now",
    path: () => `/keys/${world.keyId}/rotate`,
    name: "in use",
    values: { grace_seconds: "0" },
    isDone: async () => {
      const sql = "SELECT count(*) AS ended FROM api_key_secrets WHERE key_id = ? AND expires_at IS NOT NULL";
      return (await env.DB.prepare(sql).bind(world.keyId).first("ended")) !== 0;
    },
  },
];
const oldSecretOf = async (keyId: string) => {
  await call("POST", `/v1/api-keys/${keyId}/rotate`, { grace_seconds: 3600 });
  return (await call("GET", `/v1/api-keys/${keyId}`)).body.secrets[1].id as string;
};
const browserFor = (path: string): Promise<Browser> =>
  path.startsWith("/organizations") ? platformTeam() : visitorOf(control, world);

describe.for(ENDINGS)("$what", ({ path, name, values = {}, isDone }) => {
  test("is done only after its name was typed", async () => {
    const browser = await browserFor(path());
    const page = await browser.open(path());
    const form = fill(formTo(page, path()), values);
    for (const wrong of ["", `${name}x`, name.toUpperCase(), "yes"]) {
      const answer = await browser.submit(page, fill(form, { name: wrong }));
      expect(answer.status, wrong).toBe(422);
      expect(answer.html).toContain('id="name-problem"');
    }
    expect(await isDone()).toBe(false);
    expect((await browser.submit(page, fill(form, { name: ` ${name} ` }))).status).toBeLessThan(300);
    expect(await isDone()).toBe(true);
  });

  test("does nothing when its page is only opened", async () => {
    const browser = await browserFor(path());
    expect((await browser.open(path())).status).toBe(200);
    expect(await isDone()).toBe(false);
  });
});

describe("Less is asked", () => {
  test("for what can be undone or stops nobody: a click on a page that says what happens", async () => {
    const browser = await visitorOf(control, world);
    for (const [path, words] of [
      [`/keys/${world.keyId}/disable`, "until someone enables it again"],
      [`/members/${world.otherId}/end-sessions`, "signed out of every browser at once"],
      [`/keys/${world.workspaceKeyId}/revoke`, "This is final"],
    ] as const) {
      const page = await browser.open(path);
      expect(page.text).toContain(words);
      const form = formTo(page, path);
      expect(form.controls.some(({ name }) => name === "name")).toBe(false);
      expect((await browser.submit(page, form)).status).toBe(200);
    }
  });

  test("for an old secret of a key that is not in use; the key's page leads to it", async () => {
    const browser = await visitorOf(control, world);
    const keyPath = `/keys/${world.workspaceKeyId}`;
    const path = `${keyPath}/secrets/${await oldSecretOf(world.workspaceKeyId)}/end`;
    expect((await browser.open(keyPath)).html).toContain(`href="${path}"`);
    const page = await browser.open(path);
    expect(page.text).toContain("other secrets keep working");
    const done = await browser.submit(page, formTo(page, path));
    expect(done.text).toContain("The secret was ended.");
    expect(done.html).not.toContain(path);
    expect((await call("GET", `/v1/api-keys/${world.workspaceKeyId}`)).body.secrets).toHaveLength(1);
    expect((await browser.open(`${keyPath}/secrets/sec_0/end`)).status).toBe(404);
  });

  test("for an organization that can call again", async () => {
    await call("PATCH", `/v1/organizations/${world.organizationId}`, { status: "suspended" });
    const team = await platformTeam();
    const path = `/organizations/${world.organizationId}/activate`;
    const page = await team.open(path);
    await team.submit(page, formTo(page, path));
    expect(await status(`/v1/organizations/${world.organizationId}`)).toBe("active");
  });
});

test.for<[what: string, name: string]>([
  ["two blanks", "prod  backend"],
  ["a no-break space", "prod\u00a0backend"],
  ["a zero-width space", "prod \u200bbackend"],
  ["a soft hyphen at its end", "prod backend\u00ad"],
  ["wide letters", "ｐｒｏｄ backend"],
])("a name with %s is typed as it is seen, and no other name is", ([, name]) => {
  const typed = (text: string) => checkTyped(new Form([["name", text]]), { id: "key_1", name }, "this key");
  expect(["prod backend", name].map(typed)).toEqual([undefined, undefined]);
  for (const other of ["prodbackend", "Prod backend", "prod-backend", ""]) expect(typed(other)).toBeDefined();
});

test.for(["\u200b", "\u2060\u00ad", "\u3164"])(
  "instead of a name of which nothing is shown, the id is typed: %j",
  (name) => {
    const typed = (text: string) => checkTyped(new Form([["name", text]]), { id: "key_1", name }, "this key");
    for (const other of ["", " ", name]) expect(typed(other)).toBeDefined();
    expect(typed("key_1")).toBeUndefined();
  },
);

test("a page shows the id of what has a name of which nothing is shown", async () => {
  await call("PATCH", `/v1/members/${world.otherId}`, { name: "\u200b" });
  const path = `/members/${world.otherId}/remove`;
  expect((await (await visitorOf(control, world)).open(path)).html).toContain(`<strong>${world.otherId}</strong>`);
});

test("an old secret of a key in use is ended only after the key's name was typed", async () => {
  const browser = await visitorOf(control, world);
  const path = `/keys/${world.keyId}/secrets/${await oldSecretOf(world.keyId)}/end`;
  const secrets = async () => (await call("GET", `/v1/api-keys/${world.keyId}`)).body.secrets.length;
  const page = await browser.open(path);
  const form = formTo(page, path);
  const answer = await browser.submit(page, fill(form, { name: "other" }));
  expect([answer.status, await secrets()]).toEqual([422, 2]);
  expect((await browser.submit(page, fill(form, { name: "in use" }))).status).toBe(200);
  expect(await secrets()).toBe(1);
});

test("no page has a button that ends the access of others without asking", async () => {
  const [browser, team] = [await visitorOf(control, world), await platformTeam()];
  await browser.open("/sessions");
  const paths = [
    "/keys",
    `/keys/${world.keyId}`,
    "/members",
    `/members/${world.otherId}`,
    `/workspaces/${world.workspaceId}`,
  ];
  const pages = [
    ...(await Promise.all(paths.map((path) => browser.open(path)))),
    await team.open(`/organizations/${world.organizationId}`),
  ];
  const actions = pages.flatMap((page) => page.forms.map(({ action }) => action || page.path));
  expect(actions.filter((action) => /suspend|remove|delete|revoke|disable|end/.test(action))).toEqual([]);
});
