/** The models that a project can begin with, from `examples/models`, and a call of each. */

export interface Model {
  readonly title: string;
  /** The origin's name in its configuration. */
  readonly origin: string;
  readonly environments: readonly string[];
  /** A scope that can read the sample path, and no more. */
  readonly readScope: string;
  readonly samplePath: string;
  readonly reach: "organization" | "workspace";
  /** Of its organizations, in addition to the name. */
  readonly plan?: string;
}

export const MODELS: Readonly<Record<string, Model>> = {
  minimal: {
    title: "One resource, keys of organizations, one limit",
    origin: "app",
    environments: ["production"],
    readScope: "items:read",
    samplePath: "/items",
    reach: "organization",
    plan: "free",
  },
  signatures: {
    title: "Keys of members, in one workspace, with a scope for each action",
    origin: "app",
    environments: ["production"],
    readScope: "emails:read",
    samplePath: "/emails?workspace=:workspace",
    reach: "workspace",
  },
  esign: {
    title: "Keys of organizations, a sandbox, and a role that manages keys",
    origin: "requests",
    environments: ["production", "sandbox"],
    readScope: "documents:read",
    samplePath: "/documents",
    reach: "organization",
    plan: "api",
  },
  workspace: {
    title: "Broad scopes such as read:all, and plans with different limits",
    origin: "app",
    environments: ["production"],
    readScope: "read:all",
    samplePath: "/tasks",
    reach: "organization",
    plan: "free",
  },
};
