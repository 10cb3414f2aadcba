/** https://www.rfc-editor.org/rfc/rfc4648#section-5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
