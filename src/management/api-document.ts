/** The OpenAPI document as it is served. `npm run openapi` writes it when the code changes, so the Worker has none of that code. */

import type { Schema } from "./schema.ts";

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

export interface DescribedCall {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly {
    readonly in: string;
    readonly name: string;
    readonly schema: Schema;
    readonly description?: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { readonly description: string }>>;
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedCall>>>>;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export type ReadDocument = () => Promise<ApiDocument>;

/** Reads the file once. A promise of one request must not be awaited by others, so the document is kept, and not the promise. */
export function documentReader(read: () => Promise<Response>, controlUrl: string): ReadDocument {
  let document: ApiDocument | undefined;
  return async () => {
    document ??= { ...(await (await read()).json<ApiDocument>()), servers: [{ url: controlUrl }] } as ApiDocument;
    return document;
  };
}
