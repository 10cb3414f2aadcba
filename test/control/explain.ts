import type { Gateway } from "../../src/config/compile.ts";
import { explain } from "../../src/control/explain/explain.ts";
import type { Question } from "../../src/control/explain/request.ts";
import { controlOf, root } from "../helpers/control.ts";

/** By the clock of the runtime, which the authorities go by. */
export const surroundings = (gateway: Gateway) => ({ ...controlOf(gateway), now: () => Date.now() });

export const explainTo = (gateway: Gateway, question: Question, caller = root()) =>
  explain(surroundings(gateway), caller, question);
