/** From the id of a request to why it was decided so, and what to change. */

import type { Command } from "commander";
import { COMMAND, call, example } from "../gateway/call.ts";
import { type Explanation, keyInWords, stepsInWords, verdictInWords } from "../keys/explain.ts";
import { id } from "../terminal/options.ts";
import { dim, hint, moment, strong, wrapped } from "../terminal/render.ts";
import type { Request } from "./words.ts";

interface Past {
  request: Request;
  decided: Explanation["decision"];
  now: Explanation | null;
  assumed: string;
  change: string[];
}

export function addExplain(requests: Command): void {
  requests
    .command("explain")
    .description("explain a request: what was decided then, what would be decided now, and what to change")
    .argument("<id>", "the id that its answer had, req_…", id("req"))
    .addHelpText("after", example("requests explain req_1c5d0b2f6a9e4c7d8b3a1f0e5d6c7b8a"))
    .action(call((api, _, id) => api.get<Past>(`/v1/requests/${id}/explanation`), inWords));
}

function inWords(past: Past): string {
  const { request, decided, now, assumed, change } = past;
  const command = commandFor(past);
  const parts = [
    [
      dim(`Then, ${moment(request.at)}: ${request.method} ${request.path ?? (request.route || "no route")}`),
      verdictInWords({ ...decided, fix: null }),
    ],
    [
      dim(wrapped(`Now: ${assumed}`)),
      ...(now ? [verdictInWords({ ...now.decision, fix: null }), stepsInWords(now.steps), keyInWords(now)] : []),
    ],
    [strong("What to change"), ...change.map((sentence) => wrapped(sentence)), ...(command ? [hint("", command)] : [])],
  ];
  return parts.map((lines) => lines.filter(Boolean).join("\n")).join("\n\n");
}

/** The command of the change, if there is one. */
function commandFor({ request, decided, now }: Past): string | undefined {
  if (now?.decision.allowed || request.key_id === null) return undefined;
  const change = `${COMMAND} keys change ${request.key_id}`;
  switch (now?.decision.code ?? decided.code) {
    case "scope_missing": {
      const lacking = now?.lacking_in ?? [];
      if (lacking.join() === "permission") return `${change} --permission full-access`;
      if (lacking.join() !== "scopes") return undefined;
      return `${change} --scopes <its scopes>,${now?.required_scope}`;
    }
    case "workspace_forbidden":
      return `${change} --workspaces <its workspaces>,${request.reason_members.workspace ?? "<the workspace>"}`;
    case "key_disabled":
      return `${COMMAND} keys enable ${request.key_id}`;
    default:
      return undefined;
  }
}
