import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { NO_TIMES, SAME_TIMES } from "../domain/times.ts";
import { controlOf } from "../helpers/control.ts";
import { sessionTokenFor } from "../helpers/people.ts";
import { migrate, newId } from "../helpers/workerd.ts";
import { CONTROL, call, makeKey, setUp, worker } from "./call.ts";
import { type DocumentedOperation, operationsOf, type Schema, sampleOf } from "./samples.ts";

/** Of next year, so that a key can expire then. */
const YEAR = new Date().getUTCFullYear() + 1;
const TIMES = SAME_TIMES(`${YEAR}-01-02`, `${YEAR}-01-01`);
const FIRST = `${YEAR}-01-02T00:00:00.000Z`;

await migrate();
const { body: document }: { body: Schema } = await call("GET", "/v1/openapi.json");
const operations = operationsOf(document);

let setting: Awaited<ReturnType<typeof setUp>>;
let cookie: string;

beforeAll(async () => {
  setting = await setUp();
  const control = { ...controlOf(), now: () => Date.now() };
  cookie = `__Host-keygate_session=${await sessionTokenFor(control, setting.member.id)}`;
});

/** The paths to fields that are times, in a schema of the document. */
function timesIn(schema: Schema): string[][] {
  if (schema.$ref) return timesIn(document.components.schemas[schema.$ref.split("/").at(-1)]);
  if (schema.format === "date-time") return [[]];
  if (schema.items) return timesIn(schema.items).map((path) => ["0", ...path]);
  const either = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap(timesIn);
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    timesIn(field).map((path) => [name, ...path]),
  );
  return [...either, ...fields];
}

function withField(value: unknown, [name, ...rest]: string[], text: string): unknown {
  if (name === undefined) return text;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[name] = withField(copy[name], rest, text);
  return copy;
}

function known() {
  const { organization, keyBody } = setting;
  return { ...keyBody, organization_id: organization.id, sha256: "0".repeat(64) };
}

/** Each place of the API that takes a time, found in its own document. */
function placesOf(operation: DocumentedOperation) {
  const query = operation.query.flatMap(({ name, schema }) => timesIn(schema).map(() => ["query", name]));
  const body = operation.body ? timesIn(operation.body).map((path) => ["body", ...path]) : [];
  return [...query, ...body];
}

async function answerTo({ method, path, query, body }: DocumentedOperation, [part, ...place]: string[], text: string) {
  const { id } = await keyOnce();
  const asked = new URLSearchParams(
    query
      .filter(({ required }) => required)
      .map(({ name, schema }) => [name, String(sampleOf(schema, known(), document, name))]),
  );
  if (part === "query") asked.set(place[0] as string, text);
  const sent = part === "body" ? withField(sampleOf(body, known(), document), place, text) : undefined;
  return call(method, `${path.replace("{id}", id)}?${asked}`, sent);
}

let key: Promise<{ id: string }> | undefined;
const keyOnce = () => {
  key ??= makeKey(setting.keyBody);
  return key;
};

describe("every time in a call of the API", () => {
  test("is found in the OpenAPI document", () => {
    const found = operations.flatMap((operation) =>
      placesOf(operation).map((place) => [operation.id, ...place].join(" ")),
    );
    expect(found).toEqual(
      expect.arrayContaining([
        "createApiKey body expires_at",
        "importApiKeys body keys 0 expires_at",
        "listAuditEvents query from",
      ]),
    );
  });

  test("is refused with its field's name where there is no such time", async () => {
    for (const operation of operations) {
      for (const place of placesOf(operation)) {
        for (const text of NO_TIMES) {
          const answer = await answerTo(operation, place, text);
          expect([answer.status, answer.body.errors?.[0].field], `${operation.id} ${text}`).toEqual([
            422,
            place.slice(1).join("."),
          ]);
        }
      }
    }
  });

  test("is taken in each form of RFC 3339", async () => {
    const { keyBody } = setting;
    for (const expires_at of TIMES) {
      const created = await call("POST", "/v1/api-keys", { ...keyBody, expires_at });
      expect([created.status, created.body.expires_at], expires_at).toEqual([201, FIRST]);
      const changed = await call("PATCH", `/v1/api-keys/${created.body.id}`, { expires_at });
      expect([changed.status, changed.body.expires_at], expires_at).toEqual([200, FIRST]);
      const query = new URLSearchParams({ organization_id: keyBody.organization_id, from: expires_at });
      for (const list of ["/v1/audit-events", "/v1/usage"]) {
        expect((await call("GET", `${list}?${query}&to=${YEAR}-01-03T00:00:00Z`)).status, list).toBe(200);
      }
    }
  });
});

async function open(path: string, form?: Record<string, string>) {
  const response = await worker.fetch(`${CONTROL}${path}`, {
    method: form ? "POST" : "GET",
    headers: { Cookie: cookie, ...(form && { "Sec-Fetch-Site": "same-origin", Origin: CONTROL }) },
    ...(form && { body: new URLSearchParams(form) }),
    redirect: "manual",
  });
  return { status: response.status, text: await response.text() };
}

const FORM = {
  ...{ environment: "sandbox", reach: "organization", permission: "full-access", scopes: "signatures:read" },
  name: "From the console",
};

describe("the console", () => {
  test("filters the audit trail by days, the last one included, and by times", async () => {
    const today = new Date().toISOString().slice(0, 10);
    expect((await open(`/audit?from=${today}&to=${today}`)).text).toContain("api_key.created");
    expect((await open("/audit?to=2020-01-01")).text).toContain("No events match.");
    expect((await open("/audit?from=2020-01-01T00:00:00%2B02:00&to=9999-12-31")).text).toContain("api_key.created");
  });

  test.each(["from", "to"])("says which filter is wrong where there is no such day or time: %s", async (name) => {
    for (const text of NO_TIMES) {
      for (const path of ["/audit", "/audit/events.csv", "/audit/events.ndjson"]) {
        const page = await open(`${path}?${new URLSearchParams({ [name]: text })}`);
        expect([page.status, /is not a time/i.test(page.text)], `${path} ${text}`).toEqual([422, true]);
      }
    }
  });

  test("creates no key with an end that does not exist, and its summary names the day", async () => {
    for (const text of NO_TIMES) {
      const form = { ...FORM, expires_on: text };
      expect((await open("/keys/new", { ...form, attempt: newId("chg") })).status, text).toBe(422);
      const summary = await open("/keys/new/summary", form);
      expect([summary.status, JSON.parse(summary.text)], text).toEqual([200, [expect.stringContaining(text)]]);
    }
  });

  test.each(["-1", "0", "1.5", "1e300", "Infinity", "soon", "9999"])(
    "creates no key for %s days",
    async (expires_in) => {
      expect((await open("/keys/new", { ...FORM, expires_in, attempt: newId("chg") })).status).toBe(422);
      expect((await open("/keys/new/summary", { ...FORM, expires_in })).status).toBe(200);
    },
  );

  test("changes no key to an end that does not exist, or that is only a part of a day", async () => {
    const { id } = await keyOnce();
    const version = await env.DB.prepare("SELECT version FROM api_keys WHERE id = ?").bind(id).first<string>("version");
    for (const text of [...NO_TIMES, String(YEAR), `${YEAR}-`]) {
      const form = { ...FORM, version: String(version), expires_on: text };
      for (const intent of ["review", "save"]) {
        expect((await open(`/keys/${id}/edit`, { ...form, intent })).status, `${intent} ${text}`).toBe(422);
      }
    }
  });
});
