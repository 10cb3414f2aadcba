/** A secret that someone pastes into a search does not stay in the address, where histories and links keep it. */

import { beforeAll, describe, expect, test } from "vitest";
import { controlOf } from "../../helpers/control.ts";
import { migrate } from "../../helpers/workerd.ts";
import { CONTROL, makeKey, setUp, worker } from "../../management/call.ts";
import { Browser } from "../browser.ts";
import { platformTeam } from "../world.ts";

let owner: Browser;
let team: Browser;
let secret: string;

beforeAll(async () => {
  await migrate();
  const { member, keyBody } = await setUp({ name: "Acme" });
  ({ secret } = await makeKey({ ...keyBody, name: "Pasted" }));
  owner = await Browser.signedIn(controlOf(), member.id);
  team = await platformTeam();
});

/** Every field of a page whose form writes into the address. */
const FIELDS: [path: string, field: string, more?: string][] = [
  ["/keys", "q", "status=active"],
  ["/go", "q"],
  ["/requests", "key_id"],
  ["/audit", "target"],
  ["/organizations", "q"],
];
const AROUND: [what: string, before: string, after: string][] = [
  ["nothing", "", ""],
  ["a blank before it", " ", ""],
  ["a blank after it", "", " "],
  ["other blanks", "\t\u00a0", "\r\n"],
  ["a header", "Authorization: Bearer ", ""],
  ["quotes", '"', '",'],
  ["what nobody sees", "\u200b", "\u2060"],
];

describe.for(FIELDS)("A secret in the field of %s", ([path, field, more = ""]) => {
  test.for(AROUND)("leads to the address with its hint: around it %s", async ([, before, after]) => {
    const at = `${path}?${field}=${encodeURIComponent(before + secret + after)}&${more}`;
    const response = await worker.fetch(`${CONTROL}${at}`, { redirect: "manual" });
    expect(response.status).toBe(303);
    const address = new URL(response.headers.get("location") ?? "", CONTROL);
    expect(address.pathname).toBe(path);
    expect(address.searchParams.get(field)).toBe(`kg_test_…${secret.slice(-4)}`);
    expect(address.search).toContain(more);
    expect(address.search).not.toContain(secret.slice(8, 20));
  });

  test("is in no link, field or chip of the page", async () => {
    const page = await (path === "/organizations" ? team : owner).open(`${path}?${field}=${secret}+`);
    expect(page.html).not.toContain(secret);
  });
});

test("The key is found by its hint", async () => {
  expect((await owner.open(`/keys?q=+${secret}+`)).html).toContain("Pasted");
});

test("A text that is no secret stays as it was written", async () => {
  const wrong = `${secret.slice(0, -1)}${secret.endsWith("0") ? "1" : "0"}`;
  for (const text of [" two  blanks ", wrong, ""]) {
    const url = `${CONTROL}/go?q=${encodeURIComponent(text)}`;
    expect((await worker.fetch(url, { redirect: "manual" })).status).toBe(200);
  }
});
