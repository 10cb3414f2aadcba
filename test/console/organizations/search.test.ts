/** The platform team finds an organization among many, and sees how much it is used. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { DAY_MS } from "../../../src/domain/durations.ts";
import { migrate } from "../../helpers/workerd.ts";
import { makeMember, makeOrganization } from "../../management/call.ts";
import type { Browser } from "../browser.ts";
import { platformTeam } from "../world.ts";

let team: Browser;
let wanted: { id: string };
let email: string;

beforeAll(async () => {
  await migrate();
  team = await platformTeam();
  for (const name of ["Northwind", "Initech", "100 % Ltd"]) await makeOrganization({ name });
  wanted = await makeOrganization({ name: "Globex Söhne" });
  ({ email } = await makeMember(wanted.id));
});

const found = async (q: string) => (await team.open(`/organizations?q=${encodeURIComponent(q)}`)).text;

describe("The list of organizations", () => {
  test.for<[what: string, q: () => string]>([
    ["part of the name, in any case", () => "LOBEX s"],
    ["the id", () => wanted.id],
    ["part of the id", () => wanted.id.slice(4, 16)],
    ["the email address of a member", () => email.toUpperCase()],
    ["a name with blanks around it", () => "  Globex  "],
  ])("is searched by %s", async ([, q]) => {
    const text = await found(q());
    expect(text).toContain("Globex Söhne");
    expect(text).not.toContain("Initech");
  });

  test("takes a text as it is: no pattern, no markup, and part of an email address finds nobody", async () => {
    expect(await found("%")).not.toContain("Initech");
    expect(await found("%")).toContain("100 % Ltd");
    for (const q of ["_", "<b>", "'", email.slice(1)]) expect(await found(q)).toContain("No organization matches");
  });
});

test("The page of an organization says how many requests its keys had in seven days", async () => {
  const today = Date.now() - (Date.now() % DAY_MS);
  await env.DB.prepare(
    `INSERT INTO usage_days (organization_id, key_id, environment, day, collector, route, outcome, requests)
     VALUES (?1, 'key_1', 'sandbox', ?2, 0, '/', 'forwarded', 1200), (?1, 'key_1', 'sandbox', ?3, 0, '/', 'forwarded', 5)`,
  )
    .bind(wanted.id, today - 2 * DAY_MS, today - 9 * DAY_MS)
    .run();
  expect((await team.open(`/organizations/${wanted.id}`)).text).toMatch(/Requests, 7 days\s+1,200/);
});

test("the list says how full the database is, in numbers that no line break parts from their units", async () => {
  expect((await team.open("/organizations")).html).toMatch(/holds [\d,]+\u00a0MB of 10,000\u00a0MB \(\d+\u00a0%\)/);
});
