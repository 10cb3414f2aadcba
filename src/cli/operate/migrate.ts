/** `keygate migrate`: brings a deployment's D1 database to the newest schema. */

import type { Command } from "commander";
import { example } from "../gateway/call.ts";
import { Failure } from "../terminal/failure.ts";
import { type Report, reportOf } from "../terminal/report.ts";
import { runWrangler } from "./wrangler.ts";

export function addMigrate(program: Command): void {
  program
    .command("migrate")
    .description("bring the D1 database of a deployment to the newest schema; create it if there is none")
    .option("--env <name>", "the environment of wrangler.toml")
    .addHelpText("after", example("migrate --env staging"))
    .action(async ({ env }: { env?: string }, command: Command) => {
      const report = reportOf(command);
      const created = await migrate(env, new AbortController().signal, report);
      report.end(MIGRATED, { migrated: true, created });
    });
}

export const MIGRATED = "The database has the newest schema.";

/** The name of the database if it was created. Migrations only add, so the code that is deployed works with the new schema, and can be rolled back to. */
export async function migrate(
  env: string | undefined,
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
    step(`Creating the D1 database ${name} …`);
    await runWrangler(["d1", "create", name, ...inEnvironment(env)], stop);
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
