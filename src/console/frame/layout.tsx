/** The frame of every page: the document, the navigation and the visitor. */

import { html } from "hono/html";
import type { PropsWithChildren } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { MemberStanding } from "../../control/control.ts";
import { describe, type Refusal } from "../../errors.ts";
import { SCRIPT_PATH, STYLE_PATH } from "./assets.ts";
import { ROOT, withOpener } from "./opened-by.ts";
import type { Visit, Visitor } from "./visit.ts";

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
    <Document title={title} path={c.req.path} visitor={c.var.visitor} isRoot={c.var.root !== undefined}>
      {content as string}
    </Document>
  );
  const markup = String(await html`<!doctype html>${document}`);
  const opener = c.var.visitor?.session.memberId ?? (c.var.root && ROOT);
  return c.html(opener === undefined ? markup : withOpener(markup, opener), status);
}

function Document({
  title,
  path,
  visitor,
  isRoot,
  children,
}: PropsWithChildren<{ title: string; path: string; visitor?: Visitor; isRoot: boolean }>) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Keygate`}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href={STYLE_PATH} />
        <script src={SCRIPT_PATH} defer></script>
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <header class="bar">
          <a class="brand" href="/">
            Keygate
          </a>
          {visitor && <Identity {...identityOf(visitor)} />}
          {isRoot && <Identity name="Platform team" place="all organizations" path="/organizations" />}
        </header>
        <Navigation path={path} visitor={visitor} isRoot={isRoot} />
        <main id="content" tabindex={-1}>
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

interface Place {
  readonly path: string;
  readonly name: string;
  readonly isOpenTo?: (standing: MemberStanding) => boolean;
}

const PLACES: readonly Place[] = [
  { path: "/", name: "Overview" },
  { path: "/keys", name: "API keys", isOpenTo: managesKeys },
  {
    path: "/requests",
    name: "Requests",
    isOpenTo: (standing) => managesKeys(standing) && standing.scopes.has("usage:read"),
  },
  { path: "/workspaces", name: "Workspaces", isOpenTo: ({ scopes }) => scopes.has("workspaces:read") },
  { path: "/members", name: "Members", isOpenTo: ({ scopes }) => scopes.has("members:read") },
  { path: "/audit", name: "Audit", isOpenTo: ({ scopes }) => scopes.has("audit_events:read") },
  { path: "/organization", name: "Organization", isOpenTo: ({ scopes }) => scopes.has("organizations:read") },
  { path: "/sessions", name: "Your sessions" },
];
const OPEN_PLACES: readonly Place[] = [
  { path: "/guide", name: "Guide" },
  { path: "/errors", name: "Error codes" },
  { path: "/docs", name: "Management API" },
];

export function managesKeys({ scopes, manages }: MemberStanding): boolean {
  return scopes.has("api_keys:read") && (manages.organization !== "none" || manages.workspace !== "none");
}

const ROOT_PLACES: readonly Place[] = [{ path: "/organizations", name: "Organizations" }];

function placesOf(visitor: Visitor | undefined, isRoot: boolean): readonly Place[] {
  if (isRoot) return ROOT_PLACES;
  const standing = visitor?.caller.standing;
  return standing?.kind === "member" ? PLACES.filter(({ isOpenTo }) => isOpenTo?.(standing) ?? true) : [];
}

interface NavigationProps {
  readonly path: string;
  readonly visitor: Visitor | undefined;
  readonly isRoot: boolean;
}

function Navigation({ path, visitor, isRoot }: NavigationProps) {
  const own = placesOf(visitor, isRoot);
  return (
    <nav aria-label="Console">
      {own.length > 0 && <Places places={own} path={path} />}
      <Places places={own.length > 0 ? OPEN_PLACES : [{ path: "/", name: "Sign in" }, ...OPEN_PLACES]} path={path} />
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
