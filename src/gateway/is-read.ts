/** Whether the body was read, or is being read, so that nobody else can. */
export function isRead({ body, bodyUsed }: Request | Response): boolean {
  return bodyUsed || body?.locked === true;
}
