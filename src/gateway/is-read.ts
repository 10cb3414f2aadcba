/** Whether somebody has begun to read the body, so that nobody else can. */
export function isRead({ body, bodyUsed }: Request | Response): boolean {
  return bodyUsed || body?.locked === true;
}
