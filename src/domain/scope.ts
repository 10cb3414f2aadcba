/** Scopes are `resource:action`; bundles are names that stand for many scopes. */

export type Action = string;
export type Scope = `${string}:${Action}`;

export interface Resource {
  readonly actions: readonly Action[];
  /** Left out of bundles that say `administrative: false`. */
  readonly administrative: boolean;
  /** `read`: a key that reaches only workspaces may read this resource and no more. */
  readonly workspaceKeys: "all" | "read";
  /** Built in: guards the management API, and is in no bundle that does not say `management: true`. */
  readonly management: boolean;
}

/** Which scopes a bundle stands for. */
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

/** Every scope that the names, scopes or bundles, stand for. Unknown names stand for nothing. */
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

export function resourceOf(scope: Scope): string {
  return scope.slice(0, scope.lastIndexOf(":"));
}

function scopesOfBundle(bundle: Bundle, resources: Resources): Scope[] {
  const covered = Object.entries(resources).filter(
    ([, resource]) =>
      (bundle.administrative || !resource.administrative) && (bundle.management || !resource.management),
  );
  return scopesOf(Object.fromEntries(covered)).filter(
    (scope) => bundle.every === "*" || actionOf(scope) === bundle.every,
  );
}
