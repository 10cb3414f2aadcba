/** Holds each answer of the management API to the OpenAPI document: its status, its headers, and its body. */

import { type Schema as JsonSchema, Validator } from "@cfworker/json-schema";
import { expect } from "vitest";
import { ERRORS } from "../../src/errors.ts";
import { operations } from "../../src/management/api.ts";
import { openApiDocument } from "../../src/management/openapi.ts";
import type { Schema } from "./samples.ts";

// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document
const document: any = JSON.parse(JSON.stringify(openApiDocument(operations)));
const PATTERNS = operations.map(({ name, method, path }) => ({
  name,
  method,
  path: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`),
  responses: document.paths[path.replaceAll(/:(\w+)/g, "{$1}")][method].responses,
}));
/** Headers that any answer over HTTP can have. */
const USUAL = new Set([
  ...["content-type", "content-length", "cache-control", "x-content-type-options", "strict-transport-security"],
]);

/** What is wrong with a value by a schema of the document. */
export function violationsOf(schema: Schema, value: unknown): string[] {
  return validatorOf(schema)
    .validate(value)
    .errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`);
}

const validators = new WeakMap<Schema, Validator>();

function validatorOf(schema: Schema): Validator {
  const known = validators.get(schema);
  if (known) return known;
  const isAlone = !JSON.stringify(schema).includes('"$ref"');
  const root: JsonSchema = structuredClone(isAlone ? schema : { ...schema, components: document.components });
  const validator = new Validator(root, "2020-12", false);
  validators.set(schema, validator);
  return validator;
}

interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export function checkAgainstDocument(method: string, path: string, answer: Answered): void {
  const pathname = path.split("?")[0] as string;
  const operation = PATTERNS.find((one) => one.method === method.toLowerCase() && one.path.test(pathname));
  if (!operation) return;
  const { status, body, headers } = answer;
  const what = `${operation.name} ${status}`;
  const response = operation.responses[status] ?? operation.responses[`${Math.floor(status / 100)}XX`];
  expect(response, `${what} is documented`).toBeDefined();
  checkHeaders(what, response.headers, headers);
  const [[mediaType, { schema }]] = Object.entries<Schema>(response.content) as [[string, Schema]];
  expect(headers.get("content-type"), what).toBe(mediaType);
  expect(violationsOf(schema, body), what).toEqual([]);
  if (status === 202) expect(headers.has("location"), `${what} has a Location`).toBe(true);
  if (status >= 400) checkProblem(what, answer);
}

function checkHeaders(what: string, documented: Record<string, Schema>, headers: Headers): void {
  const schemas = new Map(Object.entries(documented).map(([name, { schema }]) => [name.toLowerCase(), schema]));
  for (const [name, text] of headers) {
    if (USUAL.has(name)) continue;
    const schema = schemas.get(name);
    expect(schema, `${what}: the header ${name} is documented`).toBeDefined();
    expect(violationsOf(schema, valueIn(schema, text)), `${what}: the header ${name}`).toEqual([]);
  }
  for (const name of ["x-request-id", ...(schemas.has("etag") ? ["etag"] : [])])
    expect(headers.has(name), `${what} has the header ${name}`).toBe(true);
}

/** Of a header or a query parameter. */
export function valueIn(schema: Schema, text: string): unknown {
  return schema.type === "integer" && /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : text;
}

function checkProblem(what: string, { status, body, headers }: Answered): void {
  const problem = body as { status: number; code: string };
  expect(Object.keys(document.components.schemas.Problem.properties), what).toEqual(
    expect.arrayContaining(Object.keys(problem)),
  );
  expect(Object.keys(ERRORS), what).toContain(problem.code);
  expect(problem.status, what).toBe(status);
  if (status === 429 || status === 503) expect(headers.has("retry-after"), `${what} has a Retry-After`).toBe(true);
  if (status === 401) expect(headers.has("www-authenticate"), `${what} has a challenge`).toBe(true);
}
