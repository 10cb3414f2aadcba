/** Which authority object is a key's. */
export function authorityName(environment: string, keyId: string): string {
  return `${environment}/${keyId}`;
}
