/** What a developer needs to call the API with a key. */

import { Hono } from "hono/tiny";
import { sampleCall } from "../../control/explain/sample-call.ts";
import type { ManagedKey } from "../../records/key.ts";
import { readKeyRecord } from "../../store/key-records.ts";
import { Copied, Facts } from "../frame/parts.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { Snippets } from "../open/snippet-tabs.tsx";
import { snippetsWithVariable } from "../open/snippets.ts";
import { Trial } from "../requests/trial.tsx";
import { showTab } from "./frame.tsx";

export const keyConnect = new Hono<ConsoleEnv>().get("/keys/:id/connect", (c) =>
  showTab(c, "connect", async (key) => ({ content: await connectionOf(c, key) })),
);

async function connectionOf(c: Visit, key: ManagedKey) {
  const { control } = c.var;
  const record = await readKeyRecord(control.db, key.environment, key.id);
  const url = record && sampleCall(record, control.gateway);
  const environment = control.gateway.environments[key.environment];
  const variable = variableOf(key.name);
  return (
    <>
      <section class="sheet">
        <h2>Call the API</h2>
        <Facts
          facts={[
            ["Base URL", <Copied id="base-url" label="the base URL" text={environment?.url ?? "not configured"} />],
            ["Secret", <code>{key.hint}</code>],
            ["Variable", <Copied id="variable" label="the variable" text={variable} />],
          ]}
        />
        <p>
          Keygate shows a secret only once. Put it into the environment variable <code>{variable}</code>, and never into
          code or a URL. If it is lost, rotate the key.
        </p>
        {url ? (
          <Snippets snippets={snippetsWithVariable(url, variable)} />
        ) : (
          <p class="faint">
            {environment
              ? "None of its scopes allows a call that could be shown here."
              : "Its environment is no longer configured."}
          </p>
        )}
        <p>
          The <a href="/guide">guide</a> explains scopes, limits and errors.
        </p>
      </section>
      <Trial asked={{ key: key.id, method: "GET", url: url ?? "" }} title="Try a request" isOfKey />
    </>
  );
}

/** "Nightly export (2)" is NIGHTLY_EXPORT_2_KEY. */
export function variableOf(name: string): string {
  const words = name
    .normalize("NFKD")
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => word !== "");
  const joined = [...words, "KEY"].join("_").slice(-MAX_VARIABLE);
  return /^[A-Z]/.test(joined) ? joined : `API_${joined.replace(/^_+/, "")}`;
}

const MAX_VARIABLE = 60;
