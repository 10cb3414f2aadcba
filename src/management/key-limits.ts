import { adviseOnScopes } from "../control/keys/advise.ts";
import { type LimitsNow, readLimits, resetLimits } from "../control/keys/limits.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { type Answer, operation } from "./operation.ts";
import { adviceQuery, renderAdvice, renderApplied, renderLimit } from "./wire/key-limits.ts";

const show = (limits: LimitsNow | Refusal): Answer | Refusal =>
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
    handle: async ({ control, caller, id }) => show(await readLimits(control, caller, id)),
  }),
  operation({
    method: "post",
    path: "/v1/api-keys/:id/limits/reset",
    name: "resetLimits",
    handle: async ({ control, caller, id }) => show(await resetLimits(control, caller, id)),
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
