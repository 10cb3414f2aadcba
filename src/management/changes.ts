import { readChange } from "../control/operate/read-change.ts";
import { isRefusal } from "../errors.ts";
import { operation } from "./operation.ts";

export const changes = [
  operation({
    method: "get",
    path: "/v1/changes/:id",
    name: "readChange",
    async handle({ control, id }) {
      const pending = await readChange(control, id);
      return isRefusal(pending) ? pending : { body: { id, pending_keys: pending.keys } };
    },
  }),
];
