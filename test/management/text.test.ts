/** Text that cannot be stored and shown again as it was sent is refused, wherever a call takes text: made from the document. */

import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { controlOf } from "../helpers/control.ts";
import { sessionTokenFor } from "../helpers/people.ts";
import { migrate } from "../helpers/workerd.ts";
import { CONTROL, call, makeKey, setUp, worker } from "./call.ts";
import { operationsOf, type Schema } from "./samples.ts";

vi.setConfig({ testTimeout: 60_000 });
await migrate();
const { body: document }: { body: Schema } = await call("GET", "/v1/openapi.json");
const operations = operationsOf(document);
const withBody = operations.filter(({ body }) => body !== undefined);
const pathOf = ({ path }: { path: string }) => path.replace("{id}", "some_id");

const HALVES = ["\ud800", "a\udc00b", "\udfff\ud800"];
const CONTROLS = ["\u0000", "a\u0000b", "\u0007", "\u001b[31m", "\u007f", "\u0085"];

/** Paths of every text in a body of this schema. */
function textsOf(schema: Schema, path: string[] = []): string[][] {
  if (schema.$ref)
    return textsOf(
      schema.$ref
        .slice(2)
        .split("/")
        .reduce((node: Schema, name: string) => node[name], document),
      path,
    );
  if (schema.anyOf) return schema.anyOf.flatMap((one: Schema) => textsOf(one, path));
  if (schema.type === "object") {
    return Object.entries<Schema>(schema.properties ?? {}).flatMap(([name, of]) => textsOf(of, [...path, name]));
  }
  if (schema.type === "array") return textsOf(schema.items, [...path, "0"]);
  return schema.type === "string" && !schema.enum ? [path] : [];
}

/** A body with nothing but this text at this place. */
function bodyWith([name, ...rest]: string[], text: string): unknown {
  if (name === undefined) return text;
  return name === "0" ? [bodyWith(rest, text)] : { [name]: bodyWith(rest, text) };
}

describe.each(withBody.map((operation) => [operation.id, operation] as const))("%s", (_, operation) => {
  const send = (body: unknown) => call(operation.method, pathOf(operation), body);

  test("refuses half a character and control characters in each text, and names the field", async () => {
    const texts = textsOf(operation.body);
    for (const path of texts) {
      for (const text of [...HALVES, ...CONTROLS]) {
        const answer = await send(bodyWith(path, text));
        expect([path, answer.status, answer.body.errors?.[0]?.field]).toEqual([path, 422, path.join(".")]);
      }
    }
    const named = await send({ "a\ud800": 1 });
    expect([named.status, named.body.errors[0].problem]).toEqual([422, "is not well-formed Unicode text"]);
  });

  test("refuses a body that is not UTF-8", async () => {
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
      const body = new Uint8Array([...new TextEncoder().encode('{"name":"'), ...bytes, 0x22, 0x7d]);
      const headers = { Authorization: `Bearer ${env.KEYGATE_ROOT_TOKEN}` };
      const answer = await worker.fetch(`${CONTROL}${pathOf(operation)}`, { method: operation.method, headers, body });
      expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
        400,
        "The body is not UTF-8.",
      ]);
    }
  });
});

test("a query that is not UTF-8 is refused, and so is a control character in it, by the name of its parameter", async () => {
  for (const operation of operations) {
    for (const { name } of operation.query) {
      for (const [encoded, status] of [
        ["%ff", 400],
        ["%C3", 400],
        ["%ED%A0%80", 400],
        ["%", 400],
        ["%00", 422],
        ["a%07", 422],
      ] as const) {
        const answer = await call(operation.method, `${pathOf(operation)}?${name}=${encoded}`);
        expect([operation.id, name, encoded, answer.status]).toEqual([operation.id, name, encoded, status]);
        if (status === 422) expect(answer.body.errors[0].field).toBe(name);
      }
    }
  }
});

test("an id in a path that is no text is the id of nothing", async () => {
  for (const id of ["%ff", "%00", "%ED%A0%80", "a%07b", "%F0%9F%98%80"]) {
    // Some are refused before any path is read.
    expect([400, 404]).toContain((await call("GET", `/v1/api-keys/${id}`)).status);
  }
});

describe("what a write answers is what a read answers", () => {
  let setting: Awaited<ReturnType<typeof setUp>>;
  beforeAll(async () => {
    setting = await setUp({ key_quota: 10_000 });
  });
  const wellFormed = (maxLength: number) =>
    fc
      .string({ unit: "grapheme", minLength: 1, maxLength })
      .filter((text) => text.trim() !== "" && text.trim().length <= 200 && !/[^\P{Cc}]/u.test(text));

  test("for names and descriptions of any text, and for a repetition of the write", async () => {
    await fc.assert(
      fc.asyncProperty(wellFormed(60), wellFormed(60), async (name, more) => {
        const description = `${more}\n\t${name}\r\n`;
        const headers = { "Idempotency-Key": crypto.randomUUID() };
        const bodies: [string, object][] = [
          ["/v1/organizations", { name }],
          ["/v1/workspaces", { organization_id: setting.organization.id, name }],
          [
            "/v1/members",
            {
              organization_id: setting.organization.id,
              name,
              role: "member",
              email: `${crypto.randomUUID()}@acme.test`,
            },
          ],
          ["/v1/api-keys", { ...setting.keyBody, name, description }],
        ];
        for (const [at, [path, body]] of bodies.entries()) {
          const key = { "Idempotency-Key": `${headers["Idempotency-Key"]}-${at}` };
          const { secret, ...made } = (await call("POST", path, body, key)).body;
          expect((await call("GET", `${path}/${made.id}`)).body).toEqual(made);
          const { secret: _, ...again } = (await call("POST", path, body, key)).body;
          expect(again).toEqual(made);
          expect(made.name).toBe(name.trim());
          if ("description" in made) expect(made.description).toBe(description);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("a form of the console", () => {
  test("takes text as the API does", async () => {
    const { member, keyBody } = await setUp();
    const key = await makeKey(keyBody);
    const token = await sessionTokenFor({ ...controlOf(), now: Date.now }, member.id);
    const send = (body: string) =>
      worker.fetch(`${CONTROL}/keys/${key.id}/revoke`, {
        method: "POST",
        headers: {
          ...{ Cookie: `__Host-keygate_session=${token}`, "Sec-Fetch-Site": "same-origin", Origin: CONTROL },
          "Content-Type": "application/x-www-form-urlencoded",
        },
        body,
        redirect: "manual",
      });
    for (const reason of ["%ff", "%ED%A0%80", "%zz"])
      expect((await send(`confirm=Key&reason=${reason}`)).status).toBe(400);
    expect((await send("confirm=Key&reason=a%00b")).status).toBe(422);
    expect((await call("GET", `/v1/api-keys/${key.id}`)).body.status).toBe("active");
  });
});
