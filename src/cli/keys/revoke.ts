/** `keygate keys revoke`: one key, or many. */

import type { Command } from "commander";
import { Refused } from "../gateway/answers.ts";
import type { Api } from "../gateway/api.ts";
import { apiOf, COMMAND, call, example, type GlobalOptions, ifMatch } from "../gateway/call.ts";
import type { Organization } from "../organizations/orgs.ts";
import { confirm } from "../terminal/ask.ts";
import { EXIT_INTERRUPTED, EXIT_WRONG_USAGE, Failure } from "../terminal/failure.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { id } from "../terminal/options.ts";
import { progress } from "../terminal/progress.ts";
import { count, grouped } from "../terminal/render.ts";
import { filterQuery, filters, isFiltered, type KeyFilters } from "./filters.ts";
import { KEYS_PATH } from "./path.ts";
import { type Key, revokedInWords } from "./words.ts";

interface Options extends Partial<KeyFilters> {
  all?: boolean;
  reason?: string;
  yes?: boolean;
}

/** Concurrent calls. */
const PARALLEL = 4;
/** Keys that are named to people. */
const MAX_NAMED = 10;

export function addRevoke(keys: Command): void {
  const revoke = keys
    .command("revoke")
    .description("revoke a key for good, or many with --all")
    .argument("[id]", "its id, key_…", id("key"))
    .option("--reason <text>", "why, for the audit trail")
    .addOption(ifMatch().conflicts("all"))
    .optionsGroup("Many at once:")
    .option("--all", "all keys of --organization that match the filters")
    .option("--organization <id>", "the organization, org_…", id("org"))
    .option("--yes", "do not ask for confirmation");
  filters(revoke)
    .addHelpText(
      "after",
      example(
        'keys revoke key_9fK2 --reason "left in a public repository"',
        "keys revoke --all --organization org_2bX4 --member mem_7Qd1 --reason left",
      ),
    )
    .action(async (one: string | undefined, options: Options, command: Command) => {
      if ((one === undefined) !== (options.all === true)) {
        throw new Failure("Give the id of a key, or --all with --organization.", EXIT_WRONG_USAGE);
      }
      if (one !== undefined && isFiltered(options)) {
        throw new Failure("Filters need --all. To revoke one key, give its id alone.", EXIT_WRONG_USAGE);
      }
      await (one === undefined ? revokeMany(options, command) : revokeOne(one, options, command));
    });
}

const revokeOne = call(
  (api, { reason }: Options, id) => api.post<Key>(`${KEYS_PATH}/${id}/revoke`, { reason }),
  revokedInWords,
);

async function revokeMany({ organization, reason, yes, ...options }: Options, command: Command): Promise<void> {
  if (organization === undefined) throw new Failure("--all needs --organization.", EXIT_WRONG_USAGE);
  const { json } = command.optsWithGlobals<GlobalOptions>();
  const api = apiOf(command);
  const { name } = (await api.get<Organization>(`/v1/organizations/${organization}`)).body;
  const { data } = (await api.list<Key>(KEYS_PATH, filterQuery({ organization, ...options }))).body;
  const living = data.filter(({ status }) => status !== "revoked" && (options.status || status !== "expired"));
  if (living.length > 0) {
    await confirm(`Revoke ${count(living.length, "key")} of ${name} (${organization}), for good?`, yes);
  }
  const { revoked, pending, failed, interrupted, gone } = await revokeEach(api, living, reason);
  if (json) console.log(JSON.stringify({ revoked, pending, failed }, null, 2));
  else if (living.length === 0) console.log("No key to revoke.");
  else console.log(`Revoked ${grouped(revoked)} of ${count(living.length, "key")}.${pendingInWords(pending)}`);
  if (interrupted) throw new Failure("Interrupted. Run the same command again to revoke the others.", EXIT_INTERRUPTED);
  if (gone) throw gone;
  if (failed.length > 0) {
    const lines = failed.slice(0, MAX_NAMED).map(({ id, problem }) => `  ${id}: ${problem.split("\n")[0]}`);
    throw new Failure([`${count(failed.length, "key")} could not be revoked:`, ...lines].join("\n"));
  }
}

function pendingInWords(pending: Pending[]): string {
  if (pending.length === 0) return "";
  const ids = pending.flatMap(({ change_id }) => change_id ?? []).slice(0, MAX_NAMED);
  const lines = ids.map((id) => `\n  ${COMMAND} changes show ${id}`);
  const next = lines.length > 0 ? ` To follow ${lines.length === 1 ? "it" : "them"}:\n${lines.join("")}` : "";
  return ` Some data centers do not know of ${grouped(pending.length)} of them yet; the gateway keeps telling them.${next}`;
}

interface Pending {
  id: string;
  change_id: string | null;
}

interface Outcome {
  /** With those that are pending. */
  revoked: number;
  /** Revoked, but some data centers do not know yet. */
  pending: Pending[];
  failed: { id: string; problem: string }[];
  interrupted: boolean;
  /** Why the gateway could no longer be called. */
  gone: unknown;
}

/** After an interrupt, calls under way still finish. A refusal for one key does not stop the others; an unreachable gateway does. */
async function revokeEach(api: Api, keys: Key[], reason: string | undefined): Promise<Outcome> {
  const outcome: Outcome = { revoked: 0, pending: [], failed: [], interrupted: false, gone: undefined };
  const { stop, release } = onInterrupt();
  const bar = progress("Revoking", keys.length);
  const queue = keys.values();
  const work = async () => {
    for (const { id } of queue) {
      await api.post(`${KEYS_PATH}/${id}/revoke`, { reason }).then(
        ({ status, changeId }) => {
          outcome.revoked++;
          if (status === 202) outcome.pending.push({ id, change_id: changeId ?? null });
        },
        (error) => {
          if (error instanceof Refused) outcome.failed.push({ id, problem: error.message });
          else outcome.gone ??= error;
        },
      );
      bar.set(outcome.revoked + outcome.failed.length);
      if (stop.aborted || outcome.gone) return;
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(PARALLEL, keys.length) }, work));
  } finally {
    bar.stop();
    release();
  }
  return { ...outcome, interrupted: stop.aborted && outcome.revoked + outcome.failed.length < keys.length };
}
