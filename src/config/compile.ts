/** The configuration in the form that requests are served from, built once when the Worker starts. */

import { DAY_MS, HOUR_MS } from "../domain/durations.ts";
import type { KeyRecord } from "../domain/key.ts";
import { type Limits, limitsOf } from "../domain/limits.ts";
import { type Jurisdiction, type Jurisdictions, OF_NO_ENVIRONMENT } from "../domain/location.ts";
import { type Plans, planIn } from "../domain/plans.ts";
import type { Policy } from "../domain/rights.ts";
import { patternOfSecrets } from "../domain/secret.ts";
import { matches } from "./automaton.ts";
import { type Cors, compileCorsOfAll } from "./cors.ts";
import type { OnRefusal } from "./hooks.ts";
import { parseKeyPattern } from "./key-pattern.ts";
import { LOGGED_ADDRESS, type LoggedAddress } from "./logging.ts";
import { compileManagement, type ManagementLimits } from "./management.ts";
import { ConfigError, problemsOfForm } from "./problems.ts";
import { problemsOfReferences } from "./references.ts";
import { allResources } from "./resources.ts";
import { compileRoutes, type Route } from "./route-table.ts";
import type { Router } from "./router.ts";
import { type Config, DEFAULT_LIMITS, gatewaySchema, type KeySettings } from "./schema.ts";
import type { GatewayConfig } from "./types.ts";

export interface Gateway {
  readonly environments: Readonly<Record<string, Environment>>;
  /** The environment whose keys can manage more than keys. */
  readonly mainEnvironment: string;
  /** By host; the longest prefix first. */
  readonly baseUrls: ReadonlyMap<string, readonly BaseUrl[]>;
  /** Of the objects of no environment. */
  readonly jurisdiction: Jurisdiction | undefined;
  /** Where the control plane is reached, without a slash at its end. */
  readonly controlUrl: string;
  /** The environment of keys, by their prefix. */
  readonly environmentOfPrefix: ReadonlyMap<string, string>;
  /** Matches every key that this gateway creates, anywhere in a text. */
  readonly keyPattern: RegExp;
  readonly importedFormats: readonly ImportedFormat[];
  readonly policy: Policy;
  readonly plans: Plans;
  readonly keys: KeySettings;
  readonly leaseTtlMs: number;
  readonly management: ManagementLimits;
  readonly retention: Config["retention"];
  readonly collectors: number;
  readonly feeds: number;
  /** What the log says of a client's address. */
  readonly loggedAddress: LoggedAddress;
  /** Whether it is kept from which city a member signs in. */
  readonly keepsPlaces: boolean;
  /** `keptMs` is 0 if no requests are kept. */
  readonly requestLog: { readonly keptMs: number; readonly paths: boolean };
  /** Whether the platform's spans get what a line calls its request by. */
  readonly marksSpans: boolean;
  /** Whether Analytics Engine gets a data point of each request. */
  readonly writesDataPoints: boolean;
  readonly invitationMs: number;
  /** The latest first. */
  readonly changelog: Config["control"]["changelog"];
  /** As written, in its order. */
  readonly routes: readonly Route[];
  readonly router: Router<Route>;
  /** For the gateway's own answers outside of routes with rules; `undefined` if no route has any. */
  readonly cors: Cors | undefined;
  /** For refusals of requests that match no route. */
  readonly onRefusal: OnRefusal | undefined;
  /** The length of a URL on the route that allows the longest. */
  readonly urlBytes: number;
}

export interface Environment {
  readonly name: string;
  /** The base URL that callers should use. */
  readonly url: string;
  readonly issuer: string;
  readonly keyPrefix: string;
  /** The plans whose organizations can create keys here; `undefined` for all. */
  readonly plans: readonly string[] | undefined;
  /** Of its keys' objects. */
  readonly jurisdiction: Jurisdiction | undefined;
}

/** A form of keys that other systems created; no key of this gateway has it. */
export interface ImportedFormat {
  readonly environment: string;
  readonly matches: (secret: string) => boolean;
}

export interface BaseUrl {
  readonly scheme: "http:" | "https:";
  /** Without a slash at its end; empty for the whole host. */
  readonly prefix: string;
  /** `undefined` for the control plane. */
  readonly environment: Environment | undefined;
}

/**
 * Throws a `ConfigError` that lists every mistake with its place and how to fix it: mistakes of form, or, if there are
 * none, of reference.
 */
export function compile(input: GatewayConfig): Gateway {
  const parsed = gatewaySchema.safeParse(input);
  if (!parsed.success) throw new ConfigError(problemsOfForm(parsed.error, input));
  const config = parsed.data;
  const problems = problemsOfReferences(config);
  if (problems.length > 0) throw new ConfigError(problems);

  const environments = Object.fromEntries(
    Object.entries(config.environments).map(([name, { baseUrls, issuer, keyPrefix, plans, jurisdiction }]) => [
      name,
      { name, url: baseUrls[0] as string, issuer, keyPrefix, plans, jurisdiction },
    ]),
  );
  const { routes, router } = compileRoutes(config);
  return {
    environments,
    mainEnvironment: mainEnvironmentOf(config),
    baseUrls: compileBaseUrls(config, environments),
    jurisdiction: config.control.jurisdiction,
    controlUrl: config.control.baseUrls[0] as string,
    invitationMs: config.control.invitationDays * DAY_MS,
    changelog: config.control.changelog.toSorted((one, other) => (one.date < other.date ? 1 : -1)),
    environmentOfPrefix: new Map(Object.values(environments).map(({ keyPrefix, name }) => [keyPrefix, name])),
    keyPattern: new RegExp(
      patternOfSecrets(
        `(?:${Object.values(environments)
          .map(({ keyPrefix }) => keyPrefix)
          .join("|")})`,
      ),
      "g",
    ),
    importedFormats: config.keys.importedFormats.map(compileImportedFormat),
    policy: {
      resources: allResources(config),
      bundles: config.bundles,
      roles: config.roles,
      actAs: config.keys.actAs,
    },
    plans: compilePlans(config),
    keys: config.keys,
    leaseTtlMs: config.leases.ttlSeconds * 1000,
    management: compileManagement(config.management),
    retention: config.retention,
    collectors: config.collectors,
    feeds: config.feeds,
    loggedAddress: LOGGED_ADDRESS[config.logging.clientAddress],
    keepsPlaces: config.logging.clientAddress !== "none",
    requestLog: { keptMs: config.requestLog.hours * HOUR_MS, paths: config.requestLog.paths },
    marksSpans: config.logging.spans,
    writesDataPoints: config.logging.analyticsEngine,
    routes,
    router,
    cors: compileCorsOfAll(config.routes),
    onRefusal: config.onRefusal,
    urlBytes: Math.max(DEFAULT_LIMITS.urlBytes, ...routes.map(({ limits }) => limits.urlBytes)),
  };
}

/** Of all objects, by the names that D1 has for them. */
export function jurisdictionsOf({
  environments,
  jurisdiction,
}: Pick<Gateway, "environments" | "jurisdiction">): Jurisdictions {
  const named = Object.values(environments).map(({ name, jurisdiction }) => [name, jurisdiction ?? null] as const);
  return { [OF_NO_ENVIRONMENT]: jurisdiction ?? null, ...Object.fromEntries(named) };
}

/** The environment with `main: true`, or else the first. */
export function mainEnvironmentOf({ environments }: Pick<GatewayConfig, "environments">): string {
  const names = Object.keys(environments);
  return names.find((name) => environments[name]?.main) ?? (names[0] as string);
}

/** The key's plan if it is not configured: then the key's limits are unknown. */
export function unknownPlanOf({ plan }: KeyRecord, { plans }: Pick<Gateway, "plans">): string | undefined {
  return plan !== null && !planIn(plans, plan) ? plan : undefined;
}

/** Those of the key's plan, lowered by its own. A plan that is not configured has none; callers refuse it first. */
export function limitsOfKey(key: KeyRecord, { plans }: Pick<Gateway, "plans">): Limits {
  return limitsOf(key.plan === null ? undefined : planIn(plans, key.plan), key.limits);
}

function compileBaseUrls(config: Config, environments: Gateway["environments"]): Map<string, BaseUrl[]> {
  const byHost = new Map<string, BaseUrl[]>();
  const add = (text: string, environment: Environment | undefined) => {
    const url = new URL(text);
    const prefix = url.pathname === "/" ? "" : url.pathname;
    const scheme = url.protocol as BaseUrl["scheme"];
    byHost.set(url.host, [...(byHost.get(url.host) ?? []), { scheme, prefix, environment }]);
  };
  for (const url of config.control.baseUrls) add(url, undefined);
  for (const [name, { baseUrls }] of Object.entries(config.environments)) {
    for (const url of baseUrls) add(url, environments[name]);
  }
  for (const list of byHost.values()) list.sort((a, b) => b.prefix.length - a.prefix.length);
  return byHost;
}

function compileImportedFormat({ pattern, environment }: KeySettings["importedFormats"][number]): ImportedFormat {
  const automaton = parseKeyPattern(pattern);
  if ("problem" in automaton) throw new Error(`unchecked pattern ${pattern}`);
  return { environment, matches: (secret) => matches(automaton, secret) };
}

function compilePlans(config: Config): Record<string, Limits> {
  return Object.fromEntries(
    Object.entries(config.plans).map(([name, { rates, quotas }]) => [
      name,
      { rates: rates.map((rate) => ({ ...rate, burst: rate.burst ?? rate.limit })), quotas },
    ]),
  );
}
