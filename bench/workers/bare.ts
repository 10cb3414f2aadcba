/** What any proxy has to do, and the yardstick for it: another path, other request headers. */

type Origin = { fetch: typeof fetch };

export default {
  fetch(request: Request, { ORIGIN }: { ORIGIN: Origin }): Promise<Response> {
    const url = new URL(request.url);
    const outgoing = new Request(`${url.origin}${url.pathname.slice("/production".length)}${url.search}`, request);
    outgoing.headers.delete("authorization");
    outgoing.headers.set("X-Forwarded-Proto", "http");
    return ORIGIN.fetch(outgoing);
  },
};
