/** From the key's life to its limits: each check by itself, and what the gateway decides. */

import type { Gateway } from "../../config/compile.ts";
import {
  type Asked,
  addressRefusal,
  authorize,
  environmentRefusal,
  requiredScope,
  scopeRefusal,
} from "../../decide/authorize.ts";
import { lifeRefusal, principalOf } from "../../decide/key-principal.ts";
import { workspaceRefusal } from "../../decide/workspace.ts";
import { type KeyRecord, lifelessnessOf, secretExpired } from "../../domain/key.ts";
import { rightsOf } from "../../domain/rights.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Control } from "../control.ts";
import type { Arrival } from "./arrival.ts";
import { type Check, judge, type Step, skip } from "./explanation.ts";
import { limitRefusal, readLimitsOf, tellLimits } from "./limits.ts";
import type { Shown } from "./shown.ts";

/** Once the key is known. */
export const CHECKS_OF_KEY: readonly Check[] = [
  "life",
  "plan",
  "secret",
  "environment",
  "address",
  "workspace",
  "scope",
  "limits",
];

export interface KeyJudgement {
  readonly steps: readonly Step[];
  /** The first in the gateway's own order. */
  readonly refusal: Refusal | undefined;
}

/** A refusal instead of a judgement if the limits cannot be read. */
export async function judgeKey(
  control: Control,
  shown: Shown,
  arrival: Arrival,
  clientAddress: string | undefined,
): Promise<KeyJudgement | Refusal> {
  const { gateway } = control;
  const { record, secretHash } = shown;
  const now = control.now();
  const client = clientAddress ?? anAllowedAddress(record);
  const life = refusalOf(lifelessnessOf(record, gateway.policy.actAs === "member", now));
  const read = life ? [] : await readLimitsOf(control, record);
  const plan = isRefusal(read) && read.code === "plan_unknown" ? read : undefined;
  if (isRefusal(read) && !plan) return read;
  const secret: Refusal | undefined = secretExpired(record, secretHash, now) ? { code: "key_expired" } : undefined;
  const limits = life || isRefusal(read) ? undefined : read;
  const spending = limits && limitRefusal(limits);
  const asked = askedOf(arrival, client);
  return {
    steps: [
      judge("credential", undefined, `The key ${record.id}.`),
      judge("life", life, `The key expires at ${new Date(record.expiresAt).toISOString()}.`),
      judge("plan", plan, record.plan === null ? "The key has no plan." : `The key has the plan ${record.plan}.`),
      judge("secret", secret, "The secret is still valid."),
      environmentStep(record, arrival, gateway),
      judge("address", addressRefusal(record, client), describeAddress(record, clientAddress)),
      ...routeSteps(record, arrival, gateway),
      limits ? judge("limits", spending, tellLimits(limits)) : skip("limits", "The key has no limits."),
    ],
    refusal: life ?? plan ?? (asked && refusalOfKey(control, shown, asked)) ?? spending,
  };
}

/** As the data plane decides. */
function refusalOfKey({ gateway, now }: Control, { record, secretHash }: Shown, asked: Asked): Refusal | undefined {
  const { id: keyId, environment } = record;
  const principal = principalOf(record, { environment, keyId, hash: secretHash }, gateway);
  return lifeRefusal(record, secretHash, gateway, now()) ?? authorize(principal, asked, gateway);
}

function routeSteps(key: KeyRecord, { match, request }: Arrival, { policy }: Gateway): Step[] {
  if (match === undefined || isRefusal(match)) {
    return [
      skip("workspace", "There is no route that asks for one."),
      skip("scope", "There is no route that asks for one."),
    ];
  }
  const rights = rightsOf(key, policy);
  const asked = { request, url: request.parsedUrl };
  const required = requiredScope(match.route, request.method);
  return [
    judge(
      "workspace",
      workspaceRefusal(rights, asked, match),
      "The request names no workspace that the key does not reach.",
    ),
    judge("scope", scopeRefusal(rights, match.route, request.method), `The key has ${required}.`),
  ];
}

function environmentStep(key: KeyRecord, { endpoint }: Arrival, gateway: Gateway): Step {
  if (isRefusal(endpoint)) return skip("environment", `The key belongs to ${key.environment}.`);
  return judge(
    "environment",
    environmentRefusal(key, endpoint.environment, gateway),
    `The key belongs to ${key.environment}.`,
  );
}

function askedOf({ request, endpoint, match }: Arrival, client: string): Asked | undefined {
  if (isRefusal(endpoint) || match === undefined) return undefined;
  return { request, url: request.parsedUrl, environment: endpoint.environment, client, match };
}

function anAllowedAddress({ allowedAddresses }: KeyRecord): string {
  return allowedAddresses[0]?.split("/")[0] ?? "";
}

function describeAddress({ allowedAddresses }: KeyRecord, clientAddress: string | undefined): string {
  if (allowedAddresses.length === 0) return "The key can be used from any address.";
  if (clientAddress !== undefined) return "The key can be used from this address.";
  return `The key can be used only from ${allowedAddresses.join(", ")}; this explanation assumes such a client.`;
}

function refusalOf(code: ReturnType<typeof lifelessnessOf>): Refusal | undefined {
  return code && { code };
}
