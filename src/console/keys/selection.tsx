/** The keys that are selected in the list, as its form sends them. */

import { invalid } from "../../control/validation.ts";
import { show } from "../frame/layout.tsx";
import { Alert } from "../frame/mistakes.tsx";
import type { Visit } from "../frame/visit.ts";
import { chosenIn, listPath, PAGE_SIZE } from "./chosen.ts";

/** The most that a page of the list can select; each once. */
export function selectedIn(ids: readonly string[] | undefined): string[] {
  return [...new Set(ids)].slice(0, PAGE_SIZE);
}

/** Back to the list as it was, and nowhere else. */
export function listBack(back: string | undefined): string {
  const query = back?.startsWith("/keys?") ? new URLSearchParams(back.slice("/keys?".length)) : new URLSearchParams();
  const chosen = chosenIn(Object.fromEntries(query));
  return listPath(chosen, { cursor: chosen.get("cursor") ?? "", before: chosen.get("before") ?? "" });
}

export function showNoneSelected(c: Visit, back: string | undefined): Response | Promise<Response> {
  return show(
    c,
    { title: "No keys selected", refusal: invalid("key", "must be at least one") },
    <>
      <h1>No keys selected</h1>
      <Alert>
        <p>Select at least one key first: each row of the list has a box.</p>
      </Alert>
      <a class="button" href={listBack(back)}>
        Back to the keys
      </a>
    </>,
  );
}
