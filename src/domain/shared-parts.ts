/**
 * Records of keys that share with each other what they have in common: an isolate remembers thousands of them, and each came with a
 * copy of everything.
 */

import { Generations } from "./generations.ts";
import type { KeyRecord } from "./key.ts";

/** How many texts and how many lists are shared, at most twice as many. */
const MAX_PARTS = 2_000;
/** Longer lists are rarely the same. */
const MAX_ENTRIES = 20;

/** Texts of a record that the isolate remembers anyway. */
interface Known {
  readonly keyId: string;
  readonly hash: string;
}

export class SharedParts {
  readonly #texts = new Generations<string, string>(MAX_PARTS);
  readonly #lists = new Generations<string, readonly string[]>(MAX_PARTS);

  /** The same record. Its objects are written out: those from messages, and copies of them by spread, take more memory. */
  of(record: KeyRecord, { keyId, hash }: Known): KeyRecord {
    const { organization, member } = record;
    return {
      id: record.id === keyId ? keyId : record.id,
      version: record.version,
      environment: this.#text(record.environment),
      organization: { id: organization.id, status: this.#text(organization.status) },
      member: member && {
        id: member.id,
        role: this.#text(member.role),
        removed: member.removed,
        workspaces: this.#list(member.workspaces),
      },
      reach: this.#text(record.reach),
      workspaces: this.#list(record.workspaces),
      permission: this.#text(record.permission),
      scopes: this.#list(record.scopes),
      plan: record.plan && this.#text(record.plan),
      limits: record.limits,
      allowedAddresses: this.#list(record.allowedAddresses),
      secrets: record.secrets.map((secret) => ({
        hash: secret.hash === hash ? hash : secret.hash,
        expiresAt: secret.expiresAt,
      })),
      createdAt: record.createdAt,
      expiresAt: record.expiresAt,
      disabledAt: record.disabledAt,
      revokedAt: record.revokedAt,
    };
  }

  #text<T extends string>(text: T): T {
    return shared(this.#texts, text, text) as T;
  }

  #list(list: readonly string[]): readonly string[] {
    return list.length > MAX_ENTRIES ? list : shared(this.#lists, JSON.stringify(list), list);
  }
}

function shared<T>(known: Generations<string, T>, name: string, part: T): T {
  const first = known.get(name);
  if (first === undefined) known.set(name, part);
  return first ?? part;
}
