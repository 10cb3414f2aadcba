/** What servers may take for the value of a query parameter: they differ in how they separate, decode and spell parameters. */

import {
  caseFolded,
  decodedFully,
  normalized,
  percentDecoded,
  unicodeDecoded,
  withoutIgnorable,
} from "../domain/spelling.ts";

export interface ParameterValues {
  /** Of each parameter that some server takes for the wanted one, where both `&` and `;` separate them. */
  readonly values: readonly string[];
  /** What servers read that separate or decode in another way. */
  readonly others: readonly string[];
  /** Why no server should be asked to read the query. */
  readonly problem?: string;
}

/** `search`: with its question mark. */
export function valuesOfParameter(search: string, wanted: string): ParameterValues {
  if (search.length < 2) return NONE;
  const query = search.slice(1);
  const word = lettersOf(caseFolded(wanted));
  const pairs = query.split(/[&;]/);
  if (NUL.test(query) && pairs.some((pair) => NUL.test(partsOf(pair).name))) {
    return { ...NONE, problem: "the name of a parameter contains NUL" };
  }
  const values = valuesIn(pairs, word);
  const decoded = decodings(query);
  const readings = [
    ...decoded.map((text) => text.split(/[&;]/)),
    ...[query, ...decoded].filter((text) => text.includes(";")).map((text) => text.split("&")),
  ];
  return { values, others: readings.flatMap((reading) => valuesIn(reading, word)) };
}

const NONE: ParameterValues = { values: [], others: [] };
const DECODING_ROUNDS = 3;

/** However often it is encoded. */
const NUL = /%(?:25)*00|%(?:25)*u0000/i;
const ENCODED_SEPARATOR = /%(?:25)*(?:26|3b|3d|u)/i;
/** Full-width ones and the like are of three bytes, and the Greek question mark, which looks like a semicolon, of two. */
const LIKE_A_SEPARATOR = /%(?:25)*(?:ef|e2|cd)/i;

/** For servers that decode a query before they split it. */
function decodings(query: string): string[] {
  const texts: string[] = [];
  if (!ENCODED_SEPARATOR.test(query) && !LIKE_A_SEPARATOR.test(query)) return texts;
  let text = query;
  for (let round = 0; round < DECODING_ROUNDS; round++) {
    const next = withoutIgnorable(normalized(unicodeDecoded(percentDecoded(text))));
    if (next === text) break;
    texts.push(next);
    text = next;
  }
  return texts;
}

function valuesIn(pairs: readonly string[], word: string): string[] {
  return pairs.flatMap((pair) => {
    const { name, value } = partsOf(pair);
    return isNameOf(name, word) ? [percentDecoded(value.replaceAll("+", " "))] : [];
  });
}

function partsOf(pair: string): { name: string; value: string } {
  const at = pair.indexOf("=");
  return at < 0 ? { name: pair, value: "" } : { name: pair.slice(0, at), value: pair.slice(at + 1) };
}

/**
 * PHP takes `work.space`, `work space` and `work[space` for `work_space`, others drop brackets or case. So only letters and digits
 * count. Behind brackets and the like there may be an index, as in `workspace[0]`.
 */
function isNameOf(name: string, word: string): boolean {
  // No encoding is shorter than what it stands for.
  if (IS_ASCII.test(name) && (name.length < word.length || !isLikeSoFar(name, word))) return false;
  const read = caseFolded(name.includes("%") || !IS_ASCII.test(name) ? decodedFully(name) : name);
  let matched = 0;
  for (const character of read) {
    if (LETTER_OR_DIGIT.test(character)) {
      if (character !== word[matched]) return false;
      matched++;
    } else if (matched === word.length && !JOINT.test(character)) return true;
  }
  return matched === word.length;
}

/** Up to what is encoded. Nearly all other names differ in their first letter. */
function isLikeSoFar(name: string, word: string): boolean {
  const [first = ""] = /[a-z0-9%]/i.exec(name) ?? [];
  return first === "%" || first.toLowerCase() === word[0] || !IS_ASCII.test(word);
}

const IS_ASCII = /^[\x20-\x7e]*$/;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
/** What `workspace_name` has between its words: it is another parameter than `workspace`. */
const JOINT = /[_\-\s+]/;

function lettersOf(text: string): string {
  return [...text].filter((character) => LETTER_OR_DIGIT.test(character)).join("");
}
