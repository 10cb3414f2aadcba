/**
 * The form of `gateway.config.ts`: types, bounds and defaults. What its names refer to is checked in `references.ts`.
 * Messages read "what is wrong; what to do".
 */

import * as z from "zod";
import { DAY_SECONDS, HOUR_SECONDS } from "../domain/durations.ts";
import { JURISDICTIONS } from "../domain/location.ts";
import { MAX_FEEDS } from "../domain/pace.ts";
import { MAX_PREFIX_LENGTH, PREFIX_FORM } from "../domain/secret.ts";
import { count, fields } from "./fields.ts";
import type { OnRefusal, OnRequest, OnResponse } from "./hooks.ts";
import { keys } from "./keys.ts";
import { leases } from "./leases.ts";
import { logging } from "./logging.ts";
import { management } from "./management.ts";
import { requestLog } from "./request-log.ts";
import { retention } from "./retention-schema.ts";
import type { GatewayConfig } from "./types.ts";
import { problemOfBaseUrl, problemOfWebOrigin } from "./urls.ts";

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/, "is not a name; use lower-case letters, digits, _ and -, beginning with a letter");
const headerName = z
  .string()
  .regex(
    /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/,
    "is not a header name; use letters, digits and -, for example X-Workspace-Id",
  );

const baseUrl = z.string().superRefine((text, context) => {
  const message = problemOfBaseUrl(text);
  if (message) context.addIssue({ code: "custom", message });
});

const jurisdiction = z.enum(JURISDICTIONS).optional();

const environment = fields({
  baseUrls: z.array(baseUrl).min(1, "is empty; add the base URL at which this environment answers"),
  issuer: baseUrl,
  keyPrefix: z
    .string()
    .max(MAX_PREFIX_LENGTH, { error: `is too long; use at most ${MAX_PREFIX_LENGTH} characters`, abort: true })
    .regex(PREFIX_FORM, "is not a key prefix; use lower-case letters, digits and single _, for example kg_live"),
  main: z.boolean().default(false),
  plans: z.array(z.string()).min(1, "is empty; leave it out to open the environment to every plan").optional(),
  jurisdiction,
});

const secretName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, "is not the name of a secret; use capitals, digits and _, for example BILLING_API_KEY");
const ofEveryOrigin = {
  shared: z.boolean().optional(),
  assertion: z.boolean().default(true),
  rewriteLocation: z.boolean().default(false),
  usesForwardedPrefix: z.boolean().optional(),
  caseSensitive: z.boolean().default(false),
  formatSuffixes: z.boolean().default(true),
  cachePublicRoutes: z.boolean().default(false),
  headers: z
    .record(
      headerName,
      z.union(
        [z.string().regex(/^.*$/, "has a line break; write it on one line"), fields({ secret: secretName })],
        'is not a value; write a string or { secret: "NAME" }',
      ),
    )
    .default({}),
};
const binding = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not the name of a binding; use letters, digits and _, for example BILLING");
const origin = z.union(
  [
    fields({ url: baseUrl, plainHttp: z.boolean().default(false), ...ofEveryOrigin }),
    fields({ service: binding, ...ofEveryOrigin }),
    fields({ handler: name, ...ofEveryOrigin }),
  ],
  'is not an origin; write { url: "https://…" }, { service: "BINDING" } or { handler: "app" }, with shared: true if it is shared on purpose',
);

const resource = fields({
  actions: z.array(name).min(1, 'is empty; list what can be done with it, for example ["read", "write"]'),
  administrative: z.boolean().default(false),
  workspaceKeys: z.enum(["all", "read"]).default("all"),
});

const bundle = fields({
  every: z.string().regex(/^(?:\*|[a-z][a-z0-9_-]*)$/, 'is not an action; name one action, or "*" for all of them'),
  administrative: z.boolean().default(true),
  management: z.boolean().default(false),
});

const manages = z.enum(["all", "own", "none"]);
const role = fields({
  scopes: z.array(z.string()),
  manages: fields({ organization: manages, workspace: manages }),
});

export const limitName = name;
export const rate = fields({
  name: limitName,
  limit: count(10_000_000),
  window: count(DAY_SECONDS, "for a period longer than a day of 86,400 seconds, use a quota"),
  burst: count(10_000_000).optional(),
});
export const quota = fields({ name: limitName, limit: count(1_000_000_000), per: z.enum(["hour", "day", "month"]) });

const plan = fields({ rates: z.array(rate).default([]), quotas: z.array(quota).default([]) });

const webOrigin = z.string().superRefine((text, context) => {
  const message = problemOfWebOrigin(text);
  if (message) context.addIssue({ code: "custom", message });
});

const cors = fields({
  origins: z.union(
    [z.literal("*"), z.array(webOrigin)],
    'is not a list of web origins; write "*" for all of them, or a list, for example ["https://app.example.com"]',
  ),
  headers: z.array(headerName).default([]),
  exposeHeaders: z.array(headerName).default([]),
  credentials: z.boolean().default(false),
  maxAgeSeconds: z
    .int()
    .min(0, "is below 0; write seconds from 0 to 86,400")
    .max(DAY_SECONDS, "is above 86,400 seconds; write seconds from 0 to 86,400")
    .default(600),
}).refine(({ origins, credentials }) => !(credentials && origins === "*"), {
  path: ["credentials"],
  message:
    'would let any web page act with its visitor\'s cookies, because origins is "*"; list the origins, or leave credentials out',
});

const method = z
  .string()
  .regex(/^[A-Z][A-Z-]*$/, 'is not a method; write methods in capitals, for example "GET"')
  .refine((text) => text !== "TRACE" && text !== "CONNECT", "is never forwarded; leave it out");

const inputLimits = fields({
  urlBytes: count(65_536).default(16_384),
  headerBytes: count(131_072).default(65_536),
  headerCount: count(1_000).default(200),
  // https://developers.cloudflare.com/workers/platform/limits/#request-limits: the lowest and the highest limit of the plans.
  bodyBytes: count(524_288_000).default(104_857_600),
});

const seconds = () => count(HOUR_SECONDS);
const hook = <T>(parameters: string) =>
  z.custom<T>((value) => typeof value === "function", `is not a function; write (${parameters}) => …`);
const onRefusal = hook<OnRefusal>("refusal")
  .refine(
    (written) => Object.prototype.toString.call(written) !== "[object AsyncFunction]",
    "is async; it must return at once, so leave async out",
  )
  .optional();

const route = fields({
  methods: z.array(method).min(1, "is empty; leave it out to allow every method").optional(),
  path: z.string(),
  origin: z.string(),
  public: z.boolean().default(false),
  resource: z.string().optional(),
  action: z.string().optional(),
  workspace: z
    .union(
      [
        fields({ param: name }),
        fields({ header: headerName }),
        fields({
          query: z.string().regex(/[\p{L}\p{N}]/u, "has no letter or digit; name the query parameter of the workspace"),
        }),
      ],
      "does not say where the workspace is; write one of { param: … }, { header: … } and { query: … }",
    )
    .optional(),
  cors: cors.optional(),
  onAuthorityFailure: z.enum(["closed", "open"]).default("closed"),
  forwardCredentials: z.boolean().default(false),
  digest: z.boolean().default(false),
  limits: inputLimits.prefault({}),
  timeoutSeconds: seconds().default(30),
  requestIdleSeconds: seconds().optional(),
  responseIdleSeconds: seconds().optional(),
  watchRevocation: z.boolean().default(true),
  rewriteLocation: z.boolean().optional(),
  onRequest: hook<OnRequest>("request, context").optional(),
  onResponse: hook<OnResponse>("response, context").optional(),
  onRefusal,
});

const change = fields({
  date: z.iso.date("is not a date; write it as 2026-11-27"),
  text: z.string().trim().min(1, "is empty; describe the change in a sentence"),
});

export const gatewaySchema = fields({
  environments: z.record(name, environment).refine(hasEntries, "is empty; declare at least one environment"),
  control: fields({
    baseUrls: z.array(baseUrl).min(1, "is empty; add the base URL of the control plane"),
    changelog: z.array(change).default([]),
    invitationDays: count(30).default(7),
    jurisdiction,
  }),
  origins: z.record(name, z.record(name, origin)),
  resources: z.record(name, resource),
  bundles: z
    .record(
      z
        .string()
        .regex(
          /^[a-z][a-z0-9_:-]*$/,
          "is not a name; use lower-case letters, digits, _, - and :, beginning with a letter",
        ),
      bundle,
    )
    .default({}),
  roles: z.record(name, role).default({}),
  keys: keys.prefault({}),
  plans: z.record(name, plan).default({}),
  leases: leases.prefault({}),
  management: management.prefault({}),
  retention: retention.prefault({}),
  collectors: count(100).default(1),
  feeds: count(MAX_FEEDS).default(1),
  logging: logging.prefault({}),
  requestLog: requestLog.prefault({}),
  routes: z.array(route).min(1, "is empty; add at least one route"),
  onRefusal,
}) satisfies z.ZodType<unknown, GatewayConfig>;

/** The configuration with every default filled in. */
export type Config = z.output<typeof gatewaySchema>;
export type RouteSettings = Config["routes"][number];
export type CorsSettings = NonNullable<RouteSettings["cors"]>;
export type InputLimits = RouteSettings["limits"];
/** For requests that match no route. */
export const DEFAULT_LIMITS: InputLimits = inputLimits.parse({});
export type OriginSettings = z.output<typeof origin>;
export type KeySettings = Config["keys"];

function hasEntries(record: object): boolean {
  return Object.keys(record).length > 0;
}
