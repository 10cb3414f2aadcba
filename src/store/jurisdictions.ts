/** In which jurisdictions the objects were created first. */

import { type Jurisdiction, type Jurisdictions, movesOf } from "../domain/location.ts";
import { type Log, messageLine } from "../domain/log-line.ts";

/** Throws if the configuration wants objects elsewhere than they are. What was right once stays right, and D1 is not asked again. */
export function jurisdictionCheck(db: D1Database, wanted: Jurisdictions, log: Log): () => Promise<void> {
  let isRight = false;
  return async () => {
    if (isRight) return;
    const moves = movesOf(await recorded(db, wanted), wanted);
    if (moves.length > 0) {
      log(messageLine("error", `The configuration moves objects: ${moves.join(" ")}`));
      throw new Error("objects were created in another jurisdiction");
    }
    isRight = true;
  };
}

/** All of them, after those that are new were recorded. */
async function recorded(db: D1Database, wanted: Jurisdictions): Promise<Jurisdictions> {
  const [, read] = await db.batch<{ objects: string; jurisdiction: Jurisdiction | null }>([
    db
      .prepare(
        "INSERT INTO jurisdictions (objects, jurisdiction) SELECT key, value FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING",
      )
      .bind(JSON.stringify(wanted)),
    db.prepare("SELECT objects, jurisdiction FROM jurisdictions"),
  ]);
  return Object.fromEntries((read?.results ?? []).map(({ objects, jurisdiction }) => [objects, jurisdiction]));
}
