/** A new secret for a key, beside those that it has, and the end of an old one. */

import { DAY_MS } from "../domain/durations.ts";

export interface Rotation {
  readonly keyId: string;
  /** Does nothing if the key is no longer at the version `from`. */
  readonly from: string;
  readonly version: string;
  readonly at: number;
  /** When the present secrets of the key expire, unless they expire earlier. */
  readonly oldEndAt: number;
  readonly added: {
    readonly hash: string;
    readonly pepperId: string;
    readonly hint: string;
    readonly createdAt: number;
  };
}

/** How long, and for how many secrets, an expired secret can still be told from an unknown one. */
const REMEMBERED_MS = 30 * DAY_MS;
const MAX_REMEMBERED = 20;

export function secretRotation(db: D1Database, rotation: Rotation): D1PreparedStatement[] {
  const { keyId, from, version, at, oldEndAt, added } = rotation;
  const ifMade = "EXISTS (SELECT 1 FROM api_keys WHERE id = ?1 AND version = ?2)";
  return [
    db
      .prepare("UPDATE api_keys SET version = ?2 WHERE id = ?1 AND version = ?3 AND revoked_at IS NULL")
      .bind(keyId, version, from),
    db
      .prepare(
        `UPDATE api_key_secrets SET expires_at = ?3
         WHERE key_id = ?1 AND (expires_at IS NULL OR expires_at > ?3) AND ${ifMade}`,
      )
      .bind(keyId, version, oldEndAt),
    db
      .prepare(
        `DELETE FROM api_key_secrets WHERE key_id = ?1 AND ${ifMade} AND (expires_at < ?3 OR hash IN (
           SELECT hash FROM api_key_secrets WHERE key_id = ?1 AND expires_at <= ?4
           ORDER BY expires_at DESC, created_at DESC LIMIT -1 OFFSET ${MAX_REMEMBERED}))`,
      )
      .bind(keyId, version, at - REMEMBERED_MS, at),
    db
      .prepare(
        `INSERT INTO api_key_secrets (key_id, hash, pepper_id, hint, created_at) SELECT ?1, ?3, ?4, ?5, ?6 WHERE ${ifMade}`,
      )
      .bind(keyId, version, added.hash, added.pepperId, added.hint, added.createdAt),
  ];
}

export interface SecretEnd {
  readonly keyId: string;
  /** If given, does nothing if the key is no longer at this version. */
  readonly from: string | undefined;
  readonly version: string;
  readonly createdAt: number;
  readonly at: number;
}

export function secretEnd(db: D1Database, { keyId, from, version, createdAt, at }: SecretEnd): D1PreparedStatement[] {
  return [
    db
      .prepare(
        "UPDATE api_keys SET version = ?2 WHERE id = ?1 AND version = coalesce(?3, version) AND revoked_at IS NULL",
      )
      .bind(keyId, version, from ?? null),
    db
      .prepare(
        `UPDATE api_key_secrets SET expires_at = ?4
         WHERE key_id = ?1 AND created_at = ?3 AND (expires_at IS NULL OR expires_at > ?4)
           AND EXISTS (SELECT 1 FROM api_keys WHERE id = ?1 AND version = ?2)`,
      )
      .bind(keyId, version, createdAt, at),
  ];
}
