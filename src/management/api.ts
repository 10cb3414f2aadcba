/** The management API: each handler parses, calls one verb, renders. */

import { Hono } from "hono";
import { notFound } from "../control/validation.ts";
import { countOutbox } from "../store/outbox.ts";
import { apiKeys } from "./api-keys.ts";
import type { ManagementEnv } from "./call.ts";
import { members } from "./members.ts";
import { organizations } from "./organizations.ts";
import { workspaces } from "./workspaces.ts";

export const managementApi = new Hono<ManagementEnv>()
  .route("/organizations", organizations)
  .route("/workspaces", workspaces)
  .route("/members", members)
  .route("/api-keys", apiKeys)
  .get("/changes/:id", async (c) => {
    const id = c.req.param("id");
    if (!/^chg_[0-9a-f]{32}$/.test(id)) return c.var.refuse(notFound("change"));
    return c.json({ id, pending_keys: await countOutbox(c.var.control.db, id) });
  });
