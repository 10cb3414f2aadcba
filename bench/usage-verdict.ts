/** Compares what the gateway counts and keeps with what was sent. */

import type { Gateway } from "../test/helpers/gateway.ts";
import { inTurns } from "./usage-kinds.ts";
import type { Sender, Sent } from "./usage-load.ts";
import { canBeLost, type Loss } from "./usage-losses.ts";

/** So few of one kind in an organization are all kept. */
const ALL_KEPT = 20;
/** Refused before the key is looked up, or of a key that nobody has. */
export const BEFORE_THE_KEY = new Set(["url_too_long", "headers_too_large", "body_too_large", "key_unknown"]);
const LAST_USES_READ = 50;
const LAST_USE_TOLERANCE_MS = 2_000;

export interface Verdict {
  readonly faults: readonly string[];
  readonly rows: readonly (readonly [what: string, sent: number, counted: number | string])[];
}

/** How many there are at most, and without those that can be lost at least. */
interface Bounds {
  least: number;
  most: number;
}

interface Listed {
  readonly id: string;
  readonly at: string;
  readonly route: string;
  readonly status: number;
  readonly reason: string | null;
  readonly alike: number;
}

export class Judge {
  readonly #gateway: Gateway;
  readonly #sender: Sender;
  readonly #losses: readonly Loss[];

  constructor(gateway: Gateway, sender: Sender, losses: readonly Loss[]) {
    this.#gateway = gateway;
    this.#sender = sender;
    this.#losses = losses;
  }

  /** By key and outcome, as docs/usage.md promises. */
  async usage(): Promise<Verdict> {
    const known = this.#sender.sent.filter((sent) => organizationOf(sent) !== "");
    const counted = new Map<string, number>();
    for (const organizationId of new Set(known.map(({ key }) => key.organizationId))) {
      const path = `/v1/usage?organization_id=${organizationId}&group_by=key,outcome`;
      const { data } = await this.read(path);
      for (const { key_id, outcome, requests } of data) counted.set(`${key_id} ${outcome}`, requests);
    }
    return this.#compare(
      "usage",
      this.#boundsBy(known, (sent) => `${sent.key.id} ${countedUnder(sent)}`),
      counted,
    );
  }

  /** By organization and outcome, as docs/requests.md promises. */
  async requests(): Promise<Verdict> {
    const bounds = this.#boundsBy(this.#sender.sent, nameOf);
    const [counted, faults] = [new Map<string, number>(), [] as string[]];
    const ids = new Map(this.#sender.sent.map((sent) => [sent.id, nameOf(sent)]));
    for (const organizationId of new Set(this.#sender.sent.map(organizationOf))) {
      const groups = new Map<string, number>();
      for (const { id, at, route, status, reason, alike } of await this.#list(organizationId)) {
        const name = `${organizationId} ${reason ?? status}`;
        groups.set(`${name} ${at.slice(0, 13)} ${route}`, alike);
        if (ids.has(id) && ids.get(id) !== name) faults.push(`${id} is kept as ${name}, and was ${ids.get(id)}`);
      }
      for (const [group, alike] of groups) {
        const name = group.split(" ").slice(0, 2).join(" ");
        counted.set(name, (counted.get(name) ?? 0) + alike);
      }
    }
    const compared = this.#compare("requests", bounds, counted);
    return { ...compared, faults: [...compared.faults, ...faults, ...(await this.#notFound(bounds))] };
  }

  /** All requests, with a key or not, by outcome. */
  async traffic(): Promise<Verdict> {
    const { data } = await this.read("/v1/traffic?group_by=");
    const outcomes = Object.entries<number>(data[0]?.outcomes ?? {});
    return this.#compare(
      "traffic",
      this.#boundsBy(this.#sender.sent, ({ outcome }) => `all ${outcome}`),
      new Map(outcomes.map(([outcome, requests]) => [`all ${outcome}`, requests])),
    );
  }

  async lastUses(): Promise<Verdict> {
    const latest = new Map<string, Sent>();
    const used = this.#sender.sent.filter(({ outcome }) => !BEFORE_THE_KEY.has(outcome));
    const working = new Set(used.filter(({ outcome }) => outcome === "200").map(({ key }) => key.id));
    for (const sent of used) if (working.has(sent.key.id)) latest.set(sent.key.id, sent);
    const faults: string[] = [];
    await inTurns([...latest.values()].slice(-LAST_USES_READ), async (sent) => {
      const { last_used_at } = await this.read(`/v1/api-keys/${sent.key.id}`);
      const isRight = Math.abs(Date.parse(last_used_at) - sent.answeredAt) < LAST_USE_TOLERANCE_MS;
      if (isRight || this.#canBeLost(sent)) return;
      faults.push(
        `${sent.key.id} was last used at ${new Date(sent.answeredAt).toISOString()}, and ${last_used_at} is shown`,
      );
    });
    return { faults, rows: [] };
  }

  async #notFound(bounds: ReadonlyMap<string, Bounds>): Promise<string[]> {
    const isKept = (sent: Sent) => isFailure(sent) && (bounds.get(nameOf(sent))?.most ?? 0) <= ALL_KEPT;
    const kept = this.#sender.sent.filter((sent) => isKept(sent) && !this.#canBeLost(sent));
    const faults: string[] = [];
    await inTurns(kept, async ({ id, outcome }) => {
      const { status, body } = await this.#gateway.manage("GET", `/v1/requests/${id}`);
      const isRight = status === 200 && (body.reason ?? String(body.status)) === outcome;
      if (!isRight) faults.push(`${id} (${outcome}) is not found`);
    });
    return faults;
  }

  #boundsBy(all: readonly Sent[], name: (sent: Sent) => string): Map<string, Bounds> {
    const bounds = new Map<string, Bounds>();
    for (const sent of all) {
      const known = bounds.get(name(sent)) ?? { least: 0, most: 0 };
      known.most += 1;
      if (!this.#canBeLost(sent)) known.least += 1;
      bounds.set(name(sent), known);
    }
    return bounds;
  }

  #canBeLost(sent: Sent): boolean {
    return canBeLost(sent, this.#losses);
  }

  #compare(what: string, bounds: ReadonlyMap<string, Bounds>, counted: ReadonlyMap<string, number>): Verdict {
    const faults: string[] = [];
    const sums = new Map<string, { sent: number; counted: number }>();
    for (const name of new Set([...bounds.keys(), ...counted.keys()])) {
      const { least, most } = bounds.get(name) ?? { least: 0, most: 0 };
      const count = counted.get(name) ?? 0;
      if (count < least || count > most + this.#brokenOf(name)) {
        faults.push(`${what}: ${name} was counted ${count} times, and sent ${least} to ${most} times`);
      }
      const outcome = name.split(" ")[1] as string;
      const sum = sums.get(outcome) ?? { sent: 0, counted: 0 };
      sums.set(outcome, { sent: sum.sent + most, counted: sum.counted + count });
    }
    return { faults, rows: [...sums].map(([outcome, { sent, counted }]) => [outcome, sent, counted]) };
  }

  /** `name`: begins with the key's id or its organization's; or with `all`. What is refused before its key belongs to no organization. */
  #brokenOf(name: string): number {
    const [id] = name.split(" ");
    if (id === "all" || id === "") return this.#sender.broken.length;
    return this.#sender.broken.filter((key) => key.id === id || key.organizationId === id).length;
  }

  async #list(organizationId: string): Promise<Listed[]> {
    const all: Listed[] = [];
    const whose = organizationId && `&organization_id=${organizationId}`;
    for (let cursor: string | null = ""; cursor !== null; ) {
      const after: string = cursor && `&cursor=${cursor}`;
      const page = await this.read(`/v1/requests?limit=100${whose}${after}`);
      all.push(...page.data);
      cursor = page.next_cursor;
    }
    return all;
  }

  async read(path: string) {
    const { status, body } = await this.#gateway.manage("GET", path);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }
}

/** Empty if the request is refused before its key is looked up, or nobody has the key. */
function organizationOf({ key, outcome }: Sent): string {
  return BEFORE_THE_KEY.has(outcome) ? "" : key.organizationId;
}

const nameOf = (sent: Sent) => `${organizationOf(sent)} ${sent.outcome}`;
const isFailure = ({ outcome }: Sent) => !/^[123]\d\d$/.test(outcome);
/** What an origin answered, whatever it was, was forwarded. */
const countedUnder = ({ outcome }: Sent) => (/^\d/.test(outcome) ? "forwarded" : outcome);
