/** Search from anywhere: a page, and for the dialog of the script its hits as JSON. */

import { Hono } from "hono/tiny";
import { isRefusal } from "../../errors.ts";
import { readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { Links } from "../frame/links.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { find, type Hit, soughtIn } from "./find.ts";

export const goPages = new Hono<ConsoleEnv>()
  .get("/go", async (c) => {
    const sought = soughtIn(c.req.query("q") ?? "");
    return showHits(c, sought, await find(c, sought));
  })
  // With POST, what is typed or pasted is in no address.
  .post("/go.json", async (c) => {
    const form = await readForm(c.req.raw);
    return c.json(isRefusal(form) ? [] : await find(c, form.text("q")));
  });

function showHits(c: Visit, sought: string, hits: readonly Hit[]) {
  return show(
    c,
    { title: "Search" },
    <>
      <h1>Search</h1>
      <form class="find" action="/go">
        <div>
          <label for="q">Name, id or last four characters</label>
          <input
            type="search"
            id="q"
            name="q"
            value={sought}
            placeholder="Name, id or last four characters"
            autocomplete="off"
            autofocus
          />
        </div>
        <button type="submit">Search</button>
      </form>
      <section class="sheet">
        {hits.length === 0 ? (
          <p>Nothing is called “{sought}”. Try a part of a name, an id, or the last four characters of a key.</p>
        ) : (
          <Links links={hits.map(({ kind, ...hit }) => ({ ...hit, aside: kind }))} />
        )}
      </section>
    </>,
  );
}
