/** What a page says, and how: no word of an old dialect, nothing that leaked out of the code, and times and numbers as people read them. */

import type { Page } from "playwright-core";

/** Words that readers stumbled over, texts of libraries, and values that are no text. */
const ODD: readonly RegExp[] = [
  /\bmend(s|ed|ing)?\b/i,
  /\b(go|goes|going|went) on\b/i,
  /\b(is|are|was|were) (made|told)\b/i,
  /\bnone that\b/i,
  /\bwhole again\b/i,
  /\bat the most\b/i,
  /\bstands? for\b/i,
  /\bgood for nothing\b/i,
  /\blet through\b/i,
  /\b(somebody|whoever|anew|thereof|herein)\b/i,
  /\bmay (not )?(be |do|create|see|read|use|open|call|change|make)\b/i,
  /Invalid (option|input|type|string)|Too (big|small):|expected one of|received undefined/,
  /\bundefined\b|\bNaN\b|\[object |Invalid Date/,
];

/** Those on the page. Code and the fields of forms are left out. */
export async function oddWordsOn(page: Page): Promise<string[]> {
  const text: string = await page.evaluate(`(() => {
    const main = document.querySelector("main").cloneNode(true);
    for (const part of main.querySelectorAll("pre, code, textarea, option, script")) part.remove();
    return main.textContent.replace(/\\s+/g, " ");
  })()`);
  return ODD.flatMap((odd) => odd.exec(text)?.[0] ?? []);
}

/** Relative times that do not say the exact one, and columns of numbers that do not stand on the right. */
export async function looseFactsOn(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const found = [];
    const relative = /^(?:just now|(?:in )?\\d+ (?:min|minutes?|h|hours?|days?|months?)(?: ago)?)$/;
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent.trim();
      if (!/ ago$|^just now$/.test(text) || !relative.test(text)) continue;
      if (!node.parentElement.closest("time[datetime][title], [title]")) found.push("a time without the exact one: " + text);
    }
    for (const table of document.querySelectorAll("main table")) {
      const rows = [...table.querySelectorAll("tbody tr")];
      for (let at = 0; at < (rows[0]?.cells.length ?? 0); at++) {
        const label = table.querySelectorAll("th")[at]?.textContent;
        // The status of an answer is a name.
        if (label === "Status") continue;
        const cells = rows.map((row) => row.cells[at]).filter(Boolean);
        // Where there is little room, each row is a card.
        if (cells.some((cell) => getComputedStyle(cell).display !== "table-cell")) continue;
        if (!cells.every((cell) => /^[\\d,]+(?: ms| %| MB)?$/.test(cell.textContent.trim()))) continue;
        const isRight = cells.every((cell) => /right|end/.test(getComputedStyle(cell).textAlign));
        if (!isRight) found.push("a column of numbers on the left: " + label);
      }
    }
    return found;
  })()`);
}
