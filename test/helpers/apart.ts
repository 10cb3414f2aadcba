/** Files that share one workerd begin with nothing in its D1, KV and Durable Objects, as if each had its own. */

import { reset } from "cloudflare:test";
import { afterAll } from "vitest";

afterAll(reset);
