import { DurableObject } from "cloudflare:workers";

export interface Signature {
  id: string;
  /** `null` for one that belongs to the whole organization. */
  workspace_id: string | null;
  name: string;
  created_at: string;
}

/** The workspaces whose signatures may be seen; `null` for all. */
export type Sight = readonly string[] | null;

/** The signatures of one organization in one environment. */
export class SignatureStore extends DurableObject {
  readonly #sql = this.ctx.storage.sql;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    this.#sql.exec("CREATE TABLE IF NOT EXISTS signatures (id TEXT PRIMARY KEY, workspace_id, name, created_at)");
  }

  list(sight: Sight, text = ""): Signature[] {
    const all = this.#sql.exec("SELECT * FROM signatures ORDER BY created_at, id").toArray() as unknown as Signature[];
    const seen = all.filter(({ workspace_id }) => sight === null || sight.includes(workspace_id ?? ""));
    return seen.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
  }

  get(sight: Sight, id: string): Signature | null {
    return this.list(sight).find((signature) => signature.id === id) ?? null;
  }

  add(name: string, workspace_id: string | null): Signature {
    const made = { id: `sig_${crypto.randomUUID()}`, workspace_id, name, created_at: new Date().toISOString() };
    this.#sql.exec("INSERT INTO signatures VALUES (?, ?, ?, ?)", made.id, workspace_id, name, made.created_at);
    return made;
  }

  /** Returns what it removed. */
  remove(sight: Sight, id: string): Signature | null {
    const signature = this.get(sight, id);
    if (signature) this.#sql.exec("DELETE FROM signatures WHERE id = ?", id);
    return signature;
  }
}
