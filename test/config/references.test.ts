import { describe, expect, test } from "vitest";
import { type Change, changed, mistakesOf } from "./base.ts";

const imported = (pattern: string) => ({ pattern, environment: "sandbox" });

const broken: { mistake: string; change: Change; says: string }[] = [
  {
    mistake: "a redeclared built-in resource",
    change: { "resources.members": { actions: ["read"] } },
    says: "resources.members: is a built-in resource of the management API. Choose another name; or remove it and use the built-in resource in scopes and routes.",
  },
  {
    mistake: "a bundle with the name of a scope",
    change: { "bundles.invoices:read": { every: "read" } },
    says: 'bundles["invoices:read"]: has the name of a scope. Choose a name that is not a scope.',
  },
  {
    mistake: "a bundle with the name of a built-in scope",
    change: { "bundles.usage:read": { every: "read" } },
    says: 'bundles["usage:read"]: has the name of a scope. Choose a name that is not a scope.',
  },
  {
    mistake: "a bundle of an action that no resource has",
    change: { "bundles.read:all.every": "raed" },
    says: 'bundles["read:all"].every: is not an action of any resource in the bundle: "raed". Did you mean "read"?',
  },
  {
    mistake: "a bundle of an action that only built-in resources have, without management",
    change: { "resources.invoices.actions": ["read", "write"], "bundles.delete:all": { every: "delete" } },
    says: 'bundles["delete:all"].every: is not an action of any resource in the bundle: "delete". Choose one of: read, write, approve.',
  },
  {
    mistake: "a bundle of an action that only administrative resources have, without them",
    change: { "bundles.approve:all": { every: "approve", administrative: false } },
    says: 'bundles["approve:all"].every: is not an action of any resource in the bundle: "approve". Choose one of: read, write, delete.',
  },
  {
    mistake: "a bundle without any resource",
    change: { "resources.invoices.administrative": true, "bundles.all": { every: "*", administrative: false } },
    says: "bundles.all: contains no resource. Remove it, or set administrative or management to true.",
  },
  {
    mistake: "a mistyped scope of a role",
    change: { "roles.clerk.scopes.1": "invoices:wriet" },
    says: 'roles.clerk.scopes[1]: is neither a scope nor a bundle: "invoices:wriet". Did you mean "invoices:write"?',
  },
  {
    mistake: "a mistyped bundle of a role",
    change: { "roles.owner.scopes.0": "amdin" },
    says: 'roles.owner.scopes[0]: is neither a scope nor a bundle: "amdin". Did you mean "admin"?',
  },
  {
    mistake: "a scope of an action that its resource lacks",
    change: { "roles.clerk.scopes.1": "refunds:delete" },
    says: 'roles.clerk.scopes[1]: is neither a scope nor a bundle: "refunds:delete". Choose one of: refunds:read, refunds:approve.',
  },
  {
    mistake: "keys that act as members where there are no roles",
    change: { roles: undefined },
    says: 'keys.actAs: is "member" (the default), but there are no roles. Declare the roles of members, or set keys.actAs to "organization" if you need no members.',
  },
  {
    mistake: "keys that act as members by default where there are no roles",
    change: { roles: {}, keys: undefined },
    says: 'keys.actAs: is "member" (the default), but there are no roles. Declare the roles of members, or set keys.actAs to "organization" if you need no members.',
  },
  {
    mistake: "two rates of one name in a plan",
    change: { "plans.free.rates.1": { name: "minute", limit: 1, window: 1 } },
    says: "plans.free.rates[1].name: is the name of plans.free.rates[0] too. Give each limit of a plan its own name.",
  },
  {
    mistake: "a quota with the name of a rate",
    change: { "plans.free.quotas.0.name": "minute" },
    says: "plans.free.quotas[0].name: is the name of plans.free.rates[0] too. Give each limit of a plan its own name.",
  },
  {
    mistake: "an imported format of an unknown environment",
    change: { "keys.importedFormats": [{ pattern: "acme_[0-9a-f]{32}", environment: "sandbx" }] },
    says: 'keys.importedFormats[0].environment: is not an environment: "sandbx". Did you mean "sandbox"?',
  },
  {
    mistake: "an imported format that is no pattern",
    change: { "keys.importedFormats": [imported("acme_[0-9a-f")] },
    says: "keys.importedFormats[0].pattern: has a [ without its ]. Add or remove one.",
  },
  {
    mistake: "an imported format that matches the empty text",
    change: { "keys.importedFormats": [imported("(acme_[0-9a-f]{32})?")] },
    says: "keys.importedFormats[0].pattern: matches nothing at all. Make it match at least 16 characters, for example with {32}.",
  },
  {
    mistake: "an imported format that matches keys of 15 characters",
    change: { "keys.importedFormats": [imported("acme_[0-9a-f]{10,32}")] },
    says: 'keys.importedFormats[0].pattern: matches "acme_0000000000", which is short enough to be guessed. Make it match at least 16 characters, for example with {32}.',
  },
  {
    mistake: "an imported format that matches no key",
    change: { "keys.importedFormats": [imported("acme_[^\\w]{32}")] },
    says: "keys.importedFormats[0].pattern: matches no key at all. Write a pattern that matches the imported keys.",
  },
  {
    mistake: "an imported format of keys that are too long to be taken",
    change: { "keys.importedFormats": [imported("acme_[0-9a-f]{65,}")] },
    says: "keys.importedFormats[0].pattern: matches only keys of more than 69 characters, which are refused. Leave it out.",
  },
  {
    mistake: "an imported format that matches keys that the gateway creates",
    change: { "keys.importedFormats": [imported("[a-z]+_live_[0-9A-Za-z]{36}")] },
    says: `keys.importedFormats[0].pattern: matches keys that this gateway creates for "production", such as "kg_live_${"0".repeat(36)}". Begin it with a text that only the imported keys begin with.`,
  },
  {
    mistake: "an imported format that matches keys that the gateway creates, for its own environment too,",
    change: { "keys.importedFormats": [imported("\\w{16,}")] },
    says: `keys.importedFormats[0].pattern: matches keys that this gateway creates for "production", such as "kg_live_${"0".repeat(36)}". Begin it with a text that only the imported keys begin with.`,
  },
  {
    mistake: "an imported format that matches root tokens",
    change: { "keys.importedFormats": [imported("[a-z]{3}_[0-9A-Za-z]{43}")] },
    says: `keys.importedFormats[0].pattern: matches root tokens, such as "kgr_${"0".repeat(43)}". Begin it with a text that only the imported keys begin with.`,
  },
  {
    mistake: "two imported formats of different environments that one key can have",
    change: {
      "keys.importedFormats": [
        imported("acme_[0-9a-f]{16,}"),
        { pattern: "acme_[0-9]{20}", environment: "production" },
      ],
    },
    says: 'keys.importedFormats[1].pattern: matches keys of another environment (keys.importedFormats[0].pattern), such as "acme_00000000000000000000". Use patterns with different beginnings.',
  },
];

const accepted: { what: string; change: Change }[] = [
  { what: "the base configuration as it is", change: {} },
  { what: "a configuration without plans", change: { plans: undefined } },
  {
    what: "a configuration without roles whose keys act for their organization",
    change: { roles: undefined, "keys.actAs": "organization" },
  },
  { what: "a role that may use the management API", change: { "roles.clerk.scopes": ["api_keys:read"] } },
  { what: "a role without any scope", change: { "roles.clerk.scopes": [] } },
  {
    what: "a bundle of an action that only built-in resources have, with management",
    change: {
      "resources.invoices.actions": ["read", "write"],
      "bundles.delete:all": { every: "delete", management: true },
    },
  },
  {
    what: "one name for limits of two plans",
    change: { "plans.scale": { rates: [{ name: "minute", limit: 600, window: 60, burst: 1 }] } },
  },
  {
    what: "imported formats of both environments",
    change: {
      "keys.importedFormats": [
        imported("acme_test_[0-9a-f]{32}"),
        { pattern: "acme_live_[0-9a-f]{32}", environment: "production" },
      ],
    },
  },
  {
    what: "imported formats of one environment that one key can have",
    change: { "keys.importedFormats": [imported("acme_[0-9a-f]{32}"), imported("acme_\\w{32}")] },
  },
  {
    what: "an imported format over which a backtracking engine would take for ever",
    change: { "keys.importedFormats": [imported("acme_(([a-z]+)+){16,}")] },
  },
  {
    what: "an imported format of another gateway's keys",
    change: { "keys.importedFormats": [imported("old_test_[0-9A-Za-z]{36}")] },
  },
  { what: "a plan without limits", change: { "plans.unlimited": {} } },
];

describe("the names of the configuration", () => {
  test.each(broken)("$mistake is refused at its place, with what to do", ({ change, says }) => {
    expect(mistakesOf(changed(change))).toEqual([says]);
  });

  test.each(accepted)("$what is accepted", ({ change }) => {
    expect(mistakesOf(changed(change))).toEqual([]);
  });
});
