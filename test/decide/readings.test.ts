import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Segment } from "../../src/config/pattern.ts";
import { findRoute } from "../../src/decide/route.ts";
import { isRefusal } from "../../src/errors.ts";
import { modelOrigin, type Pattern, readAs } from "./model-origins.ts";
import { LENIENT, patternOf, routerOf } from "./routers.ts";

const WORDS = ["reports", "me", "kiosk", "Invoices", "a-b"];
const IDS = ["ws_1", "ws_2", "WS_1", "Ab9"];
const TAILS = [
  "1",
  "Q3.pdf",
  "a@b.test",
  "caf%C3%A9",
  "@scope%2fname",
  "2024-01-01T00:00:00Z",
  "x/me",
  "me/ws_2",
  "UPPER",
];

const pattern: fc.Arbitrary<Pattern> = fc
  .tuple(fc.array(fc.constantFrom(...WORDS, ":", ":"), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([parts, isOpen]) => {
    const texts = parts.map((part, at) => (part === ":" ? `:p${at}` : part));
    const path = `/${[...texts, ...(isOpen ? ["*"] : [])].join("/")}`;
    return patternOf(path);
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
    return [...paths.values()].map(patternOf);
  });

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
const SLASHES = "%2f %2F %252f %25252f %5c %255c // /./ %u002f %ef%bc%8f %e2%88%95 %c0%af %2%09f %25%32%66".split(" ");
const FOLDED: Readonly<Record<string, string>> = {
  k: "%E2%84%AA",
  s: "%C5%BF",
  i: "%C4%B1",
  I: "%C4%B0",
  ".": "%c0%ae",
};
/** Ways to spell a character otherwise. */
const LETTERS: ((character: string) => string)[] = [
  (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase()),
  percent,
  (c) => percent(c).replace("%", "%25"),
  (c) => percent(c).replace("%", "%2525"),
  (c) => percent(c).replace("%", "%u00"),
  wide,
  (c) => FOLDED[c] ?? percent(c),
];
function respelt(character: string, which: number): string {
  if (character === "/") return SLASHES[which % SLASHES.length] as string;
  return character === "%" ? "%25" : (LETTERS[which % LETTERS.length] as (typeof LETTERS)[number])(character);
}

/** What may be put between two characters. */
const BETWEEN =
  "%09 %0a %20 + . ; ;x=1 ;jsessionid=1 %3b %3bx / %2f %252f %5c %00 %2500 %ff %c2%ad %e2%80%8b .json .JSON .tar.gz %2ejson ? %3f %23 %253f /. /.. /%2e%2e %2e%2e%2f ..;/ .;/ %ef%bc%8f %ef%bc%8e %ef%bc%9b %u002f %u002e %c0%ae %c0%80 %2%09f %2%e2%80%8bf %%32f %%32%66 %2%e2%80%8be%2e %ef%bc%852f".split(
    " ",
  );

const spelling = (path: string) =>
  fc
    .record({
      letters: fc.array(fc.tuple(fc.nat(path.length - 1), fc.nat(100)), { maxLength: 2 }),
      slashes: fc.array(fc.tuple(fc.nat(), fc.nat(100)), { maxLength: 2 }),
      inserted: fc.array(fc.tuple(fc.nat(path.length), fc.constantFrom(...BETWEEN)), { maxLength: 2 }),
    })
    .map(({ letters, slashes, inserted }) => {
      const characters = [...path, ""];
      const slashesAt = [...path].flatMap((character, at) => (character === "/" && at > 0 ? [at] : []));
      for (const [at, which] of letters) if (at > 0) characters[at] = respelt(path[at] as string, which);
      for (const [n, which] of slashes) {
        const at = slashesAt[n % slashesAt.length];
        if (at !== undefined) characters[at] = respelt("/", which);
      }
      for (const [at, text] of inserted) characters[at] = (at > 0 || text.startsWith("/") ? text : "") + characters[at];
      return new URL(`https://h.test/${characters.join("").replace(/^\//, "")}`).pathname;
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
