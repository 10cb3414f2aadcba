/** What any proxy has to do, and the yardstick for it: another host, other request headers. `ORIGIN` is a binding. */

export default {
  fetch(request: Request, { ORIGIN }: { ORIGIN: string }): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const outgoing = new Request(`${ORIGIN}${pathname}${search}`, request);
    outgoing.headers.delete("authorization");
    outgoing.headers.set("X-Forwarded-Proto", "http");
    return fetch(outgoing);
  },
};
