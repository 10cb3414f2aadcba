/** Which gateway a command talks to, and with what token. */

import { type Connection, isLocal } from "./api.ts";
import { readDevVars } from "./dev-vars.ts";
import { Failure } from "./failure.ts";
import { inProject } from "./project.ts";

/** The token of .dev.vars is a local gateway's, and is sent to no other. */
export function connectionOf({ url, token: given }: { url: string; token?: string }): Connection {
  const tokens = given || (isLocal(url) ? readDevVars(inProject(".dev.vars")).KEYGATE_ROOT_TOKEN : undefined);
  // While a token is being replaced, the gateway's secret holds two.
  const token = tokens?.split(",")[0]?.trim();
  if (!token) {
    const ways = "give KEYGATE_ROOT_TOKEN in the environment, or --token";
    throw new Failure(`There is no root token: ${isLocal(url) ? `let \`npm start\` make one, or ${ways}` : ways}.`);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Failure("The root token has a space, a line break or another character that a header cannot carry.");
  }
  return { url, token };
}
