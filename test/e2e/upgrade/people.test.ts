/** Members, sessions and invitations over HTTP, on the state of the last release, after an upgrade, a rollback, and an upgrade again. */

import { expect, test } from "vitest";
import type { RunningGateway } from "../../helpers/gateway.ts";
import { seed } from "../../helpers/seed.ts";
import type { Build } from "./builds.ts";
import { deployments } from "./state.ts";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

const runBuilds = deployments();

async function restart(build: Build): Promise<People> {
  const [running] = await runBuilds(build);
  return new People(running);
}

/** What the platform team, and browsers with a session, do with people. */
class People {
  readonly #gateway: RunningGateway;

  constructor(gateway: RunningGateway) {
    this.#gateway = gateway;
  }

  seed = () => seed(this.#gateway);

  async ask(method: string, path: string, body?: object, status = 200) {
    const answer = await this.#gateway.manage(method, path, body);
    expect([`${method} ${path}`, answer.status]).toEqual([`${method} ${path}`, status]);
    return answer.body;
  }

  addMember = async (organizationId: string, name: string): Promise<string> => {
    const member = { organization_id: organizationId, email: `${name}@acme.test`, name, role: "member" };
    return (await this.ask("POST", "/v1/members", member, 201)).id;
  };

  /** Its path, at whatever port the gateway is. */
  link = async (memberId: string): Promise<string> =>
    new URL((await this.ask("POST", "/v1/sign-in-links", { member_id: memberId }, 201)).url).pathname;

  invite = async (memberId: string): Promise<string> =>
    new URL((await this.ask("POST", `/v1/members/${memberId}/invitation`, undefined, 201)).url).pathname;

  hasInvitation = async (memberId: string): Promise<boolean> =>
    (await this.#gateway.manage("GET", `/v1/members/${memberId}/invitation`)).status === 200;

  lastSignIn = async (memberId: string): Promise<number> =>
    Date.parse((await this.ask("GET", `/v1/members/${memberId}`)).last_signed_in_at);

  #browse(path: string, init: RequestInit): Promise<Response> {
    const site = `http://localhost:${this.#gateway.port}`;
    const from = { "User-Agent": FIREFOX, "Sec-Fetch-Site": "same-origin", Origin: site };
    return fetch(`${site}${path}`, { redirect: "manual", ...init, headers: { ...from, ...init.headers } });
  }

  /** The cookie of the session, or the status of the refusal. */
  async signIn(path: string): Promise<string | number> {
    const { status, headers } = await this.#browse(path, { method: "POST" });
    return status === 303 ? (headers.get("set-cookie")?.split(";")[0] as string) : status;
  }

  async open(path: string, cookie: string | number): Promise<{ status: number; html: string }> {
    const page = await this.#browse(path, { headers: { Cookie: String(cookie) } });
    return { status: page.status, html: await page.text() };
  }
}

test("after an upgrade members keep their sessions, links and last sign-ins, and those who never signed in can be invited; after a rollback too", async () => {
  const released = await restart("released");
  const { organizationId, members } = await released.seed();
  const before = Date.now();
  const session = await released.signIn(await released.link(members.owner));
  expect((await released.open("/members", session)).status).toBe(200);
  const openLink = await released.link(members.admin);

  const current = await restart("current");
  const listed = (await current.ask("GET", `/v1/members?organization_id=${organizationId}`)).data;
  expect(listed.map(({ id }: { id: string }) => id)).toEqual([members.owner, members.admin, members.member]);
  expect(await current.lastSignIn(members.owner)).toBeGreaterThanOrEqual(before);
  for (const id of [members.admin, members.member]) expect(await current.lastSignIn(id)).toBeNaN();
  const list = await current.open("/members", session);
  expect([list.status, list.html.match(/not signed in yet/g)?.length]).toEqual([200, 2]);
  expect(await current.signIn(openLink)).toMatch(/keygate_session=/);
  const [{ device }] = (await current.ask("GET", `/v1/sessions?member_id=${members.admin}`)).data;
  expect(device).toBe("Firefox on Linux");

  await current.ask("POST", `/v1/members/${members.owner}/invitation`, undefined, 409);
  const invitation = await current.invite(members.member);
  expect(await current.hasInvitation(members.member)).toBe(true);
  expect(await current.signIn(invitation)).toMatch(/keygate_session=/);
  expect([await current.signIn(invitation), await current.hasInvitation(members.member)]).toEqual([401, false]);
  const [ada, eve, kim] = [
    await current.addMember(organizationId, "ada"),
    await current.addMember(organizationId, "eve"),
    await current.addMember(organizationId, "kim"),
  ];
  const invitations = {
    ada: await current.invite(ada),
    eve: await current.invite(eve),
    kim: await current.invite(kim),
  };
  await current.ask("DELETE", `/v1/members/${kim}/invitation`);

  const back = await restart("released");
  expect((await back.open("/members", session)).status).toBe(200);
  expect(await back.signIn(invitations.kim)).toBe(401);
  expect(await back.signIn(invitations.ada)).toMatch(/keygate_session=/);
  // By another link, which ends the invitation.
  const since = Date.now();
  expect(await back.signIn(await back.link(eve))).toMatch(/keygate_session=/);
  expect(await back.signIn(invitations.eve)).toBe(401);
  const late = await back.addMember(organizationId, "late");

  const again = await restart("current");
  expect((await again.open("/members", session)).status).toBe(200);
  expect(await again.lastSignIn(eve)).toBeGreaterThanOrEqual(since);
  for (const id of [ada, eve]) expect(await again.hasInvitation(id)).toBe(false);
  await again.ask("POST", `/v1/members/${eve}/invitation`, undefined, 409);
  expect(await again.signIn(await again.invite(late))).toMatch(/keygate_session=/);
  expect(await again.lastSignIn(late)).toBeGreaterThanOrEqual(since);
}, 240_000);
