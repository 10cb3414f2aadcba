/** The frame of every page: the document, the navigation and the visitor. */

import type { PropsWithChildren } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { describe, type Refusal } from "../../errors.ts";
import { SCRIPT_PATH, STYLE_PATH } from "./assets.ts";
import { ROOT, withOpener } from "./opened-by.ts";
import { type Place, placesFor } from "./places.ts";
import { Viewing } from "./viewing.tsx";
import { isWithoutScript, type Visit, type Visitor } from "./visit.ts";

interface Page {
  readonly title: string;
  readonly status?: ContentfulStatusCode;
  /** What is wrong with the form that was sent. The page comes with its status. */
  readonly refusal?: Refusal | undefined;
}

export async function show(c: Visit, page: Page, content: unknown): Promise<Response> {
  const { refusal } = page;
  if (refusal) c.set("refusal", refusal);
  const status = refusal ? (describe(refusal).status as ContentfulStatusCode) : (page.status ?? 200);
  const title = refusal ? `Error: ${page.title}` : page.title;
  const document = (
    <Document title={title} c={c}>
      {content as string}
    </Document>
  );
  const markup = `<!doctype html>${await document.toString()}`;
  const { visitor, root, viewed } = c.var;
  const opener = viewed || root ? ROOT : visitor?.session.memberId;
  return c.html(opener === undefined ? markup : withOpener(markup, opener), status);
}

function Document({ title, c, children }: PropsWithChildren<{ title: string; c: Visit }>) {
  const { visitor, root, viewed } = c.var;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Keygate`}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href={STYLE_PATH} />
        {!isWithoutScript(c) && <script src={SCRIPT_PATH} defer></script>}
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <header class="bar">
          <a class="brand" href="/">
            <img src="/icon.svg" alt="" width="24" height="24" />
            <span>Keygate</span>
          </a>
          <a class="go" href="/go" aria-keyshortcuts="Control+K Meta+K /">
            Search
          </a>
          {visitor ? (
            <Identity {...identityOf(visitor)} />
          ) : (
            root && <Identity name="Platform team" place="all organizations" path="/organizations" />
          )}
        </header>
        <Navigation c={c} />
        <main id="content" tabindex={-1}>
          {viewed && <Viewing of={viewed} />}
          {children}
        </main>
      </body>
    </html>
  );
}

interface Who {
  readonly name: string;
  readonly place: string;
  /** The page that their name links to. */
  readonly path: string;
}

function identityOf({ session: { member, organization } }: Visitor): Who {
  return { name: member.name, place: `${member.role}, ${organization.name}`, path: "/sessions" };
}

function Identity({ name, place, path }: Who) {
  return (
    <div class="identity">
      <a href={path}>
        <strong>{name}</strong>
        <span>{place}</span>
      </a>
      <form method="post" action="/sign-out">
        <button class="quiet" type="submit">
          Sign out
        </button>
      </form>
    </div>
  );
}

function Navigation({ c }: { c: Visit }) {
  const { own, open } = placesFor(c);
  const { path } = c.req;
  return (
    <nav aria-label="Console">
      {own.length > 0 && <Places places={own} path={path} />}
      <Places places={open} path={path} />
    </nav>
  );
}

function Places({ places, path }: { places: readonly Place[]; path: string }) {
  return (
    <ul>
      {places.map((place) => (
        <li>
          <a href={place.path} aria-current={isAt(place.path, path) ? "page" : undefined}>
            {place.name}
          </a>
        </li>
      ))}
    </ul>
  );
}

function isAt(place: string, path: string): boolean {
  return path === place || (place !== "/" && path.startsWith(`${place}/`));
}
