/** The schemas of an OpenAPI document. Those with an id are components of it. https://spec.openapis.org/oas/v3.1.1#components-object */

import * as z from "zod";
import { FIELDS } from "./documented-fields.ts";

type JSONSchema = z.core.JSONSchema.JSONSchema;

export class Schemas {
  /** What was referred to so far. */
  readonly components: Record<string, object> = {};

  /** `io`: of what is sent, or of what is answered. `call`: whose it is, if it is not a component. */
  of(schema: z.ZodType, io: "input" | "output", call: string): object {
    const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io });
    for (const [id, definition] of Object.entries($defs))
      this.components[id] = withReferences(documented(definition, id));
    return withReferences(documented(own, call));
  }

  /** https://spec.openapis.org/oas/v3.1.1#parameter-object */
  parameters(place: "path" | "query" | "header", schema: z.ZodObject, call: string): object[] {
    const { properties = {}, required = [] } = documented(z.toJSONSchema(schema, { io: "input" }), call);
    return Object.entries(properties).map(([name, schema]) => ({
      in: place,
      name,
      schema,
      ...(typeof schema === "object" && schema.description && { description: schema.description }),
      ...(required.includes(name) && { required: true }),
    }));
  }
}

/** With the words for its fields. `path`: of the field that the schema is of. */
function documented<S extends JSONSchema>(schema: S, owner: string, path: readonly string[] = []): S {
  const inside = (inner: unknown) => documented(inner as JSONSchema, owner, path);
  const { properties, items, anyOf } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => {
          const here = [...path, name];
          const description = FIELDS[owner]?.[here.join(".")];
          return [name, { ...documented(field as JSONSchema, owner, here), ...(description && { description }) }];
        }),
      ),
    }),
    ...(items && { items: inside(items) }),
    ...(anyOf && { anyOf: anyOf.map(inside) }),
  };
}

function withReferences(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
