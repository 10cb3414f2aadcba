/**
 * The authority of one key in one environment: a Durable Object. It alone reads the key's record from D1, keeps the
 * account of its limits and of its use, and lends to the isolates that ask. Other objects of this class hold accounts that are
 * no key's: those of the callers of the management API.
 */

import { DurableObject } from "cloudflare:workers";
import type { Gateway } from "../config/compile.ts";
import { within } from "../deadline.ts";
import { DAY_MS, MINUTE_MS } from "../domain/durations.ts";
import { type KeyRecord, knowsSecret, lifelessnessOf } from "../domain/key.ts";
import type { AccountQuestion, Answer, Question, TokenLease } from "../domain/lease.ts";
import { type Circumstances, endKept, type Lending, lend, lendTokens, uncounted } from "../domain/lend.ts";
import { type LimitState, limitStates, resetLimits } from "../domain/limit-state.ts";
import type { Limits } from "../domain/limits.ts";
import { messageLine } from "../domain/log-line.ts";
import type { Plans } from "../domain/plans.ts";
import { collectorOf } from "../domain/report.ts";
import type { Env } from "../env.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { toConsole } from "../log.ts";
import { readNumberedRecord } from "../store/key-records.ts";
import { keptUntil } from "./account.ts";
import { AccountKeeper } from "./account-keeper.ts";
import type { AuthorityCalls } from "./calls.ts";
import { HeardPlan } from "./heard-plan.ts";
import { newLeaseId } from "./lease-id.ts";
import { reportOf, writeOldUsage } from "./old-usage.ts";
import { RecordKeeper } from "./record-keeper.ts";
import { stubsOf } from "./stubs.ts";
import { StuckClock } from "./stuck-clock.ts";

/** How long the object that remembers revocations may take to hear of one, or a collector of use, and how soon it is tried again. */
const PASS_ON_DEADLINE_MS = 1_000;
const PASS_ON_AGAIN_MS = MINUTE_MS;
const MAX_ALARM_MS = 365 * DAY_MS;

export abstract class KeyAuthority extends DurableObject<Env> implements AuthorityCalls {
  protected abstract readonly gateway: Gateway;
  readonly #records = new RecordKeeper(
    this.ctx.storage.kv,
    (environment, keyId) => readNumberedRecord(this.env.DB, environment, keyId),
    Math.random,
    () => this.#endKept(),
  );
  readonly #plan = new HeardPlan(this.ctx.storage.kv, () => this.gateway.plans);
  readonly #clock = new StuckClock(this.ctx);
  /** Seen to be set, since the last one rang. */
  #hasAlarm = false;
  readonly #account = new AccountKeeper(this.ctx.storage.kv);

  async ask(question: Question): Promise<Answer> {
    this.#clock.restartIfStuck();
    const { environment, keyId, secretHash, generation, number } = question;
    const askedAt = Date.now();
    const isVoid = (known: KeyRecord) => !knowsSecret(known, secretHash);
    const record = await this.#records.read(environment, keyId, askedAt, { isVoid, generation, number });
    const readAt = Date.now();
    if (!record) {
      await this.#ringOnce();
      return { kind: "no_such_key" };
    }
    const lifeless = lifelessnessOf(record, this.gateway.policy.actAs === "member", readAt) !== undefined;
    const known = this.#plan.limitsOf(record, this.#plan.parse(question.plans));
    await this.#passOnUsage(question, record, !lifeless && known !== undefined);
    await this.#ringOnce();
    if (this.#hasToPassOn) await this.#ringBy(readAt + PASS_ON_AGAIN_MS);
    // Nothing is awaited from here on: simultaneous questions change the account one after the other, each with the present time.
    const now = Date.now();
    const account = this.#account.kept;
    // The isolate decides whether its member counts: it can run another version of the configuration.
    if (lifelessnessOf(record, false, now) || !known) {
      if (!known && !lifeless && record.plan !== null) return { kind: "plan_unknown", plan: record.plan };
      const report = { waiting: 0, wanted: 0, reports: question.reports };
      // The key may work again.
      if (known && report.reports.length > 0)
        this.#book(lendTokens(known.limits, account.ledger, report, this.#circumstances(now)), askedAt);
      return { kind: "lease", lease: uncounted(record, newLeaseId(), this.gateway.leaseTtlMs) };
    }
    const includes = this.#records.numberOf(record);
    const isCurrent = includes !== undefined && includes >= Math.max(generation ?? 0, number ?? 0);
    const asked = isCurrent ? question : { ...question, keeps: undefined };
    const lending = lend(record, known.limits, account.ledger, asked, this.#circumstances(now));
    const { lease } = lending;
    this.#book(lending, askedAt);
    this.#plan.keep(known.heard);
    return { kind: "lease", lease: lease.keepMs === undefined ? lease : { ...lease, number: includes } };
  }

  async askAccount({ limits, ...question }: AccountQuestion): Promise<TokenLease> {
    this.#clock.restartIfStuck();
    const now = Date.now();
    const account = this.#account.kept;
    const lending = lendTokens(limits, account.ledger, question, this.#circumstances(now));
    this.#account.book({ ...account, periods: limits.quotas.map(({ per }) => per) }, lending);
    await this.#ringOnce();
    return lending.lease;
  }

  ping(): void {
    this.ctx.storage.kv.get("account");
  }

  async recordChanged(environment: string, keyId: string, plans?: Plans, number?: number): Promise<void> {
    this.#clock.restartIfStuck();
    if (number !== undefined && !this.#records.lacks(number)) return;
    const record = await this.#records.reread(environment, keyId, Date.now());
    // The key may have been moved to a plan that isolates of another version do not know.
    if (record) this.#plan.keep(this.#plan.limitsOf(record, plans)?.heard);
    await this.#passOnRevocation();
    await this.#ringBy(this.#keptUntil);
  }

  async limitsOf(environment: string, keyId: string, plans?: Plans): Promise<readonly LimitState[] | Refusal> {
    const limits = await this.#limits(environment, keyId, plans);
    return isRefusal(limits) ? limits : limitStates(limits, this.#account.kept.ledger, Date.now());
  }

  async resetLimits(environment: string, keyId: string, plans?: Plans): Promise<readonly LimitState[] | Refusal> {
    const limits = await this.#limits(environment, keyId, plans);
    if (isRefusal(limits)) return limits;
    const account = this.#account.kept;
    const ledger = resetLimits(limits, account.ledger, Date.now());
    if (account.ledger) this.#account.put({ ...account, ledger });
    return limitStates(limits, ledger, Date.now());
  }

  override async alarm(): Promise<void> {
    this.#clock.restartIfStuck();
    this.#hasAlarm = false;
    await this.#passOnRevocation();
    try {
      await writeOldUsage(this.ctx.storage.kv, this.env.DB, this.#records.kept, this.#account.kept);
    } catch (error) {
      toConsole(messageLine("error", `usage was not written: ${error}`));
      return this.#ringBy(Date.now() + PASS_ON_AGAIN_MS);
    }
    const until = this.#keptUntil;
    if (Date.now() < until) return this.#ringBy(until);
    await this.ctx.storage.deleteAll();
    this.#account.forget();
    this.#records.forget();
    this.#plan.forget();
  }

  /** Since `askedAt`, another object may have replaced this one, and heard of changes. Then the write fails. */
  #book(lending: Lending<TokenLease>, askedAt: number): void {
    this.#account.book(this.#account.kept, Date.now() === askedAt ? lending : { ...lending, needs: undefined });
  }

  get #hasToPassOn(): boolean {
    return this.#records.kept?.revokedAt != null && this.ctx.storage.kv.get("passed_on") === undefined;
  }

  /** To the object that remembers revocations, in case D1 is restored to an earlier time. Later, if it cannot be reached now. */
  async #passOnRevocation(): Promise<void> {
    const record = this.#records.kept;
    if (record?.revokedAt == null || !this.#hasToPassOn) return;
    try {
      const tombstones = stubsOf(this.env, this.gateway).role("tombstones");
      await within(PASS_ON_DEADLINE_MS, tombstones.rememberRevocation(record.id, record.revokedAt));
      this.ctx.storage.kv.put("passed_on", true);
    } catch {
      await this.#ringBy(Date.now() + PASS_ON_AGAIN_MS);
    }
  }

  /** The record is another one: isolates hear that within the ttl, and no longer use tokens that they keep. */
  #endKept(): void {
    const account = this.#account.kept;
    const limits = this.#keptLimits;
    const ledger = limits && endKept(limits, account.ledger, this.gateway.leaseTtlMs, Date.now());
    if (ledger) this.#account.put({ ...account, ledger });
  }

  /** Of an isolate of a version without collectors. */
  async #passOnUsage(question: Question, record: KeyRecord, works: boolean): Promise<void> {
    const report = reportOf(question, record, works);
    if (!report) return;
    const number = collectorOf(record.id, this.gateway.collectors);
    try {
      const collector = stubsOf(this.env, this.gateway).collector(number);
      await within(PASS_ON_DEADLINE_MS, collector.report(number, report));
    } catch (error) {
      toConsole(messageLine("error", `usage of an isolate of an older version is lost: ${error}`));
    }
  }

  get #keptUntil(): number {
    const { kept: record, readAt } = this.#records;
    const periods = this.#keptLimits?.quotas.map(({ per }) => per);
    return keptUntil({ record, readAt, periods }, this.#account.kept);
  }

  get #keptLimits(): Limits | undefined {
    const { kept: record } = this.#records;
    return record && this.#plan.limitsOf(record, undefined)?.limits;
  }

  async #limits(environment: string, keyId: string, plans: Plans | undefined): Promise<Limits | Refusal> {
    this.#clock.restartIfStuck();
    const record = await this.#records.read(environment, keyId, Date.now());
    await this.#ringOnce();
    if (!record) return { code: "not_found", problem: "There is no key with this id." };
    return this.#plan.limitsOf(record, plans)?.limits ?? { code: "plan_unknown", plan: record.plan as string };
  }

  #circumstances(now: number): Circumstances {
    const { leaseTtlMs: ttlMs } = this.gateway;
    return { ttlMs, now, newId: newLeaseId, random: Math.random, ...this.#account.circumstances(now) };
  }

  /** Makes sure that an alarm will free the storage some day; the alarm itself works out when. */
  async #ringOnce(): Promise<void> {
    if (this.#hasAlarm) return;
    this.#hasAlarm = (await this.ctx.storage.getAlarm()) !== null;
    if (!this.#hasAlarm) await this.#ringBy(this.#keptUntil);
  }

  /** There is one alarm, for whatever is due first; none if nothing is stored. */
  async #ringBy(at: number): Promise<void> {
    if (at <= 0) return;
    const set = await this.ctx.storage.getAlarm();
    // The runtime accepts no alarm after 2189. One that rings early is set again.
    if (set === null || set > at) await this.ctx.storage.setAlarm(Math.min(at, Date.now() + MAX_ALARM_MS));
    this.#hasAlarm = true;
  }
}
