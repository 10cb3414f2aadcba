/**
 * The form of a key's secret: `<prefix>_<30 random base62><6 base62 of CRC-32>`, for example `kg_test_…`.
 * The checksum covers all that stands before it, so that garbage is refused without I/O and secret scanners recognise a key.
 */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 30 base62 digits hold 178 bits. */
const RANDOM_LENGTH = 30;
/** 62⁶ > 2³². */
const CHECKSUM_LENGTH = 6;
/** The largest multiple of 62 that a byte can hold; bytes from here on are drawn again, so that every digit is equally likely. */
const UNBIASED_BYTES = 248;

export type RandomBytes = (count: number) => Uint8Array;

export function generateSecret(prefix: string, randomBytes: RandomBytes): string {
  let digits = "";
  while (digits.length < RANDOM_LENGTH) {
    for (const byte of randomBytes(RANDOM_LENGTH)) {
      if (byte < UNBIASED_BYTES && digits.length < RANDOM_LENGTH) digits += ALPHABET[byte % 62];
    }
  }
  const unsealed = `${prefix}_${digits}`;
  return unsealed + checksum(unsealed);
}

/** The prefix of a well-formed secret whose checksum is right; `undefined` for anything else. */
export function prefixOfSecret(text: string): string | undefined {
  if (text.length > MAX_SECRET_LENGTH) return undefined;
  const form = SECRET_FORM.exec(text);
  if (!form) return undefined;
  return checksum(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH) ? form[1] : undefined;
}

/** What people can see of a secret later: its prefix and its last four characters. */
export function hintOf(secret: string): string {
  return `${secret.slice(0, secret.lastIndexOf("_") + 1)}…${secret.slice(-4)}`;
}

/** For the caller's text in an answer: cuts everything that is as long as a secret. Ids are shorter. */
export function withoutSecrets(text: string): string {
  return text.replace(AS_LONG_AS_A_SECRET, (word) => `${word.slice(0, 4)}…`);
}

/** A regular expression of what secrets with this prefix look like. */
export function patternOfSecrets(prefix: string): string {
  return `${prefix}_[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}`;
}

export const PREFIX_FORM = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
export const MAX_PREFIX_LENGTH = 32;
/** The characters of every secret, including its prefix and the separator between them. */
export const SECRET_CHARACTERS = `${ALPHABET}_`;
export const MAX_SECRET_LENGTH = MAX_PREFIX_LENGTH + 1 + RANDOM_LENGTH + CHECKSUM_LENGTH;
/** The shortest prefix is one letter. */
export const MIN_SECRET_LENGTH = 2 + RANDOM_LENGTH + CHECKSUM_LENGTH;

/** Other secrets, such as those of sessions, have `-` in them too. */
const AS_LONG_AS_A_SECRET = new RegExp(`[${SECRET_CHARACTERS}-]{${MIN_SECRET_LENGTH},}`, "g");
const SECRET_FORM = new RegExp(`^${patternOfSecrets("([a-z][a-z0-9_]*)")}$`);

function checksum(text: string): string {
  let value = crc32(text);
  let digits = "";
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = ALPHABET[value % 62] + digits;
    value = Math.floor(value / 62);
  }
  return digits;
}

/** CRC-32/ISO-HDLC of ASCII text, as in gzip and PNG. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) crc = (CRC_TABLE[(crc ^ text.charCodeAt(i)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});
