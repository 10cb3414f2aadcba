import { defineGateway } from "../../../src/config/types.ts";

/** Behind which port each server listens. */
export interface ServerPorts {
  /** docker-registry, at its root. */
  registry: number;
  /** docker-registry below `/base/`. */
  deep: number;
  /** `rclone serve webdav` below `/files/dav`. */
  dav: number;
  /** A tus server that takes its own host for its address. */
  tus: number;
  /** A tus server that believes `Forwarded`. */
  proxied: number;
}

/** Servers that answer with addresses of their own, in an environment whose local base URL ends in `/v2`, and in one in `/files`. */
export function guardingServers(ports: ServerPorts) {
  const at = (port: number, path = "") => {
    const origin = { url: `http://127.0.0.1:${port}${path}`, shared: true, assertion: false, rewriteLocation: true };
    return { v2: origin, files: origin };
  };
  return defineGateway({
    environments: {
      v2: { baseUrls: ["https://images.test/v2"], issuer: "https://images.test", keyPrefix: "kg_images" },
      files: { baseUrls: ["https://files.test/files"], issuer: "https://files.test", keyPrefix: "kg_files" },
    },
    control: { baseUrls: ["https://keys.test"] },
    origins: {
      registry: at(ports.registry, "/v2"),
      deep: at(ports.deep, "/base/v2"),
      dav: at(ports.dav, "/files"),
      tus: at(ports.tus),
      proxied: at(ports.proxied),
    },
    resources: { images: { actions: ["read", "write", "delete"] }, files: { actions: ["read", "write", "delete"] } },
    bundles: { admin: { every: "*" } },
    roles: Object.fromEntries(
      ["owner", "admin", "member"].map((role) => [
        role,
        { scopes: ["admin"], manages: { organization: "all", workspace: "all" } },
      ]),
    ),
    routes: [
      { path: "/", origin: "registry", resource: "images" },
      { path: "/demo/*", origin: "registry", resource: "images" },
      { path: "/deep/*", origin: "deep", resource: "images" },
      { path: "/dav/*", origin: "dav", resource: "files" },
      { path: "/uploads/*", origin: "tus", resource: "files" },
      { path: "/proxied/*", origin: "proxied", resource: "files" },
    ],
  });
}

/** The same as the text of a gateway.config.ts. */
export function guardingServersText(ports: ServerPorts): string {
  return `
    import { guardingServers } from "PROJECT/test/e2e/configs/servers.ts";
    export default guardingServers(${JSON.stringify(ports)});
  `;
}
