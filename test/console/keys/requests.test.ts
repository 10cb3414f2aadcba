/** Finished requests: of a key and of the organization, what explains them, and what fixes them. */

import { afterAll, describe, expect, test, vi } from "vitest";
import type { KeptRequest } from "../../../src/domain/kept-request.ts";
import { reportTo } from "../../authority/collect.ts";
import { AT_START, controlOf } from "../../helpers/control.ts";
import { hoursOf, keptRequest } from "../../helpers/requests.ts";
import { migrate } from "../../helpers/workerd.ts";
import { call, makeKey, makeMember, setUp } from "../../management/call.ts";
import { Browser, formTo, type Page } from "../browser.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
await migrate();
const control = controlOf();

const REFUSED = {
  method: "POST",
  members: { required_scopes: ["signatures:write"], lacking_in: ["permission"] },
} as const;
const FAILED = { reason: null, status: 502, members: {}, origin: "signatures", originStatus: 502 } as const;
const GOOD = { reason: null, status: 200, members: {}, origin: "signatures", originStatus: 200 } as const;

async function keyWithRequests(
  keyFields: object = { permission: "read-only" },
  of: readonly Partial<KeptRequest>[] = [REFUSED, FAILED, GOOD],
) {
  const { organization, workspace, member, keyBody } = await setUp();
  const [key, other] = [await makeKey({ ...keyBody, ...keyFields }), await makeKey({ ...keyBody, name: "Other" })];
  const place = { organizationId: organization.id as string, environment: "sandbox" };
  const ids = { organizationId: organization.id as string, keyId: key.id as string };
  const requests = of.map((fields, at) => keptRequest({ at: AT_START - 3_000 + at * 1_000, ...ids, ...fields }));
  await reportTo(0, { sender: crypto.randomUUID(), number: 1, requests: hoursOf(place, requests) });
  const [first] = requests as [KeptRequest];
  return { browser: await Browser.signedIn(control, member.id), key, other, refused: first, organization, workspace };
}

describe("The requests of a key", () => {
  test("are on a page of their own with their refusals, and each leads to what explains it", async () => {
    const { browser, key, other, refused } = await keyWithRequests();
    const page = await browser.open(`/keys/${key.id}/requests`);
    expect(page.text).toContain(`POST /signatures/* , explain the request ${refused.id} 403 scope_missing`);
    expect(page.html).toContain(`href="/requests/${refused.id}"`);
    expect(page.text).toContain("502 from signatures");
    expect(page.text).toContain("A request shows 10 to 20 seconds after its answer.");
    const none = await browser.open(`/keys/${other.id}/requests`);
    expect(none.text).toContain("No requests are kept. They show 10 to 20 seconds after their answer");
  });

  test("can be those that failed alone, or those of one reason or route", async () => {
    const { browser, key } = await keyWithRequests();
    const answers = async (query: string) => {
      const { html } = await browser.open(`/keys/${key.id}/requests?${query}`);
      return [...html.matchAll(/class="status \w+">(\d+)</g)].map(([, status]) => status).sort();
    };
    expect(await answers("")).toEqual(["200", "403", "502"]);
    expect(await answers("failed=1")).toEqual(["403", "502"]);
    expect(await answers("reason=scope_missing")).toEqual(["403"]);
    expect(await answers("route=none")).toEqual([]);
    expect(await answers(`route=${encodeURIComponent("/signatures/*")}&failed=1`)).toEqual(["403", "502"]);
  });

  test("are in the list of the organization, with the names of their keys, and not in another's", async () => {
    const { browser, key, refused } = await keyWithRequests({ name: "nightly" });
    const { text, html } = await browser.open("/requests");
    expect(text).toContain(refused.id);
    expect(html).toContain(`<a href="/keys/${key.id}">nightly</a>`);
    const { browser: stranger } = await keyWithRequests();
    expect((await stranger.open("/requests")).text).not.toContain(refused.id);
    expect((await stranger.open(`/requests/${refused.id}`)).status).toBe(404);
  });

  test("say what is wrong with a filter", async () => {
    const { browser } = await keyWithRequests();
    const page = await browser.open("/requests?environment=nowhere");
    expect(page.status).toBe(422);
    expect(page.html).toContain('id="mistakes"');
  });
});

describe("The page of a request", () => {
  test("says what was decided, whether that would be the same now, and what to change, by the key's name", async () => {
    const { browser, key, refused } = await keyWithRequests({ permission: "read-only", name: "nightly" });
    const { text } = await browser.open(`/requests/${refused.id}`);
    expect(text).toContain("Refused with 403. This call needs signatures:write");
    expect(text).toContain("Change the permission of “nightly” from read-only to full-access.");
    expect(text).toContain("Checked with an example, POST https://sandbox.example.com/v1/signatures/example");
    expect(text).not.toContain(`of ${key.id}`);
  });

  const readsOnly = { scopes: ["signatures:read"], permission: "full-access" };
  const lackingScope = { ...REFUSED, members: { required_scopes: ["signatures:write"], lacking_in: ["scopes"] } };
  const FIXES: [string, object, Partial<KeptRequest>, string][] = [
    [
      "full access",
      { permission: "read-only", scopes: ["signatures:write"] },
      REFUSED,
      "This allows every call that needs signatures:write.",
    ],
    ["a scope", readsOnly, lackingScope, "This allows every call that needs signatures:write."],
    [
      "both",
      { ...readsOnly, permission: "read-only" },
      lackingScope,
      "This allows every call that needs signatures:write.",
    ],
    [
      "full access, which allows more",
      { permission: "read-only", scopes: ["signatures:write", "folders:write"] },
      REFUSED,
      "This allows every call that needs signatures:write, and also folders:write.",
    ],
    [
      "an address",
      { allowed_addresses: ["192.0.2.1"] },
      { reason: "address_forbidden", members: {}, clientAddress: "198.51.100.7" },
      "This allows everybody at this address to use the key, if they have it.",
    ],
  ];
  test.for(FIXES)(
    "has the button that fixes it, which saves after a review: %s",
    async ([, fields, request, label]) => {
      const { browser, key, refused } = await keyWithRequests(fields, [request]);
      const path = `/requests/${refused.id}`;
      const page = await browser.open(path);
      expect(page.text).toContain(`${label} Review the change…`);
      const review = await browser.submit(page, formTo(page, `/keys/${key.id}/edit`));
      expect(review.text).toContain("Review the change");
      const saved = await browser.submit(review, formTo(review, `/keys/${key.id}/edit`), ["intent", "save"]);
      expect(saved.text).toContain("Saved.");
      const after = await browser.open(path);
      expect(after.text).toContain("the gateway would allow the request now");
      expect(after.text).not.toContain(label);
    },
  );

  test("leads to where a disabled key is enabled, and where a new one is created in place of a revoked one", async () => {
    const { browser, key, refused } = await keyWithRequests({}, [{ reason: "key_disabled", status: 401, members: {} }]);
    await call("POST", `/v1/api-keys/${key.id}/disable`);
    expect((await browser.open(`/requests/${refused.id}`)).html).toContain(`href="/keys/${key.id}/enable"`);
    await call("POST", `/v1/api-keys/${key.id}/revoke`);
    const page = await browser.open(`/requests/${refused.id}`);
    expect(page.html).not.toContain(`href="/keys/${key.id}/enable"`);
    expect(page.text).toContain("Create a new key");
  });

  test("offers no change to who could not make it", async () => {
    const { key, refused, organization } = await keyWithRequests();
    const admin = await makeMember(organization.id, { role: "admin", name: "Adam" });
    const browser = await Browser.signedIn(control, admin.id);
    const page = await browser.open(`/requests/${refused.id}`);
    // An administrator of these models can: a key of the owner is beyond them.
    const offers = page.forms.some(({ action }) => action === `/keys/${key.id}/edit`);
    const edit = await browser.send(`/keys/${key.id}/edit`, [
      ["permission", "full-access"],
      ["scopes", "signatures:read"],
      ["intent", "save"],
      ["version", (await call("GET", `/v1/api-keys/${key.id}`)).body.version],
    ]);
    expect(offers).toBe(edit.status < 300);
  });
});

describe("The box that asks why", () => {
  const ask = async (browser: Browser, about: string): Promise<Page> => {
    const page = await browser.open("/requests");
    const form = formTo(page, "/explain");
    for (const control of form.controls) if (control.name === "about") control.value = about;
    return browser.submit(page, form);
  };

  test("takes the id of a request, with whatever stands around it", async () => {
    const { browser, refused } = await keyWithRequests();
    for (const about of [
      refused.id,
      ` ${refused.id} `,
      `"request_id": "${refused.id}"`,
      `X-Request-Id: ${refused.id}`,
    ]) {
      expect((await ask(browser, about)).path, about).toBe(`/requests/${refused.id}`);
    }
  });

  test("takes the last four characters of a key, its name, its id, or a whole secret, which is not shown again", async () => {
    const { browser, key } = await keyWithRequests({ name: "only one" });
    const { hint, secret } = { hint: key.secret.slice(-4) as string, secret: key.secret as string };
    for (const about of [hint, "only one", key.id, secret]) {
      const page = await ask(browser, about);
      expect(page.text, about).toContain("Allowed. The gateway forwards the request");
      expect(page.html).toContain(`href="/keys/${key.id}"`);
      expect(page.html).not.toContain(secret);
    }
  });

  test("takes a URL or a path, with or without a method, and then the key", async () => {
    const { browser, key } = await keyWithRequests();
    for (const about of [
      "https://sandbox.example.com/v1/signatures/1",
      "DELETE https://sandbox.example.com/v1/signatures/1",
    ]) {
      const page = await ask(browser, about);
      expect(page.text).toContain("Refused with 401, at “credential”.");
      const form = formTo(page, "/explain");
      for (const control of form.controls) if (control.name === "key") control.value = key.id;
      const explained = await browser.submit(page, form);
      expect(explained.text).toContain(about.startsWith("DELETE") ? "Refused with 403, at “scope”." : "Allowed.");
    }
  });

  test.for(["/signatures/1", "/v1/signatures/1", "https://api.example.com/v1/signatures/1"])(
    "reads %s with the prefix of the base URL once, and the form for the key has the whole URL",
    async (about) => {
      const { browser, key } = await keyWithRequests();
      const page = await ask(browser, about);
      expect(page.text).toContain("GET /v1/signatures/1 ");
      const urlIn = (answer: Page) => formTo(answer, "/explain").controls.find(({ name }) => name === "url")?.value;
      expect(urlIn(page)).toBe("https://api.example.com/v1/signatures/1");
      if (about.startsWith("https")) return;
      const form = formTo(page, "/explain");
      for (const control of form.controls) {
        if (control.name === "key") control.value = key.id;
        if (control.name === "url") control.value = about;
      }
      const explained = await browser.submit(page, form);
      expect(explained.text).toContain("Allowed.");
      expect(urlIn(explained)).toBe("https://sandbox.example.com/v1/signatures/1");
    },
  );

  test("asks which key is meant if there are several", async () => {
    const { browser, key } = await keyWithRequests({ name: "Other way" });
    const page = await ask(browser, "other");
    expect(page.text).toContain("Which key?");
    const form = page.forms.find(({ buttons }) => buttons.some(([, value]) => value === key.id));
    const explained = await browser.submit(page, form as never, ["key", key.id]);
    expect(explained.text).toContain("Allowed.");
  });

  test.for(["", "zz", "ftp://example.com", "req"])("says what is wrong with %j", async (about) => {
    const { browser } = await keyWithRequests();
    const page = await ask(browser, about);
    expect(page.status).toBe(422);
    expect(page.html).toContain('id="mistakes"');
  });

  test("shows what fails first, in one sentence, before the checks that passed", async () => {
    const { browser, key } = await keyWithRequests({ permission: "read-only", allowed_addresses: [] });
    await call("POST", `/v1/api-keys/${key.id}/disable`);
    const page = await browser.send("/explain", [
      ["key", key.id],
      ["method", "POST"],
      ["url", "https://sandbox.example.com/v1/signatures/1"],
    ]);
    expect(page.text).toMatch(/^ ?Requests › .*POST \/v1\/signatures\/1 Refused with 401, at “life”\./);
    expect(page.text.indexOf("Enable the key…")).toBeLessThan(page.text.indexOf("Also refused"));
    expect(page.text).toContain("Also refused scope: This call needs signatures:write");
    expect(page.text.indexOf("life refused")).toBeLessThan(page.text.indexOf("base url passed"));
  });
});
