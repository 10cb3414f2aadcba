/**
 * Paths that an origin may read in another way than the router. The router sees the URL parser's form, and that form is
 * forwarded. But many servers decode `%2F`, merge `//`, or drop `;…` or a slash at the end before they route, so each such
 * reading is looked up too: a request passes only if all of them fall under the same route.
 */

/** Origins have been seen to decode up to three times. */
const DECODING_ROUNDS = 3;

/** The other readings of `path`; or a problem, where no server should be asked to read it. Takes time in proportion to its length. */
export function readingsOf(path: string): readonly string[] | { problem: string } {
  // Nearly every path is plain, and has no second reading.
  if (!/[%\\;]|\/\/|\.(\/|$)|.\/$/.test(path)) return [];
  const readings = new Set<string>();
  let forms = new Set([path]);
  for (let round = 0; round <= DECODING_ROUNDS; round++) {
    const decoded = new Set<string>();
    for (const form of forms) {
      if (DOT_SEGMENT.test(form)) return { problem: "an encoded dot segment" };
      if (form.includes("\0")) return { problem: "an encoded NUL" };
      const bare = withoutParameters(form);
      readings
        .add(form)
        .add(merged(form))
        .add(merged(bare))
        .add(merged(trimmed(bare)).replace(/[?#].*/s, ""));
      // Parameters may be dropped before or after an encoded slash in them becomes a slash.
      for (const each of [form, bare]) {
        const next = decode(each);
        if (next !== each) decoded.add(next);
      }
    }
    if (decoded.size === 0) {
      readings.delete(path);
      return [...readings];
    }
    forms = decoded;
  }
  return { problem: `it is percent-encoded more than ${DECODING_ROUNDS} times` };
}

/** What the most forgiving server takes a segment for, of a path that has readings. */
export function plainForm(text: string): string {
  let plain = text;
  for (let round = 0; round < DECODING_ROUNDS; round++) plain = decode(plain);
  return trimmed(withoutParameters(plain.replace(/[?#].*/s, "")));
}

const DOT_SEGMENT = /(^|\/)\.{1,2}(;[^/]*)?(\/|$)/;

function merged(path: string): string {
  const single = path.replace(/\/{2,}/g, "/");
  return single.length > 1 && single.endsWith("/") ? single.slice(0, -1) : single;
}

/** Some servers route `/admin;x=1` as `/admin`: https://www.rfc-editor.org/rfc/rfc3986#section-3.3 */
function withoutParameters(path: string): string {
  return path.replace(/;[^/]*/g, "");
}

/** Some file systems ignore dots and blanks at the end of a name. */
function trimmed(path: string): string {
  if (!/[.\s](\/|$)/.test(path)) return path;
  return path.split("/").map(trimmedName).join("/");
}

/** A regular expression would read a row of dots once for each of them. */
function trimmedName(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === "." || name[end - 1]?.trim() === "")) end--;
  return name.slice(0, end);
}

/** Percent-decodes what can be decoded, byte by byte, and `%u002F` too as some servers do; backslashes count as slashes. */
function decode(path: string): string {
  return unescape(path).replaceAll("\\", "/");
}
