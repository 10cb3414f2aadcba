/** Answers that are records. */

import * as z from "zod";
import { keyShape } from "../../records/key.ts";
import { keyRequestShape } from "../../records/key-request.ts";
import { memberShape } from "../../records/member.ts";
import { organizationShape } from "../../records/organization.ts";
import { workspaceShape } from "../../records/workspace.ts";

export const keyAnswer = z.strictObject(keyShape).meta({ id: "ApiKey" });

export const newKeyAnswer = z
  .strictObject({
    ...keyShape,
    secret: z.string().nullable(),
  })
  .meta({ id: "ApiKeyWithSecret" });

export const memberAnswer = z.strictObject(memberShape).meta({ id: "Member" });

export const organizationAnswer = z.strictObject(organizationShape).meta({ id: "Organization" });

export const workspaceAnswer = z.strictObject(workspaceShape).meta({ id: "Workspace" });

export const keyRequestAnswer = z.strictObject(keyRequestShape).meta({ id: "KeyRequest" });
