/** The public keys of each environment, at its issuer: from the secret alone, with no D1 and no KV. */

import type { Environment, Gateway } from "../../config/compile.ts";
import type { CalledUrl } from "../../decide/bounds.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { JWKS_LIFE_SECONDS, JWKS_PATH } from "../../origin/claims.ts";
import { problemResponse } from "../../problem.ts";
import { entryOf } from "../account.ts";
import type { DataPlane } from "../data-plane.ts";
import type { Visit } from "../visit.ts";
import type { Signers } from "./signer.ts";

const ROUTE = { path: JWKS_PATH, origin: "" };

/** The answer, logged like any other; `undefined` for requests that are about something else. */
export function serveJwks(
  { gateway, now, log, reporter }: Pick<DataPlane, "gateway" | "now" | "log" | "reporter">,
  signers: Signers,
  visit: Visit,
): Response | undefined {
  const { request, url, requestId } = visit;
  const outcome = answerJwks(request, url, gateway, signers);
  if (!outcome) return undefined;
  const response = isRefusal(outcome) ? problemResponse(outcome, requestId, gateway.controlUrl, "keygate") : outcome;
  response.headers.set("X-Request-Id", requestId);
  const environment = environmentAt(url, gateway)?.name;
  const at = now();
  const finished = { outcome, response, environment, route: ROUTE, admission: undefined, begunAt: at, endedAt: at };
  const entry = entryOf(visit, finished, gateway);
  log(entry);
  reporter.note(undefined, entry, at, visit);
  return response;
}

/** `undefined` for requests that are about something else. */
export function answerJwks(
  request: Pick<Request, "method">,
  url: CalledUrl,
  gateway: Pick<Gateway, "environments">,
  signers: Signers,
): Response | Refusal | undefined {
  if (!url.pathname.endsWith(JWKS_PATH)) return undefined;
  const environment = environmentAt(url, gateway);
  if (!environment) return undefined;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return { code: "method_not_allowed", allow: ["GET", "HEAD"] };
  }
  const signer = signers.get(environment.name);
  if (!signer) return { code: "assertion_unavailable" };
  return new Response(request.method === "HEAD" ? null : signer.jwks, {
    headers: {
      "Content-Type": "application/jwk-set+json",
      "Cache-Control": `public, max-age=${JWKS_LIFE_SECONDS}`,
      "X-Content-Type-Options": "nosniff",
    },
  });
}

function environmentAt({ origin, pathname }: CalledUrl, { environments }: Pick<Gateway, "environments">) {
  return Object.values(environments).find(({ issuer }: Environment) => `${issuer}${JWKS_PATH}` === origin + pathname);
}
