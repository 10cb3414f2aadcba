/** Sends requests of every kind, and notes what each was answered. */

import { Pool } from "undici";
import { someAddress } from "../test/helpers/seed.ts";
import { FREQUENT, type HeldKey, type Keys, type Kind, RARE } from "./usage-kinds.ts";

export interface Sent {
  readonly id: string;
  readonly key: HeldKey;
  /** The code of a refusal; otherwise the status of the origin's answer. */
  readonly outcome: string;
  readonly answeredAt: number;
}

const CONNECTIONS = 24;
/** Every so many requests, a rare one. */
const RARE_EVERY = 50;
/** A prime, so that all keys and organizations have their turn soon. */
const STEP = 7_919;

export class Sender {
  readonly sent: Sent[] = [];
  /** Whose answer did not come: it is not known whether they count. */
  readonly broken: HeldKey[] = [];
  readonly #keys: Keys;
  readonly #pools: readonly Pool[];
  #next = 0;

  constructor(ports: readonly number[], keys: Keys) {
    this.#keys = keys;
    this.#pools = ports.map((port) => new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS }));
  }

  /** The isolates take turns. */
  async send(count: number, tick: () => void = () => {}): Promise<void> {
    let left = count;
    const one = async () => {
      while (left-- > 0) {
        const n = this.#next++;
        await this.#one(n);
        tick();
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS * this.#pools.length }, one));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }

  async #one(n: number): Promise<void> {
    const { kind, turn } = kindOf(n);
    const keys = this.#keys[kind.of ?? "plain"];
    const key = keys[(turn * STEP) % keys.length] as HeldKey;
    const pool = this.#pools[n % this.#pools.length] as Pool;
    try {
      const { id, outcome } = await ask(pool, kind, key);
      this.sent.push({ id, key, outcome, answeredAt: Date.now() });
    } catch {
      this.broken.push(key);
    }
  }
}

async function ask(pool: Pool, kind: Kind, { secret }: HeldKey): Promise<{ id: string; outcome: string }> {
  const { statusCode, headers, body } = await pool.request({
    path: `/${kind.environment ?? "sandbox"}${kind.target}`,
    method: kind.method ?? "GET",
    body: kind.body ?? null,
    headers: { Authorization: `Bearer ${secret}`, "CF-Connecting-IP": someAddress(), ...kind.headers },
  });
  const text = await body.text();
  const isRefused = headers["content-type"] === "application/problem+json";
  const outcome = isRefused ? (JSON.parse(text).code as string) : String(statusCode);
  return { id: String(headers["x-request-id"]), outcome };
}

/** `turn`: which of its keys is used. */
function kindOf(n: number): { kind: Kind; turn: number } {
  const turn = Math.floor(n / RARE_EVERY);
  if (n % RARE_EVERY === 0) return { kind: RARE[turn % RARE.length] as Kind, turn: Math.floor(turn / RARE.length) };
  return { kind: FREQUENT[n % FREQUENT.length] as Kind, turn: Math.floor(n / FREQUENT.length) };
}
