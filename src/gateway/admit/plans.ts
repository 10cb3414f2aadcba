/** Questions that tell the limits of the key's plan, so that its authority need not run the same configuration. */

import type { Answer, Question } from "../../domain/lease.ts";
import { type Plans, planIn } from "../../domain/plans.ts";

/** `plan`: the one of the key's last record; `undefined` where there was none yet. */
export async function askWithPlans(
  ask: (question: Question) => Promise<Answer>,
  question: Question,
  plans: Plans,
  plan: string | null | undefined,
): Promise<Answer> {
  const told = plan === undefined ? plans : only(plan, plans);
  const answer = await ask({ ...question, plans: told });
  if (answer.kind !== "plan_unknown" || (told && planIn(told, answer.plan))) return answer;
  // The key was moved to another plan since.
  const limits = only(answer.plan, plans);
  return limits ? ask({ ...question, plans: limits }) : answer;
}

function only(plan: string | null, plans: Plans): Plans | undefined {
  const limits = plan === null ? undefined : planIn(plans, plan);
  return limits && { [plan as string]: limits };
}
