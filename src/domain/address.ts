/** Client addresses and CIDR ranges, IPv4 and IPv6. An IPv4-mapped IPv6 address counts as the IPv4 address in it. */

export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface AddressRange {
  readonly family: 4 | 6;
  readonly value: bigint;
  readonly prefixLength: number;
}

/** Six groups of four, and an IPv4 address. */
const MAX_ADDRESS_LENGTH = 45;
const BITS = { 4: 32, 6: 128 };

export function isAddress(text: string): boolean {
  if (text.length > MAX_ADDRESS_LENGTH) return false;
  return text.includes(":") ? isIPv6(text) : IPV4.test(text);
}

export function parseAddress(text: string): Address | undefined {
  return text.includes(":") ? parseIPv6(text) : parseIPv4(text);
}

/** `203.0.113.0/24`, `2001:db8::/32`, or a single address. */
export function parseRange(text: string): AddressRange | undefined {
  const [addressText = "", lengthText, ...rest] = text.split("/");
  const address = parseAddress(addressText);
  if (!address || rest.length > 0) return undefined;
  if (lengthText === undefined) return { ...address, prefixLength: BITS[address.family] };
  const bits = addressText.includes(":") ? BITS[6] : BITS[4];
  if (!/^(0|[1-9]\d{0,2})$/.test(lengthText) || Number(lengthText) > bits) return undefined;
  // The length of a mapped range counts the 96 bits before the IPv4 address too.
  const prefixLength = Number(lengthText) - (bits - BITS[address.family]);
  return prefixLength < 0 ? undefined : { ...address, prefixLength };
}

export function contains(range: AddressRange, address: Address): boolean {
  if (range.family !== address.family) return false;
  const shift = BigInt(BITS[range.family] - range.prefixLength);
  return range.value >> shift === address.value >> shift;
}

/** Whether `bound` allows every client that `ranges` allow. An empty list allows any address. */
export function areWithin(ranges: readonly string[], bound: readonly string[]): boolean {
  if (bound.length === 0) return true;
  const outer = bound.flatMap((text) => parseRange(text) ?? []);
  const isWithin = (inner: AddressRange) =>
    outer.some((range) => range.prefixLength <= inner.prefixLength && contains(range, inner));
  return (
    ranges.length > 0 &&
    ranges.every((text) => parseRange(text) !== undefined && isWithin(parseRange(text) as AddressRange))
  );
}

/** The addresses of one subscriber: an IPv4 address, or an IPv6 /64. */
export function networkOf(text: string): string {
  const address = parseAddress(text);
  if (!address) return text;
  if (address.family === 6) return `${(address.value >> 64n).toString(16)}::/64`;
  return [24n, 16n, 8n, 0n].map((shift) => (address.value >> shift) & 0xffn).join(".");
}

/** The first 24 bits of an IPv4 address, or 48 of an IPv6 address, as a CIDR range; `undefined` for no address. */
export function truncated(text: string): string | undefined {
  if (text === "") return undefined;
  const plain = PLAIN.exec(text);
  if (plain) return plain[1] === undefined ? `${plain[2]}::/48` : `${plain[1]}.0/24`;
  const address = parseAddress(text);
  if (!address) return undefined;
  if (address.family === 4) return `${networkOf(text).replace(/\d+$/, "0")}/24`;
  const groups = [112n, 96n, 80n].map((shift) => ((address.value >> shift) & 0xffffn).toString(16));
  return `${groups.join(":").replace(/(?:(?:^|:)0)+$/, "")}::/48`;
}

/** How nearly all addresses arrive, so that they need no parsing. */
const PLAIN = /^(?:(\d+\.\d+\.\d+)\.\d+|([1-9a-f][0-9a-f]*(?::[1-9a-f][0-9a-f]*){2}):.*)$/;

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

function parseIPv4(text: string): Address | undefined {
  if (!IPV4.test(text)) return undefined;
  return { family: 4, value: text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
}

/** The URL parser knows every form of RFC 4291 §2.2. */
function isIPv6(text: string): boolean {
  return /^[0-9A-Fa-f:.]+$/.test(text) && URL.canParse(`http://[${text}]/`);
}

function parseIPv6(text: string): Address | undefined {
  if (!isIPv6(text)) return undefined;
  // In hexadecimal groups.
  const [head = "", tail = ""] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split("::");
  const first = head.split(":").filter(Boolean);
  const last = tail.split(":").filter(Boolean);
  const groups = [...first, ...Array<string>(8 - first.length - last.length).fill("0"), ...last];
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return value >> 32n === 0xffffn ? { family: 4, value: value & 0xffffffffn } : { family: 6, value };
}
