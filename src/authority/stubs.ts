/** The Durable Objects, each where it lives. Stubs are created only here. */

import type { Gateway } from "../config/compile.ts";
import { isWithin, type Jurisdiction, locationOf } from "../domain/location.ts";
import type { Env } from "../env.ts";
import { authorityName, collectorName, feedName } from "./name.ts";

export type Stubs = ReturnType<typeof stubsOf>;

export function stubsOf(
  { AUTHORITY, COURIER }: Pick<Env, "AUTHORITY" | "COURIER">,
  { environments, jurisdiction }: Pick<Gateway, "environments" | "jurisdiction">,
) {
  const courierIn = (home: Jurisdiction | undefined, name: string) => {
    const namespace = inJurisdiction(COURIER, home);
    return namespace.get(namespace.idFromName(name));
  };
  const courier = (name: string) => courierIn(jurisdiction, name);
  return {
    authority: (environment: string, keyId: string) => {
      const home = environments[environment]?.jurisdiction;
      const namespace = inJurisdiction(AUTHORITY, home);
      const id = namespace.idFromName(authorityName(environment, keyId));
      const location = locationOf(keyId);
      return location && isWithin(location, home) ? namespace.get(id, { locationHint: location }) : namespace.get(id);
    },
    /** Of an account that does not belong to a key. */
    account: (name: string) => {
      const namespace = inJurisdiction(AUTHORITY, jurisdiction);
      return namespace.get(namespace.idFromName(name));
    },
    role: (role: "courier" | "retention" | "tombstones" | "reconciler") => courier(role),
    feed: (number: number) => courier(feedName(number)),
    collector: (number: number) => courier(collectorName(number)),
    /** Of the requests of environments that have another jurisdiction. */
    collectorIn: (home: Jurisdiction | undefined, number: number) => courierIn(home, collectorName(number)),
  };
}

/** The runtime on a developer's machine has no jurisdictions, and the call throws there. */
function inJurisdiction<T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  jurisdiction: Jurisdiction | undefined,
): DurableObjectNamespace<T> {
  return jurisdiction === undefined ? namespace : namespace.jurisdiction(jurisdiction);
}
