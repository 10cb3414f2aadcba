/** From a request to an operation's answer: parse, call, render. */

import type { Context } from "hono";
import * as z from "zod";
import { type Caller, type Control, collisionOf } from "../control/control.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { findRepeated } from "../store/audit.ts";
import type { CallAccounts } from "./call-limits.ts";
import type { Answer, Asked, Operation } from "./operation.ts";
import { parseBody, parseQuery } from "./parse.ts";

export interface ManagementEnv {
  Variables: {
    control: Control;
    calls: CallAccounts;
    requestId: string;
    caller: Caller;
    refuse: (refusal: Refusal) => Response;
  };
}

type Call = Context<ManagementEnv>;

export async function dispatch(c: Call, operation: Operation): Promise<Response> {
  const asked = await read(c, operation);
  if (isRefusal(asked)) return c.var.refuse(asked);
  const repeated = await repeat(asked, operation);
  if (repeated) return render(c, operation, repeated, { "Idempotent-Replayed": "true" });
  const answer = await attempt(asked, operation);
  if (!isRefusal(answer)) return render(c, operation, answer, {});
  // The same request may have won a race against this one.
  const overtaken = await repeat(asked, operation);
  return overtaken ? render(c, operation, overtaken, { "Idempotent-Replayed": "true" }) : c.var.refuse(answer);
}

/** What an operation takes that says nothing else. */
const NOTHING = z.strictObject({});

async function read(c: Call, operation: Operation): Promise<Asked<unknown, unknown> | Refusal> {
  const query = parseQuery(c, operation.query ?? NOTHING);
  if (isRefusal(query)) return query;
  // What a GET carries has no meaning: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.1
  const body = operation.method === "get" ? {} : await parseBody(c, operation.body ?? NOTHING, operation.maxBodyBytes);
  if (isRefusal(body)) return body;
  const ifMatch = operation.versioned ? readIfMatch(c.req.header("if-match")) : undefined;
  const idempotency = operation.replay && (await readIdempotency(c, body));
  if (isRefusal(idempotency)) return idempotency;
  const caller: Caller = { ...c.var.caller, ifMatch, idempotency };
  return { control: c.var.control, caller, id: c.req.param("id") ?? "", query, body };
}

/** What the caller's idempotency key stands for already. */
async function repeat(asked: Asked<unknown, unknown>, operation: Operation): Promise<Answer | Refusal | undefined> {
  const { actor, idempotency } = asked.caller;
  if (!idempotency || !operation.replay) return undefined;
  const repeated = await findRepeated(asked.control.db, actor, idempotency.key);
  if (!repeated) return undefined;
  if (repeated.fingerprint !== idempotency.fingerprint) return { code: "idempotency_key_reused" };
  return operation.replay({ ...asked, id: repeated.target });
}

async function attempt(asked: Asked<unknown, unknown>, operation: Operation): Promise<Answer | Refusal> {
  try {
    return await operation.handle(asked as never);
  } catch (error) {
    const collision = collisionOf(error as Error);
    if (collision) return collision;
    throw error;
  }
}

function render(c: Call, operation: Operation, answer: Answer | Refusal, headers: Record<string, string>): Response {
  if (isRefusal(answer)) return c.var.refuse(answer);
  const { body, version, effect } = answer;
  if (version !== undefined) headers.ETag = `"${version}"`;
  headers["Cache-Control"] = "no-store";
  if (effect?.isPending) return c.json(body, 202, { ...headers, Location: `/v1/changes/${effect.changeId}` });
  return c.json(body, operation.status ?? 200, headers);
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1: compared strongly, so that weak tags match nothing. */
function readIfMatch(header: string | undefined): string[] | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  return header.split(",").flatMap((tag) => /^"([^"]*)"$/.exec(tag.trim())?.[1] ?? []);
}

async function readIdempotency(c: Call, body: unknown): Promise<Caller["idempotency"] | Refusal> {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    return { code: "request_invalid", problem: "Idempotency-Key must be 1 to 255 visible ASCII characters." };
  }
  // The key is kept, and may be anything, a secret too.
  return {
    key: await digest(["Idempotency-Key", key]),
    fingerprint: await digest([c.req.method, c.req.path, body]),
  };
}

async function digest(parts: readonly unknown[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))));
}
