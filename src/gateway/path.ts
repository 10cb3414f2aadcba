/**
 * Paths that an origin may read in another way than the router. The router sees the URL parser's form, and that form is
 * forwarded. But many servers decode `%2F`, merge `//`, or drop `;…` or a slash at the end before they route, so each such
 * reading is looked up too: a request passes only if all of them fall under the same route.
 */

/** Origins have been seen to decode more than once. */
const DECODING_ROUNDS = 3;

/** The other readings of `path`; or a problem, where no server should be asked to read it. */
export function readingsOf(path: string): readonly string[] | { problem: string } {
  // Nearly every path is plain, and has no second reading.
  if (!/[%\\;]|\/\/|\.(\/|$)|.\/$/.test(path)) return [];
  const readings = new Set<string>();
  let decoded = path;
  for (let round = 0; round <= DECODING_ROUNDS; round++) {
    const segments = decoded.split("/");
    if (segments.some((segment) => /^\.{1,2}(;.*)?$/s.test(segment))) return { problem: "an encoded dot segment" };
    if (decoded.includes("\0")) return { problem: "an encoded NUL" };
    readings
      .add(decoded)
      .add(merge(segments))
      .add(merge(segments.map(withoutParameters)))
      .add(merge(segments.map(trimmed)).replace(/[?#].*/s, ""));
    const next = decode(decoded);
    if (next === decoded) break;
    decoded = next;
  }
  readings.delete(path);
  return [...readings];
}

/** What the most forgiving server takes a segment for. */
export function plainForm(text: string): string {
  const next = decode(text);
  return next === text ? trimmed(text.replace(/[?#].*/s, "")) : plainForm(next);
}

function merge(segments: readonly string[]): string {
  return `/${segments.filter(Boolean).join("/")}`;
}

/** Some servers route `/admin;x=1` as `/admin`: https://www.rfc-editor.org/rfc/rfc3986#section-3.3 */
function withoutParameters(segment: string): string {
  return segment.replace(/;.*/s, "");
}

/** Some file systems ignore dots and blanks at the end of a name. */
function trimmed(segment: string): string {
  return withoutParameters(segment).replace(/[.\s]+$/, "");
}

/** Percent-decodes what can be decoded, `%u002F` too as some servers do; backslashes count as slashes. */
function decode(path: string): string {
  return path
    .replace(/%(?:u00)?([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll("\\", "/");
}
