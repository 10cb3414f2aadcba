/** Files that share one workerd begin with nothing in its D1, KV and Durable Objects, as if each had its own. */

import { reset } from "cloudflare:test";
import { afterAll } from "vitest";
import { migrate } from "./workerd.ts";

afterAll(async () => {
  await reset();
  // Isolates of the file give leases back for some seconds more, to objects that find the tables empty then, and not gone.
  await migrate();
});
