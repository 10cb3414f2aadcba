/** Load for one case at a time, timed or counted. */

import type { Case } from "./cases.ts";
import type { Client, Load, Measured } from "./client.ts";
import type { Shown } from "./report.ts";
import { isOfGateway, type Runtime } from "./runtime.ts";
import type { Operations } from "./workers/counting.ts";

interface Setting extends Pick<Load, "connections" | "seconds"> {
  /** Seconds for which calls are counted. */
  readonly counting: number;
}

/** Answers of another status than the case is about, above which it measures something else. */
const MAX_STRAY_SHARE = 0.02;

const WARM_UP_REQUESTS = 20_000;
/** Seconds of load before anything is counted, until isolates report as they do all the time. */
const COUNTING_RUN_UP = 15;

/** Shows the secrets of a case to a Worker. */
export class Shower {
  readonly #runtime: Runtime;
  readonly #client: Client;
  readonly #setting: Setting;
  /** Which cases have been shown all of their secrets, and where. */
  readonly #warmed = new Set<string>();
  /** How many of the secrets that may be shown once have been. */
  #used = 0;

  constructor(runtime: Runtime, client: Client, { connections, seconds, counting }: Setting) {
    this.#runtime = runtime;
    this.#client = client;
    this.#setting = { connections, seconds, counting };
  }

  /** Shows every secret once, and continues until the runtime has compiled the measured code. */
  warm(each: Case): Promise<void> {
    return this.#warm(each, this.#runtime.urls[each.worker]);
  }

  async show(each: Case): Promise<Shown> {
    const url = this.#runtime.urls[each.worker];
    if (each.runUp) await this.#run(each, url, each.runUp);
    this.#runtime.takeWaits();
    const before = this.#runtime.processorTime();
    const measured = await this.#measure(each, url, this.#setting.seconds);
    const processorMicros = (this.#runtime.processorTime() - before) / measured.answered;
    return {
      ...measured,
      processorMicros,
      hits: isOfGateway(each.worker) ? (this.#runtime.takeWaits()?.hits ?? null) : null,
    };
  }

  /** What each request causes, in a separate run. */
  async count(each: Case): Promise<Operations> {
    const url = this.#runtime.counters[each.name] as string;
    const { seconds, counting } = this.#setting;
    // A second isolate would need as long as the first to see all keys of the longest row.
    if (each.warm && each.order !== "zipf") await this.#warm(each, url);
    // Where each request is the first of its key, the next one causes what the last one did.
    const isOnce = each.order === "once";
    if (!isOnce) await this.#run(each, url, Math.min(COUNTING_RUN_UP, counting));
    await takeCounts(url);
    const { made } = await this.#measure(each, url, isOnce ? seconds : counting);
    const counts = Object.entries(await takeCounts(url)).map(([name, count]) => [name, count / made]);
    return Object.fromEntries(counts) as Operations;
  }

  async #warm(each: Case, url: string): Promise<void> {
    const { warmUp = WARM_UP_REQUESTS, secrets } = each;
    const load = this.#load(each, url, this.#setting.seconds);
    const isFirst = !this.#warmed.has(url + each.name);
    this.#warmed.add(url + each.name);
    // In its own order, some secrets would never be shown.
    if (isFirst)
      await this.#client.run({ ...load, order: "in turn", amount: Math.max(secrets.length, load.connections) });
    await this.#client.run({ ...load, amount: isFirst ? warmUp : Math.min(warmUp, WARM_UP_REQUESTS) });
  }

  async #run(each: Case, url: string, seconds: number): Promise<void> {
    await this.#client.run(this.#load(each, url, seconds));
  }

  async #measure(each: Case, url: string, seconds: number): Promise<Measured> {
    const measured = await this.#client.run(this.#load(each, url, seconds));
    const { made, answered, statuses } = measured;
    if (each.order === "once") this.#used += made;
    if (this.#used > each.secrets.length && each.order === "once") throw new Error(`${each.name}: too few keys`);
    const stray = 1 - (statuses[each.status] ?? 0) / answered;
    if (stray > MAX_STRAY_SHARE) throw new Error(`${each.name}: answers were ${JSON.stringify(statuses)}`);
    return measured;
  }

  #load({ path, order, secrets }: Case, url: string, seconds: number): Load {
    const once = order === "once";
    return {
      connections: this.#setting.connections,
      seconds,
      url: url + path,
      secrets: once ? secrets.slice(this.#used) : secrets,
      order: once ? "in turn" : order,
    };
  }
}

async function takeCounts(url: string): Promise<Operations> {
  return (await (await fetch(`${url}/counts`)).json()) as Operations;
}
