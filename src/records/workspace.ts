/** A workspace, field by field. */

import * as z from "zod";
import { givenId, givenName, id, time } from "./forms.ts";
import { codec, type Fields, type Given, type RecordOf } from "./record.ts";

const FIELDS = {
  id: { form: id },
  organization_id: { form: id },
  name: { form: z.string() },
  created_at: { form: time, as: "time" },
  version: { form: z.string(), hidden: true },
} as const satisfies Fields;

const CREATE = { organization_id: givenId, name: givenName };
const CHANGE = { name: givenName };

const WORKSPACE = codec({ fields: FIELDS, create: CREATE, change: CHANGE });

export type Workspace = RecordOf<typeof FIELDS>;

export const workspaceBody = WORKSPACE.body;
export type NewWorkspace = Given<typeof FIELDS, z.output<typeof workspaceBody>>;
export const newWorkspaceOf = (body: z.output<typeof workspaceBody>): NewWorkspace => WORKSPACE.given(body);

export const workspacePatch = WORKSPACE.patch;
export type WorkspaceChange = Given<typeof FIELDS, z.output<typeof workspacePatch>>;
export const workspaceChangeOf = (patch: z.output<typeof workspacePatch>): WorkspaceChange => WORKSPACE.given(patch);

/** The form of its answer, for the OpenAPI document. */
export const workspaceShape = WORKSPACE.shape;
export type WorkspaceAnswer = z.output<z.ZodObject<typeof workspaceShape>>;
export const renderWorkspace = (workspace: Workspace): WorkspaceAnswer => WORKSPACE.show(workspace);

export const WORKSPACE_COLUMNS = WORKSPACE.columns;
export const CHANGED_WORKSPACE_COLUMNS = WORKSPACE.changed;
export const workspaceCells = WORKSPACE.cells;
export const workspaceOf = WORKSPACE.read;
