/** `keygate requests`: finished requests, by id, key or organization. */

import type { Command } from "commander";
import { call, example } from "../gateway/call.ts";
import { id, time, wholeNumber } from "../terminal/options.ts";
import { addExplain } from "./explain.ts";
import { asTable, inWords, type Request } from "./words.ts";

interface Options {
  key?: string;
  organization?: string;
  environment?: string;
  reason?: string;
  status?: number;
  route?: string;
  from?: string;
  to?: string;
  limit: number;
}

export const REQUESTS_PATH = "/v1/requests";
const DEFAULT_LIMIT = 50;

export function addRequests(program: Command): void {
  const requests = program.command("requests").description("finished requests: find one by its id, or the latest");

  addExplain(requests);

  requests
    .command("show")
    .description("show a request by the id that its answer had")
    .argument("<id>", "its id, req_…", id("req"))
    .addHelpText("after", example("requests show req_1c5d0b2f6a9e4c7d8b3a1f0e5d6c7b8a"))
    .action(call((api, _, id) => api.get<Request>(`${REQUESTS_PATH}/${id}`), inWords));

  requests
    .command("list")
    .description(
      "list the latest requests, newest first: of your organization, or, for the root token, those that belong to no known organization",
    )
    .option("--key <id>", "of this key, key_…", id("key"))
    .option("--organization <id>", "of this organization, org_…", id("org"))
    .option("--environment <name>", "only with keys of this environment")
    .option("--reason <code>", "only refusals with this code, for example scope_missing")
    .option("--status <number>", "only answers with this status", wholeNumber)
    .option("--route <path>", "only this route, as configured")
    .option("--from <time>", "from this day or time", time)
    .option("--to <time>", "before this day or time", time)
    .option("--limit <number>", "show at most this many", wholeNumber, DEFAULT_LIMIT)
    .addHelpText(
      "after",
      example("requests list --key key_9fK2", "requests list --organization org_2bX4 --reason rate_exceeded"),
    )
    .action(
      call(
        (api, { key, organization, status, limit, ...rest }: Options) => {
          const query = { key_id: key, organization_id: organization, status: status?.toString(), ...rest };
          return api.list<Request>(REQUESTS_PATH, query, limit);
        },
        ({ data, next_cursor }) =>
          [asTable(data), ...(next_cursor ? ["\nThere are more. Raise --limit to see them."] : [])].join("\n"),
      ),
    );
}
