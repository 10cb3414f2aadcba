/**
 * The authority of one key in one environment: a Durable Object. It alone reads the key's record from D1, keeps the
 * account of its limits, and lends both to the isolates that ask.
 */

import { DurableObject } from "cloudflare:workers";
import { type Gateway, limitsOfKey } from "../config/compile.ts";
import { knowsSecret, lifelessnessOf } from "../domain/key.ts";
import type { Answer, Question } from "../domain/lease.ts";
import { lend, uncounted } from "../domain/lend.ts";
import type { Env } from "../env.ts";
import { readKeyRecord, writeLastUsed } from "../store/key-records.ts";
import { RecordKeeper } from "./record-keeper.ts";

/** How far behind `last_used_at` in D1 may be. */
const LAST_USED_EVERY_MS = 60_000;
/** How long a revoked key is known as such: longer than D1's Time Travel reaches back (30 days). */
const TOMBSTONE_MS = 35 * 86_400_000;
/** Questions a second beyond which askers are spaced out; an object answers some hundreds that write. */
const FLOOD_PER_SECOND = 200;

export abstract class KeyAuthority extends DurableObject<Env> {
  protected abstract readonly gateway: Gateway;
  readonly #records = new RecordKeeper(this.ctx.storage.kv, (environment, keyId) =>
    readKeyRecord(this.env.DB, environment, keyId),
  );
  #lastUsed: { keyId: string; at: number } | undefined;
  #second = { startedAt: 0, questions: 0 };

  async ask(question: Question): Promise<Answer> {
    const record = await this.#records.read(
      question.environment,
      question.keyId,
      Date.now(),
      (known) => !knowsSecret(known, question.secretHash),
    );
    if (!record) return { kind: "no_such_key" };
    const now = Date.now();
    if (lifelessnessOf(record, this.gateway.policy.actAs === "member", now)) {
      return { kind: "lease", lease: uncounted(record, crypto.randomUUID(), this.gateway.leaseTtlMs) };
    }
    const { plans } = this.gateway;
    if (record.plan !== null && !Object.hasOwn(plans, record.plan)) return { kind: "plan_unknown", plan: record.plan };
    await this.#noteUse(record.id, now);
    const { lease, state } = lend(
      record,
      limitsOfKey(record, this.gateway),
      this.ctx.storage.kv.get("ledger"),
      question,
      {
        ttlMs: this.gateway.leaseTtlMs,
        now,
        newId: () => crypto.randomUUID(),
        flooded: this.#countQuestion(now) > FLOOD_PER_SECOND,
        random: Math.random,
      },
    );
    // The grant is stored before it is answered: the reply waits for the write.
    if (state) this.ctx.storage.kv.put("ledger", state);
    return { kind: "lease", lease };
  }

  /** The record changed in D1. Throws where it cannot be read, so that the caller knows that the change is not in force. */
  async recordChanged(environment: string, keyId: string): Promise<void> {
    const record = await this.#records.reread(environment, keyId, Date.now());
    if (record?.revokedAt == null) return;
    // An alarm that is set already, for the last use, comes first and sees to this one.
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(record.revokedAt + TOMBSTONE_MS);
  }

  override async alarm(): Promise<void> {
    const used = this.#lastUsed ?? this.ctx.storage.kv.get<{ keyId: string; at: number }>("last_used");
    if (used) await writeLastUsed(this.env.DB, used.keyId, used.at);
    const revokedAt = this.#records.kept?.revokedAt ?? null;
    if (revokedAt === null) return;
    if (Date.now() < revokedAt + TOMBSTONE_MS) await this.ctx.storage.setAlarm(revokedAt + TOMBSTONE_MS);
    else await this.ctx.storage.deleteAll();
  }

  #countQuestion(now: number): number {
    if (now - this.#second.startedAt >= 1000) this.#second = { startedAt: now, questions: 0 };
    this.#second.questions += 1;
    return this.#second.questions;
  }

  async #noteUse(keyId: string, at: number): Promise<void> {
    this.#lastUsed = { keyId, at };
    if ((await this.ctx.storage.getAlarm()) !== null) return;
    this.ctx.storage.kv.put("last_used", this.#lastUsed);
    await this.ctx.storage.setAlarm(at + LAST_USED_EVERY_MS);
  }
}
