/** The fields of a schema of the OpenAPI document, as lines of a table. */

import type { Schema } from "../../management/schema.ts";

export type Schemas = Readonly<Record<string, Schema>>;

export interface Field {
  /** With the names above it: `limits.rates[].window`. */
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly description: string;
}

const MAX_DEPTH = 4;

/** In their order, each object's fields after the object. */
export function fieldsOf(schema: Schema, schemas: Schemas, prefix = "", depth = 0): readonly Field[] {
  const { properties = {}, required = [] } = resolve(schema, schemas);
  return Object.entries(properties).flatMap(([name, property]) => {
    const path = prefix + name;
    const field = {
      name: path,
      type: typeOf(property, schemas),
      isRequired: required.includes(name),
      description: resolve(property, schemas).description ?? property.description ?? "",
    };
    const [inner, suffix] = insideOf(property, schemas);
    return depth < MAX_DEPTH ? [field, ...fieldsOf(inner, schemas, path + suffix, depth + 1)] : [field];
  });
}

export function typeOf(given: Schema, schemas: Schemas): string {
  const schema = resolve(given, schemas);
  const { type, format, items, anyOf } = schema;
  if (anyOf) return [...new Set(anyOf.map((one) => typeOf(one, schemas)))].join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (items) return `array of ${typeOf(items, schemas)}`;
  if (format === "date-time") return "time";
  return typeof type === "string" ? type : (type?.join(" or ") ?? "any");
}

function insideOf(given: Schema, schemas: Schemas): [schema: Schema, suffix: string] {
  const { anyOf, items, ...schema } = resolve(given, schemas);
  if (items) return [insideOf(items, schemas)[0], "[]."];
  const object = anyOf?.map((one) => insideOf(one, schemas)).find(([inner]) => inner.properties);
  return object ?? [schema, "."];
}

function resolve(schema: Schema, schemas: Schemas): Schema {
  const found = schema.$ref === undefined ? undefined : schemas[schema.$ref.split("/").at(-1) ?? ""];
  return found ? resolve(found, schemas) : schema;
}
