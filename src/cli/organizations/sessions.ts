/** Signs members in to the console, and out. */

import type { Command } from "commander";
import { call, example } from "../gateway/call.ts";
import { id } from "../terminal/options.ts";
import { count, hint, moment, strong, table } from "../terminal/render.ts";

interface SignInLink {
  url: string;
  expires_at: string;
}

interface Session {
  id: string;
  last_seen_at: string;
  expires_at: string;
  device: string | null;
  place: string | null;
}

const PATH = "/v1/sessions";

export function addSessions(members: Command): void {
  members
    .command("sign-in-link")
    .description("create a link that signs a member in to the console, once")
    .argument("<id>", "their id, mem_…", id("mem"))
    .addHelpText("after", example("members sign-in-link mem_7Qd1"))
    .action(call((api, _, id) => api.post<SignInLink>("/v1/sign-in-links", { member_id: id }), linkInWords));

  members
    .command("invite")
    .description("create a link for a member who has never signed in; an earlier one ends")
    .argument("<id>", "their id, mem_…", id("mem"))
    .addHelpText("after", example("members invite mem_7Qd1"))
    .action(call((api, _, id) => api.post<SignInLink>(`/v1/members/${id}/invitation`, {}), linkInWords));

  members
    .command("revoke-invitation")
    .description("end the link of a member's invitation")
    .argument("<id>", "their id, mem_…", id("mem"))
    .addHelpText("after", example("members revoke-invitation mem_7Qd1"))
    .action(
      call(
        (api, _, id) => api.delete<{ member_id: string }>(`/v1/members/${id}/invitation`),
        () => "Revoked. The link no longer works.",
      ),
    );

  members
    .command("sessions")
    .description("list a member's sessions")
    .argument("<id>", "their id, mem_…", id("mem"))
    .addHelpText("after", example("members sessions mem_7Qd1"))
    .action(
      call(
        (api, _, id) => api.list<Session>(PATH, { member_id: id }),
        ({ data }) => asTable(data),
      ),
    );

  members
    .command("sign-out")
    .description("end all sessions of a member, or one")
    .argument("<id>", "their id, mem_…, or the id of a session, ses_…", memberOrSession)
    .addHelpText("after", example("members sign-out mem_7Qd1", "members sign-out ses_8Kx0"))
    .action(
      call(
        (api, _, id) =>
          id.startsWith("ses_")
            ? api.delete<{ revoked?: number }>(`${PATH}/${id}`)
            : api.delete<{ revoked?: number }>(PATH, { member_id: id }),
        ({ revoked = 1 }) => `Ended ${count(revoked, "session")}.`,
      ),
    );
}

function linkInWords({ url, expires_at }: SignInLink): string {
  const whose = `For the member only: it signs in the first person who opens it. It expires ${moment(expires_at)}.`;
  return hint(whose, strong(url));
}

function memberOrSession(text: string): string {
  return id(text.startsWith("ses_") ? "ses" : "mem")(text);
}

function asTable(sessions: Session[]): string {
  if (sessions.length === 0) return "No sessions.";
  return table(
    ["Session", "Last used", "Expires"],
    sessions.map(({ id, last_seen_at, expires_at, device, place }) => [
      [id, [device ?? "unknown device", ...(place ? [place] : [])].join(", ")],
      moment(last_seen_at),
      moment(expires_at),
    ]),
  );
}
