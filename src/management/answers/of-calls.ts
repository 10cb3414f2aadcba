/** The form of each call's answer, for the OpenAPI document and for tests. In no bundle, as `documented-calls.ts`. */

import type * as z from "zod";
import { pageAnswer } from "../wire/page.ts";
import { adviceAnswer, importAnswer, limitsAnswer } from "./keys.ts";
import {
  auditEventAnswer,
  changeAnswer,
  keyUnderPepperAnswer,
  peppersAnswer,
  retiredAnswer,
  statusAnswer,
} from "./operating.ts";
import { invitationAnswer, revokedSessionsAnswer, sessionAnswer, signInLinkAnswer } from "./people.ts";
import { keyAnswer, memberAnswer, newKeyAnswer, organizationAnswer, workspaceAnswer } from "./records.ts";
import { explanationAnswer, pastAnswer, requestAnswer, whoamiAnswer } from "./requests.ts";
import { latencyAnswer, trafficAnswer, usageAnswer } from "./usage.ts";

export const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  createApiKey: newKeyAnswer,
  listApiKeys: pageAnswer(keyAnswer),
  listUnusedApiKeys: pageAnswer(keyAnswer),
  readApiKey: keyAnswer,
  changeApiKey: keyAnswer,
  rotateApiKey: newKeyAnswer,
  endApiKeySecret: keyAnswer,
  revokeApiKey: keyAnswer,
  disableApiKey: keyAnswer,
  enableApiKey: keyAnswer,
  listAuditEvents: pageAnswer(auditEventAnswer),
  readChange: changeAnswer,
  importApiKeys: importAnswer,
  whoami: whoamiAnswer,
  explain: explanationAnswer,
  readLimits: limitsAnswer,
  resetLimits: limitsAnswer,
  adviseOnScopes: adviceAnswer,
  readLatency: latencyAnswer,
  createMember: memberAnswer,
  listMembers: pageAnswer(memberAnswer),
  readMember: memberAnswer,
  changeMember: memberAnswer,
  removeMember: memberAnswer,
  createOrganization: organizationAnswer,
  listOrganizations: pageAnswer(organizationAnswer),
  readOrganization: organizationAnswer,
  changeOrganization: organizationAnswer,
  listPeppers: peppersAnswer,
  listKeysOfPepper: pageAnswer(keyUnderPepperAnswer),
  retirePepper: retiredAnswer,
  listRequests: pageAnswer(requestAnswer),
  readRequest: requestAnswer,
  explainRequest: pastAnswer,
  createSignInLink: signInLinkAnswer,
  createInvitation: signInLinkAnswer,
  readInvitation: invitationAnswer,
  revokeInvitation: invitationAnswer,
  createRootSignInLink: signInLinkAnswer,
  listSessions: pageAnswer(sessionAnswer),
  revokeSessions: revokedSessionsAnswer,
  revokeSession: sessionAnswer,
  readStatus: statusAnswer,
  readTraffic: trafficAnswer,
  readUsage: usageAnswer,
  createWorkspace: workspaceAnswer,
  listWorkspaces: pageAnswer(workspaceAnswer),
  readWorkspace: workspaceAnswer,
  changeWorkspace: workspaceAnswer,
  deleteWorkspace: workspaceAnswer,
};
