/** https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11 */

import type { PolicyState } from "./domain/lease.ts";

export function rateHeaders(policies: readonly PolicyState[]): [name: string, value: string][] {
  const [first, ...rest] = policies;
  if (!first) return [];
  const closest = rest.reduce((least, policy) => (shareLeft(policy) < shareLeft(least) ? policy : least), first);
  return [
    ["RateLimit-Policy", policies.map(({ name, limit, window }) => `"${name}";q=${limit};w=${window}`).join(", ")],
    ["RateLimit", `"${closest.name}";r=${closest.remaining};t=${Math.ceil(closest.resetMs / 1000)}`],
  ];
}

function shareLeft({ remaining, capacity }: PolicyState): number {
  return remaining / capacity;
}
