/** Load for one case at a time, timed or counted. */

import type { Case } from "./cases.ts";
import type { Client, Load, Measured } from "./client.ts";
import type { Calls, Shown } from "./report.ts";
import type { Runtime, WorkerName } from "./runtime.ts";

type Setting = Pick<Load, "connections" | "seconds">;

/** Answers of another status than the case is about, above which it measures something else. */
const MAX_STRAY_SHARE = 0.02;

const WARM_UP_REQUESTS = 20_000;

/** Shows the secrets of a case to a Worker. */
export class Shower {
  readonly #runtime: Runtime;
  readonly #client: Client;
  readonly #setting: Setting;
  /** How many of the secrets that may be shown once have been. */
  #used = 0;

  constructor(runtime: Runtime, client: Client, { connections, seconds }: Setting) {
    this.#runtime = runtime;
    this.#client = client;
    this.#setting = { connections, seconds };
  }

  /** Shows every secret once, and continues until the runtime has compiled the measured code. */
  async warm(each: Case, worker: WorkerName): Promise<void> {
    const amount = Math.max(each.secrets.length, WARM_UP_REQUESTS);
    await this.#client.run({ ...this.#load(each, worker), order: "in turn", amount });
  }

  async show(each: Case): Promise<Shown> {
    await this.#runUp(each, each.worker);
    const before = this.#runtime.processorTime();
    const measured = await this.#measure(each, each.worker);
    return { ...measured, processorMicros: (this.#runtime.processorTime() - before) / measured.answered };
  }

  /** Calls for each request, in a separate run. */
  async count(each: Case): Promise<Calls> {
    const counter = each.counter ?? "counting";
    if (each.warm) await this.warm(each, counter);
    await this.#runUp(each, counter);
    await this.#takeCounts(counter);
    const { made } = await this.#measure(each, counter);
    const { d1, kv, authority } = await this.#takeCounts(counter);
    return { d1: d1 / made, kv: kv / made, authority: authority / made };
  }

  async #runUp(each: Case, worker: WorkerName): Promise<void> {
    if (each.runUp) await this.#client.run({ ...this.#load(each, worker), seconds: each.runUp });
  }

  async #measure(each: Case, worker: WorkerName): Promise<Measured> {
    const measured = await this.#client.run(this.#load(each, worker));
    const { made, answered, statuses } = measured;
    if (each.order === "once") this.#used += made;
    if (this.#used > each.secrets.length && each.order === "once") throw new Error(`${each.name}: too few keys`);
    const stray = 1 - (statuses[each.status] ?? 0) / answered;
    if (stray > MAX_STRAY_SHARE) throw new Error(`${each.name}: answers were ${JSON.stringify(statuses)}`);
    return measured;
  }

  #load({ path, order, secrets }: Case, worker: WorkerName): Load {
    const once = order === "once";
    return {
      ...this.#setting,
      url: this.#runtime.urls[worker] + path,
      secrets: once ? secrets.slice(this.#used) : secrets,
      order: once ? "in turn" : order,
    };
  }

  async #takeCounts(counter: WorkerName): Promise<Calls> {
    return (await (await fetch(`${this.#runtime.urls[counter]}/counts`)).json()) as Calls;
  }
}
