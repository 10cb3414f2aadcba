import { describe, expect, test } from "vitest";
import { type Change, changed, mistakesOf } from "./base.ts";

const broken: { mistake: string; change: Change; says: string }[] = [
  {
    mistake: "a mistyped field",
    change: { "routes.0.orgin": "billing" },
    says: 'routes[0].orgin: is not a known field. Did you mean "origin"?',
  },
  {
    mistake: "a mistyped field of the leases",
    change: { leases: { ttlSecond: 2 } },
    says: 'leases.ttlSecond: is not a known field. Did you mean "ttlSeconds"?',
  },
  {
    mistake: "a field that is like no other",
    change: { "keys.colour": "red" },
    says: "keys.colour: is not a known field. Choose one of: actAs, reaches, maxWorkspaces, lifetimeDays, quotaPerOrganization, authorityLocation, required, importedFormats.",
  },
  {
    mistake: "records that a restore could bring back to life",
    change: { retention: { deadKeyDays: 30 } },
    says: "retention.deadKeyDays: is below 35. Use at least 35 days, because a restore of D1 can go back 30.",
  },
  {
    mistake: "records that are kept for longer than anybody lives",
    change: { retention: { auditDays: 40_000 } },
    says: "retention.auditDays: is above 36,500. Write 35 to 36,500 days.",
  },
  {
    mistake: "a caller who can use up what the organization has",
    change: { management: { changes: { actor: { limit: 1_000, window: 3_600 } } } },
    says: "management.changes: lets one caller use up all of its organization's calls. Lower actor, or raise organization.",
  },
  {
    mistake: "a caller whose burst is all of the organization's",
    change: { management: { calls: { actor: { limit: 1, window: 60, burst: 3_000 } } } },
    says: "management.calls: lets one caller use up all of its organization's calls. Lower actor, or raise organization.",
  },
  {
    mistake: "a rate of the management API without its window",
    change: { management: { root: { limit: 10 } } },
    says: "management.root.window: is missing. Add it, as a number.",
  },
  {
    mistake: "an unknown field at the top",
    change: { environment: {} },
    says: 'environment: is not a known field. Did you mean "environments"?',
  },
  {
    mistake: "a missing field",
    change: { "environments.sandbox.issuer": undefined },
    says: "environments.sandbox.issuer: is missing. Add it, as a string.",
  },
  {
    mistake: "a missing section",
    change: { control: undefined },
    says: "control: is missing. Add it, as an object.",
  },
  {
    mistake: "a missing choice",
    change: { "roles.owner.manages.workspace": undefined },
    says: "roles.owner.manages.workspace: is missing. Choose one of: all, own, none.",
  },
  {
    mistake: "a day that is none",
    change: { "control.changelog": [{ date: "27.11.2026", text: "New" }] },
    says: "control.changelog[0].date: is not a date. Write it as 2026-11-27.",
  },
  {
    mistake: "a change that says nothing",
    change: { "control.changelog": [{ date: "2026-11-27", text: " " }] },
    says: "control.changelog[0].text: is empty. Describe the change in a sentence.",
  },
  {
    mistake: "a string for a number",
    change: { "plans.free.rates.0.limit": "60" },
    says: 'plans.free.rates[0].limit: must be a number, not "60". Write a number here.',
  },
  {
    mistake: "a string for a list",
    change: { "resources.invoices.actions": "read" },
    says: 'resources.invoices.actions: must be a list, not "read". Write a list here.',
  },
  {
    mistake: "a fraction",
    change: { "keys.maxWorkspaces": 1.5 },
    says: "keys.maxWorkspaces: must be a whole number, not 1.5. Write a whole number here.",
  },
  {
    mistake: "a choice that does not exist",
    change: { "keys.actAs": "membr" },
    says: 'keys.actAs: cannot be "membr". Did you mean "member"?',
  },
  {
    mistake: "a jurisdiction that does not exist",
    change: { "environments.production.jurisdiction": "uk" },
    says: 'environments.production.jurisdiction: cannot be "uk". Did you mean "us"?',
  },
  {
    mistake: "a jurisdiction of the control plane that does not exist",
    change: { "control.jurisdiction": "" },
    says: 'control.jurisdiction: cannot be "". Choose one of: eu, us.',
  },
  {
    mistake: "a place for authorities that does not exist",
    change: { "keys.authorityLocation": "member" },
    says: 'keys.authorityLocation: cannot be "member". Choose one of: request, creator, organization.',
  },
  {
    mistake: "a required field that no key has",
    change: { "keys.required": ["expires"] },
    says: 'keys.required[0]: cannot be "expires". Choose one of: description, expires_at, allowed_addresses.',
  },
  {
    mistake: "an imported format without an environment",
    change: { "keys.importedFormats": [{ pattern: "acme_[0-9a-f]{32}" }] },
    says: "keys.importedFormats[0].environment: is missing. Add it, as a string.",
  },
  {
    mistake: "a limit of 0",
    change: { "plans.free.rates.0.limit": 0 },
    says: "plans.free.rates[0].limit: is below 1. Write a whole number from 1 to 10,000,000.",
  },
  {
    mistake: "a quota of 0",
    change: { "plans.free.quotas.0.limit": 0 },
    says: "plans.free.quotas[0].limit: is below 1. Write a whole number from 1 to 1,000,000,000.",
  },
  {
    mistake: "a burst of 0",
    change: { "plans.free.rates.0.burst": 0 },
    says: "plans.free.rates[0].burst: is below 1. Write a whole number from 1 to 10,000,000.",
  },
  {
    mistake: "a limit above what can be counted exactly",
    change: { "plans.free.rates.0.limit": 10_000_001 },
    says: "plans.free.rates[0].limit: is above 10,000,000. Write a whole number from 1 to 10,000,000.",
  },
  {
    mistake: "a window longer than a day",
    change: { "plans.free.rates.0.window": 86_401 },
    says: "plans.free.rates[0].window: is above 86,400. For a period longer than a day of 86,400 seconds, use a quota.",
  },
  {
    mistake: "no environments",
    change: { environments: {} },
    says: "environments: is empty. Declare at least one environment.",
  },
  {
    mistake: "an environment without base URLs",
    change: { "environments.sandbox.baseUrls": [] },
    says: "environments.sandbox.baseUrls: is empty. Add the base URL at which this environment answers.",
  },
  {
    mistake: "a base URL without a scheme",
    change: { "environments.production.baseUrls.0": "api.test/v1" },
    says: "environments.production.baseUrls[0]: is not a URL. Write scheme, host and optional path, for example https://api.example.com/v1.",
  },
  {
    mistake: "a base URL of another scheme",
    change: { "environments.production.baseUrls.0": "ftp://api.test/v1" },
    says: "environments.production.baseUrls[0]: is not an HTTP URL. Begin it with https:// (or with http:// on a local machine).",
  },
  {
    mistake: "a base URL with a query",
    change: { "environments.production.baseUrls.0": "https://api.test/v1?a=b" },
    says: "environments.production.baseUrls[0]: has a query, fragment or user name. Keep only scheme, host and optional path.",
  },
  {
    mistake: "a base URL with a slash at its end",
    change: { "control.baseUrls.0": "https://keys.test/" },
    says: 'control.baseUrls[0]: is not in its normal form. Write "https://keys.test".',
  },
  {
    mistake: "a base URL in capitals, with the usual port and dots",
    change: { "environments.production.baseUrls.0": "https://API.test:443/a/../v1" },
    says: 'environments.production.baseUrls[0]: is not in its normal form. Write "https://api.test/v1".',
  },
  {
    mistake: "a base URL with an empty segment",
    change: { "environments.production.baseUrls.0": "https://api.test//v1" },
    says: "environments.production.baseUrls[0]: has an empty path segment. Write single slashes.",
  },
  {
    mistake: "an environment's name in capitals",
    change: { "origins.billing.Production": { url: "https://billing.test" } },
    says: "origins.billing.Production: is not a name. Use lower-case letters, digits, _ and -, beginning with a letter.",
  },
  {
    mistake: "a bundle's name with a space",
    change: { "bundles.read all": { every: "read" } },
    says: 'bundles["read all"]: is not a name. Use lower-case letters, digits, _, - and :, beginning with a letter.',
  },
  {
    mistake: "a key prefix in capitals",
    change: { "environments.sandbox.keyPrefix": "KG_test" },
    says: "environments.sandbox.keyPrefix: is not a key prefix. Use lower-case letters, digits and single _, for example kg_live.",
  },
  {
    mistake: "a key prefix that is too long, before its other faults,",
    change: { "environments.sandbox.keyPrefix": "K".repeat(33) },
    says: "environments.sandbox.keyPrefix: is too long. Use at most 32 characters.",
  },
  {
    mistake: "an origin that is both a URL and a service",
    change: { "origins.billing.production.service": "BILLING" },
    says: 'origins.billing.production: is not an origin. Write { url: "https://…" }, { service: "BINDING" } or { handler: "app" }, with shared: true if it is shared on purpose.',
  },
  {
    mistake: "a mistyped field of an origin",
    change: { "origins.billing.production.shard": true },
    says: 'origins.billing.production.shard: is not a known field. Did you mean "shared"?',
  },
  {
    mistake: "a service that cannot be a binding",
    change: { "origins.billing.sandbox.service": "billing-sandbox" },
    says: "origins.billing.sandbox.service: is not the name of a binding. Use letters, digits and _, for example BILLING.",
  },
  {
    mistake: "a resource without actions",
    change: { "resources.invoices.actions": [] },
    says: 'resources.invoices.actions: is empty. List what can be done with it, for example ["read", "write"].',
  },
  {
    mistake: "a method in small letters",
    change: { "routes.1.methods": ["get"] },
    says: 'routes[1].methods[0]: is not a method. Write methods in capitals, for example "GET".',
  },
  {
    mistake: "TRACE as a method",
    change: { "routes.1.methods": ["GET", "TRACE"] },
    says: "routes[1].methods[1]: is never forwarded. Leave it out.",
  },
  {
    mistake: "CONNECT as a method",
    change: { "routes.1.methods": ["CONNECT"] },
    says: "routes[1].methods[0]: is never forwarded. Leave it out.",
  },
  {
    mistake: "an empty list of methods",
    change: { "routes.1.methods": [] },
    says: "routes[1].methods: is empty. Leave it out to allow every method.",
  },
  {
    mistake: "no routes",
    change: { routes: [] },
    says: "routes: is empty. Add at least one route.",
  },
  {
    mistake: "a workspace in no known place",
    change: { "routes.2.workspace": { cookie: "workspace" } },
    says: "routes[2].workspace: does not say where the workspace is. Write one of { param: … }, { header: … } and { query: … }.",
  },
  {
    mistake: "credentials for every web origin",
    change: { "routes.0.cors": { origins: "*", credentials: true } },
    says: 'routes[0].cors.credentials: would let any web page act with its visitor\'s cookies, because origins is "*". List the origins, or leave credentials out.',
  },
  {
    mistake: "a web origin with a path",
    change: { "routes.0.cors": { origins: ["https://app.test/login"] } },
    says: 'routes[0].cors.origins[0]: is not in its normal form. Write "https://app.test".',
  },
  {
    mistake: "a web origin alone, outside a list",
    change: { "routes.0.cors": { origins: "https://app.test" } },
    says: 'routes[0].cors.origins: is not a list of web origins. Write "*" for all of them, or a list, for example ["https://app.example.com"].',
  },
  {
    mistake: "a header that cannot be one",
    change: { "routes.2.workspace": { header: "X Workspace" } },
    says: "routes[2].workspace.header: is not a header name. Use letters, digits and -, for example X-Workspace-Id.",
  },
];

describe("the form of the configuration", () => {
  test.each(broken)("$mistake is refused at its place, with what to do", ({ change, says }) => {
    expect(mistakesOf(changed(change))).toEqual([says]);
  });

  test("a file without a configuration is refused", () => {
    expect(mistakesOf(undefined as never)).toEqual(["the configuration: is missing. Add it, as an object."]);
  });
});
