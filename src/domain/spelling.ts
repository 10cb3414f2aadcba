/** How servers read text that can be spelt in more than one way. Each function is linear in its text. */

/** https://url.spec.whatwg.org/#percent-decode, then as UTF-8. */
export function percentDecoded(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  const bytes = ENCODER.encode(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] === PERCENT ? 16 * digitAt(bytes, at + 1) + digitAt(bytes, at + 2) : Number.NaN;
    bytes[length++] = Number.isNaN(byte) ? (bytes[at] as number) : byte;
    if (!Number.isNaN(byte)) at += 2;
  }
  return DECODER.decode(bytes.subarray(0, length));
}

const PERCENT = 0x25;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

function digitAt(bytes: Uint8Array, at: number): number {
  const code = (bytes[at] ?? 0) | 0x20;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  // The bit that makes letters lower case is set in every digit.
  return code >= 0x30 && code <= 0x39 && code === bytes[at] ? code - 0x30 : Number.NaN;
}

/** `%u002F`, which IIS and some firewalls decode. */
export function unicodeDecoded(text: string): string {
  return text.replace(/%u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** More than any language has, and slow to bring in order: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format */
const LONG_RUNS_OF_MARKS = /(\p{M}{30})\p{M}+/gu;

/** Full-width letters and the like as the plain ones. https://www.unicode.org/reports/tr15/ */
export function normalized(text: string): string {
  if (IS_ASCII.test(text)) return text;
  // The stroke of ½ is a slash to nobody.
  return text.replace(LONG_RUNS_OF_MARKS, "$1").normalize("NFKC").replaceAll("\u2044", "\u00f7");
}

/** With slashes and backslashes where Windows finds nothing nearer in its character sets. */
export function bestFitted(text: string): string {
  if (IS_ASCII.test(text)) return text;
  return text.replace(/[\u2044\u2215\u29f8]/g, "/").replace(/[\u2216\u29f5\u29f9\u00a5\u20a9]/g, "\\");
}

const IS_ASCII = /^[\x20-\x7e]*$/;

/** Without invisible characters and bytes that are not text: some servers drop them. */
export function withoutIgnorable(text: string): string {
  return IS_ASCII.test(text) ? text : text.replace(IGNORABLE, "");
}

/** Whether a `%2F` is in the text for those alone who drop what nobody sees, and perhaps not all of it. */
export function isBrokenUp(text: string): boolean {
  return text.includes("%") && !IS_ASCII.test(text) && BROKEN_ESCAPE.test(text);
}

/** With the dot that İ loses. */
const IGNORABLE = /[\u0307\ufffd\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const BROKEN_ESCAPE = new RegExp(`%[0-9a-f]?${IGNORABLE.source}`, "iu");

const DECODINGS = [percentDecoded, unicodeDecoded, bestFitted, normalized, withoutIgnorable];
const DECODING_ROUNDS = 4;

/** Decoded as often as necessary, up to a bound. */
export function decodedFully(text: string): string {
  let decoded = text;
  for (let round = 0; round < DECODING_ROUNDS; round++) {
    const next = DECODINGS.reduce((read, decoding) => decoding(read), decoded);
    if (next === decoded) break;
    decoded = next;
  }
  return decoded;
}

/** The same for texts that differ in the case of letters alone. In both directions, because ı and ß have the capitals of other letters. */
export function caseFolded(text: string): string {
  return withoutIgnorable(text.toUpperCase().toLowerCase());
}

/** The same for all texts that some server takes for one, but for what stands around them. */
export function looseForm(text: string, ignoresCase: boolean): string {
  const decoded = text.includes("%") || !IS_ASCII.test(text) ? decodedFully(text) : text;
  return ignoresCase ? caseFolded(decoded) : decoded;
}

/** Whether a server may take a segment of a path, in its loose form, for a word, for all that stands around this one. */
export function mayMean(text: string, word: string, dropsSuffixes: boolean): boolean {
  const start = text.startsWith(word) ? 0 : leadingBlanks(text);
  if (!text.startsWith(word, start)) return false;
  let end = start + word.length;
  while (end < text.length && (isBlank(text.charCodeAt(end)) || (text[end] === "." && !dropsSuffixes))) end++;
  return end === text.length || (dropsSuffixes ? ".;?#" : ";?#").includes(text[end] as string);
}

/** Without blanks at its ends, and dots at its end, which some file systems and databases ignore. */
export function trimmed(text: string): string {
  const start = leadingBlanks(text);
  let end = text.length;
  while (end > start && (text[end - 1] === "." || isBlank(text.charCodeAt(end - 1)))) end--;
  return text.slice(start, end);
}

function leadingBlanks(text: string): number {
  let count = 0;
  while (count < text.length && isBlank(text.charCodeAt(count))) count++;
  return count;
}

/** A plus can mean a space. Control and format characters are invisible. */
export function isBlank(code: number): boolean {
  if (code <= 0x20 || code === PLUS) return true;
  return code > 0x7e && WIDE_BLANK.test(String.fromCharCode(code));
}

const PLUS = 0x2b;
const WIDE_BLANK = /[\s\p{Cc}\p{Cf}\ufffd]/u;
