/** A member asks for a key on the console, and an owner answers there, without script. */

import { beforeAll, describe, expect, test } from "vitest";
import { controlOf } from "../helpers/control.ts";
import { migrate } from "../helpers/workerd.ts";
import { makeMember } from "../management/call.ts";
import { Browser, fill, formTo } from "./browser.ts";
import { makeWorld, visitorOf, type World } from "./world.ts";

await migrate();
const control = { ...controlOf(), now: () => Date.now() };
let world: World;
let asker: Browser;
let owner: Browser;

beforeAll(async () => {
  world = await makeWorld();
  const member = await makeMember(world.organizationId, { role: "member", name: "Mia" });
  asker = await Browser.signedIn(control, member.id);
  owner = await visitorOf(control, world);
});

async function ask(name: string) {
  const form = formTo(await asker.open("/key-requests/new"), "/key-requests/new");
  fill(form, { name, purpose: "Copies orders each night." });
  for (const one of form.controls) if (one.name === "scopes" && one.value === "signatures:read") one.checked = true;
  return asker.submit({ ...(await asker.open("/key-requests/new")) }, form);
}

describe("a member who cannot create keys", () => {
  test("is offered to ask for one, from the first page and the navigation", async () => {
    const page = await asker.open("/");
    expect(page.html).toContain('href="/key-requests/new"');
    expect(page.html).toMatch(/<a href="\/key-requests"[^>]*>Key requests/);
    expect((await asker.open("/key-requests")).text).toContain("You have asked for no key yet.");
  });

  test("sees the request without an answer, then who declined it and why", async () => {
    const sent = await ask("Declined one");
    expect([sent.status, sent.path]).toEqual([200, "/key-requests"]);
    expect(sent.text).toContain("Your request was sent.");
    expect(sent.text).toContain("Nobody has answered yet.");
    const list = await owner.open("/key-requests");
    expect(list.text).toContain("by Mia");
    const path = /href="(\/key-requests\/krq_\w+\/decline)"/.exec(list.html)?.[1] as string;
    const page = await owner.open(path);
    expect(page.text).toContain("Mia asked for it: Copies orders each night.");
    const empty = await owner.submit(page, fill(formTo(page, path), { reason: " " }));
    expect([empty.status, empty.text]).toEqual([422, expect.stringContaining("Must not be empty")]);
    const declined = await owner.submit(page, fill(formTo(page, path), { reason: "Use the shared one." }));
    expect([declined.path, declined.text]).toEqual(["/key-requests", expect.stringContaining("was declined")]);
    expect((await asker.open("/key-requests")).text).toContain("Visitor declined: Use the shared one.");
    expect((await owner.open(path)).status).toBe(409);
  });

  test("is told what is wrong, and keeps what they filled in", async () => {
    const page = await asker.open("/key-requests/new");
    const answer = await asker.submit(page, fill(formTo(page, "/key-requests/new"), { name: "Kept", purpose: "" }));
    expect(answer.status).toBe(422);
    expect(answer.text).toContain("Must not be empty");
    expect(answer.text).toContain("Must name at least one");
    expect(answer.html).toContain('value="Kept"');
  });

  test("cannot answer, not even by a forged address", async () => {
    await ask("Forged");
    const list = await owner.open("/key-requests");
    const path = /href="(\/key-requests\/krq_\w+\/decline)"/.exec(list.html)?.[1] as string;
    expect((await asker.open(path)).status).toBe(403);
    expect((await asker.send(path, [["reason", "no"]])).status).toBe(403);
    expect((await asker.open("/key-requests")).html).not.toContain("/decline");
  });
});

describe("those who can create keys", () => {
  test("see who asks on the list of keys, and create the key from a form that is filled in", async () => {
    await ask("Nightly export");
    const keys = await owner.open("/keys");
    expect(keys.text).toMatch(/Members asked for \d+ keys?\. Answer/);
    const list = await owner.open("/key-requests");
    const [path] = /\/keys\/new\?request=krq_\w+/.exec(list.html) ?? [];
    const page = await owner.open(path as string);
    expect(page.text).toContain("Mia asked for this key.");
    const form = formTo(page, "/keys/new");
    expect(form.controls.find(({ name }) => name === "name")?.value).toBe("Nightly export");
    expect(form.controls.find(({ name }) => name === "description")?.value).toBe("Copies orders each night.");
    const scopes = form.controls.filter(({ name, checked }) => name === "scopes" && checked);
    expect(scopes.map(({ value }) => value)).toEqual(["signatures:read"]);
    const made = await owner.submit(page, form);
    expect([made.status, made.text]).toEqual([201, expect.stringContaining("Key created")]);
    expect((await asker.open("/key-requests")).text).toContain("Visitor created the key, and gives you its secret.");
    // The form that is sent again, by a reload, creates no second key.
    expect((await owner.submit(page, form)).text).toContain("You sent the same form twice.");
    expect((await owner.open(path as string)).status).toBe(409);
  });

  test("read it in the audit trail as sentences", async () => {
    const { text } = await owner.open("/audit");
    expect(text).toContain("Mia requested the key Nightly export");
    expect(text).toContain("Visitor granted the request for the key Nightly export");
    expect(text).toContain("Visitor declined the request for the key Declined one , reason: Use the shared one.");
  });
});
