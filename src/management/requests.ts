import { explainRequest } from "../control/requests/explain.ts";
import { findRequest, listRequests, REQUEST_SORT } from "../control/requests/find.ts";
import { timeOf } from "../domain/time.ts";
import { isRefusal } from "../errors.ts";
import { operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { renderPage } from "./wire/page.ts";
import { renderPast, renderRequest, requestQuery } from "./wire/requests.ts";

export const requests = [
  operation({
    method: "get",
    path: "/v1/requests",
    name: "listRequests",
    query: requestQuery,
    async handle({ control, caller, query }) {
      const page = readPage({ ...query, sort: REQUEST_SORT });
      if (isRefusal(page)) return page;
      const { organization_id: organizationId, key_id: keyId, environment, reason, status, route } = query;
      const [from, to] = [query.from, query.to].map((time) => (time === undefined ? undefined : timeOf(time)));
      const wanted = { organizationId, keyId, environment, reason, status, route, from, to };
      const found = await listRequests(control, caller, wanted, page);
      return isRefusal(found) ? found : { body: renderPage(found, renderRequest) };
    },
  }),
  operation({
    method: "get",
    path: "/v1/requests/:id",
    name: "readRequest",
    async handle({ control, caller, id }) {
      const request = await findRequest(control, caller, id);
      return isRefusal(request) ? request : { body: renderRequest(request) };
    },
  }),
  operation({
    method: "get",
    path: "/v1/requests/:id/explanation",
    name: "explainRequest",
    async handle({ control, caller, id }) {
      const explained = await explainRequest(control, caller, id);
      return isRefusal(explained) ? explained : { body: renderPast(explained) };
    },
  }),
];
