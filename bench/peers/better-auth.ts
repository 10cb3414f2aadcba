/** A peer: the API key plugin of better-auth on D1, as its documentation shows it. It does to requests and answers what Keygate does. */

import { apiKey } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import equal from "../workers/equal.ts";

interface Env {
  readonly DB: D1Database;
  readonly ORIGIN: { fetch: typeof fetch };
}

const rateLimit = { enabled: true, timeWindow: 1_000, maxRequests: 10_000 };

const build = ({ DB }: Env) =>
  betterAuth({
    database: DB,
    baseURL: "http://127.0.0.1",
    secret: "bench bench bench bench bench bench",
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    plugins: [apiKey({ rateLimit })],
  });

let built: ReturnType<typeof build> | undefined;

export default {
  async fetch(request, env): Promise<Response> {
    built ??= build(env);
    if (new URL(request.url).pathname === "/key") return new Response(await createKey(built));
    const key = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
    const { valid } = await built.api.verifyApiKey({ body: { key } });
    return valid ? equal.fetch(request, env) : new Response(null, { status: 401 });
  },
} satisfies ExportedHandler<Env>;

async function createKey({ api, options }: NonNullable<typeof built>): Promise<string> {
  await (await getMigrations(options)).runMigrations();
  const { user } = await api.signUpEmail({ body: { email: "a@bench.test", password: "bench bench", name: "A" } });
  return (await api.createApiKey({ body: { userId: user.id } })).key;
}
