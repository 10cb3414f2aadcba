/** The request logs as the use cases read them. */

import type { FoundRequest, Place, RequestFilter, RequestPage } from "../domain/kept-request.ts";
import { hourOfRequest } from "../domain/request-id.ts";
import type { Stubs } from "./stubs.ts";

type Ask = <T>(call: () => Promise<T>) => Promise<T>;

export function requestsFrom({ requestIndex, requestLog }: Pick<Stubs, "requestIndex" | "requestLog">, ask: Ask) {
  return {
    findRequest: async (id: string): Promise<FoundRequest | undefined> => {
      if (hourOfRequest(id) === undefined) return undefined;
      const places = await ask<readonly (Place | null)[]>(() => requestIndex().placesOfRequest(id));
      const found = await Promise.all(
        places.map((place) => ask<FoundRequest | undefined>(() => requestLog(place).findRequest(id))),
      );
      return found.find((request) => request !== undefined);
    },
    listRequests: (place: Place | null, filter: RequestFilter, page: RequestPage) =>
      ask<readonly FoundRequest[]>(() => requestLog(place).listRequests(filter, page)),
    keysOfRequests: (place: Place) => ask<readonly string[]>(() => requestLog(place).keysOfRequests()),
  };
}
