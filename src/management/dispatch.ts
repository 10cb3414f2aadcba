/** From a request to an operation's answer: parse, call, render. */

import type { Context } from "hono";
import * as z from "zod";
import { earlierEffect } from "../control/commit.ts";
import type { Caller, Control } from "../control/control.ts";
import { idempotencyOf, once } from "../control/idempotency.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import type { Affected } from "../store/outbox.ts";
import type { ReadDocument } from "./api-document.ts";
import type { CallAccounts } from "./call-limits.ts";
import type { Answer, Asked, Operation } from "./operation.ts";
import { parseBody, parseQuery } from "./parse.ts";

export interface ManagementEnv {
  Variables: {
    control: Control;
    calls: CallAccounts;
    requestId: string;
    readDocument: ReadDocument;
    /** `undefined` until it is known who calls, as are the next two until they are known. */
    caller: Caller;
    /** The name of the operation. */
    operation: string | undefined;
    /** Why the request was not done, for the log. */
    refusal: Refusal | undefined;
    refuse: (refusal: Refusal) => Response;
  };
}

type Call = Context<ManagementEnv>;

export async function dispatch(c: Call, operation: Operation): Promise<Response> {
  const asked = await read(c, operation);
  if (isRefusal(asked)) return c.var.refuse(asked);
  const answer = await once(
    asked.control,
    asked.caller,
    async () => operation.handle(asked as never),
    (target) => replay(operation, { ...asked, id: target }),
  );
  return isRefusal(answer) ? c.var.refuse(answer) : render(c, operation, answer);
}

/** What an earlier request with the same `Idempotency-Key` created or changed. */
async function replay({ path, replay, delayed }: Operation, asked: Asked<unknown, unknown>): Promise<Answer | Refusal> {
  if (!replay) throw new Error("A call without `replay` takes no Idempotency-Key.");
  const answer = await replay(asked);
  // A call that creates a record has no id in its path, so a 404 would confuse its caller.
  if (isRefusal(answer) && answer.code === "not_found" && !path.includes(":id"))
    return { code: "conflict", problem: GONE };
  if (isRefusal(answer)) return answer;
  // The earlier request can have been answered with 202, or not at all.
  const effect = delayed && (await earlierEffect(asked.control, { [delayed]: asked.id } as Affected));
  return { ...answer, effect, isReplayed: true };
}

const GONE =
  "An earlier request with this Idempotency-Key created a record that was deleted since, or that you can no longer see. Use a new Idempotency-Key to create another one.";

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
  return {
    control: c.var.control,
    caller,
    id: c.req.param("id") ?? "",
    secretId: c.req.param("secret_id") ?? "",
    query,
    body,
  };
}

function render(c: Call, operation: Operation, answer: Answer): Response {
  const { body, version, effect, isReplayed } = answer;
  const headers: Record<string, string> = {
    "Cache-Control": "no-store",
    ...(version !== undefined && { ETag: `"${version}"` }),
    ...(isReplayed && { "Idempotent-Replayed": "true" }),
  };
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
  return idempotencyOf("Idempotency-Key", key, [c.req.method, c.req.path, body]);
}
