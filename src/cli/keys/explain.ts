import { type Command, InvalidArgumentError } from "commander";
import { call, example } from "../gateway/call.ts";
import { askSecret } from "../terminal/ask.ts";
import { EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { fromEnvironment } from "../terminal/given.ts";
import { id } from "../terminal/options.ts";
import { dim, list, record, strong, wrapped } from "../terminal/render.ts";

export interface Explanation {
  decision: { allowed: boolean; status: number | null; code: string | null; detail: string; fix: string | null };
  steps: {
    step: string;
    check: string;
    outcome: "passed" | "refused" | "skipped";
    code: string | null;
    detail: string;
  }[];
  required_scope: string | null;
  lacking_in: string[];
  key: { id: string; environment: string; base_url: string; scopes: string[]; workspaces: string[] | null } | null;
}

interface Options {
  key?: string;
  anonymous?: boolean;
  clientAddress?: string;
  header?: Record<string, string>;
}

const MARKS = { passed: "✓", refused: "✗", skipped: "·" };

export function addExplain(program: Command): void {
  program
    .command("explain")
    .description("show how the gateway would decide a request, step by step, and what to change (sends no request)")
    .argument("<method>", "for example GET")
    .argument("<address>", "the full URL, as a client calls it, or its path")
    .option("--key <id>", "the key of the request, key_…", id("key"))
    .option("--anonymous", "a request without a key")
    .option("--client-address <address>", "the client's address (default: one that the key allows)")
    .option("--header <name: value>", "a header of the request; repeat it for more", header)
    .addHelpText(
      "after",
      "\nWithout --key or --anonymous, it asks for the key's secret, or reads KEYGATE_KEY or stdin.",
    )
    .addHelpText(
      "after",
      example(
        "explain POST https://api.example.com/v1/signatures --key key_9fK2",
        "explain GET /v1/signatures --key key_9fK2",
        "explain GET https://api.example.com/v1/signatures < secret.txt",
      ),
    )
    .action(
      call(async (api, { key, anonymous, clientAddress, header }: Options, method, url) => {
        if (key && anonymous) throw new Failure("Give --key or --anonymous, not both.", EXIT_WRONG_USAGE);
        const secret = key || anonymous ? undefined : await readSecret();
        const who = { key_id: key, key: secret, client_address: clientAddress };
        return api.post<Explanation>("/v1/explain", { ...who, method: method?.toUpperCase(), url, headers: header });
      }, inWords),
    );
}

/** Never on the command line, which other users of the machine can see. */
async function readSecret(): Promise<string> {
  const secret = fromEnvironment("KEYGATE_KEY")?.trim() || (await askSecret("The key's secret: "));
  if (secret === "")
    throw new Failure("No secret was given. Name the key with --key, or add --anonymous.", EXIT_WRONG_USAGE);
  return secret;
}

function header(text: string, before: Record<string, string> = {}): Record<string, string> {
  const form = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(text);
  if (!form) throw new InvalidArgumentError("Give name: value, for example 'X-Workspace: ws_5Tq8'.");
  return { ...before, [form[1] as string]: form[2] as string };
}

function inWords(explanation: Explanation): string {
  const { decision, steps } = explanation;
  return [verdictInWords(decision), stepsInWords(steps), keyInWords(explanation)].filter(Boolean).join("\n\n");
}

export function verdictInWords({ allowed, status, code, detail, fix }: Explanation["decision"]): string {
  const verdict = allowed ? "Allowed" : `Refused: ${[status, code].filter(Boolean).join(" ")}`;
  const lines = [strong(`${MARKS[allowed ? "passed" : "refused"]} ${verdict}`), wrapped(detail)];
  return [...lines, ...(fix ? [wrapped(fix)] : [])].filter(Boolean).join("\n");
}

export function stepsInWords(steps: Explanation["steps"]): string {
  const width = Math.max(...steps.map(({ check }) => check.length)) + 2;
  const lines = steps.map(({ check, outcome, detail }) => {
    const line = `${MARKS[outcome]} ${check.replaceAll("_", " ").padEnd(width)}${wrapped(detail, width + 2)}`;
    return outcome === "refused" ? strong(line) : outcome === "skipped" ? dim(line) : line;
  });
  return lines.filter(Boolean).join("\n");
}

export function keyInWords({ required_scope, lacking_in, key }: Explanation): string {
  return record([
    ["Needed scope", required_scope],
    ["Missing from", list(lacking_in)],
    ["Key", key?.id],
    ["Key is for", key && `${key.environment}, ${key.base_url}`],
    ["Key can", key && list(key.scopes, "nothing")],
    ["Workspaces", key && (key.workspaces ? list(key.workspaces, "none") : "all")],
  ]);
}
