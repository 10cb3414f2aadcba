import { explain } from "../control/explain/explain.ts";
import { whoami } from "../control/whoami.ts";
import { isRefusal } from "../errors.ts";
import { operation } from "./operation.ts";
import { explainBody, renderExplanation, renderWhoami } from "./wire/insight.ts";

export const insight = [
  operation({
    method: "get",
    path: "/v1/whoami",
    name: "whoami",
    handle: async ({ control, caller }) => ({ body: renderWhoami(await whoami(control, caller)) }),
  }),
  operation({
    method: "post",
    path: "/v1/explain",
    kind: "read",
    name: "explain",
    body: explainBody,
    async handle({ control, caller, body }) {
      const { key_id: keyId, client_address: clientAddress, ...request } = body;
      const explanation = await explain(control, caller, { keyId, clientAddress, ...request });
      return isRefusal(explanation) ? explanation : { body: renderExplanation(explanation) };
    },
  }),
];
