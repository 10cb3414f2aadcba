import { adviseOnScopes } from "../control/keys/advise.ts";
import { readLimits, resetLimits } from "../control/keys/limits.ts";
import type { LimitState } from "../domain/limit-state.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { type Answer, operation } from "./operation.ts";
import { adviceAnswer, limitsAnswer } from "./wire/answers-usage.ts";
import { renderAdvice, renderLimit } from "./wire/render-usage.ts";
import { adviceQuery } from "./wire/schemas.ts";

const tag = "API keys";

const show = (states: readonly LimitState[] | Refusal): Answer | Refusal =>
  isRefusal(states) ? states : { body: { data: states.map(renderLimit) } };

export const keyLimits = [
  operation({
    method: "get",
    path: "/v1/api-keys/:id/limits",
    name: "readLimits",
    tag,
    summary: "Show what is left of a key's limits",
    answer: limitsAnswer,
    handle: async ({ control, caller, id }) => show(await readLimits(control, caller, id)),
  }),
  operation({
    method: "post",
    path: "/v1/api-keys/:id/limits/reset",
    name: "resetLimits",
    tag,
    summary: "Reset a key's limits",
    description: "Except the tokens that are lent to isolates now.",
    answer: limitsAnswer,
    handle: async ({ control, caller, id }) => show(await resetLimits(control, caller, id)),
  }),
  operation({
    method: "get",
    path: "/v1/api-keys/:id/advice",
    name: "adviseOnScopes",
    tag,
    summary: "List the scopes that a key has not used",
    query: adviceQuery,
    answer: adviceAnswer,
    async handle({ control, caller, id, query }) {
      const advice = await adviseOnScopes(control, caller, id, query.days);
      return isRefusal(advice) ? advice : { body: renderAdvice(advice) };
    },
  }),
];
