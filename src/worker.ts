/** `keygate/worker`: the gateway as a Worker. */

import "./store/together.ts";

export { createGateway, type GatewayOptions } from "./app.ts";
export type { Env } from "./env.ts";
export type { Handler, Handlers } from "./gateway/origins/handlers.ts";
export type { GatewayApp } from "./gateway-app.ts";
export type { Caller, Protection } from "./protect.ts";
