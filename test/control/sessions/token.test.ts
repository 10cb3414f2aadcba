/** What the database holds of sessions and sign-in links, and what that is good for. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import {
  createRootSignInLink,
  findRootLink,
  findRootSession,
  signInAsRoot,
} from "../../../src/control/sessions/root-session.ts";
import { findSession } from "../../../src/control/sessions/session.ts";
import { findSignInLink } from "../../../src/control/sessions/sign-in-link.ts";
import { toBase64Url } from "../../../src/domain/base64url.ts";
import { parsePeppers } from "../../../src/store/peppers.ts";
import { codeOf, controlOf, granted, root, type TestControl } from "../../helpers/control.ts";
import { linkTokenFor, makeMember, makeOrganization, sessionTokenFor, signInWith } from "../../helpers/people.ts";
import { addSecret, migrate, newId, newSecret, peppers, seedKey } from "../../helpers/workerd.ts";

beforeAll(migrate);

const token = (prefix: string) => `${prefix}_${toBase64Url(crypto.getRandomValues(new Uint8Array(32)))}`;
const run = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();
const lastPartOf = (url: string) => url.slice(url.lastIndexOf("/") + 1);

async function rootLinkTokenFor(control: TestControl): Promise<string> {
  return lastPartOf(granted(await createRootSignInLink(control, root())).url);
}

describe("a writer of the database", () => {
  /** What somebody can work out of a token alone, and what they can copy from elsewhere in the database. */
  async function hashesWithoutPepper(text: string): Promise<string[]> {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return [toBase64Url(digest), [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""), text];
  }

  test("cannot make up a session, nor a link, of a member or of the platform team", async () => {
    const control = controlOf();
    const at = control.now();
    const { id: memberId, organizationId } = await makeMember(await makeOrganization());
    const [kgs, kgl, kgo, kgq] = [token("kgs"), token("kgl"), token("kgo"), token("kgq")];
    for (const hash of await hashesWithoutPepper(kgs)) {
      await run(
        `INSERT INTO sessions (id, hash, organization_id, member_id, created_at, last_seen_at, expires_at, version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5 + 1000, 'v')`,
        ...[newId("ses"), hash, organizationId, memberId, at],
      );
    }
    for (const hash of await hashesWithoutPepper(kgl)) {
      await run(
        `INSERT INTO sign_in_links (hash, organization_id, member_id, role, next, created_by, created_at, expires_at)
         VALUES (?1, ?2, ?3, 'owner', '/', 'root', ?4, ?4 + 1000)`,
        ...[hash, organizationId, memberId, at],
      );
    }
    for (const [at2, hash] of (await hashesWithoutPepper(kgo)).entries()) {
      await run(
        "INSERT INTO root_sessions (id, link_hash, link_expires_at, hash, expires_at) VALUES (?1, ?2, ?4, ?3, ?4)",
        ...[newId("ses"), (await hashesWithoutPepper(kgq))[at2], hash, at + 1000],
      );
    }
    expect(codeOf(await findSession(control, kgs))).toBe("session_ended");
    expect(codeOf(await findSignInLink(control, kgl))).toBe("sign_in_link_invalid");
    expect(codeOf(await findRootSession(control, kgo))).toBe("session_ended");
    expect(codeOf(await findRootLink(control, kgq))).toBe("sign_in_link_invalid");
  });

  test("who may create keys of a chosen prefix cannot make the hash of a key that of a session", async () => {
    const control = controlOf();
    const { id: memberId, organizationId } = await makeMember(await makeOrganization());
    // A key of this prefix has the form of a session's token.
    const secret = newSecret("kgs_abcdef");
    expect(secret).toHaveLength(token("kgs").length);
    const hash = await addSecret((await seedKey()).id, secret);
    await run(
      `INSERT INTO sessions (id, hash, organization_id, member_id, created_at, last_seen_at, expires_at, version)
       VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5 + 1000, 'v')`,
      ...[newId("ses"), hash, organizationId, memberId, control.now()],
    );
    expect(codeOf(await findSession(control, secret))).toBe("session_ended");
  });
});

describe("a session of a member", () => {
  test.each(["kgl", "kgs", "kgq", "kgo"])("has its token nowhere in the database: %s", async (prefix) => {
    const control = controlOf();
    const { id } = await makeMember(await makeOrganization());
    const tokens: Record<string, () => Promise<string>> = {
      kgl: () => linkTokenFor(control, id),
      kgs: () => sessionTokenFor(control, id),
      kgq: () => rootLinkTokenFor(control),
      kgo: async () => granted(await signInAsRoot(control, await rootLinkTokenFor(control))),
    };
    const shown = (await tokens[prefix]?.()) as string;
    expect(shown).toMatch(new RegExp(`^${prefix}_[A-Za-z0-9_-]{43}$`));
    for (const table of ["sessions", "sign_in_links", "root_sessions"]) {
      const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all();
      expect(JSON.stringify(results)).not.toContain(shown.slice(4));
    }
  });
});

describe("while a pepper replaces another", () => {
  const [OLD, ADDED, NEW] = [
    peppers,
    parsePeppers(`${env.KEYGATE_PEPPERS},p2:${"B".repeat(43)}`),
    parsePeppers(`p2:${"B".repeat(43)},${env.KEYGATE_PEPPERS}`),
  ];
  const ALONE = parsePeppers(`p2:${"B".repeat(43)}`);

  /** What becomes of the tokens under other peppers than those that they were made with. */
  async function statesUnder(made: TestControl, later: typeof OLD) {
    const { id } = await makeMember(await makeOrganization());
    const control = { ...made, peppers: later };
    const session = await sessionTokenFor(made, id);
    const rootSession = granted(await signInAsRoot(made, await rootLinkTokenFor(made)));
    return {
      link: codeOf(await signInWith(control, await linkTokenFor(made, id))),
      rootLink: codeOf(await signInAsRoot(control, await rootLinkTokenFor(made))),
      session: codeOf(await findSession(control, session)),
      rootSession: codeOf(await findRootSession(control, rootSession)),
    };
  }

  const LIVE = { link: "granted", rootLink: "granted", session: "granted", rootSession: "granted" };
  const OVER = {
    link: "sign_in_link_invalid",
    rootLink: "sign_in_link_invalid",
    session: "session_ended",
    rootSession: "session_ended",
  };

  test.each([
    ["go on while both are there", OLD, ADDED, LIVE],
    ["go on once the new one is in front", OLD, NEW, LIVE],
    ["that the new one began are known where the old one is still in front", NEW, ADDED, LIVE],
    ["of the new one go on without the old one", NEW, ALONE, LIVE],
    ["of the old one end with it", OLD, ALONE, OVER],
  ])("sessions and links %s", async (_, made, later, expected) => {
    expect(await statesUnder({ ...controlOf(), peppers: made }, later)).toEqual(expected);
  });
});

describe("what the memory of look-ups is told of", () => {
  test.each<[string, string, (control: TestControl, shown: string) => Promise<unknown>]>([
    ["a session", "kgs", findSession],
    ["a session of the platform team", "kgo", findRootSession],
    ["a sign-in link", "kgl", findSignInLink],
    ["a link of the platform team", "kgq", findRootLink],
  ])("%s is its hash, so that no header or URL stays in memory with it", async (_, prefix, find) => {
    const names: string[] = [];
    const control: TestControl = {
      ...controlOf(),
      look: (name, read) => {
        names.push(name);
        return read();
      },
    };
    const shown = token(prefix);
    await find(control, shown);
    expect(names).toEqual([await peppers[0].hash(`token ${shown}`)]);
  });
});
