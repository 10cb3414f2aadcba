/** Scopes are `resource:action`; bundles are names for several scopes. */

export type Action = string;
export type Scope = `${string}:${Action}`;

export interface Resource {
  readonly actions: readonly Action[];
  /** Bundles with `administrative: false` leave it out. */
  readonly administrative: boolean;
  /** `read`: a key that reaches only workspaces can only read this resource. */
  readonly workspaceKeys: "all" | "read";
  /** Built in, for the management API; only bundles with `management: true` contain it. */
  readonly management: boolean;
}

/** The scopes of a bundle. */
export interface Bundle {
  readonly every: Action | "*";
  readonly administrative: boolean;
  readonly management: boolean;
}

export type Resources = Readonly<Record<string, Resource>>;
export type Bundles = Readonly<Record<string, Bundle>>;

export function scopesOf(resources: Resources): Scope[] {
  return Object.entries(resources).flatMap(([name, { actions }]) =>
    actions.map((action): Scope => `${name}:${action}`),
  );
}

/** The scopes of these names of scopes and bundles. Unknown names have none. */
export function expand(names: Iterable<string>, resources: Resources, bundles: Bundles): Set<Scope> {
  const scopes = new Set<Scope>();
  for (const name of names) {
    const bundle = Object.hasOwn(bundles, name) ? bundles[name] : undefined;
    if (bundle) for (const scope of scopesOfBundle(bundle, resources)) scopes.add(scope);
    else if (isScope(name, resources)) scopes.add(name);
  }
  return scopes;
}

export function isScope(name: string, resources: Resources): name is Scope {
  const colon = name.lastIndexOf(":");
  const resource = name.slice(0, Math.max(colon, 0));
  return (
    Object.hasOwn(resources, resource) && (resources[resource] as Resource).actions.includes(name.slice(colon + 1))
  );
}

export function actionOf(scope: Scope): Action {
  return scope.slice(scope.lastIndexOf(":") + 1);
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1: the safe methods read. */
export function actionOfMethod(method: string): Action {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return "read";
  return method === "DELETE" ? "delete" : "write";
}

export function resourceOf(scope: Scope): string {
  return scope.slice(0, scope.lastIndexOf(":"));
}

export function scopesOfBundle(bundle: Bundle, resources: Resources): Scope[] {
  const covered = Object.entries(resources).filter(
    ([, resource]) =>
      (bundle.administrative || !resource.administrative) && (bundle.management || !resource.management),
  );
  return scopesOf(Object.fromEntries(covered)).filter(
    (scope) => bundle.every === "*" || actionOf(scope) === bundle.every,
  );
}
