/** Keys that members asked for: their own, or those that the visitor can answer. */

import { Hono } from "hono/tiny";
import { answersRequests, declineRequest, findOpenRequest, listKeyRequestsFor } from "../../control/keys/requests.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { declineBody } from "../../management/key-requests.ts";
import { check } from "../../management/parse.ts";
import type { KeyRequest } from "../../records/key-request.ts";
import { KEY_REQUEST_SORT } from "../../store/key-requests.ts";
import { readMemberNames } from "../../store/members.ts";
import { ask } from "../frame/ask.tsx";
import { type NameOf, namesIn } from "../frame/directory.ts";
import { Done, finish } from "../frame/done.tsx";
import { Field } from "../frame/fields.tsx";
import { EMPTY_FORM, type Form, readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { More, pageIn } from "../frame/more.tsx";
import { Ago, EnvironmentBadge, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";

export const keyRequestPages = new Hono<ConsoleEnv>()
  .get("/key-requests", showList)
  .get("/key-requests/:id/decline", async (c) => {
    const request = await find(c);
    return isRefusal(request) ? showRefusal(c, request) : askFor(c, request, EMPTY_FORM, undefined);
  })
  .post("/key-requests/:id/decline", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const request = await find(c);
    if (isRefusal(request)) return showRefusal(c, request);
    const { control, visitor } = c.var;
    const body = check(declineBody, { reason: form.text("reason") });
    const declined = isRefusal(body) ? body : await declineRequest(control, visitor.caller, request.id, body.reason);
    return isRefusal(declined) ? askFor(c, request, form, declined) : finish(c, "/key-requests", "declined");
  });

const find = (c: Visit) => findOpenRequest(c.var.control, c.var.visitor.caller, c.req.param("id") as string);

/** Those who ask see who answered, whatever else they see of the members. */
export async function namesOf({ var: { control } }: Visit, requests: readonly KeyRequest[]): Promise<NameOf> {
  const ids = new Set(requests.flatMap(({ memberId, decidedBy }) => [memberId, decidedBy ?? memberId]));
  const names = namesIn([await readMemberNames(control.db, [...ids]), [{ id: "root", name: "The platform team" }]]);
  return (id) => (names(id) === id ? "A former member" : names(id));
}

const REASON = { id: "reason", label: "Reason" };

async function askFor(c: Visit, request: KeyRequest, form: Form, refusal: Refusal | undefined) {
  const nameOf = await namesOf(c, [request]);
  return ask(c, {
    title: `Decline ${request.name}`,
    button: "Decline the request",
    refusal,
    fields: [REASON],
    crumbs: [{ path: "/key-requests", name: "Key requests" }],
    content: (problems) => (
      <>
        <p>
          {nameOf(request.memberId)} asked for it: {request.purpose}
        </p>
        <Field name="reason" label="Reason" hint="They see it with your answer." problem={problems.get("reason")}>
          <textarea maxlength={2000} required>
            {form.text("reason")}
          </textarea>
        </Field>
      </>
    ),
  });
}

async function showList(c: Visit) {
  const { control, visitor } = c.var;
  const page = pageIn(c, KEY_REQUEST_SORT);
  if (isRefusal(page)) return showRefusal(c, page);
  const { organizationId } = visitor.session;
  const requests = await listKeyRequestsFor(control, visitor.caller, { organizationId }, page);
  if (isRefusal(requests)) return showRefusal(c, requests);
  const canAnswer = answersRequests(visitor.caller);
  const nameOf = await namesOf(c, requests.items);
  const now = control.now();
  return show(
    c,
    { title: "Key requests" },
    <>
      <div class="head">
        <div>
          <h1>Key requests</h1>
          <p>
            {canAnswer
              ? "Keys requested by members who cannot create them."
              : "Keys that you asked for, and the answers."}
          </p>
        </div>
        {!canAnswer && (
          <a class="button" href="/key-requests/new">
            Request a key
          </a>
        )}
      </div>
      <Done c={c} />
      <section class="sheet">
        {requests.items.length === 0 ? (
          <p>
            {canAnswer ? "Nobody has asked for a key." : "You have asked for no key yet. Request one when you need it."}
          </p>
        ) : (
          <Table
            caption="Key requests"
            size="many"
            rows={requests.items}
            columns={[
              {
                label: "Key",
                cell: ({ name, purpose }) => (
                  <>
                    <strong>{name}</strong>
                    <span class="quietly">{purpose}</span>
                  </>
                ),
              },
              {
                label: "Environment",
                cell: ({ environment }) => <EnvironmentBadge name={environment} gateway={control.gateway} />,
              },
              { label: "Scopes", cell: ({ scopes }) => scopes.map((scope) => <span class="scope">{scope}</span>) },
              {
                label: "Asked",
                cell: ({ memberId, createdAt }) => (
                  <>
                    <Ago at={createdAt} now={now} />
                    {canAnswer && <span class="quietly">by {nameOf(memberId)}</span>}
                  </>
                ),
              },
              {
                label: "Answer",
                cell: (request) => <Answer request={request} nameOf={nameOf} canAnswer={canAnswer} />,
              },
            ]}
          />
        )}
        <More path="/key-requests" next={requests.next} />
      </section>
    </>,
  );
}

interface AnswerProps {
  readonly request: KeyRequest;
  readonly nameOf: NameOf;
  readonly canAnswer: boolean;
}

function Answer({ request: { id, name, decidedBy, keyId, reason }, nameOf, canAnswer }: AnswerProps) {
  if (decidedBy !== null) {
    const who = nameOf(decidedBy);
    if (keyId === null) return <>{`${who} declined: ${reason}`}</>;
    return canAnswer ? (
      <>
        {who} created <a href={`/keys/${keyId}`}>the key</a>.
      </>
    ) : (
      <>{who} created the key, and gives you its secret.</>
    );
  }
  if (!canAnswer) return <span class="faint">Nobody has answered yet.</span>;
  return (
    <div class="actions">
      <a class="button small" href={`/keys/new?request=${id}`}>
        Create<span class="unseen"> the key {name}</span>…
      </a>
      <a class="button quiet small" href={`/key-requests/${id}/decline`}>
        Decline<span class="unseen"> {name}</span>…
      </a>
    </div>
  );
}
