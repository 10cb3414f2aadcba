/** The request logs as the use cases read them. */

import type { FoundRequest, Place, RequestFilter, RequestPage } from "../domain/kept-request.ts";
import { hourOfRequest } from "../domain/request-id.ts";
import type { CourierCalls } from "./calls.ts";
import { REQUEST_INDEX, requestLogName } from "./name.ts";

type Courier = (name: string) => DurableObjectStub<CourierCalls>;
type Ask = <T>(call: () => Promise<T>) => Promise<T>;

export function requestsFrom(courier: Courier, ask: Ask) {
  const logOf = (place: Place | null) => courier(requestLogName(place));
  return {
    findRequest: async (id: string): Promise<FoundRequest | undefined> => {
      if (hourOfRequest(id) === undefined) return undefined;
      const places = await ask<readonly (Place | null)[]>(() => courier(REQUEST_INDEX).placesOfRequest(id));
      const found = await Promise.all(
        places.map((place) => ask<FoundRequest | undefined>(() => logOf(place).findRequest(id))),
      );
      return found.find((request) => request !== undefined);
    },
    listRequests: (place: Place | null, filter: RequestFilter, page: RequestPage) =>
      ask<readonly FoundRequest[]>(() => logOf(place).listRequests(filter, page)),
    keysOfRequests: (place: Place) => ask<readonly string[]>(() => logOf(place).keysOfRequests()),
  };
}
