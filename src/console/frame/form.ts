/** The content of a form. Fields have the API's names and are checked by the API's schemas. */

import { isRefusal, type Refusal } from "../../errors.ts";
import { isEncodedText, MAX_BODY_BYTES, readText, refuseText } from "../../management/parse.ts";
import { OPENED_BY } from "./opened-by.ts";

export class Form {
  readonly #fields: readonly (readonly [name: string, value: string])[];

  constructor(fields: Iterable<readonly [string, string]>) {
    // Browsers send the line breaks of a textarea as CRLF.
    this.#fields = [...fields].map(([name, value]) => [name, value.replaceAll("\r\n", "\n")]);
  }

  /** Trimmed; empty if the form does not have it. */
  text(name: string): string {
    return (this.list(name)[0] ?? "").trim();
  }

  textOrNull(name: string): string | null {
    return this.text(name) || null;
  }

  list(name: string): string[] {
    return this.#fields.filter(([field]) => field === name).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#fields.some(([field]) => field === name);
  }

  /** Split at lines and commas. */
  lines(name: string): string[] {
    return this.text(name)
      .split(/[\n,]/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
  }

  entries(): readonly (readonly [name: string, value: string])[] {
    return this.#fields;
  }
}

export const EMPTY_FORM = new Form([]);

export async function readForm(request: Request): Promise<Form | Refusal> {
  const form = await readSentForm(request);
  if (isRefusal(form)) return form;
  // The field for the id of a workspace that is not listed is empty if none is meant.
  const fields = form
    .entries()
    .map(([name, value]) => [name, name === "workspace_ids" ? value.trim() : value] as const);
  return new Form(fields.filter(([name, value]) => name !== OPENED_BY && (name !== "workspace_ids" || value !== "")));
}

/** With what the frame adds to each form. */
export async function readSentForm(request: Request): Promise<Form | Refusal> {
  const read = await readText(request, MAX_BODY_BYTES);
  if (isRefusal(read)) return read;
  if (!isEncodedText(read.text))
    return { code: "request_invalid", problem: "The form is not UTF-8 in percent-encoding." };
  const fields = new URLSearchParams(read.text);
  return refuseText(Object.fromEntries(fields)) ?? new Form(fields);
}

/** A whole number; `undefined` if the text is empty; any other text as it is, for the schema to refuse. */
export function wholeNumberIn(text: string): number | string | undefined {
  if (text === "") return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}
