/** All that may differ between a request or answer that goes straight and one that goes through the gateway, and why. */

interface Difference {
  /** Matches the line, with the name in lower case. */
  readonly line: RegExp;
  readonly why: string;
}

export const OF_REQUESTS: readonly Difference[] = [
  { line: /^authorization:/, why: "the credential is the gateway's, and stays with it" },
  { line: /^keygate-/, why: "the identity, which only the gateway tells" },
  { line: /^(forwarded|x-forwarded-.*|via):/, why: "how the request came, RFC 7239 and RFC 9110 7.6.3" },
  { line: /^(x-request-id|traceparent):/, why: "each hop has its own" },
  { line: /^(connection|keep-alive|te|trailer|upgrade):/, why: "hop by hop, RFC 9110 7.6.1" },
  { line: /^expect:/, why: "answered by workerd, which would take the origin's 100 for its answer" },
  {
    line: /^content-length: 0$/,
    why: "workerd tells of no body where the method could have one, as RFC 9110 8.6 asks",
  },
  { line: /^cf-worker:/, why: "workerd marks what Workers fetch" },
];

export const OF_ANSWERS: readonly Difference[] = [
  { line: /^x-request-id:/, why: "the gateway's, to find the request by" },
  { line: /^ratelimit/, why: "the key's limits" },
  { line: /^(connection|keep-alive|trailer|upgrade|proxy-.*):/, why: "hop by hop, RFC 9110 7.6.1" },
  { line: /^date:/, why: "the two were answered at different moments" },
];

/**
 * Sorted, in lower case, without what may differ. Lines of one name count as one line of a list, which workerd makes of them:
 * RFC 9110 5.3. Only Set-Cookie is no list.
 */
export function comparable(
  lines: readonly (readonly [name: string, value: string])[],
  differences: readonly Difference[],
): string[] {
  const named = Map.groupBy(lines, ([name]) => name.toLowerCase());
  return [...named]
    .flatMap(([name, each]) => {
      const values = each.map(([, value]) => value);
      return (name === "set-cookie" ? values : [values.join(", ")]).map((value) => `${name}: ${value}`);
    })
    .filter((line) => !differences.some((difference) => difference.line.test(line)))
    .sort();
}
