/** The guide for API consumers: needs no sign-in, and shows only the configuration. */

import { Hono } from "hono/tiny";
import type { Gateway } from "../../config/compile.ts";
import { expand } from "../../domain/scope.ts";
import { type Code, ERRORS } from "../../errors.ts";
import { PROBLEM_TYPE } from "../../problem.ts";
import { show } from "../frame/layout.tsx";
import { Day, EnvironmentBadge, Prose, Table } from "../frame/parts.tsx";
import type { ConsoleEnv } from "../frame/visit.ts";
import { limitWords, listOf, number } from "../frame/words.ts";
import { ErrorCode } from "../key/usage.tsx";
import { Snippets } from "./snippet-tabs.tsx";
import { snippetsOf } from "./snippets.ts";

export const guide = new Hono<ConsoleEnv>().get("/guide", (c) => {
  const { gateway } = c.var.control;
  return show(
    c,
    { title: "Guide" },
    <>
      <h1>How to call the API</h1>
      <p class="faint">For developers of programs that call it. All you need is a key.</p>
      <Environments gateway={gateway} />
      <Authentication gateway={gateway} />
      <Scopes gateway={gateway} />
      <Limits gateway={gateway} />
      <Errors gateway={gateway} />
      <Changelog gateway={gateway} />
    </>,
  );
});

function Changelog({ gateway: { changelog } }: { gateway: Gateway }) {
  if (changelog.length === 0) return null;
  return (
    <section class="sheet">
      <h2>What has changed</h2>
      <Table
        caption="What has changed"
        rows={changelog}
        columns={[
          { label: "Since", cell: ({ date }) => <Day at={Date.parse(date)} /> },
          { label: "Change", cell: ({ text }) => text },
        ]}
      />
    </section>
  );
}

function Environments({ gateway }: { gateway: Gateway }) {
  return (
    <section class="sheet">
      <h2>Base URLs</h2>
      <p>Each environment has its own base URL and its own keys. A key of one environment is refused by the others.</p>
      <Table
        caption="Base URLs"
        rows={Object.values(gateway.environments)}
        columns={[
          { label: "Environment", cell: ({ name }) => <EnvironmentBadge name={name} gateway={gateway} /> },
          { label: "Base URL", cell: ({ url }) => <code>{url}</code> },
          { label: "Keys begin with", cell: ({ keyPrefix }) => <code>{keyPrefix}_</code> },
        ]}
      />
    </section>
  );
}

function Authentication({ gateway }: { gateway: Gateway }) {
  const { environments, mainEnvironment } = gateway;
  const environment =
    Object.values(environments).findLast(({ name }) => name !== mainEnvironment) ?? environments[mainEnvironment];
  const route = gateway.routes.find(
    ({ public: open, params, methods }) => !open && params.length === 0 && methods === undefined,
  );
  const url = `${environment?.url}${(route?.path ?? "/").replace(/\/\*$/, "")}`;
  return (
    <section class="sheet">
      <h2>Authentication</h2>
      <p>
        Send the key with every request in the header <code>Authorization: Bearer …</code>. Never put it into a URL: a
        valid key is refused there too. Keep it on a server, and out of web pages, apps and repositories.
      </p>
      <Snippets snippets={snippetsOf(url, `${environment?.keyPrefix}_…`)} />
      <p>
        Each answer has an <code>X-Request-Id</code>. Quote it when you ask for help. In the last 30 days of a key,
        answers also have the header <code>Keygate-Key-Expires</code>.
      </p>
    </section>
  );
}

function Scopes({ gateway: { policy } }: { gateway: Gateway }) {
  const resources = Object.entries(policy.resources).filter(([, { management }]) => !management);
  const bundles = Object.keys(policy.bundles);
  return (
    <section class="sheet">
      <h2>Scopes</h2>
      <p>
        Scopes say what a key can do, as <code>resource:action</code>. GET, HEAD and OPTIONS need <code>read</code>,
        DELETE needs <code>delete</code>, and other methods need <code>write</code>, unless a route says otherwise.
      </p>
      <Table
        caption="Scopes"
        rows={resources}
        columns={[
          { label: "Resource", cell: ([name]) => <code>{name}</code> },
          {
            label: "Scopes",
            cell: ([name, { actions }]) => actions.map((action) => <span class="scope">{`${name}:${action}`}</span>),
          },
          {
            label: "Keys limited to workspaces",
            cell: ([, { workspaceKeys }]) => (workspaceKeys === "read" ? "can only read" : "all actions"),
          },
        ]}
      />
      {bundles.length > 0 && (
        <>
          <h3>Bundles</h3>
          <p>A bundle is a name for several scopes.</p>
          <Table
            caption="Bundles"
            rows={bundles}
            columns={[
              { label: "Bundle", cell: (name) => <code>{name}</code> },
              {
                label: "Scopes",
                cell: (name) => {
                  const scopes = [...expand([name], policy.resources, policy.bundles)];
                  const own = scopes.filter(
                    (scope) => !policy.resources[scope.slice(0, scope.lastIndexOf(":"))]?.management,
                  );
                  const rest = own.length < scopes.length ? ", and scopes that manage the organization" : "";
                  return `${listOf(own)}${rest}`;
                },
              },
            ]}
          />
        </>
      )}
    </section>
  );
}

function Limits({ gateway: { plans, keys } }: { gateway: Gateway }) {
  return (
    <section class="sheet">
      <h2>Limits</h2>
      <p>
        Over a limit, the answer is 429 with <code>Retry-After</code>. If a key has one client, and it waits this many
        seconds, it is admitted. <code>RateLimit-Policy</code> and <code>RateLimit</code> show what is left. Refused
        requests do not count.
      </p>
      {Object.keys(plans).length > 0 && (
        <Table
          caption="Plans"
          rows={Object.entries(plans)}
          columns={[
            { label: "Plan", cell: ([name]) => name },
            {
              label: "Rates",
              cell: ([, { rates }]) => listOf(rates.map((rate) => limitWords({ kind: "rate", ...rate }))) || "none",
            },
            {
              label: "Quotas",
              cell: ([, { quotas }]) =>
                listOf(quotas.map((quota) => limitWords({ kind: "quota", ...quota }))) || "none",
            },
          ]}
        />
      )}
      <p>
        A key works for at most {number(keys.lifetimeDays)} days. An organization can have{" "}
        {number(keys.quotaPerOrganization)} active keys, unless it has its own quota.
      </p>
    </section>
  );
}

function Errors({ gateway: { routes, onRefusal } }: { gateway: Gateway }) {
  const hasOwnForm = onRefusal !== undefined || routes.some((route) => route.onRefusal);
  return (
    <section class="sheet">
      <h2>Errors</h2>
      {hasOwnForm ? (
        <p>The gateway's errors have the format of this API's errors. These are their codes.</p>
      ) : (
        <p>
          An error is a problem document (<code>{PROBLEM_TYPE}</code>) with a <code>code</code>, a <code>detail</code>{" "}
          for this request, and a <code>fix</code>. Errors of the services behind the gateway do not have these codes.
        </p>
      )}
      <Table
        caption="Error codes"
        rows={Object.entries(ERRORS) as [Code, (typeof ERRORS)[Code]][]}
        columns={[
          { label: "Status", cell: ([, { status }]) => String(status) },
          { label: "Code", cell: ([code]) => <ErrorCode code={code} /> },
          { label: "Fix", cell: ([, { fix }]) => <Prose text={fix} /> },
        ]}
      />
    </section>
  );
}
