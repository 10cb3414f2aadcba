/** The way to a gateway: directly, or through a proxy. */

import { Failure } from "../terminal/failure.ts";
import { NoAnswer } from "./answers.ts";

const TIMEOUT_MS = 30_000;

export function isLocal(url: string): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
}

/** The whole answer, as text. Redirects are not followed: they could lead the token to another gateway. */
export async function exchange(url: string, init: RequestInit): Promise<{ response: Response; text: string }> {
  const ask = await way(url);
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await ask(url, { ...init, redirect: "manual", signal });
    return { response, text: await response.text() };
  } catch (error) {
    throw new NoAnswer(silenceOf(new URL(url).origin, init.method ?? "GET", error as Error));
  }
}

/** `fetch`, through the proxy if there is one. */
export const fetchAnyWay: typeof fetch = async (input, init) => (await way(String(input)))(input, init);

/** This machine is called directly: over plain HTTP, a proxy could read the token. */
async function way(url: string): Promise<typeof fetch> {
  const proxy = isLocal(url) ? undefined : proxyUrl();
  return proxy === undefined ? fetch : through(proxy);
}

let proxied: Promise<typeof fetch> | undefined;

/** undici is loaded only for this. It reads NO_PROXY. */
function through(proxy: URL): Promise<typeof fetch> {
  proxied ??= import("undici").then(({ EnvHttpProxyAgent, fetch: ask }) => {
    const dispatcher = new EnvHttpProxyAgent({ httpsProxy: proxy.href });
    return ((url: string, init: object) => ask(url, { ...init, dispatcher })) as unknown as typeof fetch;
  });
  return proxied;
}

/** As curl reads it: the scheme can be left out. */
function proxyUrl(): URL | undefined {
  const text = process.env.https_proxy?.trim() || process.env.HTTPS_PROXY?.trim();
  if (!text) return undefined;
  const full = text.includes("://") ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new Failure("HTTPS_PROXY is not the URL of a proxy. Set it to one such as http://proxy.example.com:3128.");
}

const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"];

function silenceOf(gateway: string, method: string, error: Error): string {
  const cause = innermost(error);
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  const reason = code ? ` (${code})` : "";
  const proxy = isLocal(gateway) ? undefined : proxyUrl();
  const refusal = /^Proxy response \((\d+)\)/.exec(cause.message)?.[1];
  if (proxy && refusal) {
    return `The proxy ${proxy.host} answered ${refusal} and did not connect to ${gateway}. Check HTTPS_PROXY, or name the host in NO_PROXY.`;
  }
  if (code && NEVER_SENT.includes(code)) {
    return `No gateway answers at ${gateway}${proxy ? ` through the proxy ${proxy.host}` : ""}${reason}. ${checkOf(gateway, proxy)}`;
  }
  if (code && /CERT|SIGNED|ISSUER/.test(code)) {
    return `The certificate of ${gateway} is not trusted${reason}. Check --url; for a private authority, name its certificate in NODE_EXTRA_CA_CERTS.`;
  }
  if (code && /SSL|TLS|EPROTO/.test(code)) return `${gateway} does not answer with TLS${reason}. Check --url.`;
  if (cause.name === "HTTPParserError") return `${gateway} does not answer with HTTP${reason}. Check --url.`;
  if (cause.message === "bad port") return `${gateway} has a port that is reserved for other protocols. Check --url.`;
  const what =
    error.name === "TimeoutError"
      ? `No answer from ${gateway} within ${TIMEOUT_MS / 1000} s.`
      : `The connection to ${gateway} broke before its answer was complete${reason}.`;
  return `${what} ${method === "GET" ? checkOf(gateway, proxy) : UNKNOWN}`;
}

function innermost(error: Error): Error {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

const UNKNOWN = "It may have been done: look with `show` or `list` before you run the command again.";

function checkOf(gateway: string, proxy: URL | undefined): string {
  if (isLocal(gateway)) return "Is `npm start` running?";
  return proxy ? "Check --url, HTTPS_PROXY and the network." : "Check --url and the network.";
}
