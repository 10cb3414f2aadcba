import { describe, expect, test } from "vitest";
import { prefersPage } from "../../../src/console/frame/browsers.ts";
import { CONTROL, worker } from "../../management/call.ts";

const FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const CHROME =
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";

describe("A page is preferred", () => {
  test.for([
    [FIREFOX, true],
    [CHROME, true],
    ["text/html", true],
    ["TEXT/HTML", true],
    ["application/json;q=0.5, text/html", true],
    ["text/html;q=0.9, application/json", false],
    ["text/html;q=0.9, application/problem+json", false],
    ["text/html; q=0", false],
    ["application/json", false],
    ["application/json, text/plain, */*", false],
    ["*/*", false],
    ["text/*", false],
    ["", false],
    [null, false],
    [",;q=,text/htmlx", false],
  ] as const)("by %s: %s", ([accept, expected]) => {
    expect(prefersPage(accept)).toBe(expected);
  });
});

describe("What is not there", () => {
  test.for([
    ["GET", "/nowhere"],
    ["GET", "/errors/no_such_code"],
    ["GET", "/docs/noSuchCall"],
    ["POST", "/guide"],
    ["GET", "/../etc/passwd"],
  ] as const)("is a page for a browser and a problem document for programs: %s %s", async ([method, path]) => {
    const ask = async (accept: string) => {
      const response = await worker.fetch(`${CONTROL}${path}`, { method, headers: { Accept: accept } });
      return { response, text: await response.text() };
    };
    const page = await ask(CHROME);
    expect(page.response.status).toBe(404);
    expect(page.response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
    expect(page.response.headers.get("vary")).toBe("Accept");
    expect(page.response.headers.get("content-security-policy")).toContain("require-trusted-types-for 'script'");
    expect(page.text).toContain('<nav aria-label="Console">');
    expect(page.text).toContain(page.response.headers.get("x-request-id"));
    const problem = await ask("*/*");
    expect(problem.response.headers.get("content-type")).toBe("application/problem+json");
    expect(problem.response.headers.get("vary")).toBe("Accept");
    expect(JSON.parse(problem.text)).toMatchObject({ status: 404, code: "not_found" });
  });
});
