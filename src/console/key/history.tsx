/** What was done to a key, and by whom. */

import { Hono } from "hono/tiny";
import { readAudit } from "../../control/operate/read-audit.ts";
import { isRefusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { AUDIT_SORT } from "../../store/audit-list.ts";
import { History } from "../audit/table.tsx";
import { memberNames, membersOf } from "../frame/directory.ts";
import { More, pageIn } from "../frame/more.tsx";
import { Part } from "../frame/parts.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { showTab } from "./frame.tsx";

export const keyHistory = new Hono<ConsoleEnv>().get("/keys/:id/history", (c) =>
  showTab(c, "history", async (key) => ({ content: await historyOf(c, key) })),
);

async function historyOf(c: Visit, { id, name, organizationId }: ManagedKey) {
  const { control, visitor } = c.var;
  const page = pageIn(c, AUDIT_SORT);
  const [events, members] = await Promise.all([
    isRefusal(page) ? page : readAudit(control, visitor.caller, { organizationId, target: id }, page),
    membersOf(c),
  ]);
  const actors = isRefusal(events) ? [] : events.items.map(({ actor }) => actor);
  const memberName = await memberNames(c, members, actors);
  return (
    <section class="sheet">
      <Part of={events}>
        {({ items, next }) => (
          <>
            <History events={items} nameOf={(one) => (one === id ? name : memberName(one))} />
            <More path={`/keys/${id}/history`} next={next} />
          </>
        )}
      </Part>
    </section>
  );
}
