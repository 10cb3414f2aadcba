/** The rows of open load: at half of what `equal` can do, or as many requests as are wanted. */

import type { Case } from "./cases.ts";
import { startOpenClient } from "./client.ts";
import { measureOpen, type OpenCase, type OpenRow, openTableOf } from "./open-rows.ts";
import { isOfGateway, type Runtime } from "./runtime.ts";
import type { Shower } from "./shower.ts";

/** KV, D1 and all objects share one thread here. Far from them, each request that waits costs it several milliseconds. */
const FAR_SHARE = 1 / 3;

export interface Opens {
  readonly atHalf: readonly OpenRow[];
  readonly withDelays: readonly OpenRow[];
}

interface Setting {
  readonly rounds: number;
  /** Seconds of each measurement. */
  readonly open: number;
  /** Seconds of load before anything with delays is measured. */
  readonly delayed: number;
  /** Requests a second, instead of half of what `equal` can do. */
  readonly rate: number | undefined;
}

export class OpenLoad {
  readonly #client = startOpenClient();
  readonly #runtime: Runtime;
  readonly #shower: Shower;
  readonly #equal: Case;
  readonly #setting: Setting;
  readonly #say: (text: string) => void;
  readonly #near: OpenRow[] = [];

  constructor(runtime: Runtime, shower: Shower, equal: Case, setting: Setting, say: (text: string) => void) {
    this.#runtime = runtime;
    this.#shower = shower;
    this.#equal = equal;
    this.#setting = setting;
    this.#say = say;
  }

  /** Of these cases, those next to their bindings. */
  async addNear(cases: readonly Case[]): Promise<void> {
    const near = cases.filter(({ open }) => open === "near");
    if (near.length === 0) return;
    for (const each of near) await this.#warm(each);
    this.#near.push(...(await this.#measure(near, await this.#half(), false)));
  }

  /** Of these cases, those far from their bindings; and all results. */
  async end(cases: readonly Case[]): Promise<Opens> {
    const far = cases.filter(({ open }) => open === "far");
    const half = await this.#half();
    const perSecond = this.#setting.rate ?? Math.round(half * FAR_SHARE);
    for (const { name, workers, path, secrets } of far.map(asOpen)) {
      this.#say(`Warming up: ${name}`);
      const urls = workers.map((worker) => this.#runtime.urls[worker] + path);
      await this.#client.run({ urls, secrets, order: "zipf", perSecond, seconds: this.#setting.delayed });
    }
    return { atHalf: this.#near, withDelays: await this.#measure(far, perSecond, true) };
  }

  stop(): void {
    this.#client.stop();
  }

  /** Measured again for each group: what the machine can do changes. */
  async #half(): Promise<number> {
    await this.#warm(this.#equal);
    return this.#setting.rate ?? Math.round((await this.#shower.show(this.#equal)).perSecond / 2);
  }

  #warm(each: Case): Promise<void> {
    this.#say(`Warming up: ${each.name}`);
    return this.#shower.warm(each);
  }

  #measure(cases: readonly Case[], perSecond: number, isSteady: boolean): Promise<OpenRow[]> {
    const { rounds, open: seconds } = this.#setting;
    const opened = [this.#equal, ...cases].map(asOpen);
    this.#say(`Open load, ${perSecond} requests/s: ${opened.map(({ name }) => name).join(", ")}`);
    return measureOpen(opened, this.#runtime, this.#client, { rounds, seconds, perSecond, isSteady });
  }
}

export function tablesOf({ atHalf, withDelays }: Opens): string {
  return [openTableOf("open load", atHalf), openTableOf("with delays", withDelays)].join("\n");
}

function asOpen(each: Case): OpenCase {
  const workers = each.open === "far" ? (["delayed", "delayed-2", "delayed-3"] as const) : [each.worker];
  return { ...each, workers, isOfGateway: isOfGateway(each.worker) };
}
