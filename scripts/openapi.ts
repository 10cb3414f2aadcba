/** `npm run openapi`: writes the OpenAPI document into `assets`, from where the Worker serves it. */

import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
/** By their names, since their types are those of Workers. */
const read = (path: string) => import(join(ROOT, "src/management", path));

const { operations } = await read("api.ts");
const { openApiDocument } = await read("openapi.ts");
writeFileSync(join(ROOT, "assets/openapi.json"), `${JSON.stringify(openApiDocument(operations))}\n`);
