import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile, type Route } from "../../src/config/compile.ts";
import { parsePattern, type Segment, shapeOf } from "../../src/config/pattern.ts";
import { Router } from "../../src/config/router.ts";
import { findRoute } from "../../src/decide/route.ts";
import { isRefusal } from "../../src/errors.ts";
import { CONFIG } from "../gateway/config.ts";
import { modelOrigin, type Pattern, readAs } from "./model-origins.ts";

const WORDS = ["reports", "payroll", "me", "is", "kiosk", "Invoices", "search", "a-b"];
const IDS = ["ws_1", "ws_2", "WS_1", "Ab9"];
const TAILS = ["1", "Q3.pdf", "a@b.test", "caf%C3%A9", "@scope%2fname", "2024-01-01T00:00:00Z", "x/y", "UPPER"];

const pattern: fc.Arbitrary<Pattern> = fc
  .tuple(fc.array(fc.constantFrom(...WORDS, ...WORDS, ":"), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([parts, isOpen]) => {
    const texts = parts.map((part, at) => (part === ":" ? `:p${at}` : part));
    const path = `/${[...texts, ...(isOpen ? ["*"] : [])].join("/")}`;
    return { path, segments: segmentsOf(path) };
  });
const patterns = fc.uniqueArray(pattern, {
  minLength: 2,
  maxLength: 7,
  selector: ({ path }) => path.replace(/:\w+/g, ":"),
});

/** Wider rules, and narrower ones beneath them. */
const nested = fc
  .tuple(patterns, fc.constantFrom(...WORDS), fc.constantFrom("/*", "/:x", "/:x/*", ""))
  .map(([given, word, end]) => {
    const more = given.flatMap(({ segments, path }) => (segments.at(-1)?.kind === "wildcard" ? [path] : []));
    const added = more.map((path) => path.replace(/\*$/, word + end)).filter((path) => !/:x.*:x/.test(path));
    const all = [...given.map(({ path }) => path), ...added, "/*"];
    const paths = new Map(all.map((path) => [path.replace(/:\w+/g, ":"), path]));
    return [...paths.values()].map((path): Pattern => ({ path, segments: segmentsOf(path) }));
  });

function segmentsOf(path: string): Segment[] {
  const parsed = parsePattern(path);
  if ("problem" in parsed) throw new Error(`${path} ${parsed.problem}`);
  return parsed.segments;
}

const [template] = compile(CONFIG).routes as [Route];
const LENIENT = { ignoresCase: true, dropsSuffixes: true };

function routerOf(guarded: readonly Pattern[], leniency = LENIENT): Router<Route> {
  const router = new Router<Route>();
  for (const { path, segments } of guarded) {
    const params = segments.flatMap((segment) => (segment.kind === "param" ? [segment.name] : []));
    router.add(segments, { ...template, ...leniency, path, shape: shapeOf(segments), params });
  }
  return router;
}

/** A path of the pattern, as a client in good standing sends it. */
const pathBelow = ({ segments }: Pattern) =>
  fc
    .tuple(...segments.map((segment) => textOf(segment)))
    .map((texts) => `/${texts.filter((text) => text !== "").join("/")}`);
const textOf = (segment: Segment) =>
  segment.kind === "literal"
    ? fc.constant(segment.text)
    : fc.constantFrom(...(segment.kind === "param" ? IDS : ["", ...TAILS]));

const percent = (text: string) => text.replace(/./gs, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
const wide = (text: string) => encodeURI(text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)));
/** Ways to spell a character otherwise. */
const CHARACTER: ((character: string) => string)[] = [
  (c) => c.toUpperCase(),
  (c) => c.toLowerCase(),
  percent,
  (c) => percent(percent(c)).replace(/^%25/, "%25"),
  (c) => `%25${percent(c).slice(1)}`,
  (c) => `%2525${percent(c).slice(1)}`,
  (c) => `%u00${percent(c).slice(1)}`,
  wide,
  (c) => ({ k: "%E2%84%AA", s: "%C5%BF", i: "%C4%B1", I: "%C4%B0", "/": "%2f", ".": "%e3%80%82" })[c] ?? c,
  (c) => ({ "/": "%5c", "\\": "/" })[c] ?? c,
  (c) => ({ "/": "%255c" })[c] ?? c,
  (c) => ({ "/": "%c0%af", ".": "%c0%ae" })[c] ?? c,
  (c) => ({ "/": "%e2%88%95" })[c] ?? c,
  (c) => ({ "/": "//" })[c] ?? c,
  (c) => ({ "/": "/./" })[c] ?? c,
];
/** What may be put between two characters. */
const BETWEEN =
  "%09 %0a %20 + . ; ;x=1 ;jsessionid=1 %3b %3bx / %2f %252f %5c %00 %2500 %ff %c2%ad %e2%80%8b .json .JSON .tar.gz %2ejson ? %3f %23 %253f /. /.. /%2e%2e %2e%2e%2f ..;/ .;/ %ef%bc%8f %ef%bc%8e %ef%bc%9b %u002f %u002e %c0%ae %c0%80 %2%09f %2%e2%80%8bf %%32f %%32%66 %2%e2%80%8be%2e %ef%bc%852f".split(
    " ",
  );

const spelling = (path: string) =>
  fc
    .array(
      fc.record({
        at: fc.nat(path.length),
        character: fc.option(fc.constantFrom(...CHARACTER)),
        between: fc.option(fc.constantFrom(...BETWEEN)),
      }),
      { maxLength: 4 },
    )
    .map((changes) => {
      const characters = [...path];
      for (const { at, character, between } of changes) {
        const text = characters[at] ?? "";
        characters[at] =
          (character ? character(text) : text) + (at > 0 || between?.startsWith("/") ? (between ?? "") : "");
      }
      const spelt = characters.join("");
      return new URL(`https://h.test/${spelt.replace(/^\//, "")}`).pathname;
    });

const world = nested.chain((guarded) =>
  fc.record({
    guarded: fc.constant(guarded),
    path: fc
      .constantFrom(...guarded)
      .chain(pathBelow)
      .chain(spelling),
    origins: fc.array(modelOrigin, { minLength: 8, maxLength: 8 }),
  }),
);

describe("a path that passes", () => {
  test("falls under the same route, with the same parameters, at every origin, in whatever order that reads it", {
    timeout: 60_000,
  }, () => {
    let odd = 0;
    fc.assert(
      fc.property(world, ({ guarded, path, origins }) => {
        const match = findRoute("GET", path, routerOf(guarded));
        if (isRefusal(match)) return;
        if (/[%;A-Z.+]|\/\/|\/$/.test(path)) odd++;
        for (const origin of origins) {
          const seen = readAs(origin, path, guarded);
          expect({ origin, path: seen?.path }).toEqual({ origin, path: match.route.path });
          for (const [at, name] of match.route.params.entries()) {
            const authorized = match.params[name] as string;
            if (IDS.includes(authorized)) expect({ origin, id: seen?.params[at] }).toEqual({ origin, id: authorized });
          }
        }
      }),
      { numRuns: 2_500 },
    );
    // Otherwise nothing but plain paths would have been tried.
    expect(odd).toBeGreaterThan(300);
  });

  test.for([
    { setting: "caseSensitive", leniency: { ...LENIENT, ignoresCase: false }, reads: { ignoresCase: false } },
    { setting: "formatSuffixes", leniency: { ...LENIENT, dropsSuffixes: false }, reads: { drops: "nothing" as const } },
  ])("does so too where $setting says what origins do", { timeout: 60_000 }, ({ leniency, reads }) => {
    fc.assert(
      fc.property(world, ({ guarded, path, origins }) => {
        const match = findRoute("GET", path, routerOf(guarded, leniency));
        if (isRefusal(match)) return;
        for (const origin of origins) {
          const seen = readAs({ ...origin, ...reads }, path, guarded);
          expect({ origin, path: seen?.path }).toEqual({ origin, path: match.route.path });
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

/** None of these begins like a word of a route. */
const ordinaryId = fc.oneof(
  fc.stringMatching(/^[XYZ][A-Za-z0-9_-]{0,12}$/),
  fc.stringMatching(/^[xyz]\w{0,6}\.(json|tar\.gz|PDF)$/),
  fc.stringMatching(/^[xyz]\w{0,5}(\.\w{1,5})?(\+\w{1,3})?@\w{1,5}\.test$/),
  fc.stringMatching(/^[xyz]\w{0,4}$/).map((name) => `@${name}%2f${name}`),
  fc.stringMatching(/^[xyzéüñ日本]{1,6}$/).map((name) => encodeURIComponent(`x${name}`)),
  fc.stringMatching(/^[xyz] [A-Z]{1,4} \(1\)$/).map((name) => encodeURIComponent(name)),
);

test("ordinary ids, of any case and with dots, are never refused where no route is like them", {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(nested, fc.constantFrom(...WORDS), ordinaryId, (guarded, word, id) => {
      const widest = guarded.filter(({ path }) => path === "/*" || path === `/${word}/*`);
      for (const path of [`/${id}`, `/${word}/${id}`, `/${word}/1/${id}`]) {
        const match = findRoute("GET", new URL(`https://h.test${path}`).pathname, routerOf(widest));
        expect({ path, code: isRefusal(match) ? match.code : undefined }).toEqual({ path, code: undefined });
      }
      const router = routerOf(guarded);
      const plain = findRoute("GET", `/${word}/zz`, router);
      const match = findRoute("GET", `/${word}/${id}`, router);
      if (id.includes("%2f")) return;
      expect(isRefusal(match) || match.route.path).toEqual(isRefusal(plain) || plain.route.path);
    }),
    { numRuns: 1_000 },
  );
});

const NARROW = ["/*", "/reports/*", "/reports/payroll/*", "/reports/kiosk"].map((path) => ({
  path,
  segments: segmentsOf(path),
}));

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
