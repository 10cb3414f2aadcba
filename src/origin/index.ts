/** `keygate-origin`: for services behind the gateway. Runs wherever there is `fetch` and WebCrypto. */

export type { AssertionClaims } from "./claims.ts";
export { ASSERTION_HEADER } from "./claims.ts";
export { AssertionError, type AssertionErrorCode } from "./error.ts";
export {
  hasScope,
  mayReachWorkspace,
  type Principal,
  requireDigest,
  requireScope,
  requireWorkspace,
} from "./principal.ts";
export { memoryReplays } from "./replays.ts";
export { type Arrived, type Replays, type VerifyOptions, verifyArrived, verifyAssertion } from "./verify.ts";
