/**
 * Deletes old rows from D1 once a day, a few at a time; the configuration says how long each kind is kept. One object does
 * this in its alarm. Every hour it also checks how full D1 is.
 */

import type { Gateway } from "../config/compile.ts";
import { type ClockHistory, isTrusted, readClock } from "../domain/clock-history.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../domain/durations.ts";
import { messageLine } from "../domain/log-line.ts";
import { RETENTION_MS } from "../domain/session.ts";
import { toConsole } from "../log.ts";
import { readDatabaseState } from "../store/health.ts";
import {
  type Cleanup,
  KINDS,
  type Kind,
  type Place,
  type Removal,
  removeAuditEvents,
  removeKeyRequests,
  removeKeys,
  removeMembers,
  removeRootSessions,
  removeSessions,
  removeSignInLinks,
  removeUsageDays,
  removeUsageHours,
  removeUsageSums,
} from "../store/retention.ts";

type Settings = Gateway["retention"];

interface State extends ClockHistory {
  readonly latest?: Cleanup | undefined;
  /** Where the last cleanup continues. */
  readonly kind: number;
  readonly after?: Place | undefined;
}

/** D1 calls in one round, of up to three statements each, and the pause after it, which leaves D1 to others. The free plan allows 50 statements. */
const ROUND_CALLS = 11;
const ROUND_MS = 1_000;
/** Each removal is a numbered change, and edits by hand must not wait for thousands of them: a round ends after a full call. */
const NUMBERED: ReadonlySet<Kind> = new Set(["api_keys", "members"]);
const AFTER_FAULT_MS = MINUTE_MS;
const FULL_SHARE = 0.8;

const STATE = "retention";

export class Retention {
  readonly #storage: DurableObjectStorage;
  readonly #db: D1Database;
  readonly #settings: Settings;

  constructor(storage: DurableObjectStorage, db: D1Database, settings: Settings) {
    this.#storage = storage;
    this.#db = db;
    this.#settings = settings;
  }

  /** Whether this object is the one that does it. */
  get isHere(): boolean {
    return this.#storage.kv.get(STATE) !== undefined;
  }

  get latest(): Cleanup | undefined {
    return this.#storage.kv.get<State>(STATE)?.latest;
  }

  /** Starts the hourly alarm. Also repairs one that was set while the clock was ahead. */
  async start(now: number): Promise<void> {
    if (!this.isHere) this.#put({ ...readClock(undefined, now), kind: 0 });
    const set = await this.#storage.getAlarm();
    if (set === null || set > now + HOUR_MS) await this.#storage.setAlarm(now + HOUR_MS);
  }

  async alarm(now: number): Promise<void> {
    // First, so that there is a next alarm whatever fails below.
    await this.#storage.setAlarm(now + HOUR_MS);
    const known = this.#storage.kv.get<State>(STATE) as State;
    const state = started({ ...known, ...readClock(known, now) }, now);
    this.#put(state);
    try {
      if (!isUnderWay(state)) return await this.#warnOfFullness();
      const next = await this.#clean(state, now);
      this.#put(next);
      if (isUnderWay(next)) await this.#storage.setAlarm(now + ROUND_MS);
      else toConsole(messageLine("info", "old rows were deleted", { deleted: next.latest?.removed }));
    } catch (error) {
      toConsole(messageLine("error", `old rows were not deleted: ${error}`));
      await this.#storage.setAlarm(now + AFTER_FAULT_MS);
    }
  }

  async #clean(state: State, now: number): Promise<State> {
    let { kind, after, latest } = state as State & { latest: Cleanup };
    for (let call = 0; call < ROUND_CALLS && kind < KINDS.length; call++) {
      const name = KINDS[kind] as Kind;
      const { remove, keptMs } = REMOVALS[name];
      const { rows, next } = await remove(this.#db, latest.startedAt - keptMs(this.#settings), after);
      latest = { ...latest, removed: { ...latest.removed, [name]: (latest.removed[name] ?? 0) + rows } };
      after = next;
      if (!next) kind += 1;
      else if (NUMBERED.has(name)) break;
    }
    const endedAt = kind < KINDS.length ? null : now;
    return { ...state, kind, after, latest: { ...latest, endedAt } };
  }

  async #warnOfFullness(): Promise<void> {
    const { bytes } = await readDatabaseState(this.#db);
    const limit = this.#settings.databaseMegabytes * 1_000_000;
    if (bytes < limit * FULL_SHARE) return;
    const message = `D1 is ${Math.floor((bytes / limit) * 100)} % full; when it is full, nothing can be changed or revoked`;
    toConsole(messageLine("warn", message, { d1_bytes: bytes, d1_limit_bytes: limit }));
  }

  #put(state: State): void {
    this.#storage.kv.put(STATE, state);
  }
}

const ofSessions = () => RETENTION_MS;
const daysOf = (name: "usageDays" | "auditDays" | "deadKeyDays") => (settings: Settings) => settings[name] * DAY_MS;

const REMOVALS: Record<Kind, { remove: Removal; keptMs: (settings: Settings) => number }> = {
  usage_hours: { remove: removeUsageHours, keptMs: daysOf("usageDays") },
  sessions: { remove: removeSessions, keptMs: ofSessions },
  sign_in_links: { remove: removeSignInLinks, keptMs: ofSessions },
  root_sessions: { remove: removeRootSessions, keptMs: ofSessions },
  api_keys: { remove: removeKeys, keptMs: daysOf("deadKeyDays") },
  members: { remove: removeMembers, keptMs: daysOf("deadKeyDays") },
  audit_events: { remove: removeAuditEvents, keptMs: daysOf("auditDays") },
  usage_days: { remove: removeUsageDays, keptMs: daysOf("usageDays") },
  usage_sums: { remove: removeUsageSums, keptMs: daysOf("usageDays") },
  key_requests: { remove: removeKeyRequests, keptMs: daysOf("deadKeyDays") },
};

/** With a new cleanup, if one is due. */
function started(state: State, now: number): State {
  const isDue = !state.latest || Math.abs(now - state.latest.startedAt) >= DAY_MS;
  if (isUnderWay(state) || !isDue || !isTrusted(state)) return state;
  return { ...state, kind: 0, after: undefined, latest: { startedAt: now, endedAt: null, removed: {} } };
}

const isUnderWay = ({ latest }: State) => latest?.endedAt === null;
