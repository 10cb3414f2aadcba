/** Real SDKs against a gateway whose errors have the form that they expect: the code of docs/configuration.md. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDirect } from "../helpers/direct.ts";
import { PROJECT, type RunningGateway } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { bearing, type Key, seed, someAddress } from "../helpers/seed.ts";

/** The page's two functions, in its order. */
function formsOfPage(): string[] {
  const page = readFileSync(join(PROJECT, "docs/configuration.md"), "utf8");
  return [...page.matchAll(/^```ts\nonRefusal: (.*?),\n```$/gms)].map(([, code]) => code as string);
}

const configText = (url: string, [likeStripe, likeOpenai]: string[]) => `
  import { defineGateway } from "PROJECT/src/config/types.ts";
  import { guarding } from "PROJECT/test/e2e/configs/base.ts";
  const base = guarding({ production: "${url}/production", sandbox: "${url}/sandbox" });
  export default defineGateway({
    ...base,
    routes: [
      { path: "/v1/customers/*", origin: "main", resource: "signatures" },
      { path: "/v1/chat/*", origin: "main", resource: "signatures", onRefusal: ${likeOpenai} },
    ],
    onRefusal: ${likeStripe},
  });
`;

let origin: Origin;
let gateway: RunningGateway;
let keys: Record<"good" | "reading" | "limited", Key>;
beforeAll(async () => {
  origin = await startOrigin();
  gateway = await startDirect(configText(origin.url, formsOfPage()));
  const tenant = await seed(gateway);
  keys = {
    good: await tenant.key(),
    reading: await tenant.key({ scopes: ["signatures:read"] }),
    limited: await tenant.key({ limits: { rates: [{ name: "hourly", limit: 1, window: 3_600 }] } }),
  };
  await fetch(`${gateway.base("sandbox")}/v1/customers/1`, { headers: bearing(keys.limited) });
}, 60_000);
afterAll(async () => {
  await gateway?.stop();
  gateway?.forget();
  await origin?.stop();
});

const failureOf = (call: Promise<unknown>) =>
  call.then(
    (answer) => {
      throw new Error(`it took a refusal for an answer: ${JSON.stringify(answer)}`);
    },
    (failure) => failure,
  );
const UNKNOWN = { secret: "kg_test_nonsense" };

describe("Stripe's SDK", () => {
  /** The SDK knows no base path; the local gateway has one for each environment. */
  const sdk = ({ secret }: Pick<Key, "secret">) =>
    new Stripe(secret, {
      maxNetworkRetries: 0,
      telemetry: false,
      httpClient: Stripe.createFetchHttpClient((input: string | URL | Request, init?: RequestInit) => {
        const { pathname, search } = new URL(input instanceof Request ? input.url : input);
        const headers = new Headers(init?.headers);
        headers.set("CF-Connecting-IP", someAddress());
        return fetch(`${gateway.base("sandbox")}${pathname}${search}`, { ...init, headers });
      }),
    });

  test("gets an answer", async () => {
    origin.answer((_, response) => response.end('{"id":"cus_1","object":"customer"}'));
    expect(await sdk(keys.good).customers.retrieve("cus_1")).toMatchObject({ id: "cus_1" });
  });

  test("throws what it throws for a wrong key", async () => {
    const failure = await failureOf(sdk(UNKNOWN).customers.retrieve("cus_1"));
    expect(failure).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect(failure).toMatchObject({ statusCode: 401, code: "credentials_malformed", rawType: "invalid_request_error" });
    expect(failure.message).toContain("its checksum is wrong");
  });

  test("throws what it throws for a missing permission", async () => {
    const failure = await failureOf(sdk(keys.reading).customers.create({ name: "Ada" }));
    expect(failure).toBeInstanceOf(Stripe.errors.StripePermissionError);
    expect(failure).toMatchObject({ statusCode: 403, code: "scope_missing" });
    expect(failure.doc_url).toMatch(/\/errors\/scope_missing$/);
  });

  test("throws what it throws for a limit, with the seconds to wait", async () => {
    const failure = await failureOf(sdk(keys.limited).customers.retrieve("cus_1"));
    expect(failure).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    expect(failure).toMatchObject({ statusCode: 429, code: "rate_exceeded", rawType: "rate_limit_error" });
    expect(Number(failure.headers["retry-after"])).toBeGreaterThan(3_000);
  });

  test("throws what it throws where no route takes the request", async () => {
    const failure = await failureOf(sdk(keys.good).products.retrieve("prod_1"));
    expect(failure).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(failure).toMatchObject({ statusCode: 404, code: "no_such_route" });
  });
});

describe("OpenAI's SDK", () => {
  const sdk = ({ secret }: Pick<Key, "secret">) =>
    new OpenAI({
      apiKey: secret,
      baseURL: `${gateway.base("sandbox")}/v1`,
      maxRetries: 0,
      defaultHeaders: { "CF-Connecting-IP": someAddress() },
    });
  const ask = (key: Pick<Key, "secret">) =>
    sdk(key).chat.completions.create({ model: "m", messages: [{ role: "user", content: "Say hello" }] });

  test.for([
    {
      key: () => UNKNOWN,
      kind: OpenAI.AuthenticationError,
      status: 401,
      code: "credentials_malformed",
      says: "its checksum is wrong",
    },
    {
      key: () => keys.reading,
      kind: OpenAI.PermissionDeniedError,
      status: 403,
      code: "scope_missing",
      says: "signatures:write",
    },
    { key: () => keys.limited, kind: OpenAI.RateLimitError, status: 429, code: "rate_exceeded", says: "Try again in" },
  ])("throws what it throws for a $status, with the gateway's words", async ({ key, kind, status, code, says }) => {
    const failure = await failureOf(ask(key()));
    expect(failure).toBeInstanceOf(kind);
    expect(failure).toMatchObject({ status, code, param: null });
    expect(failure.message).toContain(says);
    expect(failure.message).not.toContain("no body");
  });
});

test("HEAD is told the type of what GET would get, and no body", async () => {
  const response = await fetch(`${gateway.base("sandbox")}/v1/customers/1`, { method: "HEAD" });
  expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
    401,
    "application/json",
    "",
  ]);
  expect(response.headers.get("www-authenticate")).toBe('Bearer realm="sandbox"');
});

test("the page has one function for each", () => {
  expect(formsOfPage()).toHaveLength(2);
});
