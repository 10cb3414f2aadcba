/** https://www.w3.org/TR/trace-context/: the client's trace continues with the gateway as the parent, or a new one begins here. */

/**
 * Version 00 ends with its flags. Later versions can add fields in any form: #versioning-of-traceparent. But a comma means that the
 * runtime joined two header lines, and nobody knows which one is right.
 */
const TRACEPARENT =
  /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-[^,]*)?$/;

/** Sampled and, of https://www.w3.org/TR/trace-context-2/#random-trace-id-flag, random. All others must be zero. */
const KNOWN_FLAGS = 0b11;

/** Returns the id of the trace. `names`: of the headers that came. `requestId`: ends in 32 hexadecimal digits. */
export function passTrace(headers: Headers, names: readonly string[], requestId: string): string {
  const digits = requestId.slice(-32);
  const given = names.includes("traceparent") ? traceIn(headers) : null;
  // It belongs to the trace that ends here.
  if (!given && names.includes("tracestate")) headers.delete("tracestate");
  const flags = given ? Number.parseInt(given[2] as string, 16) & KNOWN_FLAGS : 0;
  const traceId = given?.[1] ?? digits;
  headers.set("traceparent", `00-${traceId}-${digits.slice(16)}-0${flags}`);
  return traceId;
}

/** Of a request that is not forwarded, or was changed after that. */
export function traceIdOf(headers: Headers, requestId: string): string {
  return traceIn(headers)?.[1] ?? requestId.slice(-32);
}

function traceIn(headers: Headers): RegExpExecArray | null {
  const text = headers.get("traceparent");
  return text === null ? null : TRACEPARENT.exec(text);
}
