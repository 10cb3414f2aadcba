/** The real collectors, and reports to them. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Courier } from "../../src/authority/courier.ts";
import { collectorName } from "../../src/authority/name.ts";
import { batchAfterMs } from "../../src/domain/pace.ts";
import type { KeyUse, Report, ReportAnswer } from "../../src/domain/report.ts";
import type { UsageAnswer, UsageQuestion } from "../../src/domain/usage-sums.ts";
import { instrument, type OnIo, type SeededKey } from "../helpers/workerd.ts";

export function collectorAt(number: number): DurableObjectStub<Courier> {
  return env.COURIER.get(env.COURIER.idFromName(collectorName(number)));
}

export const reportTo = (number: number, report: Report) =>
  collectorAt(number).report(number, report) as Promise<ReportAnswer>;

export const readUsageOf = (number: number, question: UsageQuestion) =>
  collectorAt(number).usage(question) as Promise<UsageAnswer | "too much">;

export const readLastUseOf = (number: number, organizationId: string, keyId: string) =>
  collectorAt(number).lastUse(organizationId, keyId) as Promise<number | undefined>;

/** Rings until there is nothing that is due, or due as soon as D1 may be written again: a new copy does not know when it was. */
export async function settleCollector(number: number): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await runDurableObjectAlarm(collectorAt(number));
    const at = await collectorAlarm(number);
    if (at === null || at > Date.now() + batchAfterMs(1)) return;
    if (at > Date.now()) await evictDurableObject(collectorAt(number));
  }
  throw new Error("the collector does not come to rest");
}

export const collectorAlarm = (number: number) =>
  runInDurableObject(collectorAt(number), (_, { storage }) => storage.getAlarm());

/** Puts `onIo` in front of the D1 of one running collector; it lasts until the object is evicted. */
export function instrumentCollector(number: number, onIo: OnIo): Promise<void> {
  return runInDurableObject(collectorAt(number), (instance) => {
    const object = instance as unknown as { env: typeof env };
    object.env = { ...env, DB: instrument(env.DB, onIo) };
  });
}

/** A key's use, as an isolate reports it. */
export function useOf(key: Pick<SeededKey, "id" | "organizationId">, changes: Partial<KeyUse> = {}): KeyUse {
  return {
    ...{ keyId: key.id, environment: "sandbox", organizationId: key.organizationId },
    ...{ counts: [{ route: "/a/*", outcome: "forwarded", requests: 1 }], scopes: ["a:read"], usedMsAgo: 0 },
    ...changes,
  };
}
