/** `keygate migrate`: brings a deployment's D1 database to the newest schema. */

import type { Command } from "commander";
import type { Jurisdiction } from "../../domain/location.ts";
import { example } from "../gateway/call.ts";
import { Failure } from "../terminal/failure.ts";
import { type Report, reportOf } from "../terminal/report.ts";
import { deployableConfig } from "./checked-config.ts";
import { configOf } from "./config-of.ts";
import type { Target } from "./environment.ts";
import { runWrangler } from "./wrangler.ts";

export function addMigrate(program: Command): void {
  program
    .command("migrate")
    .description("bring the D1 database of a deployment to the newest schema; create it if there is none")
    .option("--env <name>", "the environment of wrangler.toml")
    .option("--config <file>", "create it in the jurisdiction of this configuration (default: that of the environment)")
    .addHelpText("after", example("migrate --env staging"))
    .action(async (target: Target, command: Command) => {
      const report = reportOf(command);
      // Only for a database that has to be created.
      const jurisdiction = async () =>
        (await deployableConfig(configOf(target), target.env)).config.control.jurisdiction;
      const created = await migrate({ env: target.env, jurisdiction }, new AbortController().signal, report);
      report.end(MIGRATED, { migrated: true, created });
    });
}

export const MIGRATED = "The database has the newest schema.";

interface Database {
  readonly env: string | undefined;
  /** Where it is created. It can never be moved. */
  readonly jurisdiction: () => Promise<Jurisdiction | undefined>;
}

/** The name of the database if it was created. Migrations only add, so the code that is deployed works with the new schema, and can be rolled back to. */
export async function migrate(
  { env, jurisdiction }: Database,
  stop: AbortSignal,
  { step }: Pick<Report, "step">,
): Promise<string | null> {
  const apply = () => runWrangler(["d1", "migrations", "apply", "DB", "--remote", ...inEnvironment(env)], stop);
  try {
    await apply();
    return null;
  } catch (error) {
    const name = error instanceof Failure && missingDatabase(error.message);
    if (!name) throw error;
    const place = await jurisdiction();
    step(`Creating the D1 database ${name}${place === undefined ? "" : ` in ${place}`} …`);
    const within = place === undefined ? [] : ["--jurisdiction", place];
    await runWrangler(["d1", "create", name, ...within, ...inEnvironment(env)], stop);
    await apply();
    return name;
  }
}

/** wrangler warns if a file has environments and none is named: the empty name is the top level. */
export function inEnvironment(env: string | undefined): string[] {
  return [`--env=${env ?? ""}`];
}

/** wrangler finds a database without an id by its name; before the first deploy there is none. */
function missingDatabase(said: string): string | undefined {
  return /Couldn't find an? .*D1 DB named '([^']+)'/.exec(said)?.[1];
}
