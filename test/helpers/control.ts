/** The use cases' surroundings, with a clock that the test moves, and people to act in them. */

import { env } from "cloudflare:workers";
import config from "../../gateway.config.ts";
import { compile, type Gateway } from "../../src/config/compile.ts";
import type { Caller, Control } from "../../src/control/control.ts";
import { standingOfMember } from "../../src/control/standing.ts";
import type { FoundRequest } from "../../src/domain/kept-request.ts";
import type { LatencySum } from "../../src/domain/latency-sums.ts";
import type { RouteTraffic } from "../../src/domain/traffic.ts";
import type { TrafficSum } from "../../src/domain/traffic-sums.ts";
import type { UsageAnswer } from "../../src/domain/usage-sums.ts";
import { isRefusal, type Refusal } from "../../src/errors.ts";
import type { MemberRecord } from "../../src/records/member.ts";
import { KeyFinder } from "../../src/store/key-finder.ts";
import { authorityOf } from "../authority/ask.ts";
import { collectorAt } from "../authority/collect.ts";
import { newId, peppers } from "./workerd.ts";

export const GATEWAY = compile(config);
export const AT_START = Date.UTC(2040, 4, 31, 12);

export interface TestControl extends Control {
  wait(ms: number): void;
}

export function controlOf(gateway: Gateway = GATEWAY): TestControl {
  let time = AT_START;
  return {
    db: env.DB,
    gateway,
    peppers,
    now: () => time,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    newId,
    findSecret: (secret) => new KeyFinder(env.KV, env.DB, peppers).inD1(secret),
    look: (_, read) => read(),
    readLimits: (environment, id) => authorityOf({ environment, id }).limitsOf(environment, id, gateway.plans),
    resetLimits: (environment, id) => authorityOf({ environment, id }).resetLimits(environment, id, gateway.plans),
    nearCaller: undefined,
    tellAuthority: async () => {},
    callCourier: async () => {},
    collectTombstones: async () => {},
    readUsage: (number, question) => collectorAt(number).usage(question) as Promise<UsageAnswer | "too much">,
    readLatency: (number, question) => collectorAt(number).latency(question) as Promise<readonly LatencySum[]>,
    readTraffic: (number, question) => collectorAt(number).traffic(question) as Promise<readonly TrafficSum[]>,
    readTrafficTotals: (number) => collectorAt(number).trafficTotals() as Promise<readonly RouteTraffic[]>,
    readLastUse: (organization, keyId) => collectorAt(0).lastUse(organization, keyId) as Promise<number | undefined>,
    lastCleanup: async () => undefined,
    noteRecordChange: async () => {},
    lastReconciled: async () => ({ lookedAt: null, restoredAt: null }),
    findRequest: (number, id) => collectorAt(number).findRequest(id) as Promise<FoundRequest | undefined>,
    listRequests: (number, place, filter, page) =>
      collectorAt(number).listRequests(place, filter, page) as Promise<readonly FoundRequest[]>,
    keysOfRequests: (number, place) => collectorAt(number).keysOfRequests(place) as Promise<readonly string[]>,
    wait: (ms) => {
      time += ms;
    },
  };
}

/** A millisecond passes with each look at the clock. */
export const hurrying = (control: TestControl): TestControl => ({
  ...control,
  now: () => {
    control.wait(1);
    return control.now();
  },
});

export const root = (): Caller => ({ actor: "root", via: "root", requestId: newId("req"), standing: { kind: "root" } });

/** By a session of their own. */
export function as(member: MemberRecord, gateway: Gateway = GATEWAY): Caller {
  return {
    actor: member.id,
    via: newId("ses"),
    requestId: newId("req"),
    standing: standingOfMember(member, gateway),
  };
}

export function granted<T>(result: T | Refusal): T {
  if (isRefusal(result)) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result;
}

export const codeOf = (result: unknown) => (isRefusal(result) ? result.code : "granted");
