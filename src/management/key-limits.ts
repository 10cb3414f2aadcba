import { adviseOnScopes } from "../control/keys/advise.ts";
import { type KeyLimits, readAllLimits, resetLimits, withSources } from "../control/keys/limits.ts";
import type { LimitState } from "../domain/limit-state.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { type Answer, operation } from "./operation.ts";
import { adviceQuery, renderAdvice, renderApplied, renderLimit } from "./wire/key-limits.ts";

type Shown = (KeyLimits & { readonly states: readonly LimitState[] }) | Refusal;

const show = (limits: Shown): Answer | Refusal =>
  isRefusal(limits)
    ? limits
    : {
        body: {
          data: limits.states.map(renderLimit),
          applied: limits.applied.map((one) => renderApplied(one, limits)),
        },
      };

export const keyLimits = [
  operation({
    method: "get",
    path: "/v1/api-keys/:id/limits",
    name: "readLimits",
    handle: async ({ control, caller, id }) => show(await readAllLimits(control, caller, id)),
  }),
  operation({
    method: "post",
    path: "/v1/api-keys/:id/limits/reset",
    name: "resetLimits",
    async handle({ control, caller, id }) {
      const states = await resetLimits(control, caller, id);
      return show(isRefusal(states) ? states : await withSources(control, caller, id, states));
    },
  }),
  operation({
    method: "get",
    path: "/v1/api-keys/:id/advice",
    name: "adviseOnScopes",
    query: adviceQuery,
    async handle({ control, caller, id, query }) {
      const advice = await adviseOnScopes(control, caller, id, query.days);
      return isRefusal(advice) ? advice : { body: renderAdvice(advice) };
    },
  }),
];
