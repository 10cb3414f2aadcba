/** An origin in the gateway's own Worker. It asks the origin of all rows, so that they compare. */

export const handler = {
  fetch: (request: Request, { ORIGIN }: { ORIGIN: { fetch: typeof fetch } }): Promise<Response> =>
    ORIGIN.fetch(request),
};
