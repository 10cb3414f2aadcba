import { importKeys } from "../control/keys/import.ts";
import { isRefusal } from "../errors.ts";
import { importBody, keyToImportOf } from "../records/key.ts";
import { operation } from "./operation.ts";

export const imports = [
  operation({
    method: "post",
    path: "/v1/api-keys/import",
    name: "importApiKeys",
    body: importBody,
    maxBodyBytes: 1_000_000,
    async handle({ control, caller, body }) {
      const keys = body.keys.map(keyToImportOf);
      const { organization_id: organizationId, environment } = body;
      const imported = await importKeys(control, caller, { organizationId, environment, keys });
      return isRefusal(imported) ? imported : { body: imported };
    },
  }),
];
