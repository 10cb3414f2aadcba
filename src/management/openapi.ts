/** The OpenAPI document, made from the schemas that parse. https://spec.openapis.org/oas/v3.1.1 */

import * as z from "zod";
import { ERRORS } from "../errors.ts";
import { CHALLENGE_HEADER, PROBLEM_TYPE } from "../problem.ts";
import { ANSWERS } from "./answers/of-calls.ts";
import { problemAnswer } from "./answers/operating.ts";
import { CALLS } from "./documented-calls.ts";
import { Schemas } from "./json-schema.ts";
import type { Operation } from "./operation.ts";

const EXAMPLE_URL = "https://keys.example.com";
const JSON_TYPE = "application/json";
const TEXT = { type: "string" } as const;

const TAGS: Record<string, string> = {
  Organizations: "The customers. Everything else belongs to one of them.",
  Workspaces: "Parts of an organization, by which the reach of keys is limited.",
  Members: "The people of an organization, each with a role.",
  Sessions: "How members sign in, and where they are signed in.",
  "API keys": "What API consumers authenticate with.",
  "Key requests": "Keys requested by members who cannot create them.",
  Requests: "Finished requests, found by id, by key or by organization.",
  Insight: "Who a caller is, and why the gateway decides a request in this way.",
  Usage: "What keys were used for.",
  Audit: "Who changed what, and when.",
  Changes: "Whether a change has reached every authority.",
  Operation: "The state of the gateway itself.",
  Peppers: "The secrets of the Worker that the stored hashes of keys depend on.",
};

export function openApiDocument(operations: readonly Operation[]): object {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method]: describe(operation, schemas) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Keygate management API",
      version: "1",
      description: "Organizations, workspaces, members and their API keys.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: EXAMPLE_URL }],
    security: [{ token: [] }, { session: [] }],
    tags: Object.keys(CALLS).map((name) => ({ name, description: TAGS[name] as string })),
    paths,
    components: {
      schemas: schemas.components,
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "The root token, or an API key with management scopes.",
        },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-keygate_session",
          description: "The session of a signed-in member.",
        },
      },
    },
  };
}

function wordsOf(name: string) {
  for (const [tag, calls] of Object.entries(CALLS)) if (calls[name]) return { tag, ...calls[name] };
  throw new Error(`documented-calls.ts does not say what ${name} does`);
}

function answerOf(name: string): z.ZodType {
  const answer = ANSWERS[name];
  if (!answer) throw new Error(`answers/of-calls.ts does not say what ${name} answers`);
  return answer;
}

function describe(operation: Operation, schemas: Schemas): object {
  const { name, query, body, status = 200, delayed } = operation;
  const { tag, summary, description } = wordsOf(name);
  const headers = headersOf(operation);
  const success = { description: summary, headers, content: jsonOf(schemas.of(answerOf(name), "output", name)) };
  const problem = schemas.of(problemAnswer, "output", name);
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(description && { description }),
    parameters: [
      ...(operation.path.includes(":id") ? schemas.parameters("path", pathParameters(operation.path), name) : []),
      ...(query ? schemas.parameters("query", query as z.ZodObject, name) : []),
      ...schemas.parameters("header", requestHeaders(operation), name),
    ],
    ...(body && {
      requestBody: { required: !body.safeParse({}).success, content: jsonOf(schemas.of(body, "input", name)) },
    }),
    responses: {
      [status]: success,
      ...(delayed && {
        202: {
          ...success,
          description: "Done, but some authorities do not know of it yet; `Location` says where to see how many.",
          headers: { ...headers, ...LOCATION },
        },
      }),
      429: {
        ...refusal("There were too many calls; nothing was changed.", "management_rate_exceeded", problem),
        headers: { ...COMMON_HEADERS, ...RETRY_AFTER },
      },
      "4XX": {
        ...refusal("What was asked cannot be done; `code` says why.", "not_found", problem),
        headers: { ...COMMON_HEADERS, ...CHALLENGE },
      },
      "5XX": {
        ...refusal(
          "Something failed through no fault of the caller; see `Retry-After`.",
          "key_store_unavailable",
          problem,
        ),
        headers: { ...COMMON_HEADERS, ...RETRY_AFTER },
      },
    },
  };
}

const jsonOf = (schema: object) => ({ [JSON_TYPE]: { schema } });

const pathParameters = (path: string) =>
  z.object(Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name]) => [name, z.string()])));

const COMMON_HEADERS = {
  "X-Request-Id": { schema: TEXT },
  // https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11
  "RateLimit-Policy": { schema: TEXT, description: "The rates of the caller and of the organization." },
  RateLimit: { schema: TEXT, description: "The rate that is closest to its end." },
} as const;
const RETRY_AFTER = {
  "Retry-After": { schema: { type: "integer", minimum: 1 }, description: "The seconds to wait before the next try." },
} as const;
const CHALLENGE = {
  [CHALLENGE_HEADER]: { schema: TEXT, description: "With 401, and where a scope is missing." },
} as const;
const LOCATION = {
  Location: { schema: TEXT, description: "Where to see how many authorities do not know of the change yet." },
} as const;

function headersOf({ versioned, replay }: Operation) {
  return {
    ...COMMON_HEADERS,
    ...(versioned && { ETag: { schema: TEXT, description: "The record's version, for `If-Match`." } }),
    ...(replay && {
      "Idempotent-Replayed": {
        schema: { type: "string", enum: ["true"] },
        description: "An earlier request with this `Idempotency-Key` did the work.",
      },
    }),
  };
}

function requestHeaders({ versioned, method, status, replay }: Operation) {
  // What is not there yet has no version.
  const changes = versioned && method !== "get" && status !== 201;
  return z.object({
    "Keygate-Act-As": z.string().optional().describe("With the root token: the member to act as."),
    ...(changes && {
      "If-Match": z
        .string()
        .optional()
        .describe("The `ETag` of the version to change. If the record has another version, the answer is 412."),
    }),
    ...(replay && {
      "Idempotency-Key": z.string().optional().describe("A repeated request with the same key changes nothing."),
    }),
  });
}

function refusal(
  description: string,
  code: "not_found" | "key_store_unavailable" | "management_rate_exceeded",
  schema: object,
) {
  const { title, status, meaning: detail, fix } = ERRORS[code];
  const type = `${EXAMPLE_URL}/errors/${code}`;
  const example = { type, title, status, detail, code, fix, request_id: "req_…" };
  return { description, content: { [PROBLEM_TYPE]: { schema, example } } };
}
