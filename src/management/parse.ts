/** Requests of the management API, parsed by the schemas; what is wrong is named field by field. */

import type { Context } from "hono";
import type * as z from "zod";
import { withoutSecrets } from "../domain/secret.ts";
import { isRefusal, type Refusal } from "../errors.ts";

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
  const repeated = Object.entries(context.req.queries()).filter(([, values]) => values.length > 1);
  const errors = repeated.map(([name]) => ({ field: withoutSecrets(name), problem: "is given more than once" }));
  return errors.length > 0 ? { code: "validation_failed", errors } : check(schema, context.req.query());
}

export function check<S extends z.ZodType>(schema: S, input: unknown): z.output<S> | Refusal {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  return { code: "validation_failed", errors: result.error.issues.flatMap(problemsOf) };
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
  if (issue.code !== "unrecognized_keys") return [{ field: field || "body", problem: wordsOf(issue) }];
  return issue.keys.map((key) => ({
    field: withoutSecrets([...issue.path, key].join(".")),
    problem: "is not a field of this call",
  }));
}

/** zod's own message is "Invalid input: expected string, received undefined". */
function wordsOf({ code, message }: z.core.$ZodIssue): string {
  const form = code === "invalid_type" ? /expected (\w+), received (\w+)/.exec(message) : null;
  if (!form) return message;
  return form[2] === "undefined" ? "is required" : `must be of type ${form[1]}`;
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
  return { text: await new Blob(chunks).text() };
}
