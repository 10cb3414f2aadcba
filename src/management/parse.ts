/** Requests of the management API, parsed by the schemas; what is wrong is named field by field. */

import type { Context } from "hono";
import type * as z from "zod";
import { withoutSecrets } from "../domain/secret.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { wordsOf } from "../records/mistakes.ts";
import { textProblems } from "./text.ts";

export const MAX_BODY_BYTES = 64 * 1024;

export async function parseBody<S extends z.ZodType>(
  context: Context,
  schema: S,
  maxBytes = MAX_BODY_BYTES,
): Promise<z.output<S> | Refusal> {
  const text = await readText(context.req.raw, maxBytes);
  if (isRefusal(text)) return text;
  try {
    return check(schema, JSON.parse(text.text || "{}"));
  } catch {
    return { code: "request_invalid", problem: "The body is not JSON." };
  }
}

export function parseQuery<S extends z.ZodType>(context: Context, schema: S): z.output<S> | Refusal {
  if (!isEncodedText(new URL(context.req.url).search)) {
    return { code: "request_invalid", problem: "The query is not UTF-8 in percent-encoding." };
  }
  const repeated = Object.entries(context.req.queries()).filter(([, values]) => values.length > 1);
  const errors = repeated.map(([name]) => ({ field: withoutSecrets(name), problem: "is given more than once" }));
  if (errors.length > 0) return { code: "validation_failed", errors };
  // Lists are one text here, so their entries have no places.
  return check(schema, context.req.query(), (path) => path.slice(0, 1));
}

/** Names each field whose text cannot be kept as it is. */
export function refuseText(input: unknown): Refusal | undefined {
  const problems = textProblems(input);
  const errors = problems.map(({ path, problem }) => ({ field: withoutSecrets(path.join(".")) || "body", problem }));
  return errors.length > 0 ? { code: "validation_failed", errors } : undefined;
}

/** Of a query, or of a form. Parsers replace what they cannot decode, so that the text would change silently. */
export function isEncodedText(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return true;
  } catch {
    return false;
  }
}

export function check<S extends z.ZodType>(
  schema: S,
  input: unknown,
  fieldOf = (path: readonly PropertyKey[]) => path,
): z.output<S> | Refusal {
  const unreadable = refuseText(input);
  if (unreadable) return unreadable;
  const result = schema.safeParse(input, { error: wordsOf });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => problemsOf({ ...issue, path: [...fieldOf(issue.path)] }));
  const different = new Map(problems.map((each) => [`${each.field} ${each.problem}`, each]));
  return { code: "validation_failed", errors: [...different.values()] };
}

/** Like `check`, but the right fields can be checked further even if others are wrong. */
export function checkEach<S extends z.ZodObject>(
  schema: S,
  input: Record<string, unknown>,
): { fields: Partial<z.output<S>>; refusal: Refusal | undefined } {
  const checked = check(schema, input);
  if (!isRefusal(checked)) return { fields: checked, refusal: undefined };
  const right = Object.entries(schema.shape).flatMap(([name, field]) => {
    const result = (field as z.ZodType).safeParse(input[name]);
    return result.success ? [[name, result.data]] : [];
  });
  return { fields: Object.fromEntries(right), refusal: checked };
}

function problemsOf(issue: z.core.$ZodIssue): { field: string; problem: string }[] {
  const field = withoutSecrets(issue.path.join("."));
  if (issue.code !== "unrecognized_keys") return [{ field: field || "body", problem: issue.message }];
  return issue.keys.map((key) => ({
    field: withoutSecrets([...issue.path, key].join(".")),
    problem: "is not a field of this call",
  }));
}

export async function readText(request: Request, maxBytes: number): Promise<{ text: string } | Refusal> {
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
    size += chunk.value.length;
    if (size > maxBytes) {
      await reader?.cancel();
      return { code: "body_too_large", limit: maxBytes };
    }
    chunks.push(chunk.value);
  }
  try {
    // https://www.rfc-editor.org/rfc/rfc8259#section-8.1
    return {
      text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(await new Blob(chunks).arrayBuffer()),
    };
  } catch {
    return { code: "request_invalid", problem: "The body is not UTF-8." };
  }
}
