/** What does not fit where it stands. */

import type { Page } from "playwright-core";

/** Placeholders that are cut off, in folded parts of the page too, but in no closed dialog. As the field's value, one has the same room. */
export function cutPlaceholdersOn(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll("[placeholder]:not(dialog:not([open]) *)")].flatMap((field) => {
    const folded = field.closest("details:not([open])");
    if (folded) folded.open = true;
    const { value } = field;
    field.value = field.placeholder;
    const isCut = field.clientWidth === 0 || field.scrollWidth > field.clientWidth;
    field.value = value;
    if (folded) folded.open = false;
    return isCut ? [field.placeholder] : [];
  })`);
}
