import { listKeysOfPepper, listPeppers, retirePepper } from "../control/operate/peppers.ts";
import { isRefusal } from "../errors.ts";
import { BY_ID } from "../store/secrets.ts";
import { operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { pageQuery, renderPage } from "./wire/page.ts";
import { renderKeyUnderPepper, renderPepper, retirementBody } from "./wire/peppers.ts";

export const peppers = [
  operation({
    method: "get",
    path: "/v1/peppers",
    name: "listPeppers",
    async handle({ control, caller }) {
      const list = await listPeppers(control, caller);
      return isRefusal(list) ? list : { body: { data: list.map(renderPepper) } };
    },
  }),
  operation({
    method: "get",
    path: "/v1/peppers/:id/keys",
    name: "listKeysOfPepper",
    query: pageQuery,
    async handle({ control, caller, id, query }) {
      const page = readPage({ ...query, sort: BY_ID });
      if (isRefusal(page)) return page;
      const keys = await listKeysOfPepper(control, caller, id, page);
      return isRefusal(keys) ? keys : { body: renderPage(keys, renderKeyUnderPepper) };
    },
  }),
  operation({
    method: "post",
    path: "/v1/peppers/:id/retire",
    name: "retirePepper",
    body: retirementBody,
    async handle({ control, caller, id, body }) {
      const retired = await retirePepper(control, caller, id, body);
      if (isRefusal(retired)) return retired;
      return { body: { removed: retired.removed, has_more: retired.hasMore, lost_keys: retired.lostKeys } };
    },
  }),
];
