/** What every form of the console says of mistakes. The forms are found on the pages, and the pages by the routes. */

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { consolePages } from "../../src/console/console.tsx";
import { AT_START, controlOf } from "../helpers/control.ts";
import { migrate } from "../helpers/workerd.ts";
import { type Browser, type Control, elementsIn, type Page, type PageForm } from "./browser.ts";
import { makeWorld, platformTeam, visitorOf, type World } from "./world.ts";

const control = controlOf();
let world: World;

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
await migrate();
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => vi.useRealTimers());

/** Pages that change nothing, those of sign-in links, which have their own tests, and what is no page. */
const NO_PAGE = /\*|^\/(?:guide|errors|docs|go|sign-in|console\.|icon|audit\/events)/;
const PATHS = [
  ...new Set(
    consolePages()
      .routes.filter(({ method, path }) => method === "GET" && !NO_PAGE.test(path))
      .flatMap(({ path }) => {
        const [before, actions, after] = path.split(/:action\{(.*)\}/);
        return actions ? actions.split("|").map((action) => `${before}${action}${after}`) : [path];
      }),
  ),
];

function pathIn({ keyId, workspaceId, otherId, organizationId }: World, path: string): string {
  const id = {
    keys: keyId,
    workspaces: workspaceId,
    members: otherId,
    organizations: organizationId,
    sessions: "ses_1",
  };
  return path.replace(":id", id[path.split("/")[1] as keyof typeof id]);
}

const isTyped = ({ tag, type }: Control) =>
  tag === "textarea" || (tag === "input" && !["hidden", "checkbox", "radio"].includes(type));
const isSeen = ({ type, disabled }: Control) => type !== "hidden" && !disabled;
const namesOf = (form: PageForm) => [...new Set(form.controls.filter(isSeen).map(({ name }) => name))];

const WRONG: Record<string, (text: string) => string> = {
  empty: () => "",
  "too long": (text) => `${text}${"x".repeat(2_500)}`,
  "with control characters": () => "a\u0007b",
  // No two alike: one can be the new name of what is deleted next.
  nonsense: () => `nonsense ${sent++}!`,
};
let sent = 0;

/** The form with these fields wrong. */
function spoiled(form: PageForm, names: readonly string[], how: string): PageForm {
  const change = WRONG[how] as (text: string) => string;
  const controls = form.controls.map((one) => {
    // Each is another look at the form.
    if (one.name === "attempt") return { ...one, value: `chg_${sent++}` };
    if (!names.includes(one.name) || !isSeen(one)) return one;
    if (isTyped(one)) return { ...one, value: change(one.value) };
    if (one.tag === "select") return { ...one, value: change(one.value) };
    return how === "empty" ? { ...one, checked: false } : { ...one, checked: true, value: change(one.value) };
  });
  return { ...form, controls };
}

/** What holds for every page that answers a form. Returns the fields that are marked. */
async function checkMistakes(page: Page): Promise<string[]> {
  const { ids, focused, problems, links, described } = await elementsIn(page.html);
  expect(new Set(ids).size, `ids of ${page.path}: ${ids}`).toBe(ids.length);
  if (page.status < 400) {
    expect(focused).toEqual([]);
    return [];
  }
  expect(page.status, page.text).toBeLessThan(500);
  if (!ids.includes("mistakes")) return [];
  expect(focused).toEqual(["mistakes"]);
  expect(page.html).toMatch(/<title>Error: /);
  for (const problem of problems) {
    const tied = described.filter(({ ids: by }) => by.includes(problem));
    expect(
      tied.some(({ invalid }) => invalid),
      `${problem} on ${page.path}`,
    ).toBe(true);
  }
  const targets = links.map((link) => link.slice(1));
  expect(targets).toEqual(ids.filter((id) => targets.includes(id)));
  expect(targets.map((id) => `${id}-problem`)).toEqual(problems);
  return targets;
}

const browserFor = (path: string): Promise<Browser> =>
  path.startsWith("/organizations") ? platformTeam() : visitorOf(control, world);

async function formsOf(browser: Browser, path: string): Promise<{ page: Page; forms: PageForm[] }> {
  const page = await browser.open(pathIn(world, path));
  return { page, forms: page.forms.filter((form) => form.action !== "/sign-out" && namesOf(form).length > 0) };
}

test("the walk meets the forms that people fill in", async () => {
  expect(PATHS).toEqual(
    expect.arrayContaining(["/keys/new", "/keys/:id/edit", "/keys/:id/revoke", "/organizations/:id"]),
  );
  expect(PATHS).toEqual(
    expect.arrayContaining(["/organizations/:id/suspend", "/members/:id/remove", "/workspaces/:id"]),
  );
});

describe.for(PATHS)("The forms of %s", { timeout: 60_000 }, (path) => {
  test.for(Object.keys(WRONG))("tie each mistake to its field, in order, and focus their list: %s", async (how) => {
    const browser = await browserFor(path);
    const { page, forms } = await formsOf(browser, path);
    for (const form of forms) {
      for (const button of form.buttons)
        await checkMistakes(await browser.submit(page, spoiled(form, namesOf(form), how), button));
    }
  });

  test("name all mistakes at once that they name one by one", async () => {
    const browser = await browserFor(path);
    const { page, forms } = await formsOf(browser, path);
    for (const form of forms) {
      for (const how of ["empty", "with control characters"]) {
        const marked = async (names: readonly string[]) => {
          const ids = await checkMistakes(await browser.submit(page, spoiled(form, names, how)));
          const sent = form.controls.filter(({ id }) => ids.includes(id)).map(({ name }) => name);
          return [...ids, ...sent].map((name) => name.replace(/^expires_.*/, "expires"));
        };
        const wrong: string[] = [];
        for (const name of namesOf(form)) {
          if ((await marked([name])).includes(name.replace(/^expires_.*/, "expires"))) wrong.push(name);
        }
        const together = await marked(wrong);
        const missing = wrong.filter((name) => !together.includes(name.replace(/^expires_.*/, "expires")));
        expect(missing, `${page.path} ${how}: ${wrong}`).toEqual([]);
      }
    }
  });
});
