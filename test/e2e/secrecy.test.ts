import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDevVars } from "../../src/cli/dev/vars.ts";
import { newSigningKeys } from "../../src/cli/operate/new-signing-keys.ts";
import { generateSecret } from "../../src/domain/secret.ts";
import { parseSigningKeys, type SigningKeys } from "../../src/domain/signing-keys.ts";
import { METRICS_TOKEN, startDirect } from "../helpers/direct.ts";
import { PROJECT, type RunningGateway, startGateway } from "../helpers/gateway.ts";
import { importingText } from "../helpers/import.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { type Key, seed, type Tenant } from "../helpers/seed.ts";
import { type AtRest, readState } from "./at-rest.ts";
import { bytesCanary, type Canary, canary, found, hashCanary } from "./canaries.ts";
import { misuseForControl, misuseForOrigins, type Targets } from "./misuse.ts";
import { field, type HeaderLines, sessionIn, type Witness, witnessOf } from "./witness.ts";

/** One of each kind. */
const MISUSED = [
  ...["key 0", "an unknown key", "the last secret", "an imported key", "a link left unspent", "a living session"],
  ...["the root token", "the metrics token", "a pepper", "a signing key"],
];
const FROM_HERE = ["Sec-Fetch-Site", "same-origin"] as const;
const SIGNING_KEYS = newSigningKeys(["production", "sandbox"]);
const devVar = (name: string) => readDevVars(join(PROJECT, ".dev.vars"))[name] as string;

/** The same Worker on workerd's own socket, with signing keys that are known here. */
const direct = {
  server: "workerd's own socket",
  start: (configText: string) => startDirect(configText, { signingKeysOf: () => SIGNING_KEYS }),
  pepper: () => "D".repeat(43),
  metricsToken: () => METRICS_TOKEN,
  signingKeys: (): SigningKeys => SIGNING_KEYS,
};
const devServer = {
  server: "the dev server",
  start: startGateway,
  metricsToken: () => devVar("KEYGATE_METRICS_TOKEN"),
  pepper: () => /:([^,]+)/.exec(devVar("KEYGATE_PEPPERS"))?.[1] as string,
  signingKeys: () => parseSigningKeys(devVar("KEYGATE_SIGNING_KEYS")),
};

describe.for([devServer, direct])("Whatever is done with them, secrets are kept nowhere: $server", (server) => {
  let gateway: RunningGateway;
  let origins: Origin[];
  let keys: Key[];
  let canaries: Canary[];
  let told: string[];
  let atRest: AtRest;

  beforeAll(async () => {
    origins = [await startOrigin(), await startOrigin()];
    const [production, sandbox] = origins.map(({ url }) => Number(new URL(url).port)) as [number, number];
    gateway = await server.start(importingText(production, sandbox));
    const witness = witnessOf(gateway);
    told = witness.told;
    const tenant = await seed(gateway);
    keys = await Promise.all([
      tenant.key(),
      tenant.key({ environment: "production" }),
      tenant.key({ limits: { rates: [{ name: "minute", limit: 2, window: 60 }] } }),
      tenant.key({ scopes: ["folders:read"], workspace_ids: [tenant.workspaces[0]] }),
    ]);
    const secrets = {
      ...Object.fromEntries(keys.map(({ secret }, at) => [`key ${at}`, secret])),
      "an unknown key": generateSecret("kg_live", randomBytes),
      ...(await manageKeys(witness, tenant)),
      ...(await signInAndOut(witness, tenant)),
      "the root token": gateway.rootToken,
      "the metrics token": server.metricsToken(),
    };
    const sealed = {
      "a pepper": server.pepper(),
      ...Object.fromEntries(
        Object.values(server.signingKeys())
          .flat()
          .map(({ d }, at) => [at === 0 ? "a signing key" : `another signing key, ${at}`, d]),
      ),
    };
    canaries = [
      ...Object.entries(secrets).map(([what, secret]) => canary(what, secret)),
      ...Object.entries(sealed).map(([what, secret]) => bytesCanary(what, secret)),
      ...keys.map(({ secret }, at) => hashCanary(`key ${at}`, secret)),
      ...["canary-in-query", "canary-in-body", "canary-in-header"].map((text) => canary(text, text)),
    ];
    const [first] = keys as [Key];
    const targets = { organizationId: tenant.organizationId, memberId: tenant.members.owner, keyId: first.id };
    const all: Record<string, string> = { ...secrets, ...sealed };
    expect(Object.keys(all)).toEqual(expect.arrayContaining(MISUSED));
    for (const [what, secret] of Object.entries(all)) {
      if (!MISUSED.includes(what)) continue;
      await misuseForOrigins(witness, secret);
      await misuseForControl(witness, secret, targets);
    }
    const [, , , ofWorkspace] = keys as [Key, Key, Key, Key];
    await misuseForOrigins(witness, first.secret, ofWorkspace.secret);
    await readAll(witness, targets);
    await gateway.stop();
    atRest = readState(gateway.state);
  }, 300_000);
  afterAll(async () => {
    gateway?.forget();
    await Promise.all(origins.map((origin) => origin.stop()));
  });

  test("the gateway's output holds none", () => {
    const output = gateway.output();
    expect(output).toContain(keys[0]?.id);
    expect(found(canaries, output)).toEqual([]);
  });

  test("no answer holds one, but for the one that is meant to show it, and that once", () => {
    expect(told.length).toBeGreaterThan(1_000);
    expect(told.filter((answer) => answer.includes('"validation_failed"')).length).toBeGreaterThan(100);
    const leaks = told.flatMap((answer) => found(canaries, answer).map((what) => `${what}: ${answer}`));
    expect(leaks).toEqual([]);
  });

  test("the files of its database, its KV and its Durable Objects hold none", () => {
    expect(atRest.files.some(({ bytes }) => bytes.includes(keys[0]?.id as string))).toBe(true);
    const leaks = atRest.files.flatMap(({ file, bytes }) => found(canaries, bytes).map((what) => `${what}: ${file}`));
    expect(leaks).toEqual([]);
  });

  test("no value in any table is one, and each key is there all the same", () => {
    const places = new Set(atRest.values.map(({ place }) => place.split(".")[0]));
    for (const table of [
      "api_key_secrets",
      "audit_events",
      "sessions",
      "root_sessions",
      "sign_in_links",
      "_mf_entries",
    ]) {
      expect(places).toContain(table);
    }
    const values = new Set(atRest.values.map(({ value }) => value));
    for (const { id } of keys) expect(values).toContain(id);
    const leaks = atRest.values.flatMap(({ place, value }) =>
      found(canaries, value).map((what) => `${what}: ${place}`),
    );
    expect(leaks).toEqual([]);
  });
});

const keyFields = ({ organizationId: organization_id, members }: Tenant) => ({
  ...{ organization_id, member_id: members.owner, environment: "sandbox", reach: "organization" },
  ...{ permission: "full-access", scopes: ["admin"], name: "Another" },
});

/** The life of keys; what secrets came of it. */
async function manageKeys({ root, control, data }: Witness, tenant: Tenant): Promise<Record<string, string>> {
  const fields = keyFields(tenant);
  const shown = field("secret");
  const headers: HeaderLines = [["Idempotency-Key", "once"]];
  const made = await root("POST", "/v1/api-keys", { headers, body: fields, shown });
  await root("POST", "/v1/api-keys", { headers, body: fields });
  const asOwner: HeaderLines = [["Keygate-Act-As", tenant.members.owner]];
  const byOwner = await root("POST", "/v1/api-keys", { headers: asOwner, body: fields, shown });
  const byKey: HeaderLines = [["Authorization", `Bearer ${made.secret}`]];
  await control("GET", "/v1/whoami", { headers: byKey });
  await control("GET", `/v1/api-keys/${made.id}`, { headers: byKey });
  const later = await root("POST", `/v1/api-keys/${made.id}/rotate`, { body: { grace_seconds: 60 }, shown });
  const last = await root("POST", `/v1/api-keys/${made.id}/rotate`, { body: { grace_seconds: 0 }, shown });
  const foreign = `old_${randomBytes(20).toString("hex")}`;
  const sha256 = createHash("sha256").update(foreign).digest("hex");
  const { organization_id, environment, ...rest } = fields;
  const imported = await root("POST", "/v1/api-keys/import", {
    body: { organization_id, environment, keys: [{ ...rest, sha256 }] },
  });
  expect(imported.imported).toBe(1);
  for (const secret of [made.secret, later.secret, last.secret, foreign, byOwner.secret]) {
    await data("GET", "/sandbox/signatures/1", { headers: [["Authorization", `Bearer ${secret}`]] });
    const body = { key: secret, method: "GET", url: "http://127.0.0.1/sandbox/signatures/1" };
    await root("POST", "/v1/explain", { body });
  }
  for (const action of ["disable", "enable", "limits/reset", "revoke"]) {
    await root("POST", `/v1/api-keys/${byOwner.id}/${action}`);
  }
  return {
    "a key made once": made.secret,
    "a key made by its owner": byOwner.secret,
    "a rotated secret": later.secret,
    "the last secret": last.secret,
    "an imported key": foreign,
  };
}

/** Sign-in links that are made, opened, spent and left; sessions that are used, ended and left. */
async function signInAndOut(witness: Witness, tenant: Tenant): Promise<Record<string, string>> {
  const link = async () => {
    const body = { member_id: tenant.members.owner };
    const { url } = await witness.root("POST", "/v1/sign-in-links", { body, shown: field("url") });
    return url.slice(url.lastIndexOf("/") + 1) as string;
  };
  const signIn = async (token: string) => {
    const asked = { headers: [FROM_HERE], shown: sessionIn };
    return sessionIn(await witness.control("POST", `/sign-in/${token}`, asked)) as string;
  };
  const links = [await link(), await link(), await link()] as const;
  for (const token of links) await witness.control("GET", `/sign-in/${token}`);
  const [ended, left] = [await signIn(links[0]), await signIn(links[1])];
  await witness.control("POST", `/sign-in/${links[0]}`, { headers: [FROM_HERE] });
  const made = await useSession(witness, tenant, left);
  const cookie: HeaderLines = [FROM_HERE, ["Cookie", `__Host-keygate_session=${ended}`]];
  await witness.control("POST", "/sign-out", { headers: cookie });
  for (const path of ["/v1/whoami", "/keys"]) await witness.control("GET", path, { headers: cookie });
  return {
    "a spent link": links[0],
    "another spent link": links[1],
    "a link left unspent": links[2],
    "an ended session": ended,
    "a living session": left,
    ...made,
    ...(await signInAsRoot(witness, tenant)),
  };
}

/** The platform team's own: links that are spent and left, and a session that is used and left. */
async function signInAsRoot({ root, control }: Witness, { organizationId }: Tenant): Promise<Record<string, string>> {
  const link = async () => {
    const { url } = await root("POST", "/v1/root-sign-in-links", { shown: field("url") });
    return url.slice(url.lastIndexOf("/") + 1) as string;
  };
  const [spent, left] = [await link(), await link()];
  for (const token of [spent, left]) await control("GET", `/sign-in/root/${token}`);
  const asked = { headers: [FROM_HERE], shown: sessionIn };
  const session = sessionIn(await control("POST", `/sign-in/root/${spent}`, asked)) as string;
  const headers: HeaderLines = [FROM_HERE, ["Cookie", `__Host-keygate_session=${session}`]];
  for (const path of ["/", "/organizations", `/organizations/${organizationId}`, "/keys", "/v1/whoami"]) {
    await control("GET", path, { headers });
  }
  await control("POST", "/organizations", { headers, body: new URLSearchParams({ name: "By root" }).toString() });
  await control("POST", `/sign-in/root/${spent}`, { headers: [FROM_HERE] });
  return { "the platform team's spent link": spent, "its link left unspent": left, "its living session": session };
}

/** By the API and by the console. */
async function useSession({ control }: Witness, tenant: Tenant, session: string): Promise<Record<string, string>> {
  const headers: HeaderLines = [FROM_HERE, ["Cookie", `__Host-keygate_session=${session}`]];
  const made = JSON.parse(
    (await control("POST", "/v1/api-keys", { headers, body: keyFields(tenant), shown: field("secret") })).body,
  );
  for (const path of ["/v1/whoami", "/v1/sessions", `/v1/api-keys/${made.id}`]) await control("GET", path, { headers });
  for (const path of ["/", "/keys", "/keys/new", "/members", "/workspaces", "/audit", "/organization", "/sessions"]) {
    await control("GET", path, { headers });
  }
  const form = new URLSearchParams({ attempt: "once", grace_seconds: "0" }).toString();
  const page = { headers, body: form, shown: ({ body }: { body: string }) => body };
  const rotated = await control("POST", `/keys/${made.id}/rotate`, page);
  await control("GET", `/keys/${made.id}`, { headers });
  const [onPage] = /kg_test_[0-9A-Za-z]{36}/.exec(rotated.body) ?? [];
  return { "a key made by a session": made.secret, "a secret shown on a page": onPage as string };
}

async function readAll({ root }: Witness, { organizationId, keyId }: Targets): Promise<void> {
  const lists = ["api-keys", "audit-events", "members", "workspaces", "usage"];
  for (const list of lists) await root("GET", `/v1/${list}?organization_id=${organizationId}`);
  for (const path of ["", "/limits", "/advice"]) await root("GET", `/v1/api-keys/${keyId}${path}`);
  for (const path of ["/v1/organizations", "/v1/peppers", "/v1/openapi.json"]) await root("GET", path);
  for (const environment of ["sandbox", "production"]) await root("GET", `/${environment}/.well-known/jwks.json`);
}
