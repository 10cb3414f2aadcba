/** The second pass over an import file: sends its keys to the gateway in chunks. */

import { setTimeout as wait } from "node:timers/promises";
import { NoAnswer, Refused } from "../gateway/answers.ts";
import type { Api } from "../gateway/api.ts";
import type { Place } from "../terminal/lines.ts";
import { type Progress, progress } from "../terminal/progress.ts";
import type { LineProblem } from "./check.ts";
import { type Checkpoint, doneOf, writeCheckpoint } from "./checkpoint.ts";
import { recordsOf } from "./file.ts";
import { type Defaults, type Row, rowOf } from "./row.ts";

/** The most that the gateway takes in one call. */
const CHUNK_ROWS = 500;
const CHUNK_CHARACTERS = 300_000;
const ATTEMPTS = 8;
const MAX_WAIT_MS = 30_000;

export interface Sending {
  readonly defaults: Defaults;
  readonly stop: AbortSignal;
  /** Throws if invalid lines must stop the import. */
  readonly onInvalid: (problems: readonly LineProblem[]) => void;
  /** The gateway has these keys, whether or not that can be written down. */
  readonly onDone: (checkpoint: Checkpoint) => void;
}

interface Chunk extends Place {
  readonly rows: readonly { line: number; row: Row }[];
  readonly invalid: number;
}

/** Sends from `start` to the end of the file, or until stopped. What was done is kept if it throws. */
export async function send(api: Api, start: Checkpoint, sending: Sending): Promise<Checkpoint> {
  const bar = progress("Importing", start.records, { done: doneOf(start) });
  const stopping = () => bar.label("Stopping");
  sending.stop.addEventListener("abort", stopping);
  let checkpoint = start;
  try {
    for await (const chunk of chunksOf(start, sending.defaults)) {
      if (sending.stop.aborted) break;
      const { offset, line } = chunk;
      const tally = await sendChunk(api, chunk, checkpoint, { ...sending, bar });
      checkpoint = { ...checkpoint, ...tally, offset, line };
      sending.onDone(checkpoint);
      writeCheckpoint(checkpoint);
      bar.set(doneOf(checkpoint));
    }
  } finally {
    bar.stop();
    sending.stop.removeEventListener("abort", stopping);
  }
  return checkpoint;
}

async function* chunksOf(start: Checkpoint, defaults: Defaults): AsyncGenerator<Chunk> {
  let chunk = { rows: [] as { line: number; row: Row }[], invalid: 0, characters: 0, offset: 0, line: 0 };
  for await (const { first, fields, problem, offset, line } of recordsOf(start, start)) {
    const result = problem === undefined ? rowOf(fields, defaults) : { problem };
    const characters = "row" in result ? JSON.stringify(result.row).length : 0;
    if (chunk.rows.length === CHUNK_ROWS || chunk.characters + characters > CHUNK_CHARACTERS) {
      yield chunk;
      chunk = { rows: [], invalid: 0, characters: 0, offset: 0, line: 0 };
    }
    if ("row" in result) chunk.rows.push({ line: first, row: result.row });
    else chunk.invalid++;
    chunk = { ...chunk, characters: chunk.characters + characters, offset, line };
  }
  if (chunk.rows.length + chunk.invalid > 0) yield chunk;
}

/** The tally including this chunk. Skips lines that the gateway refuses, if the options allow it. */
async function sendChunk(api: Api, chunk: Chunk, before: Checkpoint, sending: Sending & { bar: Progress }) {
  const { organization, environment } = before;
  let rows = chunk.rows;
  while (rows.length > 0) {
    const keys = rows.map(({ row }) => row);
    try {
      const { imported, skipped } = await post(api, { organization_id: organization, environment, keys }, sending);
      const invalid = chunk.invalid + chunk.rows.length - rows.length;
      return {
        imported: before.imported + imported,
        skipped: before.skipped + skipped,
        invalid: before.invalid + invalid,
      };
    } catch (error) {
      const wrong = error instanceof Refused ? wrongRows(error) : new Map();
      if (wrong.size === 0) throw error;
      sending.onInvalid([...wrong].map(([at, problem]) => ({ line: rows[at]?.line ?? 0, problem })));
      rows = rows.filter((_, at) => !wrong.has(at));
    }
  }
  return { ...before, invalid: before.invalid + chunk.invalid + chunk.rows.length };
}

/** By their index in the call, from fields such as `keys.17.scopes`. */
function wrongRows({ errors }: Refused): Map<number, string> {
  const wrong = new Map<number, string>();
  for (const { field, problem } of errors) {
    const place = /^keys\.(\d+)(?:\.(.+))?$/.exec(field);
    if (place && !wrong.has(Number(place[1]))) wrong.set(Number(place[1]), `${place[2] ?? "it"} ${problem}`);
  }
  return wrong;
}

/** Repeating is harmless: existing keys are skipped. */
async function post(api: Api, body: object, { stop, bar }: { stop: AbortSignal; bar: Progress }) {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await api.post<{ imported: number; skipped: number }>("/v1/api-keys/import", body);
      if (!stop.aborted) bar.label("Importing");
      return answer.body;
    } catch (error) {
      if (!(error instanceof NoAnswer) || attempt === ATTEMPTS || stop.aborted) throw error;
      bar.label("Waiting");
      const backoff = Math.min(MAX_WAIT_MS, 500 * 2 ** (attempt - 1) * (0.5 + Math.random()));
      await wait(Math.max(backoff, error.retryAfterMs ?? 0), undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) throw error;
    }
  }
}
