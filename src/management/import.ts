import * as z from "zod";
import { importKeys } from "../control/keys/import.ts";
import { isRefusal } from "../errors.ts";
import { importBody, keyToImportOf } from "../records/key.ts";
import { operation } from "./operation.ts";

const importAnswer = z
  .strictObject({
    imported: z.int(),
    skipped: z.int(),
  })
  .meta({ id: "Import" });

export const imports = [
  operation({
    method: "post",
    path: "/v1/api-keys/import",
    name: "importApiKeys",
    body: importBody,
    maxBodyBytes: 1_000_000,
    answer: importAnswer,
    async handle({ control, caller, body }) {
      const keys = body.keys.map(keyToImportOf);
      const { organization_id: organizationId, environment } = body;
      const imported = await importKeys(control, caller, { organizationId, environment, keys });
      return isRefusal(imported) ? imported : { body: imported };
    },
  }),
];
