/** What lasts longer than a request: what is moved, and how much of it counts as one. */

export const FLOWS = ["1 MiB down", "1 MiB down, chunked", "1 MiB up", "events", "WebSocket messages"] as const;
export type Flow = (typeof FLOWS)[number];

export const MEBIBYTE = 2 ** 20;
export const EVENT = `data: ${"e".repeat(200)}\n\n`;
export const MESSAGE = "m".repeat(200);

/** The end of the path at which the origin moves it. */
export const PATHS: Readonly<Record<Flow, string>> = {
  "1 MiB down": "large",
  "1 MiB down, chunked": "chunked",
  "1 MiB up": "upload",
  events: "events",
  "WebSocket messages": "socket",
};

/** One run of it, for the client's process. */
export interface FlowLoad {
  readonly flow: Flow;
  readonly url: string;
  readonly secret: string;
  readonly connections: number;
  readonly seconds: number;
}
