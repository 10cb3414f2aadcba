/**
 * Request headers that common servers, frameworks and proxies trust because they expect them from a proxy: who the client is, how
 * it connects, or which request this is. Only the gateway can set them. Headers that clients properly send to applications
 * (credentials, ids, traces, versions, signatures) are not in this list.
 */

const CLIENT = [
  "(^|-)forwarded(-|$)",
  "^x-forward-",
  "(^|-)(client|real|connecting|connection|originating|viewer)-?(ip|ipv6|port|addr|address)$",
  "(^|-)remote-(addr|address|host|ip|port)$",
  "^x-(appengine|arr|azure|envoy|vercel-ip|vercel-proxied)-",
  "^x-(proxy|proxied)",
  "^(cloudfront|wl-proxy)-",
  "^fastly-(client|ff)$",
  "^(akamai-origin-hop|cdn-src-ip|x-akamai-edgescape|x-coming-from|x-custom-ip-authorization|x-nginx-proxy)$",
];

/** https://www.rfc-editor.org/rfc/rfc9440#section-4 asks for the first. */
const CERTIFICATE = [
  "(^|-)client-(cert|certificate|dn|s-dn|verify)(-|$)",
  "(^|-)ssl(-|$)",
  "^x-m?tls-",
  "^x-amzn-mtls-",
];

const USER = [
  "(^|-)remote-(user|name|email|groups?|roles?)$",
  "^x-remote-extra-",
  "^x-(auth-couchdb|auth-request|authenticated|authentik|consumer|goog-authenticated-user|pomerium|vouch|webauth)-",
  "^x-(amzn-oidc|ms-client-principal|ms-token)(-|$)",
  "^x-(anonymous-consumer|credential-identifier|credential-username|endpoint-api-userinfo|apigateway-api-userinfo|userinfo)$",
  "^(mellon|oidc|osso|shib|tailscale)-",
  "^cf-access-authenticated-",
  "^sm-(user|userdn|universalid|serversessionid)$",
  "^iv-(user|groups|creds)(-|$)",
];

/** Another method, host or path than the one that was authorized, or a file to send instead of the answer. */
const REQUEST = [
  "^x-(original|override|rewrite|rewritten)-(args|host|method|path|port|proto|query|scheme|uri|url)(-|$)",
  "^x-http-(host|method|path|uri|url|verb)(-override)?$",
  "^((x-)?http-)?(method|verb)-override$",
  "^x-(http-)?destinationurl$",
  "^x-original-for$",
  "^x-(host|method|verb)(-override)?$",
  "^x-((url-)?scheme|proto|protocol|https|real-host|real-proto|real-scheme)$",
  "^front-end-https$",
  "^(x-)?(path-info|request-uri|script-name)$",
  "^x-(accel|invoke|middleware)-",
  // `$WSSC` and the like: between the web server and WebSphere.
  "^-ws[a-z]{2}$",
  "^(x-matched-path|x-now-route-matches|x-sendfile-type|cloudflare-workers-version-overrides)$",
];

const BELIEVED = new RegExp([...CLIENT, ...CERTIFICATE, ...USER, ...REQUEST].join("|"));

/** `plain`: see `plainName`. */
export function isBelieved(plain: string): boolean {
  return BELIEVED.test(plain);
}
