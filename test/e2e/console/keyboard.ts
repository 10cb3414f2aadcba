/** A page, for a visitor who has a keyboard and nothing else. */

import type { Page } from "playwright-core";
import { expect } from "vitest";

const MAX_PRESSES = 150;

export interface Keyboard {
  /** Moves to the next element with this name, which has to show that it has the focus. */
  to(name: RegExp): Promise<void>;
  /** The same, and presses Enter there, which leads to another page. */
  enter(name: RegExp): Promise<void>;
  /** The same, and presses Enter there, which opens a dialog. */
  open(name: RegExp): Promise<void>;
  /** The same, and presses Space there. */
  toggle(name: RegExp): Promise<void>;
  /** The same, and writes over what is there. */
  write(name: RegExp, text: string): Promise<void>;
}

export function keyboardOf(page: Page): Keyboard {
  const keyboard: Keyboard = {
    async to(name) {
      for (let presses = 0; presses < MAX_PRESSES; presses++) {
        await page.keyboard.press("Tab");
        const focused = await focusOf(page);
        if (!name.test(focused.name)) continue;
        expect(focused.outline).not.toBe("none");
        return;
      }
      throw new Error(`nothing called ${name} takes the focus on ${page.url()}`);
    },
    async enter(name) {
      await keyboard.to(name);
      await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    },
    async open(name) {
      await keyboard.to(name);
      await page.keyboard.press("Enter");
      await page.locator("dialog[open]").waitFor();
    },
    async toggle(name) {
      await keyboard.to(name);
      await page.keyboard.press("Space");
    },
    async write(name, text) {
      await keyboard.to(name);
      await page.keyboard.press("Control+A");
      await page.keyboard.type(text);
    },
  };
  return keyboard;
}

/** Waits until an element has the focus: a browser gives it to `autofocus` when it next draws, which can be after the load event. */
export async function hasFocus(page: Page, selector: string): Promise<void> {
  await page.locator(`${selector}:focus`).waitFor();
}

function focusOf(page: Page): Promise<{ name: string; outline: string }> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement;
    const label = element.labels?.[0]?.textContent ?? "";
    const name = element.getAttribute("aria-label") ?? (label || element.textContent) ?? "";
    return { name: name.trim(), outline: getComputedStyle(element).outlineStyle };
  });
}
