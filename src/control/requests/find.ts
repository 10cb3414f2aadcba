/** Finished requests, for those who manage their keys. */

import type { FoundRequest, Place, RequestFilter } from "../../domain/kept-request.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { readVisibleAmong } from "../../store/hidden-keys.ts";
import { type Cursor, cutPage, type Page, type PageRequest } from "../../store/pages.ts";
import { checkOrganization, findKey, isWithin, requireRoot, requireScope } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { askCollectors } from "../keys/collect-usage.ts";
import { visibleKeys } from "../keys/list.ts";
import { checkEnvironment } from "../keys/rules.ts";
import { notFound } from "../validation.ts";

export interface WantedRequests extends Omit<RequestFilter, "keyIds"> {
  readonly organizationId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly environment?: string | undefined;
}

/** The newest first. */
export const REQUEST_SORT = "-at";
const SEEING_REQUESTS = "usage:read";

export async function findRequest(control: Control, caller: Caller, id: string): Promise<FoundRequest | Refusal> {
  const denied = requireScope(caller, SEEING_REQUESTS);
  if (denied) return denied;
  const answers = await askCollectors(control, (number) => control.findRequest(number, id));
  if (isRefusal(answers)) return answers;
  const request = answers.find((found) => found !== undefined);
  return request && (await canSee(control, caller, request)) ? request : notFound("request");
}

/** Without an organization or a key: those of the caller's organization; for the root token, those of no known organization. */
export async function listRequests(
  control: Control,
  caller: Caller,
  { organizationId, keyId, environment, ...filter }: WantedRequests,
  page: PageRequest,
): Promise<Page<FoundRequest> | Refusal> {
  const denied = requireScope(caller, SEEING_REQUESTS);
  const refusal = denied ?? (environment === undefined ? undefined : checkEnvironment(environment, control.gateway));
  if (refusal) return refusal;
  const key = keyId === undefined ? undefined : await findKeyOrId(control, caller, keyId, organizationId);
  if (isRefusal(key)) return key;
  const ofOrganization = key?.organizationId ?? organizationId ?? ownOrganization(caller);
  const places = await placesOf(control, caller, ofOrganization, key?.environment ?? environment);
  if (isRefusal(places)) return places;
  const wanted = { limit: page.limit, after: placeInList(page.after) };
  const lists = await Promise.all(
    places.map(async (place) => {
      const keyIds = key ? [key.id] : await visibleIn(control, caller, place);
      if (isRefusal(keyIds)) return keyIds;
      return askCollectors(control, (number) => control.listRequests(number, place, { ...filter, keyIds }, wanted));
    }),
  );
  const failed = lists.find(isRefusal);
  if (failed) return failed;
  const found = (lists as (readonly (readonly FoundRequest[])[])[]).flat(2);
  return cutPage(
    found.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)),
    page,
    cursorOf,
  );
}

async function canSee(control: Control, caller: Caller, { organizationId, keyId }: FoundRequest): Promise<boolean> {
  if (caller.standing.kind === "root") return true;
  if (organizationId === null || !isWithin(caller, organizationId) || keyId === null) return false;
  const visible = visibleKeys(caller.standing);
  // Of a deleted key nobody knows whose it was.
  return !visible || (await readVisibleAmong(control.db, organizationId, [keyId], visible)).length > 0;
}

interface KeyOrId {
  readonly id: string;
  readonly organizationId: string | undefined;
  readonly environment: string | undefined;
}

/** A deleted key has requests as long as they are kept. */
async function findKeyOrId(
  control: Control,
  caller: Caller,
  id: string,
  organizationId: string | undefined,
): Promise<KeyOrId | Refusal> {
  const key = await findKey(control, caller, id, SEEING_REQUESTS);
  if (isRefusal(key)) {
    const isRoot = caller.standing.kind === "root";
    return isRoot && organizationId !== undefined ? { id, organizationId, environment: undefined } : key;
  }
  return organizationId === undefined || organizationId === key.organizationId ? key : notFound("key");
}

async function placesOf(
  control: Control,
  caller: Caller,
  organizationId: string | undefined,
  environment: string | undefined,
): Promise<readonly (Place | null)[] | Refusal> {
  if (organizationId === undefined)
    return requireRoot(caller, "see requests that belong to no known organization") ?? [null];
  const refusal = await checkOrganization(control, caller, organizationId, SEEING_REQUESTS);
  if (refusal) return refusal;
  const { standing } = caller;
  const own = standing.kind === "member" ? standing.key?.environment : undefined;
  return Object.keys(control.gateway.environments)
    .filter((name) => (environment ?? name) === name && (own ?? name) === name)
    .map((environment) => ({ organizationId, environment }));
}

/** `undefined` for all. */
async function visibleIn(
  control: Control,
  { standing }: Caller,
  place: Place | null,
): Promise<readonly string[] | undefined | Refusal> {
  const visible = visibleKeys(standing);
  if (!visible || !place) return undefined;
  const answers = await askCollectors(control, (number) => control.keysOfRequests(number, place));
  if (isRefusal(answers)) return answers;
  return readVisibleAmong(control.db, place.organizationId, [...new Set(answers.flat())], visible);
}

const ownOrganization = ({ standing }: Caller) => (standing.kind === "root" ? undefined : standing.organizationId);

const cursorOf = ({ at, id }: FoundRequest): Cursor => ({ sort: REQUEST_SORT, value: at, id });

const placeInList = (after: Cursor | undefined) => after && { at: Number(after.value), id: after.id };
