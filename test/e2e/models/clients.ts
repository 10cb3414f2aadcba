/** Who calls the management API, in each of the ways in which they can. */

import type { GatewayAddress } from "../../helpers/gateway.ts";
import { someAddress } from "../../helpers/seed.ts";

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
  readonly body: any;
  readonly headers: Headers;
}

export type Client = (method: string, path: string, body?: unknown, headers?: object) => Promise<Answer>;

export async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, body: await response.json(), headers: response.headers };
}

function client(gateway: GatewayAddress, credentials: Record<string, string>): Client {
  return async (method, path, body, headers) => {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const own = { "CF-Connecting-IP": someAddress(), ...credentials, ...headers };
    return answerOf(await fetch(control(gateway) + path, { method, headers: own, ...text }));
  };
}

const control = ({ port }: GatewayAddress) => `http://localhost:${port}`;

export const byRoot = (gateway: GatewayAddress) => client(gateway, { Authorization: `Bearer ${gateway.rootToken}` });

export const byKey = (gateway: GatewayAddress, { secret }: { secret: string }) =>
  client(gateway, { Authorization: `Bearer ${secret}` });

/** The root token with a member's rights. */
export const actingAs = (gateway: GatewayAddress, memberId: string) =>
  client(gateway, { Authorization: `Bearer ${gateway.rootToken}`, "Keygate-Act-As": memberId });

/** A member in a browser, who came in by a sign-in link. */
export async function signedIn(gateway: GatewayAddress, memberId: string): Promise<Client> {
  const { url } = await made(byRoot(gateway), "/v1/sign-in-links", { member_id: memberId });
  const Origin = control(gateway);
  const { headers } = await fetch(url, { method: "POST", headers: { Origin }, redirect: "manual" });
  const [Cookie = ""] = headers.get("set-cookie")?.split(";") ?? [];
  return client(gateway, { Origin, Cookie });
}

/** The record that was made; throws where it was not. */
export async function made(make: Client, path: string, fields: object): Promise<Answer["body"]> {
  const { status, body } = await make("POST", path, fields);
  if (status !== 201) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

export interface Organization {
  readonly id: string;
  workspace(): Promise<string>;
  member(role: string, workspaceIds?: readonly string[]): Promise<string>;
}

export async function makeOrganization(gateway: GatewayAddress, fields: object = {}): Promise<Organization> {
  const root = byRoot(gateway);
  const { id } = await made(root, "/v1/organizations", { name: "Acme", ...fields });
  const make = async (path: string, own: object) => (await made(root, path, { organization_id: id, ...own })).id;
  return {
    id,
    workspace: () => make("/v1/workspaces", { name: "Sales" }),
    member: (role, workspace_ids = []) =>
      make("/v1/members", { email: `${crypto.randomUUID()}@acme.test`, name: "Ada", role, workspace_ids }),
  };
}
