/** The content of a form. Fields have the API's names and are checked by the API's schemas. */

import { isRefusal, type Refusal } from "../../errors.ts";
import { MAX_BODY_BYTES, readText } from "../../management/parse.ts";

export class Form {
  readonly #fields: URLSearchParams;

  constructor(fields: URLSearchParams) {
    this.#fields = fields;
  }

  /** Trimmed; empty if the form does not have it. */
  text(name: string): string {
    return (this.#fields.get(name) ?? "").trim();
  }

  textOrNull(name: string): string | null {
    return this.text(name) || null;
  }

  list(name: string): string[] {
    return this.#fields.getAll(name);
  }

  /** Split at lines and commas. */
  lines(name: string): string[] {
    return this.text(name)
      .split(/[\n,]/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
  }

  entries(): [string, string][] {
    return [...this.#fields];
  }
}

export async function readForm(request: Request): Promise<Form | Refusal> {
  const read = await readText(request, MAX_BODY_BYTES);
  return isRefusal(read) ? read : new Form(new URLSearchParams(read.text));
}

/** The problems by field, if the refusal names fields. */
export function problemsOf(refusal: Refusal | undefined): ReadonlyMap<string, string> {
  if (refusal?.code === "environment_not_allowed") {
    return new Map([["environment", `the organization cannot have keys for ${refusal.environment}`]]);
  }
  if (refusal?.code !== "validation_failed") return new Map();
  return new Map(refusal.errors.map(({ field, problem }) => [field.split(".")[0] as string, problem]));
}
