/** The origin, a process of its own. It answers at once; `/echo` tells what headers it got. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const BODY = JSON.stringify({ id: "sig_1", name: "Acme", html: "x".repeat(200) });

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.setHeader("ETag", '"1"');
  response.end(request.url?.endsWith("/echo") ? JSON.stringify(request.headers) : BODY);
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
