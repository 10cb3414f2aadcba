import { describe, expect, test } from "vitest";
import { hintsOf } from "../../src/config/hints.ts";
import { lineOf } from "../../src/config/problems.ts";
import { type Change, changed, mistakesOf } from "./base.ts";

const broken: { mistake: string; change: Change; says: string[] }[] = [
  {
    mistake: "a base URL in two environments",
    change: { "environments.sandbox.baseUrls.0": "https://api.test/v1" },
    says: [
      "environments.sandbox.baseUrls[0]: has the same host and path as environments.production.baseUrls[0]. Keep one of the two: a host and path can belong to only one environment, over http or https.",
    ],
  },
  {
    mistake: "a base URL in two environments, by http and by https",
    change: { "environments.sandbox.baseUrls.0": "http://api.test/v1" },
    says: [
      "environments.sandbox.baseUrls[0]: has the same host and path as environments.production.baseUrls[0]. Keep one of the two: a host and path can belong to only one environment, over http or https.",
    ],
  },
  {
    mistake: "a base URL twice in one environment",
    change: { "environments.sandbox.baseUrls.1": "http://sandbox.test/v1" },
    says: [
      "environments.sandbox.baseUrls[1]: has the same host and path as environments.sandbox.baseUrls[0]. Keep one of the two: a host and path can belong to only one environment, over http or https.",
    ],
  },
  {
    mistake: "a control plane on the base URL of an environment",
    change: { "control.baseUrls.0": "https://api.test/v1" },
    says: [
      'control.baseUrls[0]: has the same host as environments.production.baseUrls[0]: "https://api.test/v1" and "https://api.test/v1". Give the control plane a separate host: its cookies and scripts must not mix with those of an origin.',
    ],
  },
  {
    mistake: "a control plane on another path and port of an environment's host",
    change: { "control.baseUrls.1": "https://sandbox.test:8443/keys" },
    says: [
      'control.baseUrls[1]: has the same host as environments.sandbox.baseUrls[0]: "https://sandbox.test:8443/keys" and "https://sandbox.test/v1". Give the control plane a separate host: its cookies and scripts must not mix with those of an origin.',
    ],
  },
  {
    mistake: "a control plane below a path",
    change: { "control.baseUrls.1": "https://console.test/keygate" },
    says: ['control.baseUrls[1]: has a path. Write "https://console.test": the control plane needs a whole host.'],
  },
  {
    mistake: "an issuer over plain HTTP",
    change: { "environments.sandbox.issuer": "http://sandbox.test" },
    says: [
      "environments.sandbox.issuer: uses plain HTTP. Begin it with https://: an attacker who can change the public keys in transit can forge assertions.",
    ],
  },
  {
    mistake: "an issuer in two environments",
    change: { "environments.sandbox.issuer": "https://api.test" },
    says: [
      'environments.sandbox.issuer: is the issuer of "production" too. Give each environment its own issuer, so that an origin can tell their assertions apart.',
    ],
  },
  {
    mistake: "a key prefix in two environments",
    change: { "environments.sandbox.keyPrefix": "kg_live" },
    says: [
      'environments.sandbox.keyPrefix: is the key prefix of "production" too. Give each environment its own prefix, so that a key shows where it belongs.',
    ],
  },
  {
    mistake: "an environment for a plan that there is not",
    change: { "environments.production.plans": ["free", "fre"] },
    says: ['environments.production.plans[1]: is not a plan: "fre". Did you mean "free"?'],
  },
  {
    mistake: "an environment for no plan at all",
    change: { "environments.production.plans": [] },
    says: ["environments.production.plans: is empty. Leave it out to open the environment to every plan."],
  },
  {
    mistake: "a second main environment",
    change: { "environments.sandbox.main": true },
    says: [
      'environments.sandbox.main: is true for "production" too. Keep it only for the environment that your customers depend on.',
    ],
  },
  {
    mistake: "a main environment that says so with a word",
    change: { "environments.production.main": "yes" },
    says: ['environments.production.main: must be true or false, not "yes". Write true or false here.'],
  },
  {
    mistake: "an origin that an environment lacks",
    change: { "origins.billing.sandbox": undefined },
    says: [
      'origins.billing: does not say where requests of "sandbox" go. Add sandbox: { url: "https://…" }, sandbox: { service: "BINDING" } or sandbox: { handler: "app" }.',
    ],
  },
  {
    mistake: "an origin in an unknown environment",
    change: { "origins.billing.sandbx": { url: "https://other.test" } },
    says: ['origins.billing.sandbx: is not an environment. Did you mean "sandbox"?'],
  },
  {
    mistake: "one origin URL in two environments",
    change: { "origins.billing.sandbox": { url: "http://billing.test" } },
    says: [
      "origins.billing.production: is the origin of another environment too (origins.billing.sandbox). Give each environment its own origin, or set shared: true in both places.",
      "origins.billing.sandbox: is the origin of another environment too (origins.billing.production). Give each environment its own origin, or set shared: true in both places.",
    ],
  },
  {
    mistake: "one service in two environments of two origins, shared in one place only",
    change: {
      "origins.ledger": {
        production: { service: "BILLING_SANDBOX", shared: true },
        sandbox: { url: "https://ledger.test" },
      },
    },
    says: [
      "origins.billing.sandbox: is the origin of another environment too (origins.ledger.production). Give each environment its own origin, or set shared: true in both places.",
    ],
  },
];

const accepted: { what: string; change: Change }[] = [
  {
    what: "an origin that both environments say they share",
    change: {
      "origins.billing.production": { service: "BILLING", shared: true },
      "origins.billing.sandbox": { service: "BILLING", shared: true },
    },
  },
  {
    what: "two origins of one environment at one URL",
    change: {
      "origins.ledger": { production: { url: "https://billing.test" }, sandbox: { url: "https://ledger.test" } },
    },
  },
  {
    what: "environments on one host, told apart by their prefix",
    change: { "environments.sandbox.baseUrls.0": "https://api.test/v1/sandbox" },
  },
  {
    what: "environments on one host, told apart by their port",
    change: { "environments.sandbox.baseUrls.0": "https://api.test:8443/v1" },
  },
  {
    what: "a main environment that does not stand first",
    change: { "environments.production.main": false, "environments.sandbox.main": true },
  },
  {
    what: "environments of which none says that it is the main one",
    change: { "environments.production.main": undefined },
  },
  { what: "a base URL that is a whole host", change: { "environments.production.baseUrls.0": "https://api.test" } },
];

describe("what keeps environments apart", () => {
  test.each(broken)("$mistake is refused at its place, with what to do", ({ change, says }) => {
    expect(mistakesOf(changed(change))).toEqual(says);
  });

  test.each(accepted)("$what is accepted", ({ change }) => {
    expect(mistakesOf(changed(change))).toEqual([]);
  });
});

describe("which environment is the main one", () => {
  const hintsFor = (change: Change) =>
    hintsOf(changed(change))
      .map(lineOf)
      .filter((line) => line.startsWith("  environments"));

  test("is hinted at where only their order says it", () => {
    expect(hintsFor({ "environments.production.main": undefined })).toEqual([
      "  environments.production: is the main environment only because it is first. Set main: true on the environment that your customers depend on.",
    ]);
  });

  test.each<[string, Change]>([
    ["where one says it", {}],
    ["where there is no other", { "environments.production.main": undefined, "environments.sandbox": undefined }],
  ])("is not hinted at %s", (_, change) => {
    expect(hintsFor(change)).toEqual([]);
  });
});
