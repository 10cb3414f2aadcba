import { describe, expect, test } from "vitest";
import { type Code, ERRORS } from "../../src/errors.ts";
import { devServer as gateway } from "./shared.ts";

const CODES = Object.keys(ERRORS) as Code[];
const control = `http://localhost:${gateway.port}`;

describe("Every error says where it is explained, and is explained there", () => {
  test.for(CODES)("%s has its page, with its status, its meaning and its remedy", async (code) => {
    const response = await fetch(`${control}/errors/${code}`);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
    const text = plain(await response.text()).replaceAll("`", "");
    const { status, title, meaning, fix } = ERRORS[code];
    // What stands between backticks is shown as code.
    for (const words of [code, String(status), title, meaning, fix]) expect(text).toContain(words.replaceAll("`", ""));
  });

  test("the list names them all", async () => {
    const text = await (await fetch(`${control}/errors`)).text();
    for (const code of CODES) expect(text).toContain(`/errors/${code}"`);
  });

  test("a code that does not exist has no page", async () => {
    for (const code of ["no_such_code", "constructor", "__proto__", "%00"]) {
      expect((await fetch(`${control}/errors/${code}`)).status).toBe(404);
    }
  });

  test.for([
    `${gateway.base("sandbox")}/signatures/1`,
    `${gateway.base("staging")}/signatures/1`,
    `${control}/v1/organizations`,
    `${control}/no/such/path`,
  ])("the type of a problem document leads to its page: %s", async (url) => {
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const problem = (await response.json()) as Record<string, string>;
    expect(problem).toMatchObject({
      status: response.status,
      title: expect.any(String),
      detail: expect.any(String),
      request_id: response.headers.get("x-request-id"),
    });
    const page = await fetch(problem.type as string);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(problem.code);
  });
});

function plain(html: string): string {
  return html
    .replace(/<[^>]+>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
