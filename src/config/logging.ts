/** What the log, and what else is kept of single requests, says about people. */

import * as z from "zod";
import { truncated } from "../domain/address.ts";
import { fields } from "./fields.ts";

export const logging = fields({
  clientAddress: z.enum(["full", "truncated", "none"]).default("truncated"),
  spans: z.boolean().default(false),
  analyticsEngine: z.boolean().default(false),
});

/** What the log says of a client's address; empty if that is not known. */
export type LoggedAddress = (client: string) => string | undefined;

export const LOGGED_ADDRESS: Record<z.output<typeof logging>["clientAddress"], LoggedAddress> = {
  full: (client) => client || undefined,
  truncated,
  none: () => undefined,
};
