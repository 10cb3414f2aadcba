/** Browsers get pages where programs get problem documents. */

import type { Refusal } from "../../errors.ts";
import { PROBLEM_TYPE } from "../../problem.ts";
import { greet } from "./guard.ts";
import { setPageHeaders } from "./policy.ts";
import { showRefusal } from "./refusal-page.tsx";
import type { Visit } from "./visit.ts";

const PAGE = "text/html";
const DOCUMENTS = [PROBLEM_TYPE, "application/json"];

/** Whether the client prefers a page. Clients that take anything are programs. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */
export function prefersPage(accept: string | null): boolean {
  const weights = new Map<string, number>();
  for (const range of (accept ?? "").toLowerCase().split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    weights.set(type, weight === undefined ? 1 : Number(weight));
  }
  const weightOf = (type: string) => weights.get(type) ?? 0;
  return weightOf(PAGE) > 0 && DOCUMENTS.every((type) => weightOf(PAGE) >= weightOf(type));
}

/** The refusal as a page, in the frame of the one who is signed in. */
export async function showToBrowser(c: Visit, refusal: Refusal): Promise<Response> {
  await greet(c);
  setPageHeaders(c);
  return showRefusal(c, refusal);
}
