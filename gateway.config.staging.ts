/** What `keygate deploy --env staging` deploys: the gateway of gateway.config.ts on other hosts. */

import production from "./gateway.config.ts";
import { defineGateway } from "./src/index.ts";

/** `https://api.example.com/v1` becomes `https://api.staging.example.com/v1`. Change this if your hosts for staging have other names. */
const onStaging = (url: string) => url.replace(/^(https:\/\/[^.]+)\./, "$1.staging.");

const environments = Object.entries(production.environments).map(([name, environment]) => {
  const { baseUrls, issuer } = environment;
  return [name, { ...environment, baseUrls: baseUrls.map(onStaging), issuer: onStaging(issuer) }] as const;
});

export default defineGateway({
  ...production,
  environments: Object.fromEntries(environments),
  control: { ...production.control, baseUrls: production.control.baseUrls.map(onStaging) },
});
