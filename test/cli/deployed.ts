/** A gateway that is not local to the command, and the proxy that leads to it. */

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { TOKEN, temporaryFolder } from "./helpers.ts";

export const HOST = "keys.example.test";

/** A gateway with TLS on loopback, whose name only the proxy can resolve. It answers every call with this body. */
export async function startTlsGateway(body: unknown) {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
      ...["-keyout", key, "-out", cert, "-subj", `/CN=${HOST}`, "-addext", `subjectAltName=DNS:${HOST}`],
    ],
    { stdio: "ignore" },
  );
  const tokens: (string | undefined)[] = [];
  const server = createHttpsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    tokens.push(request.headers.authorization);
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://${HOST}:${port}`,
    port,
    tokens,
    env: { KEYGATE_ROOT_TOKEN: TOKEN, NODE_EXTRA_CA_CERTS: cert },
  };
}

/** A proxy that connects every name to this machine. */
export async function startProxy(refusal?: number) {
  const asked: string[] = [];
  const seen: { method: string; authorization: string | undefined }[] = [];
  const server = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end("{}");
  });
  server.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    seen.push({ method: "CONNECT", authorization: request.headers["proxy-authorization"] });
    if (refusal) return void socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
    const target = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    for (const end of [socket, target]) end.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, asked, seen };
}

/** Both. `env`: for `keygate`. */
export async function startDeployed(body: unknown): Promise<{ url: string; env: Record<string, string> }> {
  const [{ url, env }, { host }] = [await startTlsGateway(body), await startProxy()];
  return { url, env: { ...env, HTTPS_PROXY: host } };
}
