/** `/docs`: the reference of the management API, from the OpenAPI document. */

import { Hono } from "hono/tiny";
import type { ApiDocument, DescribedCall } from "../../management/api-document.ts";
import type { Schema } from "../../management/schema.ts";
import { Crumbs } from "../frame/ask.tsx";
import { show } from "../frame/layout.tsx";
import { Links } from "../frame/links.tsx";
import { Copyable, Prose, Table } from "../frame/parts.tsx";
import type { ConsoleEnv } from "../frame/visit.ts";
import { type Field, fieldsOf, type Schemas, typeOf } from "./schema-rows.ts";
import { isSent, pathOfCall, SendCall } from "./send-call.tsx";

export interface DocumentedCall extends DescribedCall {
  readonly method: string;
  readonly path: string;
}

export function callsOf({ paths }: ApiDocument): readonly DocumentedCall[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ ...described, method: method.toUpperCase(), path })),
  );
}

export const reference = new Hono<ConsoleEnv>()
  .get("/docs", async (c) => {
    const document = await c.var.readDocument();
    const calls = callsOf(document);
    return show(
      c,
      { title: "Management API" },
      <>
        <h1>Management API</h1>
        <p class="faint">
          Everything that the console does, for programs. Send the root token, or a key with management scopes, in{" "}
          <code>Authorization: Bearer …</code>. The <a href="/v1/openapi.json">OpenAPI document</a> describes all of it
          for tools, and <a href="/errors">each error code</a> has a page.
        </p>
        {document.tags.map(({ name, description }) => (
          <section class="sheet">
            <h2>{name}</h2>
            <p>{description}</p>
            <Links
              links={calls
                .filter(({ tags }) => tags.includes(name))
                .map(({ operationId, summary, method, path }) => ({
                  ...{ path: `/docs/${operationId}`, name: summary, note: "", aside: `${method} ${path}` },
                }))}
            />
          </section>
        ))}
      </>,
    );
  })
  .get("/docs/:name", async (c) => {
    const { controlUrl } = c.var.control.gateway;
    const document = await c.var.readDocument();
    const call = callsOf(document).find(({ operationId }) => operationId === c.req.param("name"));
    if (!call) return c.notFound();
    if (isSent(c) && call.method === "GET") return c.redirect(pathOfCall(call, c.req.query()), 303);
    const { schemas } = document.components;
    const [body, answer] = [schemaIn(call.requestBody), schemaIn(successOf(call))];
    return show(
      c,
      { title: call.summary },
      <>
        <Crumbs crumbs={[{ path: "/docs", name: "Management API" }]} />
        <h1>{call.summary}</h1>
        <p>
          <Line call={call} />
        </p>
        {call.description && (
          <p>
            <Prose text={call.description} />
          </p>
        )}
        <Copyable id="curl" label="the command" text={curlOf(call, controlUrl, body && fieldsOf(body, schemas))} />
        <SendCall c={c} call={call} />
        {["path", "query", "header"].map((place) => (
          <Fields title={TITLES[place]} fields={parametersIn(call, place, schemas)} />
        ))}
        <Fields title="Body" fields={body ? fieldsOf(body, schemas) : []} />
        <Fields title={`Answer, ${statusOf(call)}`} fields={answer ? fieldsOf(answer, schemas) : []} isAnswer />
        <p class="faint">
          Errors are problem documents. <a href="/errors">Each code has a page.</a>
        </p>
      </>,
    );
  });

const TITLES: Record<string, string> = { path: "In the path", query: "In the query", header: "Headers" };

function Line({ call: { method, path } }: { call: DocumentedCall }) {
  return (
    <code>
      <b>{method}</b> {path}
    </code>
  );
}

interface FieldsProps {
  readonly title: string | undefined;
  readonly fields: readonly Field[];
  /** All of its fields are there. */
  readonly isAnswer?: boolean;
}

function Fields({ title, fields, isAnswer = false }: FieldsProps) {
  if (fields.length === 0) return null;
  return (
    <section class="sheet">
      <h2>{title}</h2>
      <Table
        caption={title ?? ""}
        rows={fields}
        columns={[
          { label: "Name", cell: ({ name }) => <code>{name}</code> },
          { label: "Type", cell: ({ type }) => type },
          {
            label: "Description",
            cell: ({ isRequired, description }) => (
              <>
                {isRequired && !isAnswer && <strong>Required. </strong>}
                <Prose text={description} />
              </>
            ),
          },
        ]}
      />
    </section>
  );
}

const successOf = ({ responses }: DocumentedCall) => responses[200] ?? responses[201];
const statusOf = ({ responses }: DocumentedCall) => (responses[200] ? 200 : 201);
const schemaIn = (content: DescribedCall["requestBody"]): Schema | undefined =>
  Object.values(content?.content ?? {})[0]?.schema;

function parametersIn({ parameters }: DocumentedCall, place: string, schemas: Schemas): readonly Field[] {
  return parameters
    .filter((parameter) => parameter.in === place)
    .map(({ name, schema, required = false, description = "" }) => ({
      ...{ name, description, isRequired: required },
      type: typeOf(schema, schemas),
    }));
}

/** With the fields that must be there. */
function curlOf({ method, path, parameters }: DocumentedCall, controlUrl: string, body: readonly Field[] | undefined) {
  const query = parameters.filter(({ in: place, required }) => place === "query" && required);
  const asked = query.length > 0 ? `?${query.map(({ name }) => `${name}=…`).join("&")}` : "";
  const fields = body?.filter(({ name, isRequired }) => isRequired && !/[.[]/.test(name)) ?? [];
  const sent = fields.map(({ name, type }) => `"${name}": ${type.startsWith("array") ? '["…"]' : '"…"'}`);
  return [
    `curl ${method === "GET" ? "" : `-X ${method} `}'${controlUrl}${path}${asked}'`,
    "  -H 'Authorization: Bearer …'",
    ...(body ? ["  -H 'Content-Type: application/json'", `  -d '{${sent.join(", ")}}'`] : []),
  ].join(" \\\n");
}
