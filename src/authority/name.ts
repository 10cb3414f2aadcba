/** Which authority object is a key's. */
export function authorityName(environment: string, keyId: string): string {
  return `${environment}/${keyId}`;
}

/** Which object of the courier's class is the collector of this number. */
export function collectorName(collector: number): string {
  return `collector/${collector}`;
}

/** Which object of the courier's class is the feed of this number. */
export function feedName(feed: number): string {
  return `feed/${feed}`;
}

/** Which object holds an account that does not belong to a key. Environments have no colon in their names. */
export function accountName(kind: "actor" | "organization" | "reserve", id: string, use: string): string {
  return `${kind}:${id}:${use}`;
}
