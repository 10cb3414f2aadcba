import * as z from "zod";
import { declineRequest, findRequest, listKeyRequestsFor, requestKey } from "../control/keys/requests.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { type KeyRequest, keyRequestBody, renderKeyRequest, wantedKeyRequestOf } from "../records/key-request.ts";
import { KEY_REQUEST_SORT } from "../store/key-requests.ts";
import { type Answer, type Asked, operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { organizationPageQuery, renderPage } from "./wire/page.ts";

const listQuery = organizationPageQuery.extend({
  open: z.enum(["true", "false"]).optional(),
});

/** Shown to the member who asked. */
export const declineBody = z.strictObject({ reason: z.string().trim().min(1, "must not be empty").max(2000) });

const show = (request: KeyRequest | Refusal): Answer | Refusal =>
  isRefusal(request) ? request : { body: renderKeyRequest(request) };

const replay = async ({ control, caller, id }: Asked<unknown, unknown>) => show(await findRequest(control, caller, id));

export const keyRequests = [
  operation({
    method: "post",
    path: "/v1/key-requests",
    name: "requestApiKey",
    body: keyRequestBody,
    status: 201,
    replay,
    handle: async ({ control, caller, body }) => show(await requestKey(control, caller, wantedKeyRequestOf(body))),
  }),
  operation({
    method: "get",
    path: "/v1/key-requests",
    name: "listKeyRequests",
    query: listQuery,
    async handle({ control, caller, query }) {
      const page = readPage({ ...query, sort: KEY_REQUEST_SORT });
      if (isRefusal(page)) return page;
      const { organization_id: organizationId, open } = query;
      const wanted = { organizationId, isOpen: open === undefined ? undefined : open === "true" };
      const list = await listKeyRequestsFor(control, caller, wanted, page);
      return isRefusal(list) ? list : { body: renderPage(list, renderKeyRequest) };
    },
  }),
  operation({
    method: "post",
    path: "/v1/key-requests/:id/decline",
    name: "declineKeyRequest",
    body: declineBody,
    replay,
    handle: async ({ control, caller, id, body }) => show(await declineRequest(control, caller, id, body.reason)),
  }),
];
