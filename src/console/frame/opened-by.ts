/**
 * Each form says who was signed in when it was opened: someone else may be when it is sent, from another tab of the browser. A form
 * that came back can say it more than once. The first one counts. It is the latest.
 */

export const OPENED_BY = "opened_by";
/** The platform team. */
export const ROOT = "root";

/** The tags are our own: texts of others have none. */
export function withOpener(html: string, visitor: string): string {
  return html.replaceAll(
    /<form\b[^>]*\bmethod="post"[^>]*>/g,
    (tag) => `${tag}<input type="hidden" name="${OPENED_BY}" value="${visitor}"/>`,
  );
}

export function isOfAnother(sent: { text(name: string): string } | undefined, visitor: string): boolean {
  const openedBy = sent?.text(OPENED_BY) ?? "";
  return openedBy !== "" && openedBy !== visitor;
}
