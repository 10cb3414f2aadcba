/** Questions that tell the limits of the key's plan, so that its authority need not run the same configuration. */

import type { Answer, Question } from "../../domain/lease.ts";
import type { Plans } from "../../domain/plans.ts";

type Ask = (question: Question) => Promise<Answer>;

/** Texts are created once: calls between Workers copy a text faster than the object in it. */
export class PlanTeller {
  readonly #all: string;
  readonly #each: ReadonlyMap<string, string>;

  constructor(plans: Plans) {
    this.#all = JSON.stringify(plans);
    this.#each = new Map(Object.entries(plans).map(([name, limits]) => [name, JSON.stringify({ [name]: limits })]));
  }

  /** `plan`: the one of the key's last record; `undefined` if there was none yet. */
  async ask(ask: Ask, question: Question, plan: string | null | undefined): Promise<Answer> {
    const answer = await ask({ ...question, plans: plan === undefined ? this.#all : this.#of(plan) });
    if (answer.kind !== "plan_unknown" || plan === undefined || plan === answer.plan) return answer;
    // The key was moved to another plan since.
    const plans = this.#of(answer.plan);
    return plans === undefined ? answer : ask({ ...question, plans });
  }

  #of(plan: string | null): string | undefined {
    return plan === null ? undefined : this.#each.get(plan);
  }
}
