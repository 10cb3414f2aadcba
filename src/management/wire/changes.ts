/** How far a change has got. */

import * as z from "zod";
import { id } from "../../records/forms.ts";

export const changeAnswer = z.strictObject({ id, pending_keys: z.int() }).meta({ id: "Change" });
