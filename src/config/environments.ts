/** Mistakes in the settings that separate environments and the control plane. */

import { type ConfigProblem, didYouMean, pathText, problemAt } from "./problems.ts";
import type { Config, OriginSettings } from "./schema.ts";

type Path = readonly PropertyKey[];

export function problemsOfEnvironments(config: Config): ConfigProblem[] {
  return [
    ...problemsOfBaseUrls(config),
    ...problemsOfControl(config),
    ...problemsOfIssuers(config),
    ...problemsOfKeyPrefixes(config),
    ...problemsOfMain(config),
    ...problemsOfPlans(config),
    ...problemsOfOrigins(config),
    ...problemsOfSharing(config),
  ];
}

/** Each item that has the key of an earlier one, with that earlier one. */
export function repeatsOf<T extends { key: string }>(items: readonly T[]): { item: T; earlier: T }[] {
  const firsts = new Map<string, T>();
  return items.flatMap((item) => {
    const earlier = firsts.get(item.key);
    if (!earlier) firsts.set(item.key, item);
    return earlier ? [{ item, earlier }] : [];
  });
}

function problemsOfBaseUrls(config: Config): ConfigProblem[] {
  return repeatsOf(baseUrlsOf(config).map(({ path, url }) => ({ path, key: addressOf(url) }))).map(
    ({ item, earlier }) =>
      problemAt(
        item.path,
        `has the same host and path as ${pathText(earlier.path)}`,
        "Keep one of the two: a host and path can belong to only one environment, over http or https.",
      ),
  );
}

/** Cookies do not tell ports apart, so neither does this. */
function problemsOfControl(config: Config): ConfigProblem[] {
  const hostname = (url: string) => new URL(url).hostname;
  return config.control.baseUrls.flatMap((url, index) => {
    const place = ["control", "baseUrls", index];
    const same = baseUrlsOf(config).find((other) => hostname(other.url) === hostname(url));
    const { origin, pathname } = new URL(url);
    if (!same && pathname === "/") return [];
    if (!same) return problemAt(place, "has a path", `Write "${origin}": the control plane needs a whole host.`);
    return problemAt(
      place,
      `has the same host as ${pathText(same.path)}: "${url}" and "${same.url}"`,
      "Give the control plane a separate host: its cookies and scripts must not mix with those of an origin.",
    );
  });
}

function problemsOfIssuers(config: Config): ConfigProblem[] {
  const plain = Object.entries(config.environments).filter(
    ([, { baseUrls, issuer }]) => issuer.startsWith("http:") && !baseUrls.some((url) => url.startsWith("http:")),
  );
  const issuers = Object.entries(config.environments).map(([name, { issuer }]) => ({ name, key: addressOf(issuer) }));
  const repeated = repeatsOf(issuers).map(({ item, earlier }) =>
    problemAt(
      ["environments", item.name, "issuer"],
      `is the issuer of "${earlier.name}" too`,
      "Give each environment its own issuer, so that an origin can tell their assertions apart.",
    ),
  );
  const unsafe = plain.map(([name]) =>
    problemAt(
      ["environments", name, "issuer"],
      "uses plain HTTP",
      "Begin it with https://: an attacker who can change the public keys in transit can forge assertions.",
    ),
  );
  return [...repeated, ...unsafe];
}

function problemsOfKeyPrefixes(config: Config): ConfigProblem[] {
  const prefixes = Object.entries(config.environments).map(([name, { keyPrefix }]) => ({ name, key: keyPrefix }));
  return repeatsOf(prefixes).map(({ item, earlier }) =>
    problemAt(
      ["environments", item.name, "keyPrefix"],
      `is the key prefix of "${earlier.name}" too`,
      "Give each environment its own prefix, so that a key shows where it belongs.",
    ),
  );
}

function problemsOfMain(config: Config): ConfigProblem[] {
  const mains = Object.entries(config.environments).filter(([, { main }]) => main);
  return repeatsOf(mains.map(([name]) => ({ name, key: "main" }))).map(({ item, earlier }) =>
    problemAt(
      ["environments", item.name, "main"],
      `is true for "${earlier.name}" too`,
      "Keep it only for the environment that your customers depend on.",
    ),
  );
}

function problemsOfPlans(config: Config): ConfigProblem[] {
  const known = Object.keys(config.plans);
  return Object.entries(config.environments).flatMap(([name, { plans = [] }]) =>
    plans.flatMap((plan, index) =>
      known.includes(plan)
        ? []
        : problemAt(["environments", name, "plans", index], `is not a plan: "${plan}"`, didYouMean(plan, known)),
    ),
  );
}

function problemsOfOrigins(config: Config): ConfigProblem[] {
  const environments = Object.keys(config.environments);
  return Object.entries(config.origins).flatMap(([name, origins]) => [
    ...environments
      .filter((environment) => !Object.hasOwn(origins, environment))
      .map((environment) =>
        problemAt(
          ["origins", name],
          `does not say where requests of "${environment}" go`,
          `Add ${environment}: { url: "https://…" }, ${environment}: { service: "BINDING" } or ${environment}: { handler: "app" }.`,
        ),
      ),
    ...Object.keys(origins)
      .filter((environment) => !environments.includes(environment))
      .map((environment) =>
        problemAt(["origins", name, environment], "is not an environment", didYouMean(environment, environments)),
      ),
  ]);
}

function problemsOfSharing(config: Config): ConfigProblem[] {
  const uses = Object.entries(config.origins).flatMap(([name, origins]) =>
    Object.entries(origins).map(([environment, origin]) => ({
      path: ["origins", name, environment],
      environment,
      origin,
      target: targetOf(origin),
    })),
  );
  return uses.flatMap(({ path, environment, origin, target }) => {
    const elsewhere = uses.find((other) => other.target === target && other.environment !== environment);
    if (!elsewhere || origin.shared) return [];
    return problemAt(
      path,
      `is the origin of another environment too (${pathText(elsewhere.path)})`,
      "Give each environment its own origin, or set shared: true in both places.",
    );
  });
}

function baseUrlsOf(config: Config): { path: Path; url: string }[] {
  return Object.entries(config.environments).flatMap(([name, { baseUrls }]) =>
    baseUrls.map((url, index) => ({ path: ["environments", name, "baseUrls", index], url })),
  );
}

function targetOf(origin: OriginSettings): string {
  if ("url" in origin) return addressOf(origin.url);
  return "service" in origin ? `service ${origin.service}` : `handler ${origin.handler}`;
}

/** The same for http and https. */
function addressOf(text: string): string {
  const url = new URL(text);
  return url.host + url.pathname;
}
