import config from "../gateway.config.ts";
import { createGateway } from "./worker.ts";

const gateway = createGateway(config);

export default gateway;
export const { KeyAuthority, Courier } = gateway;
