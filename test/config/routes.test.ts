import { describe, expect, test } from "vitest";
import { methodsOf } from "../../src/config/routes.ts";
import { type Change, changed, mistakesOf } from "./base.ts";

const tie = "Remove one of the two, or give them different methods (GET includes HEAD).";

const broken: { mistake: string; change: Change; says: string[] }[] = [
  {
    mistake: "an unknown origin",
    change: { "routes.0.origin": "biling" },
    says: ['routes[0].origin: is not an origin: "biling". Did you mean "billing"?'],
  },
  {
    mistake: "an origin where none is declared",
    change: { origins: {}, routes: [{ path: "/status", origin: "billing", public: true }] },
    says: ['routes[0].origin: is not an origin: "billing". None is declared yet; declare it first.'],
  },
  {
    mistake: "an origin called like a method of every object",
    change: { "routes.0.origin": "constructor" },
    says: ['routes[0].origin: is not an origin: "constructor". Choose one of: billing.'],
  },
  {
    mistake: "a workspace in a header that no origin gets as it was sent",
    change: { "routes.0.workspace": { header: "X_Forwarded_Workspace" } },
    says: [
      'routes[0].workspace.header: is reserved: "X_Forwarded_Workspace". Choose another header: this one is never forwarded as the client sent it.',
    ],
  },
  {
    mistake: "a workspace in a header that the gateway sets for the origin, in any spelling and environment,",
    change: {
      "routes.0.workspace": { header: "X-Workspace-Id" },
      "origins.billing.sandbox.headers": { x_workspace_id: "ws_default" },
    },
    says: [
      "routes[0].workspace.header: is set by the gateway too (origins.billing.sandbox.headers.x_workspace_id). Choose another header for one of the two.",
    ],
  },
  {
    mistake: "an unknown resource",
    change: { "routes.0.resource": "invoice" },
    says: ['routes[0].resource: is not a resource: "invoice". Did you mean "invoices"?'],
  },
  {
    mistake: "a resource called like a method of every object",
    change: { "routes.0.resource": "constructor" },
    says: [
      'routes[0].resource: is not a resource: "constructor". Choose one of: invoices, refunds, organizations, workspaces, members, api_keys, audit_events, usage.',
    ],
  },
  {
    mistake: "an action that the resource lacks",
    change: { "routes.2.action": "delete" },
    says: ['routes[2].action: is not an action of "refunds": "delete". Choose one of: read, approve.'],
  },
  {
    mistake: "a route of a method whose action the resource lacks",
    change: { "routes.2.methods": ["POST", "PUT"] },
    says: [
      'routes[2].action: is missing, and its default is not an action of "refunds": "write". Choose one of: read, approve.',
    ],
  },
  {
    mistake: "a route of every method whose resource has no action of a method",
    change: { "resources.refunds.actions": ["list", "approve"] },
    says: [
      'routes[2].action: is missing, and its default is not an action of "refunds": "read, write, delete". Choose one of: list, approve.',
    ],
  },
  {
    mistake: "a route that is neither guarded nor public",
    change: { "routes.3.public": undefined },
    says: [
      "routes[3]: has neither a resource nor public: true. Name the resource that a key needs a scope for, or set public: true to let anyone call it.",
    ],
  },
  {
    mistake: "a route with an action and no resource",
    change: { "routes.1.resource": undefined },
    says: [
      "routes[1]: has neither a resource nor public: true. Name the resource that a key needs a scope for, or set public: true to let anyone call it.",
    ],
  },
  {
    mistake: "a guarded route that says it is public",
    change: { "routes.1.public": true },
    says: [
      "routes[1].resource: has no effect on a public route, which anyone can call. Remove resource, or remove public so that callers need a key.",
      "routes[1].action: has no effect on a public route, which anyone can call. Remove action, or remove public so that callers need a key.",
    ],
  },
  {
    mistake: "a public route with a workspace",
    change: { "routes.3.workspace": { header: "X-Workspace" } },
    says: [
      "routes[3].workspace: has no effect on a public route, which anyone can call. Remove workspace, or remove public so that callers need a key.",
    ],
  },
  {
    mistake: "a digest on a public route",
    change: { "routes.3.digest": true },
    says: ["routes[3].digest: has no effect, because requests have no assertion. Leave it out."],
  },
  {
    mistake: "a digest for an origin without assertions",
    change: {
      "routes.0.digest": true,
      "origins.billing.production.assertion": false,
      "origins.billing.sandbox.assertion": false,
    },
    says: ["routes[0].digest: has no effect, because requests have no assertion. Leave it out."],
  },
  {
    mistake: "a workspace parameter that the path spells otherwise",
    change: { "routes.2.workspace.param": "workspaces" },
    says: [
      'routes[2].workspace.param: is not a parameter of the path "/workspaces/:workspace/refunds/*". Did you mean "workspace"?',
    ],
  },
  {
    mistake: "a workspace parameter of a path that has none",
    change: { "routes.0.workspace": { param: "workspace" } },
    says: ['routes[0].workspace.param: is not a parameter of the path "/invoices/*". Put :workspace into the path.'],
  },
  {
    mistake: "a path that cannot be matched",
    change: { "routes.0.path": "/invoices/" },
    says: ["routes[0].path: has an empty segment. Write single slashes, and none at the end."],
  },
  {
    mistake: "a path twice, both times for every method",
    change: { "routes.3.path": "/invoices/*" },
    says: [`routes[3]: answers requests that routes[0] answers too. ${tie}`],
  },
  {
    mistake: "two paths that differ in the name of a parameter",
    change: {
      "routes.3.path": "/workspaces/:id/refunds/*",
    },
    says: [`routes[3]: answers requests that routes[2] answers too. ${tie}`],
  },
  {
    mistake: "a path twice with a method in common",
    change: { "routes.3.path": "/invoices/search", "routes.3.methods": ["POST", "GET"] },
    says: [`routes[3]: answers requests that routes[1] answers too. ${tie}`],
  },
  {
    mistake: "HEAD beside the GET that answers it",
    change: { "routes.3.path": "/invoices/search", "routes.3.methods": ["HEAD"] },
    says: [`routes[3]: answers requests that routes[1] answers too. ${tie}`],
  },
];

const accepted: { what: string; change: Change }[] = [
  {
    what: "a path twice, once for a method and once for the others,",
    change: { "routes.3.path": "/invoices/search" },
  },
  {
    what: "a path twice with methods of their own",
    change: { "routes.3.path": "/invoices/search", "routes.3.methods": ["POST"] },
  },
  { what: "a path with and without a wildcard", change: { "routes.3.path": "/invoices" } },
  {
    what: "a route whose methods need an action that its resource lacks, as such requests are refused one by one,",
    change: { "routes.2.methods": ["GET", "DELETE"] },
  },
  { what: "a route guarded by a built-in resource", change: { "routes.0.resource": "members" } },
  { what: "a workspace in a header", change: { "routes.0.workspace": { header: "X-Workspace-Id" } } },
  {
    what: "a workspace in a header that the gateway sets for another origin",
    change: {
      "origins.web": {
        production: { url: "https://web.test", headers: { "X-Workspace-Id": "ws" } },
        sandbox: { url: "https://web-sandbox.test" },
      },
      "routes.0.workspace": { header: "X-Workspace-Id" },
    },
  },
  {
    what: "a digest for an origin with assertions in one environment",
    change: { "routes.0.digest": true, "origins.billing.sandbox.assertion": false },
  },
  { what: "a workspace in the query", change: { "routes.0.workspace": { query: "workspace" } } },
  {
    what: "CORS with credentials for listed web origins",
    change: { "routes.0.cors": { origins: ["https://app.test", "http://localhost:3000"], credentials: true } },
  },
  { what: "CORS without credentials for every web origin", change: { "routes.0.cors": { origins: "*" } } },
];

describe("routes", () => {
  test.each(broken)("$mistake is refused at its place, with what to do", ({ change, says }) => {
    expect(mistakesOf(changed(change))).toEqual(says);
  });

  test.each(accepted)("$what is accepted", ({ change }) => {
    expect(mistakesOf(changed(change))).toEqual([]);
  });

  test("a route for GET answers HEAD as well", () => {
    expect(methodsOf({ methods: ["GET", "POST"] })).toEqual(new Set(["GET", "POST", "HEAD"]));
  });

  test("a route for other methods does not answer HEAD", () => {
    expect(methodsOf({ methods: ["POST"] })).toEqual(new Set(["POST"]));
  });
});
