/**
 * The patterns of keys that were made elsewhere: regular expressions of literals, classes, groups, alternatives and counts,
 * that match a key as a whole.
 */

import { MAX_SECRET_LENGTH, SECRET_CHARACTERS } from "../domain/secret.ts";
import { type Automaton, automatonOf } from "./automaton.ts";
import { type Language, Languages } from "./language.ts";

const ANY = new Set(SECRET_CHARACTERS);
const CLASSES: Readonly<Record<string, ReadonlySet<string>>> = {
  d: new Set("0123456789"),
  w: ANY,
};

/** What matches the pattern's keys, or what is wrong with it and, after a semicolon, what to do. */
export function parseKeyPattern(pattern: string): Automaton | { problem: string } {
  const parser = new Parser(pattern);
  const language = parser.read();
  if (typeof language === "string") return { problem: language };
  return automatonOf(language, parser.languages) ?? { problem: "is too complex; write a simpler pattern" };
}

class Parser {
  readonly languages = new Languages();
  readonly #pattern: string;
  #at = 0;
  /** The first that was found; nothing is read after it. */
  #problem: string | undefined;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  read(): Language | string {
    const language = this.#either();
    if (this.#at < this.#pattern.length) this.#fail("has a ) without its (; add or remove one");
    return this.#problem ?? language;
  }

  #either(): Language {
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    return this.languages.either(options);
  }

  #sequence(): Language {
    const parts: Language[] = [];
    while (this.#at < this.#pattern.length && !/[|)]/.test(this.#ahead)) parts.push(this.#counted());
    return parts.reduceRight((rest, part) => this.languages.sequence(part, rest), this.languages.emptyText);
  }

  #counted(): Language {
    const atom = this.#atom();
    if (this.#take("*")) return this.#times(atom, 0, Number.POSITIVE_INFINITY);
    if (this.#take("+")) return this.#times(atom, 1, Number.POSITIVE_INFINITY);
    if (this.#take("?")) return this.#times(atom, 0, 1);
    if (this.#ahead !== "{") return atom;
    const count = this.#match(/\{(\d{1,4})(,(\d{0,4}))?\}/y);
    if (!count) return this.#fail("has a { without a count; write counts as {32}, {16,} or {16,32}");
    const least = Number(count[1]);
    const most = count[2] === undefined ? least : count[3] ? Number(count[3]) : Number.POSITIVE_INFINITY;
    if (most < least)
      return this.#fail(`has the count ${count[0]}, whose maximum is below its minimum; swap the two numbers`);
    const largest = Number.isFinite(most) ? most : least;
    if (largest > MAX_SECRET_LENGTH)
      return this.#fail(`allows ${largest} repetitions; a key has at most ${MAX_SECRET_LENGTH} characters`);
    return this.#times(atom, least, most);
  }

  #atom(): Language {
    if (this.#take("(")) return this.#group();
    if (this.#take("[")) return this.#class();
    if (this.#take(".")) return this.languages.oneOf(ANY);
    if (/[*+?{]/.test(this.#ahead)) return this.#fail(`has a ${this.#ahead} that repeats nothing; leave it out`);
    const characters = this.#characters();
    return characters ? this.languages.oneOf(characters) : this.languages.nothing;
  }

  #group(): Language {
    if (this.#ahead === "?" && !this.#take("?:")) {
      return this.#fail(`has "(?", which is supported only as (?:…); use classes, groups and counts`);
    }
    const language = this.#either();
    return this.#take(")") ? language : this.#fail("has a ( without its ); add or remove one");
  }

  #class(): Language {
    const isNegated = this.#take("^");
    const listed = new Set<string>();
    while (!this.#take("]")) {
      if (this.#at >= this.#pattern.length) return this.#fail("has a [ without its ]; add or remove one");
      const from = this.#characters();
      if (!from) return this.languages.nothing;
      const range = from.size === 1 && this.#match(/-(?!\])/y) ? this.#range([...from][0] as string) : from;
      if (!range) return this.languages.nothing;
      for (const character of range) listed.add(character);
    }
    return this.languages.oneOf(isNegated ? ANY.difference(listed) : listed);
  }

  #range(from: string): ReadonlySet<string> | undefined {
    const end = this.#characters();
    if (!end) return undefined;
    const [to] = [...end];
    if (end.size === 1 && to && from <= to) return new Set([...ANY].filter((one) => from <= one && one <= to));
    this.#fail(`has a range that begins with ${from} and has no valid end; write ranges such as a-z`);
    return undefined;
  }

  /** The one character, or the class of them such as `\d`, that comes next. */
  #characters(): ReadonlySet<string> | undefined {
    const escaped = this.#match(/\\(.?)/y);
    const of = escaped ? CLASSES[escaped[1] ?? ""] : undefined;
    if (of) return of;
    const character = escaped ? escaped[0] : this.#ahead;
    if (ANY.has(character)) {
      this.#at += 1;
      return new Set(character);
    }
    this.#fail(
      character === "^" || character === "$"
        ? `has a ${character}; leave it out, because a pattern always matches the whole key`
        : `has a ${JSON.stringify(character)}, which no key has; use letters, digits and _`,
    );
    return undefined;
  }

  #times(each: Language, least: number, most: number): Language {
    const { languages } = this;
    let language = most === Number.POSITIVE_INFINITY ? languages.repeated(each) : languages.emptyText;
    for (let n = 0; n < most && Number.isFinite(most) && n < most - least; n++) {
      language = languages.either([languages.emptyText, languages.sequence(each, language)]);
    }
    for (let n = 0; n < least; n++) language = languages.sequence(each, language);
    return language;
  }

  get #ahead(): string {
    return this.#pattern.charAt(this.#at);
  }

  #take(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** `form`: with the flag `y`. */
  #match(form: RegExp): RegExpExecArray | undefined {
    form.lastIndex = this.#at;
    const match = form.exec(this.#pattern) ?? undefined;
    this.#at += match?.[0].length ?? 0;
    return match;
  }

  #fail(problem: string): Language {
    this.#problem ??= problem;
    this.#at = this.#pattern.length;
    return this.languages.nothing;
  }
}
