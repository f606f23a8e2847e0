// PDP contexts: what is defined, what is active, which address it has (specs/modem.md 2.6).
import { bodyOf, intOf, known, splitFields, textsOf } from './fields.js';

export interface ContextDefinition {
  contextId: number;
  type: string;
  apn: string;
}

/** One line of `+CGDCONT?`. */
export function parseCgdcont(line: string): ContextDefinition | undefined {
  const [id, type, apn] = textsOf(line, '+CGDCONT', 16) ?? [];
  const contextId = intOf(id);
  if (contextId === undefined || type === undefined) return undefined;
  return { contextId, type: type.toUpperCase(), apn: apn ?? '' };
}

export interface ContextState {
  contextId: number;
  active: boolean;
  address?: string;
}

/** Dotted or with colons, and not all zero. */
const usable = (text: string | undefined): string | undefined =>
  text !== undefined && /^[0-9a-fA-F.:]{3,64}$/.test(text) && /[1-9a-f]/i.test(text) ? text : undefined;

const QUADS = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** 16 dotted numbers are how some modules print an IPv6 address. */
function plainAddress(text: string | undefined): string | undefined {
  const address = usable(text?.split('/', 1)[0]);
  if (address === undefined || address.includes(':') || QUADS.test(address)) return address;
  const numbers = address.split('.').map(Number);
  // Address and mask may stand in one string: the first half is the address.
  if (numbers.length === 8) return usable(numbers.slice(0, 4).join('.'));
  if (numbers.length !== 16 && numbers.length !== 32) return undefined;
  if (numbers.some((byte) => !Number.isInteger(byte) || byte > 255)) return undefined;
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push((((numbers[at] ?? 0) << 8) | (numbers[at + 1] ?? 0)).toString(16));
  return groups.join(':');
}

/** One line of `+CGACT?` or `#SGACT?`. */
export function parseActivation(line: string): { contextId: number; active: boolean } | undefined {
  const [id, state] = textsOf(line, '+CGACT', 4) ?? textsOf(line, '#SGACT', 4) ?? [];
  const contextId = intOf(id);
  const value = intOf(state);
  if (contextId === undefined || (value !== 0 && value !== 1)) return undefined;
  return { contextId, active: value === 1 };
}

/** The address that `#SGACT=<id>,1` answers with: `#SGACT: 10.20.30.40`. */
export function parseSgactAddress(line: string): string | undefined {
  const text = bodyOf(line, '#SGACT');
  return text !== undefined && (QUADS.test(text) || text.includes(':')) ? usable(text) : undefined;
}

/** One line of `+QIACT?`: context, state, kind, address. */
export function parseQiact(line: string): ContextState | undefined {
  const [id, state, , address] = textsOf(line, '+QIACT', 8) ?? [];
  const contextId = intOf(id);
  const value = intOf(state);
  if (contextId === undefined || (value !== 0 && value !== 1)) return undefined;
  return known<ContextState>({ contextId, active: value === 1, address: value === 1 ? usable(address) : undefined });
}

export interface InternalContext {
  /** The module’s own number of its internal connection; not a context number. */
  profileId: number;
  active: boolean;
  address?: string;
}

/** `+UUPSDA: 0,"10.1.2.3"` (result, address), `+UUPSDD: 0` (profile), `+UPSND: 0,8,1` and `+UPSND: 0,0,"10.1.2.3"`. */
export function parseUbloxInternal(line: string): InternalContext | undefined {
  const activated = textsOf(line, '+UUPSDA', 4);
  if (activated) {
    const result = intOf(activated[0]);
    if (result === undefined) return undefined;
    return known<InternalContext>({ profileId: 0, active: result === 0, address: usable(activated[1]) });
  }
  const dropped = textsOf(line, '+UUPSDD', 2);
  if (dropped) {
    const profileId = intOf(dropped[0]);
    return profileId === undefined ? undefined : { profileId, active: false };
  }
  const [id, tag, value] = textsOf(line, '+UPSND', 4) ?? [];
  const profileId = intOf(id);
  if (profileId === undefined) return undefined;
  if (tag === '8' && (value === '0' || value === '1')) return { profileId, active: value === '1' };
  const address = usable(value);
  return tag === '0' && address !== undefined ? { profileId, active: true, address } : undefined;
}

export interface ContextAddress {
  contextId: number;
  /** The first usable one, which is IPv4 where there are two. */
  address?: string;
  /** A second one: IPv6 of a context with both. */
  address2?: string;
}

/** The addresses of `+CGPADDR`; none when it is empty or all zero. */
export function parseCgpaddr(line: string): ContextAddress | undefined {
  const [id, ...texts] = textsOf(line, '+CGPADDR', 6) ?? [];
  const contextId = intOf(id);
  if (contextId === undefined) return undefined;
  const [address, address2] = texts.map(plainAddress).filter((text) => text !== undefined);
  return known<ContextAddress>({ contextId, address, address2 });
}

export interface ContextParameters {
  contextId: number;
  apn: string;
  address?: string;
  gateway?: string;
  dns: string[];
}

/** One line of `+CGCONTRDP`: address and mask in one string or in two, old and new order (27.007 since release 9). */
export function parseCgcontrdp(line: string): ContextParameters | undefined {
  const body = bodyOf(line, '+CGCONTRDP');
  if (body === undefined) return undefined;
  const [id, , apn, own, ...rest] = splitFields(body, 12).map((field) => field.text);
  const contextId = intOf(id);
  if (contextId === undefined || apn === undefined) return undefined;
  // A mask in a field of its own shifts the gateway by one.
  const hasMask = rest[0] !== undefined && /^255(?:\.\d{1,3}){3}$/.test(rest[0]);
  const [gateway, ...dns] = rest.slice(hasMask ? 1 : 0, hasMask ? 4 : 3);
  return {
    ...known<Omit<ContextParameters, 'dns'>>({
      contextId,
      apn,
      address: plainAddress(own),
      gateway: plainAddress(gateway),
    }),
    dns: dns.map(plainAddress).filter((text) => text !== undefined),
  };
}

/** u-blox `+UIPADDR: <id>,"<if>","<v4>","<mask>","<v6>","<link local>"`. */
export function parseUipaddr(line: string): ContextAddress | undefined {
  const [id, , v4, , v6] = textsOf(line, '+UIPADDR', 8) ?? [];
  const contextId = intOf(id);
  if (contextId === undefined) return undefined;
  const [address, address2] = [v4, v6].map(plainAddress).filter((text) => text !== undefined);
  return known<ContextAddress>({ contextId, address, address2 });
}

export interface ContextEvent {
  is: 'detached' | 'deactivated' | 'activated';
  contextId?: number;
}

/** What `+CGEV` says of contexts; undefined for the rest of it (classes, secondary contexts). */
export function parseCgev(line: string): ContextEvent | undefined {
  const body = bodyOf(line, '+CGEV');
  if (body === undefined) return undefined;
  if (/^(?:NW|ME) DETACH\b/.test(body)) return { is: 'detached' };
  const pdn = /^(?:NW|ME) PDN (DEACT|ACT) (\d{1,2})\b/.exec(body);
  if (pdn) return { is: pdn[1] === 'ACT' ? 'activated' : 'deactivated', contextId: Number(pdn[2]) };
  const old = /^(?:NW|ME) DEACT\s+"?IP[^,]{0,8},[^,]{1,64}(?:,\s*(\d{1,2}))?$/.exec(body);
  if (!old) return undefined;
  return { is: 'deactivated', ...(old[1] === undefined ? {} : { contextId: Number(old[1]) }) };
}
