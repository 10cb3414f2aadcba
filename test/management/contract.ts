/** Holds each answer of the management API to its document: status, body, the members of problems, and headers. */

import { expect } from "vitest";
import { operations } from "../../src/management/api.ts";
import { problemAnswer } from "../../src/management/wire/problem.ts";

const PATTERNS = operations.map((operation) => ({
  operation,
  path: new RegExp(`^${operation.path.replaceAll(/:\w+/g, "[^/]+")}$`),
}));
const HEADERS = new Set([
  ...["content-type", "content-length", "cache-control", "etag", "location", "x-request-id", "x-content-type-options"],
  ...["strict-transport-security", "retry-after", "ratelimit-policy", "ratelimit", "www-authenticate", "allow"],
  "idempotent-replayed",
]);

interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export function checkAgainstDocument(method: string, path: string, { status, body, headers }: Answered): void {
  const pathname = path.split("?")[0] as string;
  const found = PATTERNS.find((one) => one.operation.method === method.toLowerCase() && one.path.test(pathname));
  if (!found) return;
  const { operation } = found;
  const what = `${operation.name} ${status}`;
  for (const [name] of headers) expect(HEADERS, `${what}: the header ${name}`).toContain(name);
  if (status >= 400) {
    expect(headers.get("content-type"), what).toBe("application/problem+json");
    expect(problemAnswer.safeParse(body).error, what).toBe(undefined);
    expect(Object.keys(problemAnswer.shape), what).toEqual(expect.arrayContaining(Object.keys(body as object)));
    expect((body as { status: number }).status, what).toBe(status);
    if (status === 429 || status === 503) expect(headers.get("retry-after"), what).toMatch(/^[1-9]\d*$/);
    return;
  }
  const documented = [operation.status ?? 200, ...(operation.delayed ? [202] : [])];
  expect(documented, what).toContain(status);
  expect(operation.answer.safeParse(body).error, what).toBe(undefined);
  expect(headers.has("location"), what).toBe(status === 202);
  if (headers.has("etag")) expect(operation.versioned, `${what}: the header ETag`).toBe(true);
  if (headers.has("idempotent-replayed")) expect(operation.replay, `${what}: Idempotent-Replayed`).toBeDefined();
}
