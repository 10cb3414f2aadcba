import config from "../gateway.config.ts";
import { createGateway } from "./app.ts";

const gateway = createGateway(config);

export default gateway.worker;
export const KeyAuthority = gateway.KeyAuthority;
export const Courier = gateway.Courier;
