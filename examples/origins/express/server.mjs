// A service in Express behind a Keygate gateway.
import express from "express";
import { AssertionError, requireScope } from "keygate-origin";
import { nodeAssertion } from "keygate-origin/node";

const app = express();
app.use(nodeAssertion({ issuer: process.env.ISSUER, audience: process.env.AUDIENCE }));

app.all("/*path", (request, response) => {
  const { principal } = request;
  requireScope(principal, "signatures:read");
  response.json({ key: principal.keyId, organization: principal.organizationId, role: principal.role });
});

app.use((error, _request, response, next) => {
  if (!(error instanceof AssertionError)) return next(error);
  response.status(error.status).set(error.headers).json({ code: error.code });
});

const server = app.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () =>
  console.log(`Listening on ${server.address().port}`),
);
