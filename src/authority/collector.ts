/**
 * A collector: hears what isolates report, and stores it before it answers. It is a role of the courier's class. A report is one
 * row; an alarm works off many of them at once.
 */

import { MINUTE_MS } from "../domain/durations.ts";
import type { Report, ReportAnswer } from "../domain/report.ts";

import type { RequestRelay } from "./request-relay.ts";

/** How soon the first report after a pause is worked off, and how often those that follow. */
const SOON_MS = 5_000;
const EVERY_MS = MINUTE_MS;

/** Of reports that are not worked off yet. */
const PREFIX = "journal/";
const STATE = "collector";

interface State {
  readonly workedOffAt: number;
}

export class Collector {
  readonly #storage: DurableObjectStorage;

  readonly #relay: RequestRelay;

  constructor(storage: DurableObjectStorage, relay: RequestRelay) {
    this.#storage = storage;
    this.#relay = relay;
  }

  /** Whether this object is one. */
  get isHere(): boolean {
    return this.#state !== undefined;
  }

  async report(report: Report, now: number): Promise<ReportAnswer> {
    if (!this.isHere) this.#storage.kv.put(STATE, { workedOffAt: 0 });
    this.#storage.kv.put(`${PREFIX}${report.sender}/${report.number}`, report);
    const at = Math.max(now + SOON_MS, Math.min(this.#state?.workedOffAt ?? 0, now) + EVERY_MS);
    const set = await this.#storage.getAlarm();
    if (set === null || set > at) await this.#storage.setAlarm(at);
    return {};
  }

  async alarm(now: number): Promise<void> {
    this.#storage.transactionSync(() => {
      const reports = [...this.#storage.kv.list<Report>({ prefix: PREFIX })];
      this.#relay.add(
        reports.flatMap(([, { requests = [] }]) => requests),
        now,
      );
      for (const [name] of reports) this.#storage.kv.delete(name);
      this.#storage.kv.put(STATE, { workedOffAt: now });
    });
    if (!(await this.#relay.passOn(now))) await this.#storage.setAlarm(now);
  }

  get #state(): State | undefined {
    return this.#storage.kv.get<State>(STATE);
  }
}
