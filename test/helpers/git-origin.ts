/** Git's smart HTTP, by git's own CGI program. https://git-scm.com/docs/git-http-backend */

import { spawn } from "node:child_process";
import type { Answer } from "./origin.ts";

/** `root`: the folder of the repositories, which `prefix` stands for. */
export function gitBackend(root: string, prefix: string): Answer {
  return (request, response) => {
    const url = new URL(request.url as string, "http://origin.test");
    const { headers } = request;
    const child = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        REMOTE_USER: "tester",
        REQUEST_METHOD: request.method,
        PATH_INFO: url.pathname.slice(prefix.length),
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: headers["content-type"] ?? "",
        CONTENT_LENGTH: headers["content-length"] ?? "",
        HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
        HTTP_GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
      },
    });
    request.pipe(child.stdin);
    child.stdin.on("error", () => {});
    let head = Buffer.alloc(0);
    child.stdout.on("data", (bytes) => {
      if (response.headersSent) return response.write(bytes);
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const fields = head
        .toString("latin1", 0, end)
        .split("\r\n")
        .map((line) => line.split(/: (.*)/s) as [string, string]);
      const status = fields.find(([name]) => name === "Status")?.[1] ?? "200";
      response.writeHead(Number.parseInt(status, 10), Object.fromEntries(fields.filter(([name]) => name !== "Status")));
      return response.write(head.subarray(end + 4));
    });
    child.stdout.on("end", () => response.end());
  };
}
