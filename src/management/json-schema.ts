/** The schemas of an OpenAPI document. Those with an id are components of it. https://spec.openapis.org/oas/v3.1.1#components-object */

import * as z from "zod";

export class Schemas {
  /** What was referred to so far. */
  readonly components: Record<string, object> = {};

  /** `io`: of what is sent, or of what is answered. */
  of(schema: z.ZodType, io: "input" | "output"): object {
    const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io });
    for (const [id, definition] of Object.entries($defs)) this.components[id] = withReferences(definition);
    return withReferences(own);
  }

  /** https://spec.openapis.org/oas/v3.1.1#parameter-object */
  parameters(place: "path" | "query" | "header", schema: z.ZodObject): object[] {
    const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" });
    return Object.entries(properties).map(([name, schema]) => ({
      in: place,
      name,
      schema,
      ...(typeof schema === "object" && schema.description && { description: schema.description }),
      ...(required.includes(name) && { required: true }),
    }));
  }
}

function withReferences(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
