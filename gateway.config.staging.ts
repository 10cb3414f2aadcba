/** What `keygate deploy --env staging` deploys: the gateway of gateway.config.ts on other hosts. */

import production from "./gateway.config.ts";
import { defineGateway } from "./src/index.ts";

const { environments } = production;

export default defineGateway({
  ...production,
  environments: {
    production: {
      ...environments.production,
      baseUrls: ["https://api.staging.example.com/v1"],
      issuer: "https://api.staging.example.com",
    },
    sandbox: {
      ...environments.sandbox,
      baseUrls: ["https://sandbox.staging.example.com/v1"],
      issuer: "https://sandbox.staging.example.com",
    },
  },
  control: { baseUrls: ["https://keys.staging.example.com"] },
});
