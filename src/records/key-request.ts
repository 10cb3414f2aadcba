/** What a member asks for who cannot create keys, field by field. */

import * as z from "zod";
import { givenName, id, MAX_LIST, time, unique } from "./forms.ts";
import { codec, type Fields, type Given, type RecordOf } from "./record.ts";

const FIELDS = {
  id: { form: id },
  organization_id: { form: id },
  member_id: { form: id },
  name: { form: z.string() },
  purpose: { form: z.string() },
  environment: { form: z.string() },
  scopes: { form: z.array(z.string()), as: "json" },
  created_at: { form: time, as: "time" },
  decided_at: { form: time.nullable(), as: "time" },
  decided_by: { form: z.string().nullable() },
  reason: { form: z.string().nullable() },
  key_id: { form: id.nullable() },
  version: { form: z.string(), hidden: true },
} as const satisfies Fields;

const CREATE = {
  name: givenName,
  purpose: z.string().trim().min(1, "must not be empty").max(2000),
  environment: z.string(),
  scopes: z.array(z.string()).min(1, "must name at least one").max(MAX_LIST).transform(unique),
};

/** What the audit trail tells of it. */
const AUDITED = ["name", "purpose", "environment", "scopes"] as const;

const KEY_REQUEST = codec({ fields: FIELDS, create: CREATE, change: {} });

export type KeyRequest = RecordOf<typeof FIELDS>;

export const keyRequestBody = KEY_REQUEST.body;
export type WantedKeyRequest = Given<typeof FIELDS, z.output<typeof keyRequestBody>>;
export const wantedKeyRequestOf = (body: z.output<typeof keyRequestBody>): WantedKeyRequest => KEY_REQUEST.given(body);

/** The form of its answer, for the OpenAPI document. */
export const keyRequestShape = KEY_REQUEST.shape;
export const renderKeyRequest = (request: KeyRequest) => KEY_REQUEST.show(request);
export const auditedOfKeyRequest = (request: KeyRequest) => KEY_REQUEST.pick(AUDITED, request);

export const KEY_REQUEST_COLUMNS = KEY_REQUEST.columns;
export const keyRequestCells = KEY_REQUEST.cells;
export const keyRequestOf = KEY_REQUEST.read;
