/** That the objects of a deployment stay in the jurisdictions where they are. */

import { compile, jurisdictionsOf } from "../../config/compile.ts";
import type { GatewayConfig } from "../../config/types.ts";
import { type Jurisdiction, movesOf } from "../../domain/location.ts";
import { Failure } from "../terminal/failure.ts";
import { inEnvironment } from "./migrate.ts";
import { page } from "./project.ts";
import { runWrangler } from "./wrangler.ts";

const WHY = [
  "In another jurisdiction all objects are new: rates and quotas start again, and revocations are no longer remembered.",
  `Keep the jurisdiction, or use a new name for the environment. See ${page("deploy")}.`,
];

/** Before the Worker is there: it records the jurisdictions when it is asked for the first time. */
const READ = "SELECT objects, jurisdiction FROM jurisdictions";

export async function checkJurisdictions(
  config: GatewayConfig,
  env: string | undefined,
  stop: AbortSignal,
): Promise<void> {
  const asking = ["d1", "execute", "DB", "--remote", "--yes", "--json", "--command", READ];
  const said = await runWrangler([...asking, ...inEnvironment(env)], stop);
  const moves = movesOf(recordedIn(said), jurisdictionsOf(compile(config)));
  if (moves.length > 0) throw new Failure([...moves, ...WHY].join("\n"));
}

/** https://developers.cloudflare.com/workers/wrangler/commands/d1/#d1-execute */
function recordedIn(said: string): Record<string, Jurisdiction | null> {
  const answers = JSON.parse(said.slice(said.indexOf("["))) as Answer[];
  return Object.fromEntries(
    answers.flatMap(({ results }) => results.map(({ objects, jurisdiction }) => [objects, jurisdiction])),
  );
}

interface Answer {
  readonly results: readonly { readonly objects: string; readonly jurisdiction: Jurisdiction | null }[];
}
