/** A page for each error code: what it means and how to fix it. The `type` of every problem document points here. */

import { Hono } from "hono/tiny";
import { type Code, ERRORS } from "../../errors.ts";
import { Crumbs } from "../frame/ask.tsx";
import { show } from "../frame/layout.tsx";
import { Links } from "../frame/links.tsx";
import { Facts, Prose } from "../frame/parts.tsx";
import type { ConsoleEnv } from "../frame/visit.ts";

export const CODES = Object.keys(ERRORS) as Code[];

export const errorPages = new Hono<ConsoleEnv>()
  .get("/errors", (c) =>
    show(
      c,
      { title: "Error codes" },
      <>
        <h1>Error codes</h1>
        <p class="faint">
          Each answer with one of these is a problem document (RFC 9457) with this <code>code</code>, unless the API
          formats the gateway's errors itself. It also has a <code>request_id</code>: include it when you ask for help.
        </p>
        <section class="sheet">
          <Links
            links={CODES.map((code) => ({
              ...{ path: `/errors/${code}`, name: ERRORS[code].title, note: code },
              aside: String(ERRORS[code].status),
            }))}
          />
        </section>
      </>,
    ),
  )
  .get("/errors/:code", (c) => {
    const code = c.req.param("code");
    if (!Object.hasOwn(ERRORS, code)) return c.notFound();
    const { status, title, meaning, fix } = ERRORS[code as Code];
    return show(
      c,
      { title },
      <>
        <Crumbs crumbs={[{ path: "/errors", name: "Error codes" }]} />
        <h1>{title}</h1>
        <section class="sheet">
          <Facts
            facts={[
              ["Code", <code>{code}</code>],
              ["Status", String(status)],
            ]}
          />
        </section>
        <section class="sheet">
          <h2>What it means</h2>
          <p>
            <Prose text={meaning} />
          </p>
          <h2>How to fix it</h2>
          <p>
            <Prose text={fix} />
          </p>
        </section>
      </>,
    );
  });
