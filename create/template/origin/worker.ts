/** A service behind the gateway. Replace it with yours, or give the origin in gateway.config.ts a `url`. */

import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { honoAssertion } from "keygate-origin/hono";

const { ISSUERS, AUDIENCE } = env as unknown as { ISSUERS: string; AUDIENCE: string };

const app = new Hono().use(honoAssertion({ issuer: ISSUERS.split(" "), audience: AUDIENCE })).all("*", (c) => {
  const { keyId, organizationId, scopes } = c.var.principal;
  return c.json({ path: c.req.path, key: keyId, organization: organizationId, scopes });
});

export default app;
