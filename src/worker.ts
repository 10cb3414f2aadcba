/** `keygate/worker`: the gateway as a Worker. */

export { createGateway } from "./app.ts";
export type { Env } from "./env.ts";
export type { GatewayApp } from "./gateway-app.ts";
