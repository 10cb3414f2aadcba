// A service behind a Keygate gateway, in Node alone.
import { createServer } from "node:http";
import { AssertionError, requireScope } from "keygate-origin";
import { nodeAssertion } from "keygate-origin/node";

const assertion = nodeAssertion({ issuer: process.env.ISSUER, audience: process.env.AUDIENCE });

function answer(response, status, body, headers = {}) {
  response.writeHead(status, { ...headers, "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

const server = createServer((request, response) => {
  assertion(request, response, (error) => {
    if (error) return answer(response, 500, { code: "failed" });
    const { principal } = request;
    try {
      requireScope(principal, "signatures:read");
      answer(response, 200, { key: principal.keyId, organization: principal.organizationId, role: principal.role });
    } catch (refused) {
      if (!(refused instanceof AssertionError)) return answer(response, 500, { code: "failed" });
      answer(response, refused.status, { code: refused.code }, refused.headers);
    }
  });
});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => console.log(`Listening on ${server.address().port}`));
