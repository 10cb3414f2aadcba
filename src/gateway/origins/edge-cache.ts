/**
 * What Cloudflare's cache can do with the answers of an origin. A Worker's `fetch` goes through the cache of its zone, which keeps
 * answers by their URL: those to one key would be given to others, since the header that would tell them apart stays here.
 *
 * A negative time keeps an answer out, whatever the origin and the rules of the zone say:
 * https://developers.cloudflare.com/workers/runtime-apis/request/#the-cf-property-requestinitcfproperties.
 * `cache: "no-store"` would add `Cache-Control` and `Pragma` to the origin's request, and so bypass the origin's own cache.
 */
export const KEPT_OUT = { cacheTtlByStatus: { "100-599": -1 } };

/** `undefined` if the cache decides by itself. */
export type EdgeCache = typeof KEPT_OUT | undefined;
