/** Why the gateway would decide a request as it would. Spends nothing and sends nothing. */

import { Hono } from "hono/tiny";
import { explain } from "../../control/explain/explain.ts";
import type { Explanation } from "../../control/explain/explanation.ts";
import { urlOfPasted } from "../../control/explain/path.ts";
import { sampleCall } from "../../control/explain/sample-call.ts";
import { allOf, invalid } from "../../control/validation.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { explainBody } from "../../management/wire/insight.ts";
import type { ManagedKey } from "../../records/key.ts";
import { readKeyRecord } from "../../store/key-records.ts";
import { Crumbs } from "../frame/ask.tsx";
import { readForm } from "../frame/form.ts";
import { Kept } from "../frame/kept.tsx";
import { show } from "../frame/layout.tsx";
import { type FormField, Mistakes, problemsOf } from "../frame/mistakes.tsx";
import { Ago, EnvironmentBadge, Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { keysLike, readAbout } from "./about.ts";
import { AskBox } from "./ask-box.tsx";
import { Decision } from "./decision.tsx";
import { fixesOf } from "./fixes.ts";
import { type Asked, Trial } from "./trial.tsx";

const FIELDS: readonly FormField[] = [
  { id: "key", label: "Key" },
  { id: "method", label: "Method" },
  { id: "url", label: "URL" },
];
const BOX: readonly FormField[] = [{ id: "about", label: "Why was a request refused?" }];
const NO_KEY = "is not part of the id, the name or the last characters of a key that you can see";

// By POST: page URLs are kept in histories, and pasted text can hold a key.
export const explainPages = new Hono<ConsoleEnv>()
  .get("/explain", (c) => showBox(c, "", undefined))
  .post("/explain", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const text = form.text("about");
    if (text === "" && form.text("url") === "" && form.text("key") === "") {
      return showBox(c, "", invalid("about", "must not be empty"));
    }
    const asked = { key: form.text("key"), method: form.text("method") || "GET", url: form.text("url") };
    if (text === "") return explainTo(c, asked);
    const about = readAbout(text);
    if (about.kind === "request") return c.redirect(`/requests/${about.id}`, 303);
    if (about.kind === "url") return explainTo(c, { key: "", method: about.method, url: about.url });
    const keys = await keysLike(c, about.text);
    if (isRefusal(keys)) return showRefusal(c, keys);
    return keys.length === 0 ? showBox(c, text, invalid("about", NO_KEY)) : explainTo(c, { ...asked, key: text });
  });

function showBox(c: Visit, about: string, refusal: Refusal | undefined) {
  return show(
    c,
    { title: "Explain a request", refusal },
    <>
      <Crumbs crumbs={REQUESTS} />
      <h1>Explain a request</h1>
      <Mistakes refusal={refusal} fields={BOX} />
      <AskBox about={about} problem={problemsOf(refusal, BOX).get("about")} />
    </>,
  );
}

const REQUESTS = [{ path: "/requests", name: "Requests" }];

async function explainTo(c: Visit, asked: Asked) {
  const keys = asked.key === "" ? [] : await keysLike(c, asked.key);
  if (isRefusal(keys)) return showRefusal(c, keys);
  if (keys.length > 1) return askWhich(c, asked, keys);
  const [key] = keys;
  const { gateway } = c.var.control;
  const url = urlOfPasted(asked.url === "" && key ? await urlFor(c, key) : asked.url, key?.environment, gateway);
  const full = { ...asked, key: key?.id ?? asked.key, url };
  const explanation = await explanationOf(c, full, key);
  const refusal = isRefusal(explanation) ? explanation : undefined;
  return show(
    c,
    { title: "Explain a request", refusal },
    <>
      <Crumbs crumbs={key ? [...REQUESTS, { path: `/keys/${key.id}`, name: key.name }] : REQUESTS} />
      <h1>{`${asked.method} ${isRefusal(explanation) ? "request" : new URL(url).pathname}`}</h1>
      <Mistakes refusal={refusal} fields={FIELDS} />
      {!isRefusal(explanation) && (
        <Decision explanation={explanation} fixes={await fixesOf(c, key, explanation)} isWithoutKey={!key} />
      )}
      <Trial asked={full} problems={problemsOf(refusal, FIELDS)} title="Ask again" />
    </>,
  );
}

async function explanationOf(
  c: Visit,
  { key: text, method, url }: Asked,
  key: ManagedKey | undefined,
): Promise<Explanation | Refusal> {
  const { control, visitor } = c.var;
  const unknown = text !== "" && !key ? invalid("key", NO_KEY) : undefined;
  const body = check(explainBody, { ...(key && { key_id: key.id }), method, url });
  const refusal = allOf([unknown, isRefusal(body) ? body : undefined]);
  return refusal ?? explain(control, visitor.caller, { keyId: key?.id, method, url });
}

/** Something that the key can call, or what it would call if it could do anything. A path, if its environment is no longer configured. */
async function urlFor(c: Visit, key: ManagedKey): Promise<string> {
  const { db, gateway } = c.var.control;
  const record = await readKeyRecord(db, key.environment, key.id);
  const base = gateway.environments[key.environment]?.url ?? "";
  const first = gateway.routes.find((route) => !route.public && route.params.length === 0);
  return (record && sampleCall(record, gateway)) ?? base + (first?.path ?? "/").replace(/\/\*$/, "");
}

function askWhich(c: Visit, { method, url }: Asked, keys: readonly ManagedKey[]) {
  const { gateway, now } = c.var.control;
  return show(
    c,
    { title: "Which key?" },
    <>
      <Crumbs crumbs={REQUESTS} />
      <h1>Which key?</h1>
      <form class="sheet" method="post" action="/explain">
        <Kept
          fields={[
            ["method", method],
            ["url", url],
          ]}
        />
        <Table
          caption="Keys"
          rows={keys}
          columns={[
            { label: "Key", cell: ({ id, name }) => <a href={`/keys/${id}`}>{name}</a> },
            { label: "Secret", cell: ({ hint }) => <code>{hint}</code> },
            {
              label: "Environment",
              cell: ({ environment }) => <EnvironmentBadge name={environment} gateway={gateway} />,
            },
            { label: "Last used", cell: ({ lastUsedAt }) => <Ago at={lastUsedAt} now={now()} /> },
            {
              label: "Why",
              cell: ({ id, name }) => (
                <button type="submit" name="key" value={id} class="quiet small">
                  Explain<span class="unseen"> a request with {name}</span>
                </button>
              ),
            },
          ]}
        />
      </form>
    </>,
  );
}
