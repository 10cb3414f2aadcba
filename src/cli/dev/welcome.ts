/** What `keygate dev` prints when the gateway is ready. */

import type { GatewayConfig } from "../../config/types.ts";
import { COMMAND } from "../gateway/call.ts";
import { shown } from "../operate/project.ts";
import { curlOf, samplePath } from "../terminal/curl.ts";
import { DEFAULT_URL } from "../terminal/options.ts";
import { dim, hint, list, record, strong } from "../terminal/render.ts";
import type { Demo, SignInLinks } from "./demo.ts";

interface Start {
  file: string;
  config: GatewayConfig;
  demo: { data: Demo; links: SignInLinks } | undefined;
  /** Whether this start created .dev.vars. */
  madeVars: boolean;
}

export function welcome({ file, config, demo, madeVars }: Start): string {
  const control = config.control.baseUrls[0] as string;
  const environments = Object.entries(config.environments).map(([name, { baseUrls }]) => [name, baseUrls[0]] as const);
  const token = `KEYGATE_ROOT_TOKEN in .dev.vars${madeVars ? " (new)" : ""}`;
  const parts = [
    `${strong("Keygate")} is running with ${shown(file)}.`,
    record([
      ...environments,
      ["console", control],
      ["management", `${control}/v1`],
      ["errors", `${control}/errors`],
      ["issuers", list(Object.values(config.environments).map(({ issuer }) => issuer))],
      ["root token", token],
    ]),
    ...(demo ? trials(config, demo, control) : []),
  ];
  return `\n${parts.join("\n\n")}\n\n`;
}

function trials(config: GatewayConfig, { data, links }: { data: Demo; links: SignInLinks }, control: string): string[] {
  const { organization_id, keys, member_ids } = data;
  const path = samplePath(config);
  const urlIn = (environment: string) => `${config.environments[environment]?.baseUrls[0]}${path}`;
  const sandbox = urlIn("sandbox");
  const post = `-X POST -H 'Content-Type: application/json' -d '{"name":"Hello"}'`;
  const loop = [
    "for n in 1 2 3 4 5 6; do",
    `    curl -s -o /dev/null -w '%{http_code}\\n' ${sandbox} \\`,
    `      -H 'Authorization: Bearer ${keys.free.secret}'`,
    "  done",
  ];
  const again = `${COMMAND} members sign-in-link ${member_ids.owner}${control === DEFAULT_URL ? "" : ` --url ${control}`}`;
  const platform = `${COMMAND} console${control === DEFAULT_URL ? "" : ` --url ${control}`}`;
  return [
    strong("Open these in a browser: the console"),
    hint(dim("as the owner (works once, for ten minutes)"), links.owner),
    hint(dim("as the admin"), links.admin),
    hint(dim("another link, later"), again),
    hint(dim("as the platform team, which creates organizations"), platform),
    strong("Try it: paste these lines"),
    trial(200, "in the sandbox", curlOf(sandbox, keys.sandbox.secret)),
    trial(200, "in production", curlOf(urlIn("production"), keys.production.secret)),
    trial(401, "without a key", curlOf(sandbox)),
    trial(403, "a read-only key that writes", curlOf(sandbox, keys.readOnly.secret, post)),
    trial(429, `the free plan (${rateOf(config, "free")}), six times`, loop.join("\n")),
    hint(
      dim("List the demo's keys with the command line or the management API:"),
      [
        `${COMMAND} keys list --organization ${organization_id}${control === DEFAULT_URL ? "" : ` --url ${control}`}`,
        `  curl -s "${control}/v1/api-keys?organization_id=${organization_id}" \\`,
        `    -H "Authorization: Bearer $(sed -n 's/^KEYGATE_ROOT_TOKEN=//p' .dev.vars)"`,
      ].join("\n"),
    ),
  ];
}

function trial(status: number, purpose: string, command: string): string {
  return hint(`${strong(String(status))}  ${dim(purpose)}`, command);
}

function rateOf({ plans }: GatewayConfig, plan: string): string {
  const rates = plans?.[plan]?.rates ?? [];
  return rates.map(({ limit, window }) => `${limit} per ${window === 60 ? "minute" : `${window} s`}`).join(", ");
}
