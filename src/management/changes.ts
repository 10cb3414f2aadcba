import { readChange } from "../control/operate/read-change.ts";
import { isRefusal } from "../errors.ts";
import { operation } from "./operation.ts";
import { changeAnswer } from "./wire/answers.ts";

export const changes = [
  operation({
    method: "get",
    path: "/v1/changes/:id",
    name: "readChange",
    tag: "Changes",
    summary: "Show how far a change has got",
    description: "`Location` of an answer with 202 leads here.",
    answer: changeAnswer,
    async handle({ control, caller, id }) {
      const pending = await readChange(control, caller, id);
      return isRefusal(pending) ? pending : { body: { id, pending_keys: pending.keys } };
    },
  }),
];
