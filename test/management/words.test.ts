/** Whatever is wrong with a field, the problem is in plain words: by exhaustion over the OpenAPI document. */

import { beforeAll, describe, expect, test } from "vitest";
import { operations } from "../../src/management/api.ts";
import { openApiDocument } from "../../src/management/openapi.ts";
import { migrate, newId } from "../helpers/workerd.ts";
import { call, setUp } from "./call.ts";
import { operationsOf, type Schema, sampleOf } from "./samples.ts";

// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document
const document: any = JSON.parse(JSON.stringify(openApiDocument(operations)));
/** How zod speaks. */
const FOREIGN = /invalid|expected|received|too (big|small)|unrecognized|\bNaN\b|>=|<=/i;
const LIST = /^A comma-separated list of (.*)\.$/;

beforeAll(migrate);

interface Mistake {
  /** Where the value is. */
  readonly path: readonly string[];
  readonly value: unknown;
  /** What the problem has to name. */
  readonly names: readonly string[];
}

/** Values that the schema does not take, each for another reason. */
function mistakesOf(given: Schema, path: readonly string[], isText: boolean): Mistake[] {
  const schema = given.$ref ? document.components.schemas[given.$ref.split("/").at(-1)] : given;
  if (schema.anyOf) {
    const some = schema.anyOf.filter(({ type }: Schema) => type !== "null");
    return some.length === 1 ? mistakesOf(some[0], path, isText) : [];
  }
  const at = (value: unknown, names: readonly unknown[] = []): Mistake => ({ path, value, names: names.map(String) });
  const list = LIST.exec(schema.description ?? "")?.[1]?.split(", ");
  if (list) return [at("nonsense", list), at(`${list[0]},nonsense`, list)];
  if (schema.enum) return [at("nonsense", schema.enum), ...(isText ? [] : [at(7, schema.enum)])];
  const type = [schema.type].flat().find((each: string) => each !== "null");
  if (isText) {
    if (type === "integer" || type === "number")
      return ["nonsense", "1.5", "-7", "99999999999999999999"].map((text) => at(text));
    if (schema.format === "date-time") return [at("tomorrow")];
    return schema.maxLength === undefined ? [] : [at("a".repeat(schema.maxLength + 1), [schema.maxLength])];
  }
  switch (type) {
    case "object":
      return [
        at(7),
        at([]),
        at({ surprise: 1 }),
        ...(schema.required ?? []).map((name: string) => ({
          path: [...path, name],
          value: undefined,
          names: ["is required"],
        })),
        ...Object.entries<Schema>(schema.properties ?? {}).flatMap(([name, inner]) =>
          mistakesOf(inner, [...path, name], false),
        ),
      ];
    case "array":
      return [
        at(7),
        ...(schema.maxItems === undefined
          ? []
          : [
              at(
                Array.from({ length: schema.maxItems + 1 }, () => sampleOf(schema.items, {}, document)),
                [schema.maxItems],
              ),
            ]),
        ...mistakesOf(schema.items, [...path, "0"], false),
      ];
    case "integer":
    case "number":
      return [
        at("7"),
        at(1.5),
        ...(schema.minimum === undefined ? [] : [at(schema.minimum - 1)]),
        ...(schema.maximum === undefined || schema.maximum > 1e15 ? [] : [at(schema.maximum + 1)]),
      ];
    case "boolean":
      return [at("yes")];
    default:
      return [at(7), ...(schema.maxLength === undefined ? [] : [at("a".repeat(schema.maxLength + 1))])];
  }
}

/** The body with the value in its place. */
function withValue(body: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value;
  if (step === "0") return [withValue(undefined, rest, value)];
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  return { ...fields, [step]: withValue(fields[step], rest, value) };
}

describe("every mistake has plain words, by the field", () => {
  test.each(operationsOf(document).map((operation) => [operation.id, operation] as const))(
    "%s",
    { timeout: 60_000 },
    async (_, { method, path, query, body }) => {
      const { organization, member } = await setUp();
      const known = { organization_id: organization.id, member_id: member.id };
      const target = path.replaceAll(/\{\w+\}/g, newId("key"));
      const valid = body ? sampleOf(body, known, document) : undefined;
      const required = query.filter((each) => each.required);
      const needed = Object.fromEntries(
        required.map(({ name, schema }) => [name, String(sampleOf(schema, known, document, name))]),
      );
      const asked = (more: Record<string, string>) => `${target}?${new URLSearchParams({ ...needed, ...more })}`;
      const inQuery = query.flatMap(({ name, schema }) =>
        mistakesOf(schema, [name], true).map((mistake) => ({
          mistake,
          answer: () => call(method, asked({ [name]: String(mistake.value) }), valid),
        })),
      );
      const inBody = (body ? mistakesOf(body, [], false) : []).map((mistake) => ({
        mistake,
        answer: () => call(method, asked({}), withValue(valid, mistake.path, mistake.value)),
      }));
      for (const { mistake, answer } of [...inQuery, ...inBody]) {
        const what = `${mistake.path.join(".")}: ${JSON.stringify(mistake.value)?.slice(0, 60)}`;
        const { status, body } = await answer();
        expect([422, 400], `${what} is ${status} ${JSON.stringify(body)}`).toContain(status);
        if (status === 400) continue;
        const field = mistake.path.join(".");
        const own = body.errors.filter((error: { field: string }) => field === "" || error.field.startsWith(field));
        expect(own.length, `${what}: ${JSON.stringify(body.errors)}`).toBeGreaterThan(0);
        for (const { problem } of own) {
          expect(problem, what).not.toMatch(FOREIGN);
          for (const name of mistake.names) expect(problem, what).toContain(name);
        }
      }
    },
  );
});
