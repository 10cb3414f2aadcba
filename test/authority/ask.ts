/** The real authority of a key, and questions to it. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { countingObject, takeCounts } from "../../bench/workers/counting.ts";
import type { KeyAuthority } from "../../src/authority/authority.ts";
import { authorityName } from "../../src/authority/name.ts";
import type { Answer, Lease, Question } from "../../src/domain/lease.ts";
import type { Plans } from "../../src/domain/plans.ts";
import type { AskAuthority } from "../../src/gateway/admit/lease.ts";
import { instrument, type OnIo, type SeededKey } from "../helpers/workerd.ts";

export function authorityOf({
  environment,
  id,
}: Pick<SeededKey, "environment" | "id">): DurableObjectStub<KeyAuthority> {
  return env.AUTHORITY.get(env.AUTHORITY.idFromName(authorityName(environment, id)));
}

export const askAuthority: AskAuthority = (question) =>
  authorityOf({ environment: question.environment, id: question.keyId }).ask(question) as Promise<Answer>;

type Asked = Partial<Omit<Question, "plans">> & { readonly plans?: Plans };

/** Asks the key's authority as an isolate with one waiting request does. */
export async function ask(key: SeededKey, { plans, ...question }: Asked = {}): Promise<Answer> {
  const { environment, id, hash } = key;
  const one = { environment, keyId: id, secretHash: hash, waiting: 1, wanted: 1, reports: [] };
  return askAuthority({ ...one, ...question, plans: plans && JSON.stringify(plans) });
}

export async function askLease(key: SeededKey, question: Asked = {}): Promise<Lease> {
  const answer = await ask(key, question);
  if (answer.kind !== "lease") throw new Error(`no lease: ${answer.kind}`);
  return answer.lease;
}

/** Tells the key's authority that the record has changed. */
export async function tell(key: SeededKey): Promise<void> {
  await authorityOf(key).recordChanged(key.environment, key.id);
}

/** Puts `onIo` in front of the D1 of one running authority; it lasts until the object is evicted. */
export function instrumentAuthority(key: Pick<SeededKey, "environment" | "id">, onIo: OnIo): Promise<void> {
  return runInDurableObject(authorityOf(key), (instance) => {
    const object = instance as unknown as { env: typeof env };
    object.env = { ...env, DB: instrument(env.DB, onIo) };
  });
}

/** From now on `takeCounts` has the rows and alarms of all objects. */
export function countWrites(stub: DurableObjectStub<KeyAuthority>): Promise<void> {
  return runInDurableObject(stub, (_, state) => {
    const Counting = countingObject(class {} as never) as new (...given: unknown[]) => object;
    new Counting(state, env);
    takeCounts();
  });
}
