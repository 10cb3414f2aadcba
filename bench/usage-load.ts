/** Sends requests of every kind, and notes what each was answered. */

import { Pool } from "undici";
import { seeded } from "../src/cli/model/random.ts";
import { someAddress } from "../test/helpers/seed.ts";
import { FREQUENT, type HeldKey, type Keys, type Kind, RARE } from "./usage-kinds.ts";

export interface Sent {
  readonly id: string;
  readonly key: HeldKey;
  /** The code of a refusal; otherwise the status of the origin's answer. */
  readonly outcome: string;
  /** Of the isolate. */
  readonly port: number;
  readonly sentAt: number;
  readonly answeredAt: number;
  /** From sending the request to the headers of its answer. */
  readonly ms: number;
}

const CONNECTIONS = 24;
/** Every so many requests, a rare one. */
const RARE_EVERY = 50;
/** A prime, so that all organizations have their turn of what is rare soon. */
const STEP = 7_919;
/** So few at once that next to no time passes between a socket and the gateway's clock. */
const TIMED_CONNECTIONS = 6;

interface Isolate {
  readonly port: number;
  readonly pool: Pool;
}

export class Sender {
  readonly sent: Sent[] = [];
  /** Whose answer did not come: it is not known whether they count. */
  readonly broken: HeldKey[] = [];
  readonly #keys: Keys;
  readonly #isolates: readonly Isolate[];
  readonly #random = seeded(1);
  #next = 0;

  constructor(ports: readonly number[], keys: Keys) {
    this.#keys = keys;
    this.#isolates = ports.map((port) => ({
      port,
      pool: new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS }),
    }));
  }

  /** Of every kind. */
  async send(count: number, tick: () => void = () => {}): Promise<void> {
    const one = async () => {
      const { kind, turn } = kindOf(this.#next++);
      await this.#one(kind, this.#keyOf(kind, turn));
      tick();
    };
    await atOnce(CONNECTIONS * this.#isolates.length, count, one);
  }

  /** Of one kind, few at once. */
  async sendTimed(count: number, kindOf: () => Kind): Promise<readonly Sent[]> {
    const first = this.sent.length;
    await atOnce(TIMED_CONNECTIONS, count, () => this.#one(kindOf(), this.#any(this.#keys.plain)));
    return this.sent.slice(first);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#isolates.map(({ pool }) => pool.destroy()));
  }

  /** `turn`: of a rare kind. The others come as the model has it: each key at any moment, in any isolate. */
  #keyOf({ of = "plain" }: Kind, turn: number | undefined): HeldKey {
    const keys = this.#keys[of];
    return turn === undefined ? this.#any(keys) : (keys[(turn * STEP) % keys.length] as HeldKey);
  }

  #any<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  async #one(kind: Kind, key: HeldKey): Promise<void> {
    const { port, pool } = this.#any(this.#isolates);
    const sentAt = Date.now();
    try {
      const { id, outcome, ms } = await ask(pool, kind, key);
      this.sent.push({ id, key, outcome, port, sentAt, answeredAt: Date.now(), ms });
    } catch {
      this.broken.push(key);
    }
  }
}

async function atOnce(most: number, count: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: most }, one));
}

async function ask(pool: Pool, kind: Kind, { secret }: HeldKey): Promise<Pick<Sent, "id" | "outcome" | "ms">> {
  const begunAt = performance.now();
  const { statusCode, headers, body } = await pool.request({
    path: `/${kind.environment ?? "sandbox"}${kind.target}`,
    method: kind.method ?? "GET",
    body: kind.body ?? null,
    headers: { Authorization: `Bearer ${secret}`, "CF-Connecting-IP": someAddress(), ...kind.headers },
  });
  const ms = performance.now() - begunAt;
  const text = await body.text();
  const isRefused = headers["content-type"] === "application/problem+json";
  const outcome = isRefused ? (JSON.parse(text).code as string) : String(statusCode);
  return { id: String(headers["x-request-id"]), outcome, ms };
}

function kindOf(n: number): { kind: Kind; turn: number | undefined } {
  const turn = Math.floor(n / RARE_EVERY);
  if (n % RARE_EVERY === 0) return { kind: RARE[turn % RARE.length] as Kind, turn: Math.floor(turn / RARE.length) };
  return { kind: FREQUENT[n % FREQUENT.length] as Kind, turn: undefined };
}
