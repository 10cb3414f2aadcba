/** An organization to visit: with workspaces, members, and keys that are in use. */

import { env } from "cloudflare:workers";
import type { TestControl } from "../helpers/control.ts";
import { call, makeKey, makeMember, setUp } from "../management/call.ts";
import { Browser } from "./browser.ts";

export interface World {
  readonly organizationId: string;
  readonly workspaceId: string;
  readonly ownerId: string;
  readonly otherId: string;
  readonly otherEmail: string;
  readonly keyId: string;
  readonly workspaceKeyId: string;
}

export async function makeWorld(): Promise<World> {
  const { organization, workspace, member, keyBody } = await setUp({ name: "Acme", plan: "free" });
  const other = await makeMember(organization.id, { name: "Nell" });
  const key = await makeKey({ ...keyBody, name: "in use" });
  await makeKey({ ...keyBody, name: "Nell's", member_id: other.id });
  const limited = await makeKey({ ...keyBody, name: "limited", reach: "workspace", workspace_ids: [workspace.id] });
  await env.DB.prepare("UPDATE api_keys SET last_used_at = ? WHERE id = ?").bind(Date.now(), key.id).run();
  return {
    organizationId: organization.id,
    workspaceId: workspace.id,
    ownerId: member.id,
    otherId: other.id,
    otherEmail: other.email,
    keyId: key.id,
    workspaceKeyId: limited.id,
  };
}

/** As an owner that nobody else is, with a budget of calls that nobody else uses. */
export async function visitorOf(control: TestControl, { organizationId, workspaceId }: World): Promise<Browser> {
  const member = await makeMember(organizationId, { name: "Visitor", workspace_ids: [workspaceId] });
  return Browser.signedIn(control, member.id);
}

export async function platformTeam(): Promise<Browser> {
  const { body } = await call("POST", "/v1/root-sign-in-links");
  const browser = new Browser();
  await browser.send(new URL(body.url).pathname, []);
  return browser;
}
