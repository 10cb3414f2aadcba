/** Requests made up from the OpenAPI document itself: a valid one for each operation, whoever adds it. */

// biome-ignore lint/suspicious/noExplicitAny: JSON Schema
export type Schema = any;

export interface DocumentedOperation {
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly query: readonly { name: string; required: boolean; schema: Schema }[];
  readonly body: Schema | undefined;
  readonly isRepeatable: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document
export function operationsOf(document: any): DocumentedOperation[] {
  return Object.entries<Schema>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Schema>(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      id: operation.operationId as string,
      query: (operation.parameters ?? [])
        .filter((parameter: Schema) => parameter.in === "query")
        .map(({ name, required = false, schema }: Schema) => ({ name, required, schema })),
      body: operation.requestBody?.content["application/json"].schema,
      isRepeatable: (operation.parameters ?? []).some(({ name }: Schema) => name === "Idempotency-Key"),
    })),
  );
}

/** Values for fields that no schema can make up, by their names. */
export type Known = Readonly<Record<string, unknown>>;

/** With every required field, and no other but those that `known` has. */
export function sampleOf(schema: Schema, known: Known, document: Schema, name = ""): unknown {
  if (name in known) return known[name];
  if (schema.$ref) return sampleOf(resolve(schema.$ref, document), known, document, name);
  if (schema.enum) return schema.enum[0];
  if ("const" in schema) return schema.const;
  if (schema.anyOf) return sampleOf(schema.anyOf[0], known, document, name);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object") return sampleOfObject(schema, known, document);
  if (type === "array") return [sampleOf(schema.items, known, document)];
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  if (type === "boolean") return false;
  if (schema.format === "date-time") return new Date(Date.now() + 86_400_000).toISOString();
  if (schema.format === "email") return `${crypto.randomUUID()}@acme.test`;
  return "sample";
}

function sampleOfObject(schema: Schema, known: Known, document: Schema): Record<string, unknown> {
  const required: string[] = schema.required ?? [];
  const names = Object.keys(schema.properties ?? {}).filter((name) => required.includes(name) || name in known);
  return Object.fromEntries(names.map((name) => [name, sampleOf(schema.properties[name], known, document, name)]));
}

function resolve(reference: string, document: Schema): Schema {
  return reference
    .slice(2)
    .split("/")
    .reduce((at, step) => at[step], document);
}

/** A value that no schema of this type takes. */
export function wrongTypeOf(schema: Schema, document: Schema): unknown {
  const resolved = schema.$ref ? resolve(schema.$ref, document) : schema;
  const text = JSON.stringify(resolved);
  return text.includes('"object"') || text.includes('"array"') ? 7 : { not: "this" };
}
