import { findKey } from "../control/access.ts";
import type { Control } from "../control/control.ts";
import { changeKey } from "../control/keys/change.ts";
import type { ChangedKey } from "../control/keys/commit-change.ts";
import { createKey } from "../control/keys/create.ts";
import { endSecret } from "../control/keys/end-secret.ts";
import { withLastUse } from "../control/keys/last-use.ts";
import { listKeysFor } from "../control/keys/list.ts";
import { revokeKey } from "../control/keys/revoke.ts";
import { rotateKey } from "../control/keys/rotate.ts";
import { disableKey, enableKey } from "../control/keys/switch.ts";
import { readUnusedKeys } from "../control/keys/unused.ts";
import type { Scope } from "../domain/scope.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { givenId } from "../records/forms.ts";
import { keyBody, keyChangeOf, keyPatch, newKeyOf, renderKey } from "../records/key.ts";
import { UNUSED_SORT } from "../store/unused-keys.ts";
import { type Answer, type Asked, operation } from "./operation.ts";
import { readPage } from "./paging.ts";
import { keyPageQuery, revocationBody, rotationBody, unusedQuery } from "./wire/keys.ts";
import { renderPage } from "./wire/page.ts";

const createBody = keyBody.extend({
  key_request_id: givenId.optional(),
});

const showChanged = (control: Control, changed: ChangedKey | Refusal): Answer | Refusal =>
  isRefusal(changed)
    ? changed
    : {
        body: renderKey(changed.key, control.gateway, control.now()),
        version: changed.key.version,
        effect: changed.effect,
      };

/** For callers with this scope. A repeated call needs the scope of the call itself, and no other. */
const readWith =
  (scope: Scope) =>
  async ({ control, caller, id }: Asked<unknown, unknown>) => {
    const key = await findKey(control, caller, id, scope);
    if (isRefusal(key)) return key;
    const used = await withLastUse(control, key);
    return { body: renderKey(used, control.gateway, control.now()), version: key.version };
  };

const readAfterWrite = readWith("api_keys:write");

async function readWithoutSecret(asked: Asked<unknown, unknown>): Promise<Answer | Refusal> {
  const answer = await readAfterWrite(asked);
  return isRefusal(answer) ? answer : { ...answer, body: { ...answer.body, secret: null } };
}

export const apiKeys = [
  operation({
    method: "post",
    path: "/v1/api-keys",
    name: "createApiKey",
    body: createBody,
    status: 201,
    versioned: true,
    replay: readWithoutSecret,
    async handle({ control, caller, body: { key_request_id, ...body } }) {
      const made = await createKey(control, caller, newKeyOf(body), key_request_id);
      if (isRefusal(made)) return made;
      return {
        body: { ...renderKey(made.key, control.gateway, control.now()), secret: made.secret },
        version: made.key.version,
      };
    },
  }),
  operation({
    method: "get",
    path: "/v1/api-keys",
    name: "listApiKeys",
    query: keyPageQuery,
    async handle({ control, caller, query }) {
      const page = readPage(query);
      if (isRefusal(page)) return page;
      const { organization_id: organizationId, member_id: memberId, workspace_id: workspaceId, sort, ...rest } = query;
      const { environment, reach, permission, status, scope, q } = rest;
      const filter = { organizationId, memberId, workspaceId, environment, reach, permission, status, scope, q };
      const keys = await listKeysFor(control, caller, filter, sort, page);
      const now = control.now();
      return isRefusal(keys) ? keys : { body: renderPage(keys, (key) => renderKey(key, control.gateway, now)) };
    },
  }),
  operation({
    method: "get",
    path: "/v1/unused-api-keys",
    name: "listUnusedApiKeys",
    query: unusedQuery,
    async handle({ control, caller, query }) {
      const page = readPage({ ...query, sort: UNUSED_SORT });
      if (isRefusal(page)) return page;
      const keys = await readUnusedKeys(control, caller, query.days, page);
      const now = control.now();
      return isRefusal(keys) ? keys : { body: renderPage(keys, (key) => renderKey(key, control.gateway, now)) };
    },
  }),
  operation({
    method: "get",
    path: "/v1/api-keys/:id",
    name: "readApiKey",
    versioned: true,
    handle: readWith("api_keys:read"),
  }),
  operation({
    method: "patch",
    path: "/v1/api-keys/:id",
    name: "changeApiKey",
    body: keyPatch,
    versioned: true,
    delayed: "key",
    replay: readAfterWrite,
    async handle({ control, caller, id, body }) {
      return showChanged(control, await changeKey(control, caller, id, keyChangeOf(body)));
    },
  }),
  operation({
    method: "post",
    path: "/v1/api-keys/:id/rotate",
    name: "rotateApiKey",
    body: rotationBody,
    versioned: true,
    delayed: "key",
    replay: readWithoutSecret,
    async handle({ control, caller, id, body }) {
      const rotated = await rotateKey(control, caller, id, body.grace_seconds);
      if (isRefusal(rotated)) return rotated;
      const { key, secret, effect } = rotated;
      return { body: { ...renderKey(key, control.gateway, control.now()), secret }, version: key.version, effect };
    },
  }),
  operation({
    method: "delete",
    path: "/v1/api-keys/:id/secrets/:secret_id",
    name: "endApiKeySecret",
    versioned: true,
    delayed: "key",
    handle: async ({ control, caller, id, secretId }) =>
      showChanged(control, await endSecret(control, caller, id, secretId)),
  }),
  operation({
    method: "post",
    path: "/v1/api-keys/:id/revoke",
    kind: "end",
    name: "revokeApiKey",
    body: revocationBody,
    versioned: true,
    delayed: "key",
    replay: readWith("api_keys:delete"),
    handle: async ({ control, caller, id, body }) =>
      showChanged(control, await revokeKey(control, caller, id, body.reason)),
  }),
  operation({
    method: "post",
    path: "/v1/api-keys/:id/disable",
    kind: "end",
    name: "disableApiKey",
    versioned: true,
    delayed: "key",
    replay: readAfterWrite,
    handle: async ({ control, caller, id }) => showChanged(control, await disableKey(control, caller, id)),
  }),
  operation({
    method: "post",
    path: "/v1/api-keys/:id/enable",
    name: "enableApiKey",
    versioned: true,
    delayed: "key",
    replay: readAfterWrite,
    handle: async ({ control, caller, id }) => showChanged(control, await enableKey(control, caller, id)),
  }),
];
