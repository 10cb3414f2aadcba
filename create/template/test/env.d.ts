import type { D1Migration } from "cloudflare:test";
import type { Env } from "keygate/worker";

declare global {
  namespace Cloudflare {
    interface Env extends Keygate {
      readonly MIGRATIONS: D1Migration[];
    }
  }
}
type Keygate = Env;
