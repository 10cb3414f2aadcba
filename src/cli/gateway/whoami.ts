/** Describes the credential in use and what it can do. */

import { list, moment, record } from "../terminal/render.ts";

type Reaches = Record<"organization" | "workspace", string>;

export interface Whoami {
  kind: "root" | "member" | "key";
  actor: string;
  via: string;
  organization: { id: string; name: string } | null;
  member: { id: string; name: string; role: string } | null;
  scopes: string[] | null;
  workspaces: string[] | null;
  environment: string | null;
  expires_at: string | null;
  manages: Reaches;
}

export function whoamiInWords(who: Whoami, { url }: { url: string }): string {
  const { organization, member, scopes, workspaces, environment } = who;
  return record([
    ["Gateway", url],
    ["You are", who.kind === "root" ? "root: you can do everything" : `${who.kind} ${who.actor}`],
    ["Signed in with", who.via === who.actor ? null : who.via],
    ["Organization", organization && `${organization.name} (${organization.id})`],
    ["Member", member && `${member.name}, ${member.role} (${member.id})`],
    ["Scopes", scopes && list(scopes, "none")],
    ["Workspaces", workspaces && list(workspaces, "none")],
    ["Environment", environment],
    ["Manages", who.kind === "root" ? null : managesInWords(who.manages)],
    ["Until", moment(who.expires_at, "")],
  ]);
}

function managesInWords({ organization, workspace }: Reaches): string {
  return `organization keys: ${organization}; workspace keys: ${workspace}`;
}
