/** Problems, as refusals are shown. */

import * as z from "zod";
import { NARROWINGS } from "../../domain/rights.ts";

/** The members that a code adds. https://www.rfc-editor.org/rfc/rfc9457#section-3.2 */
const EXTENSIONS = {
  errors: z.array(z.object({ field: z.string(), problem: z.string() })).describe("The wrong fields."),
  required_scopes: z.array(z.string()),
  effective_scopes: z.array(z.string()),
  lacking_in: z.array(z.enum(NARROWINGS)).describe("Which sets do not have the scope."),
  violated_policies: z.array(z.string()).describe("The limit that was reached."),
  limit: z.int().describe("The key quota."),
  environment: z.string(),
  plans: z.array(z.string()).describe("The plans that have the environment."),
  client_address: z.string(),
  key_environment: z.string(),
  base_url: z.string(),
  workspace: z.string(),
};

export const problemAnswer = z
  .looseObject({
    type: z.string().describe("A page about the code."),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    fix: z.string().describe("What the caller can do."),
    request_id: z.string(),
    ...z.object(EXTENSIONS).partial().shape,
  })
  .meta({ id: "Problem", description: "https://www.rfc-editor.org/rfc/rfc9457" });
