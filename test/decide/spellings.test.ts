import { expect, test } from "vitest";
import { findRoute } from "../../src/decide/route.ts";
import { LENIENT, patternOf, routerOf } from "./routers.ts";

test.each([
  "½ cup",
  "naïve",
  "Ω-3",
  "什么？",
  "日本（１）",
  "a；b",
  "👩‍👧",
  "❤️",
  "50%",
  "100％",
  "v1.2",
  "A+",
  "+1",
  "~me",
  "x=1",
  "a:b",
])("the id %s is one parameter, and falls under its own route", (id) => {
  const router = routerOf(["/files/:name", "/files/search", "/*", "/notes/*", "/notes/inbox/*"].map(patternOf));
  const path = (start: string) => new URL(`https://h.test/${start}/${encodeURIComponent(id)}`).pathname;
  expect(findRoute("GET", path("files"), router)).toMatchObject({ route: { path: "/files/:name" } });
  expect(findRoute("GET", path("notes"), router)).toMatchObject({ route: { path: "/notes/*" } });
});

test("routes that differ in case alone are refused, both of them, unless origins are case-sensitive", () => {
  const twins = ["/*", "/Reports/*", "/reports/*"].map(patternOf);
  for (const path of ["/Reports/1", "/reports/1", "/REPORTS/1"]) {
    expect(findRoute("GET", path, routerOf(twins))).toMatchObject({ code: "path_ambiguous" });
  }
  const exact = routerOf(twins, { ...LENIENT, ignoresCase: false });
  expect(findRoute("GET", "/Reports/1", exact)).toMatchObject({ route: { path: "/Reports/*" } });
  expect(findRoute("GET", "/reports/1", exact)).toMatchObject({ route: { path: "/reports/*" } });
  expect(findRoute("GET", "/REPORTS/1", exact)).toMatchObject({ route: { path: "/*" } });
});

test("a path that is split before it is decoded, or after, is of one route", () => {
  const router = routerOf(["/*", "/kiosk/:id", "/kiosk/:id/keys"].map(patternOf));
  for (const path of [
    "/kios%6b/a%2fb",
    "/%EF%BD%8Biosk/a%EF%BC%8Fb",
    "/kiosk%20/a%2fkeys",
    "/KIOSK/a%2fb",
    "/kiosk/a%2fkeys",
  ]) {
    expect(findRoute("GET", path, router)).toMatchObject({ code: "path_ambiguous" });
  }
});

test("a route of a name with a suffix is served, beside one of the name alone", () => {
  const router = routerOf(["/*", "/openapi", "/openapi.json", "/static/index.html", "/static/*"].map(patternOf));
  for (const path of ["/openapi", "/openapi.json", "/static/index.html"]) {
    expect(findRoute("GET", path, router)).toMatchObject({ route: { path } });
  }
  expect(findRoute("GET", "/static/index.js", router)).toMatchObject({ route: { path: "/static/*" } });
  expect(findRoute("GET", "/openapi.yaml", router)).toMatchObject({ code: "path_ambiguous" });
});

const NARROW = ["/*", "/reports/*", "/reports/payroll/*", "/reports/kiosk"].map(patternOf);

test.each([
  "/reports/PAYROLL/1",
  "/reports/Payroll",
  "/reports/payrol%4c/1",
  "/reports/payroll.json",
  "/reports/PAYROLL.JSON",
  "/reports/payroll.tar.gz/1",
  "/reports/%EF%BD%90ayroll/1",
  "/reports/%ef%bc%8fpayroll/1",
  "/reports/x%ef%bc%8f..%ef%bc%8fpayroll",
  "/reports/%e2%84%aaiosk",
  "/reports/kio%c5%bfk",
  "/reports/k%c4%b1osk",
  "/reports/K%C4%B0osk",
  "/reports/pay%c2%adroll",
  "/reports/pay%e2%80%8broll",
  "/reports/pay%ffroll",
  "/reports/pay%09roll",
  "/reports/%20payroll",
  "/reports/payroll+",
  "/reports/%c0%afpayroll",
  "/reports/%c0%ae%c0%ae/x",
  "/reports/%e0%80%af",
  "/reports/%25c0%25ae",
  "/reports/%u002fpayroll",
  "/reports/%u0070ayroll",
  "/reports/%25%37%30ayroll",
  "/reports/payroll;jsessionid=1/1",
  "/reports/a;%2f..%2fpayroll",
  "/reports/payroll.%2fx",
  "/reports//PAYROLL",
  "/reports/PAYROLL/",
])("%s is refused, for it may be of a narrower rule", (path) => {
  expect(findRoute("GET", path, routerOf(NARROW))).toMatchObject({ code: "path_ambiguous" });
});
