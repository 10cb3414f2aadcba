/** Problems, as refusals are shown. */

import * as z from "zod";
import { NARROWINGS } from "../../domain/rights.ts";

/** The members that a code adds. https://www.rfc-editor.org/rfc/rfc9457#section-3.2 */
const EXTENSIONS = {
  errors: z.array(z.object({ field: z.string(), problem: z.string() })),
  required_scopes: z.array(z.string()),
  effective_scopes: z.array(z.string()),
  lacking_in: z.array(z.enum(NARROWINGS)),
  violated_policies: z.array(z.string()),
  limit: z.int(),
  environment: z.string(),
  plans: z.array(z.string()),
  client_address: z.string(),
  key_environment: z.string(),
  base_url: z.string(),
  workspace: z.string(),
};

export const problemAnswer = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    fix: z.string(),
    request_id: z.string(),
    ...z.object(EXTENSIONS).partial().shape,
  })
  .meta({ id: "Problem", description: "https://www.rfc-editor.org/rfc/rfc9457" });
