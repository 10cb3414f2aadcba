/** The latest requests on the page of a key, and the page that explains one. */

import { env } from "cloudflare:workers";
import { afterAll, expect, test, vi } from "vitest";
import { REQUEST_INDEX, requestLogName } from "../../../src/authority/name.ts";
import { AT_START, controlOf } from "../../helpers/control.ts";
import { hoursOf, keptRequest } from "../../helpers/requests.ts";
import { migrate } from "../../helpers/workerd.ts";
import { makeKey, setUp } from "../../management/call.ts";
import { Browser } from "../browser.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
await migrate();
const control = controlOf();
const courier = (name: string) => env.COURIER.get(env.COURIER.idFromName(name));

async function keyWithRequests() {
  const { organization, member, keyBody } = await setUp();
  const [key, other] = [
    await makeKey({ ...keyBody, permission: "read-only" }),
    await makeKey({ ...keyBody, name: "Other" }),
  ];
  const place = { organizationId: organization.id as string, environment: "sandbox" };
  const of = { organizationId: organization.id as string, keyId: key.id as string };
  const members = { required_scopes: ["signatures:write"], lacking_in: ["permission"] };
  const refused = keptRequest({ at: AT_START - 2_000, ...of, method: "POST", members });
  const failed = { reason: null, status: 502, members: {}, origin: "signatures", originStatus: 502 };
  const requests = [refused, keptRequest({ at: AT_START - 1_000, ...of, ...failed })];
  const hours = hoursOf(place, requests);
  await courier(REQUEST_INDEX).indexRequests(hours);
  await courier(requestLogName(place)).recordRequests({ id: crypto.randomUUID(), hours });
  return { browser: await Browser.signedIn(control, member.id), key, other, refused };
}

test("The page of a key lists its latest requests with their refusals, and leads to what explains them", async () => {
  const { browser, key, other, refused } = await keyWithRequests();
  const page = await browser.open(`/keys/${key.id}`);
  expect(page.text).toContain("Latest requests");
  expect(page.text).toContain("POST /signatures/* 403 scope_missing explain this");
  expect(page.text).toContain("GET /signatures/* 502 from signatures explain this");
  expect(page.html).toContain(`href="/keys/${key.id}/requests/${refused.id}"`);
  expect((await browser.open(`/keys/${other.id}`)).text).toContain("None are kept.");
});

test("The page of a request says what was decided, what would be decided now, and what to change", async () => {
  const { browser, key, other, refused } = await keyWithRequests();
  const { text } = await browser.open(`/keys/${key.id}/requests/${refused.id}`);
  expect(text).toContain("Refused with 403. This call needs signatures:write");
  expect(text).toContain(`Change the permission of ${key.id} from read-only to full-access.`);
  expect(text).toContain("For POST https://sandbox.example.com/v1/signatures/example");
  expect((await browser.open(`/keys/${other.id}/requests/${refused.id}`)).text).toContain("no request with this id");
});
