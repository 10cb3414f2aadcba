/**
 * The authority of one key in one environment: a Durable Object. It alone reads the key's record from D1, keeps the
 * account of its limits, and lends both to the isolates that ask.
 */

import { DurableObject } from "cloudflare:workers";
import type { Gateway } from "../config/compile.ts";
import { endOf, type KeyRecord, knowsSecret, lifelessnessOf } from "../domain/key.ts";
import { type Answer, LEASE_TTL_MS, type Lease, leaseSize, type Question } from "../domain/lease.ts";
import { Ledger, type LedgerState } from "../domain/ledger.ts";
import { isUnlimited, type Limits, limitsOf, nextBorder } from "../domain/limits.ts";
import type { Env } from "../env.ts";
import { readKeyRecord, writeLastUsed } from "../store/key-records.ts";
import { RecordKeeper } from "./record-keeper.ts";

/** A denial ends up to this much earlier than a token can exist, so that isolates do not all ask at one moment. */
const DENIAL_JITTER = 0.1;
/** How far behind `last_used_at` in D1 may be. */
const LAST_USED_EVERY_MS = 60_000;

export abstract class KeyAuthority extends DurableObject<Env> {
  protected abstract readonly gateway: Gateway;
  readonly #records = new RecordKeeper(this.ctx.storage.kv, (environment, keyId) =>
    readKeyRecord(this.env.DB, environment, keyId),
  );
  #lastUsed: { keyId: string; at: number } | undefined;

  async ask(question: Question): Promise<Answer> {
    const record = await this.#records.read(
      question.environment,
      question.keyId,
      Date.now(),
      (known) => !knowsSecret(known, question.secretHash),
    );
    if (!record) return { kind: "no_such_key" };
    const now = Date.now();
    if (lifelessnessOf(record, question.secretHash, this.gateway.policy.actAs === "member", now)) {
      return { kind: "lease", lease: uncounted(record, LEASE_TTL_MS) };
    }
    const plan = record.plan === null ? undefined : this.gateway.plans[record.plan];
    if (record.plan !== null && !plan) return { kind: "plan_unknown", plan: record.plan };
    await this.#noteUse(record.id, now);
    const limits = limitsOf(plan, record.limits);
    const ttlMs = Math.min(LEASE_TTL_MS, endOf(record, question.secretHash) - now, nextBorder(limits, now) - now);
    if (isUnlimited(limits)) return { kind: "lease", lease: uncounted(record, ttlMs) };
    return { kind: "lease", lease: this.#lend(record, limits, ttlMs, question, now) };
  }

  /** The record changed in D1. Throws where it cannot be read, so that the caller knows that the change is not in force. */
  async recordChanged(environment: string, keyId: string): Promise<void> {
    await this.#records.reread(environment, keyId, Date.now());
  }

  override async alarm(): Promise<void> {
    const used = this.#lastUsed ?? this.ctx.storage.kv.get<{ keyId: string; at: number }>("last_used");
    if (used) await writeLastUsed(this.env.DB, used.keyId, used.at);
  }

  /** The grant is stored before it is answered: the reply waits for the write. */
  #lend(record: KeyRecord, limits: Limits, ttlMs: number, question: Question, now: number): Lease {
    const ledger = new Ledger(limits, this.ctx.storage.kv.get<LedgerState>("ledger"), now);
    for (const report of question.reports) ledger.report(report, now);
    const tokens = leaseSize(ledger.available(now), question);
    const id = crypto.randomUUID();
    if (tokens > 0) ledger.grant(id, tokens, ttlMs, now);
    this.ctx.storage.kv.put("ledger", ledger.state);
    const policies = ledger.policies(now);
    if (tokens > 0) return { id, record, tokens, ttlMs, denial: null, policies };
    const denial = ledger.denial(now);
    const early = 1 - DENIAL_JITTER * Math.random();
    return { id, record, tokens: 0, ttlMs: Math.min(ttlMs, Math.ceil(denial.retryAfterMs * early)), denial, policies };
  }

  async #noteUse(keyId: string, at: number): Promise<void> {
    this.#lastUsed = { keyId, at };
    if ((await this.ctx.storage.getAlarm()) !== null) return;
    this.ctx.storage.kv.put("last_used", this.#lastUsed);
    await this.ctx.storage.setAlarm(at + LAST_USED_EVERY_MS);
  }
}

function uncounted(record: KeyRecord, ttlMs: number): Lease {
  return { id: crypto.randomUUID(), record, tokens: null, ttlMs, denial: null, policies: [] };
}
