/** One key: its head, with what can be done with it, and its pages as tabs. */

import type { Child } from "hono/jsx";
import { findKey, requireScope } from "../../control/access.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { type ManagedKey, statusOf } from "../../records/key.ts";
import { Crumbs } from "../frame/ask.tsx";
import { Done } from "../frame/done.tsx";
import { show } from "../frame/layout.tsx";
import { EnvironmentBadge, StatusBadge } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { Visit } from "../frame/visit.ts";

const TABS = { "": "Overview", requests: "Requests", connect: "Connect", history: "History" } as const;
type Tab = keyof typeof TABS;

interface Content {
  readonly content: Child;
  /** What is wrong with what the visitor asked for. */
  readonly refusal?: Refusal | undefined;
}

/** A page of the key that the path names. */
export async function showTab(c: Visit, tab: Tab, contentOf: (key: ManagedKey) => Promise<Content>): Promise<Response> {
  const key = await findKey(c.var.control, c.var.visitor.caller, c.req.param("id") as string, "api_keys:read");
  if (isRefusal(key)) return showRefusal(c, key);
  const { content, refusal } = await contentOf(key);
  return show(
    c,
    { title: tab === "" ? key.name : `${TABS[tab]}: ${key.name}`, refusal },
    <>
      <Crumbs crumbs={[{ path: "/keys", name: "API keys" }]} />
      <Done c={c} />
      <Head c={c} keyOf={key} />
      <nav class="views" aria-label="The key">
        {Object.entries(TABS).map(([name, label]) => (
          <a
            href={name === "" ? `/keys/${key.id}` : `/keys/${key.id}/${name}`}
            aria-current={name === tab ? "page" : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      {content}
    </>,
  );
}

/** Whether the visitor can change the key. */
export function canWrite({ var: { control, visitor } }: Visit, key: ManagedKey): boolean {
  const isLiving = key.revokedAt === null && key.expiresAt > control.now();
  return isLiving && requireScope(visitor.caller, "api_keys:write") === undefined;
}

function Head({ c, keyOf: key }: { c: Visit; keyOf: ManagedKey }) {
  const { control, visitor } = c.var;
  const path = `/keys/${key.id}`;
  const canRevoke = key.revokedAt === null && requireScope(visitor.caller, "api_keys:delete") === undefined;
  const toggle = key.disabledAt === null ? "Disable" : "Enable";
  return (
    <div class="head">
      <div>
        <h1>{key.name}</h1>
        <div class="actions">
          <EnvironmentBadge name={key.environment} gateway={control.gateway} />
          <StatusBadge of={statusOf(key, control.gateway, control.now())} />
          <code>{key.hint}</code>
        </div>
        {key.description && <p>{key.description}</p>}
      </div>
      <div class="actions">
        {canWrite(c, key) && (
          <>
            <a class="button" href={`${path}/edit`}>
              Edit
            </a>
            <a class="button quiet" href={`${path}/rotate`} data-dialog>
              Rotate…
            </a>
            <a class="button quiet" href={`${path}/${toggle.toLowerCase()}`} data-dialog>
              {toggle}…
            </a>
          </>
        )}
        {canRevoke && (
          <a class="button grave" href={`${path}/revoke`} data-dialog>
            Revoke…
          </a>
        )}
      </div>
    </div>
  );
}
