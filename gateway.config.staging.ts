/** What `keygate deploy --env staging` deploys: the gateway of gateway.config.ts on other hosts. */

import production from "./gateway.config.ts";
import { defineGateway } from "./src/index.ts";

/** `https://api.example.com/v1` becomes `https://api.staging.example.com/v1`. */
const onStaging = (url: string) => url.replace(".example.com", ".staging.example.com");

const environments = Object.entries(production.environments).map(([name, environment]) => {
  const { baseUrls, issuer } = environment;
  return [name, { ...environment, baseUrls: baseUrls.map(onStaging), issuer: onStaging(issuer) }] as const;
});

export default defineGateway({
  ...production,
  environments: Object.fromEntries(environments),
  control: { ...production.control, baseUrls: production.control.baseUrls.map(onStaging) },
});
