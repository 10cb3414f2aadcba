import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commonText, matches } from "../../src/config/automaton.ts";
import { parseKeyPattern } from "../../src/config/key-pattern.ts";

const TOO_COMPLEX = "is too complex; write a simpler pattern";

function automatonOf(pattern: string) {
  const automaton = parseKeyPattern(pattern);
  if ("problem" in automaton) throw new Error(`${pattern} ${automaton.problem}`);
  return automaton;
}

describe("a pattern of keys", () => {
  test.each([
    ["acme_[0-9a-f]{4}", ["acme_09af"], ["acme_09a", "acme_09af0", "acme_09aF", "xacme_09af", "ACME_09af"]],
    ["a|bc", ["a", "bc"], ["", "b", "ac", "abc"]],
    ["(a|b)+c?", ["a", "ab", "babac"], ["", "c", "acc"]],
    ["(?:ab){2,3}", ["abab", "ababab"], ["ab", "abababab"]],
    ["a{2,}", ["aa", "aaaa"], ["a"]],
    ["[^a-z]", ["A", "0", "_"], ["a", "z"]],
    ["\\d\\w.", ["0__", "9aZ"], ["a00"]],
    ["[\\da]*", ["", "0a1"], ["b"]],
    ["a()", ["a"], [""]],
  ])("%s matches exactly the keys that the regular expression does", (pattern, matched, others) => {
    for (const text of matched) expect([text, matches(automatonOf(pattern), text)]).toEqual([text, true]);
    for (const text of others) expect([text, matches(automatonOf(pattern), text)]).toEqual([text, false]);
  });

  test("means what the same regular expression means, whatever it is, or is refused as too complex", () => {
    const atom = fc.constantFrom("a", "b", "_", "[ab]", "[^a]", "\\d", ".");
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => `${a}${b}`),
        fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => `(${a}|${b})`),
        fc
          .tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "{2}", "{1,}", "{0,3}"))
          .map(([a, count]) => `(?:${a})${count}`),
      ),
    }));
    const text = fc.array(fc.constantFrom("a", "b", "_", "0", "Z"), { maxLength: 8 }).map((parts) => parts.join(""));
    const refused: string[] = [];
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 20 }), (written, texts) => {
        const automaton = parseKeyPattern(written);
        if ("problem" in automaton) {
          expect([written, automaton.problem]).toEqual([written, TOO_COMPLEX]);
          refused.push(written);
          return;
        }
        const expected = new RegExp(`^(?:${written})$`);
        for (const each of texts) expect(matches(automaton, each)).toBe(expected.test(each));
      }),
      { numRuns: 500 },
    );
    // One in some 20,000 of these needs more states than a pattern may have.
    expect(refused.length).toBeLessThan(5);
  });

  test.each([
    ["(a+)+b", `${"a".repeat(68)}c`],
    ["(a|a)*b", `${"a".repeat(68)}c`],
    ["(\\w*)*(\\w*)*(\\w*)*b", `${"a".repeat(68)}c`],
    ["(a?){60}a{60}", "a".repeat(59)],
  ])("%s, over which other engines go through every way to match, is decided in one pass", (pattern, text) => {
    const automaton = automatonOf(pattern);
    expect(automaton.next.length).toBeLessThan(200);
    expect(matches(automaton, text)).toBe(false);
  });

  test.each([
    ["acme_[0-9a-f{32}", 'has a "{", which no key has; use letters, digits and _'],
    ["acme_[0-9a-f", "has a [ without its ]; add or remove one"],
    ["acme_(a|b", "has a ( without its ); add or remove one"],
    ["acme_a)", "has a ) without its (; add or remove one"],
    ["^acme_", "has a ^; leave it out, because a pattern always matches the whole key"],
    ["acme_$", "has a $; leave it out, because a pattern always matches the whole key"],
    ["*a", "has a * that repeats nothing; leave it out"],
    ["a**", "has a * that repeats nothing; leave it out"],
    ["(?=a)", 'has "(?", which is supported only as (?:…); use classes, groups and counts'],
    ["(?<!a)b", 'has "(?", which is supported only as (?:…); use classes, groups and counts'],
    ["(a)\\1", 'has a "\\\\1", which no key has; use letters, digits and _'],
    ["a-b", 'has a "-", which no key has; use letters, digits and _'],
    ["a{32", "has a { without a count; write counts as {32}, {16,} or {16,32}"],
    ["a{3,2}", "has the count {3,2}, whose maximum is below its minimum; swap the two numbers"],
    ["a{70}", "allows 70 repetitions; a key has at most 69 characters"],
    ["[z-a]", "has a range that begins with z and has no valid end; write ranges such as a-z"],
    ["(a|b)*a(a|b){20}", TOO_COMPLEX],
    ["((((a?){69}){69}){69}){69}b|(.{3}|.{5}){60}.", TOO_COMPLEX],
  ])("%s is refused, with what to do", (pattern, problem) => {
    expect(parseKeyPattern(pattern)).toEqual({ problem });
  });
});

describe("what two patterns have in common", () => {
  test.each([
    ["a[0-9]{3}", "[a-z]\\d+", "a000"],
    ["\\w{4,}", "kgr_.*", "kgr_"],
    ["(ab)*", "(aba)*b?", ""],
    ["(ab)+", "(aba)+b", "abab"],
    ["a+", "b+", undefined],
    ["a{3}", "a{4,}", undefined],
    ["[^\\w]", ".", undefined],
  ])("%s and %s: the shortest is %o", (a, b, expected) => {
    expect(commonText(automatonOf(a), automatonOf(b))).toBe(expected);
    expect(commonText(automatonOf(b), automatonOf(a))).toBe(expected);
  });
});
