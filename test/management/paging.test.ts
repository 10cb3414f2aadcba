import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { migrate } from "../helpers/workerd.ts";
import { type Answer, call, makeKey, makeMember, makeOrganization, makeWorkspace, setUp } from "./call.ts";

beforeAll(migrate);

type Item = { id: string };

const withCursor = (path: string, cursor: string) => `${path}&cursor=${encodeURIComponent(cursor)}`;

/** The ids on each page, with something done between pages. */
async function pagesOf(path: string, between: () => Promise<unknown> = async () => undefined): Promise<string[][]> {
  const pages: string[][] = [];
  let answer: Answer = await call("GET", path);
  for (;;) {
    expect(answer.status).toBe(200);
    pages.push(answer.body.data.map(({ id }: Item) => id));
    if (answer.body.next_cursor === null) return pages;
    await between();
    answer = await call("GET", withCursor(path, answer.body.next_cursor));
  }
}

describe("the pages of a list", () => {
  test("hold what was asked for, fifty where nothing was, and each item once", async () => {
    const { organization, keyBody } = await setUp();
    const keys = await Promise.all(Array.from({ length: 53 }, () => makeKey(keyBody)));
    const ids = new Set(keys.map(({ id }) => id));
    const path = `/v1/api-keys?organization_id=${organization.id}`;
    for (const [query, sizes] of [
      ["", [50, 3]],
      ["&limit=53", [53]],
      ["&limit=52", [52, 1]],
      ["&limit=20", [20, 20, 13]],
    ] as const) {
      const pages = await pagesOf(path + query);
      expect(pages.map(({ length }) => length)).toEqual(sizes);
      expect(new Set(pages.flat())).toEqual(ids);
    }
  });

  test("are in order of age", async () => {
    const { organization, keyBody } = await setUp();
    const first = await makeKey(keyBody);
    await env.DB.prepare("UPDATE api_keys SET created_at = 1 WHERE id = ?").bind(first.id).run();
    const second = await makeKey(keyBody);
    expect((await pagesOf(`/v1/api-keys?organization_id=${organization.id}&limit=1`)).flat()).toEqual([
      first.id,
      second.id,
    ]);
  });

  test.each([
    ["organizations", async () => "/v1/organizations?limit=3", () => makeOrganization()],
    [
      "workspaces",
      async (id: string) => `/v1/workspaces?limit=3&organization_id=${id}`,
      (id: string) => makeWorkspace(id),
    ],
    ["members", async (id: string) => `/v1/members?limit=3&organization_id=${id}`, (id: string) => makeMember(id)],
  ] as [string, (id: string) => Promise<string>, (id: string) => Promise<Item>][])(
    "of %s show every item that was there, once, while others are added",
    async (_, pathOf, make) => {
      const organization = await makeOrganization();
      const there = await Promise.all(Array.from({ length: 8 }, () => make(organization.id)));
      let left = 5;
      const add = async () => {
        left -= 1;
        if (left >= 0) await make(organization.id);
      };
      const seen = (await pagesOf(await pathOf(organization.id), add)).flat();
      expect(new Set(seen).size).toBe(seen.length);
      for (const { id } of there) expect(seen).toContain(id);
    },
  );

  test("of keys show every key that was there, once, while others are added, all made at one moment", async () => {
    const { organization, keyBody } = await setUp();
    const keys = await Promise.all(Array.from({ length: 12 }, () => makeKey(keyBody)));
    const sameAge = () =>
      env.DB.prepare("UPDATE api_keys SET created_at = 1000 WHERE organization_id = ?").bind(organization.id).run();
    await sameAge();
    let left = 4;
    const add = async () => {
      left -= 1;
      if (left < 0) return;
      await makeKey(keyBody);
      await sameAge();
    };
    const seen = (await pagesOf(`/v1/api-keys?organization_id=${organization.id}&limit=2`, add)).flat();
    expect(new Set(seen).size).toBe(seen.length);
    for (const { id } of keys) expect(seen).toContain(id);
  });

  test("sorted in one way do not go on from a cursor of another", async () => {
    const { organization, keyBody } = await setUp();
    for (const name of ["Zürich", "東京"]) await makeKey({ ...keyBody, name });
    const path = `/v1/api-keys?organization_id=${organization.id}&limit=1`;
    const byName = (await call("GET", `${path}&sort=name`)).body.next_cursor;
    expect(byName).toMatch(/^[\w-]+$/);
    expect((await call("GET", withCursor(`${path}&sort=name`, byName))).body.data).toMatchObject([{ name: "東京" }]);
    for (const other of ["", "&sort=-created_at"]) {
      const { status, body } = await call("GET", withCursor(path + other, byName));
      expect(status).toBe(422);
      expect(body.errors).toMatchObject([{ field: "cursor" }]);
    }
  });

  test.each([
    ["one field more", '["created_at",1,"key_1","more"]'],
    ["one field less", '["created_at",1]'],
    ["another shape", '{"sort":"created_at"}'],
    ["null", "null"],
    ["a text", '"abc"'],
    ["no number", '["created_at",1e999,"key_1"]'],
    ["no JSON", "{"],
  ])("do not go on from a cursor that they did not give: %s", async (_, text) => {
    const { status, body } = await call("GET", withCursor("/v1/organizations?limit=1", btoa(text)));
    expect([status, body.code]).toEqual([422, "validation_failed"]);
    expect(body.errors).toMatchObject([{ field: "cursor" }]);
  });

  test("keep to their filter, whatever the cursor came from", async () => {
    const [one, other] = [await setUp(), await setUp()];
    for (let i = 0; i < 3; i++) await makeKey(one.keyBody);
    const theirs = await makeKey(other.keyBody);
    const first = await call("GET", `/v1/api-keys?organization_id=${one.organization.id}&limit=1`);
    const path = `/v1/api-keys?organization_id=${other.organization.id}`;
    const { body } = await call("GET", withCursor(path, first.body.next_cursor));
    expect(body.data.map(({ id }: Item) => id)).toEqual([theirs.id]);
  });
});
