import { describe, expect, test } from "vitest";
import type { Answer, Question } from "../../../src/domain/lease.ts";
import type { Limits } from "../../../src/domain/limits.ts";
import type { Plans } from "../../../src/domain/plans.ts";
import { PlanTeller } from "../../../src/gateway/admit/plans.ts";

const limits = (limit: number): Limits => ({ rates: [{ name: "r", limit, window: 1, burst: limit }], quotas: [] });
const PLANS: Plans = { free: limits(1), scale: limits(2) };
const QUESTION: Question = {
  ...{ environment: "sandbox", keyId: "key_1", secretHash: "h", waiting: 1, wanted: 1 },
  reports: [{ leaseId: "a", unspent: 1, idleMs: 0 }],
};
const LEASE = { kind: "lease" } as Answer;
const teller = new PlanTeller(PLANS);
const read = ({ plans }: Question): Plans | undefined => plans && JSON.parse(plans);

/** An authority that knows no plan of the key's but `known`. */
function authorityOf(plan: string, known: Plans = {}) {
  const questions: Question[] = [];
  const ask = async (question: Question): Promise<Answer> => {
    questions.push(question);
    return Object.hasOwn({ ...known, ...read(question) }, plan) ? LEASE : { kind: "plan_unknown", plan };
  };
  return { ask, questions, told: () => questions.map(read) };
}

describe("a question tells the limits", () => {
  test("of every plan, where nobody knows which the key is on", async () => {
    const { ask, told } = authorityOf("scale");
    expect(await teller.ask(ask, QUESTION, undefined)).toBe(LEASE);
    expect(told()).toEqual([PLANS]);
  });

  test("of the key's plan alone, once that is known", async () => {
    const { ask, told } = authorityOf("scale");
    expect(await teller.ask(ask, QUESTION, "scale")).toBe(LEASE);
    expect(told()).toEqual([{ scale: limits(2) }]);
  });

  test.each([null, "gold", "constructor"])(
    "of none, where the key is on a plan that is not configured, or on none: %s",
    async (plan) => {
      const { ask, told } = authorityOf("gold", { gold: limits(3) });
      expect(await teller.ask(ask, QUESTION, plan)).toBe(LEASE);
      expect(told()).toEqual([undefined]);
    },
  );

  test("once more, with the same reports, where the key was moved to a plan that its authority does not know", async () => {
    const { ask, questions, told } = authorityOf("scale");
    expect(await teller.ask(ask, QUESTION, "free")).toBe(LEASE);
    expect(told()).toEqual([{ free: limits(1) }, { scale: limits(2) }]);
    expect(questions.map(({ reports }) => reports)).toEqual([QUESTION.reports, QUESTION.reports]);
  });

  test("once, where that does not help: of a plan that is not configured, or to an authority that does not listen", async () => {
    const { ask, questions } = authorityOf("gold");
    expect(await teller.ask(ask, QUESTION, "free")).toEqual({ kind: "plan_unknown", plan: "gold" });
    expect(questions).toHaveLength(1);
    const deaf = authorityOf("scale");
    const ignoring = (question: Question) => deaf.ask({ ...question, plans: undefined });
    expect(await teller.ask(ignoring, QUESTION, undefined)).toEqual({ kind: "plan_unknown", plan: "scale" });
    expect(deaf.questions).toHaveLength(1);
  });
});
