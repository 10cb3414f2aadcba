/** What the page of a key says of its limits, and of a key that does not work. */

import { env } from "cloudflare:workers";
import { afterAll, describe, expect, test, vi } from "vitest";
import { AT_START, controlOf } from "../../helpers/control.ts";
import { migrate } from "../../helpers/workerd.ts";
import { call, makeKey, setUp } from "../../management/call.ts";
import { Browser } from "../browser.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
await migrate();
const control = controlOf();
const rate = (name: string, limit: number) => ({ name, limit, window: 60 });

async function keyWith(organization: object, fields: object) {
  const { member, keyBody, organization: made } = await setUp(organization);
  const key = await makeKey({ ...keyBody, ...fields });
  const browser = await Browser.signedIn(control, member.id);
  return { key, organization: made, path: `/keys/${key.id}`, browser };
}

describe("The limits of a key", () => {
  const OWN = { limits: { rates: [rate("minute", 30)], quotas: [] } };

  test("are all shown, with where they come from, and which of them binds", async () => {
    const { browser, path, key } = await keyWith({ plan: "free" }, OWN);
    const { text } = await browser.open(path);
    expect(text).toContain("minute 5 requests per minute the plan free, its organization's yes");
    expect(text).toContain(
      "minute 30 requests per minute the key no: minute of the plan free, its organization's is reached first",
    );
    expect(text).toContain("all of 5 left");
    const { body } = await call("GET", `/v1/api-keys/${key.id}/limits`);
    const plan = { source: "plan", plan: "free" };
    expect(body.applied).toEqual([
      { ...plan, kind: "rate", ...rate("minute", 5), burst: 5, binds: true, bound_by: null },
      {
        ...plan,
        kind: "quota",
        name: "day",
        limit: 10_000,
        per: "day",
        binds: false,
        bound_by: { ...plan, name: "minute" },
      },
      {
        source: "key",
        plan: null,
        kind: "rate",
        ...rate("minute", 30),
        burst: 30,
        binds: false,
        bound_by: { ...plan, name: "minute" },
      },
    ]);
  });

  test("are those of its own plan, if it has one", async () => {
    const { browser, path } = await keyWith({ plan: "free" }, { ...OWN, plan: "scale" });
    const { text } = await browser.open(path);
    expect(text).toContain("minute 30 requests per minute the key yes");
    expect(text).toContain(
      "minute 3,000 requests per minute the plan scale, its own no: minute of the key is reached first",
    );
    expect(text).not.toContain("plan free");
  });

  test("are shown in the summary of a new key, before it is created", async () => {
    const { browser } = await keyWith({ plan: "free" }, {});
    expect((await browser.open("/keys/new")).text).toContain("Fill in the form");
    const summary = await browser.send("/keys/new/summary", [
      ["environment", "sandbox"],
      ["scopes", "signatures:read"],
    ]);
    expect(summary.html).toContain("Limits: 5 requests per minute (plan free).");
  });

  test("are shown again by a reset", async () => {
    const { key } = await keyWith({ plan: "free" }, OWN);
    const { body } = await call("POST", `/v1/api-keys/${key.id}/limits/reset`);
    expect(body.applied).toHaveLength(3);
  });
});

describe("A key that does not work", () => {
  const DEAD: [string, (key: string, organization: string) => Promise<unknown>][] = [
    ["it was revoked, which is final", (id) => call("POST", `/v1/api-keys/${id}/revoke`)],
    ["it is disabled", (id) => call("POST", `/v1/api-keys/${id}/disable`)],
    [
      "it has expired, which is final",
      (id) => env.DB.prepare("UPDATE api_keys SET created_at = 1, expires_at = 2 WHERE id = ?").bind(id).run(),
    ],
  ];
  test.for(DEAD)(
    "says so, and neither what it can do nor when it ends, on its page and in the list: %s",
    async ([why, end]) => {
      const { browser, path, key, organization } = await keyWith({}, { expires_at: "2040-06-10T00:00:00Z" });
      await end(key.id, organization.id);
      const { html, text } = await browser.open(path);
      expect(text).toContain(`It does nothing now: ${why}.`);
      expect(text).not.toMatch(/It can |It expires|Expires |What it can do/);
      expect(html).not.toContain('class="soon"');
      const list = await browser.open("/keys");
      expect(list.html).not.toContain('class="soon"');
    },
  );

  test("is not said to work at once when it gets a new secret", async () => {
    const { browser, path, key } = await keyWith({}, {});
    await call("POST", `/v1/api-keys/${key.id}/disable`);
    const page = await browser.open(`${path}/rotate`);
    const rotated = await browser.submit(page, page.forms.find(({ action }) => action === "") as never);
    expect(rotated.text).toContain("cannot be used now: it is disabled.");
    expect(rotated.text).not.toContain("works at once");
  });
});
