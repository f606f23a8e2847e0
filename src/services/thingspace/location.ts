// Device Location (specs/thingspace.md section 5): the request, and the answer with all its traps. `x` is the latitude
// and `y` the longitude; both are texts; a failure comes as 200. Pure.
import { jsonOf, objectOf, short } from './envelope.js';

/** Where the network says the device is. */
export interface CarrierPosition {
  source: 'carrier-cell';
  latitudeDeg: number;
  longitudeDeg: number;
  /** Kilometres, typically. */
  radiusM: number;
  /** Of the fix, not of the answer; absent when it was unreadable. */
  fixUtcMs?: number;
  /** How old the fix was when it came; absent while our own clock is not trusted. */
  ageSeconds?: number;
  /** The network says whether it kept the accuracy asked for. */
  isRequestedAccuracy?: boolean;
  /** Kept by the network, found now (and billed), or answered by the operator. */
  origin: 'cached' | 'current' | 'operator';
}

export const LOCATIONS_PATH = '/api/loc/v1/locations';
export const DEVICE_LOCATIONS_PATH = '/api/loc/v1/devicelocations';

/** Texts on the wire: a number is "Invalid JSON" there. */
export type CacheMode = '0' | '1' | '2';

export interface LocationDevice {
  imei: string;
  mdn: string;
}

/** The ten digits by which the network knows the device. */
export const mdnDigits = (mdn: string): string => mdn.replace(/\D/g, '').slice(-10);

export function locationBody(accountName: string, device: LocationDevice, cacheMode: CacheMode): string {
  return JSON.stringify({
    accountName,
    accuracyMode: '0',
    cacheMode,
    deviceList: [{ id: device.imei, kind: 'imei', mdn: mdnDigits(device.mdn) }],
  });
}

/**
 * The asynchronous form. Its answer goes to the callback registered for the account, which a device behind a carrier's
 * NAT cannot receive: for an operator's server, not used by the agent itself.
 */
export function asyncLocationBody(
  accountName: string,
  devices: readonly LocationDevice[],
  options: { accuracyMode: '0' | '1' | '2'; cacheMode: CacheMode; maxAgeSeconds?: number },
): string {
  return JSON.stringify({
    accountName,
    accuracyMode: options.accuracyMode,
    cacheMode: options.cacheMode,
    ...(options.maxAgeSeconds === undefined ? {} : { maxLocAge: String(options.maxAgeSeconds) }),
    deviceList: devices.map(({ imei, mdn }) => ({ id: imei, kind: 'imei', mdn: mdnDigits(mdn) })),
  });
}

type PositionFacts = Omit<CarrierPosition, 'ageSeconds' | 'origin'>;

export type DeviceAnswer =
  | { is: 'position'; mdn: string; position: PositionFacts }
  | { is: 'failure'; mdn: string; type: string; info: string; isAbsent: boolean }
  | { is: 'malformed'; mdn: string; why: string };

const MINUTE_MS = 60_000;

/** `±HHMM`, `±HH:MM`, `±H`, or minutes from 60 on, as ms east of UTC; nobody publishes the form. Absent, unreadable: 0. */
function offsetMs(value: unknown): number {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return 0;
  const parts = /^\s*([+-]?)(\d{1,2}):?(\d{2})\s*$/.exec(text);
  const short = /^\s*([+-]?)(\d{1,3})\s*$/.exec(text);
  const hasColon = text.includes(':');
  let minutes: number;
  if (short && !hasColon) {
    const count = Number(short[2]);
    minutes = (count >= 60 ? count : count * 60) * (short[1] === '-' ? -1 : 1);
  } else if (parts) minutes = (Number(parts[2]) * 60 + Number(parts[3])) * (parts[1] === '-' ? -1 : 1);
  else return 0;
  return Math.abs(minutes) <= 14 * 60 ? minutes * MINUTE_MS : 0;
}

/** `YYYYMMDDhhmmss` with its offset, as ms since 1970 UTC. */
export function fixTime(time: unknown, offset: unknown): number | undefined {
  const match = typeof time === 'string' ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(time.trim()) : null;
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const isTime = year >= 2000 && month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 60;
  const utcMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // A 31st of February would roll over.
  return isTime && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day ? utcMs - offsetMs(offset) : undefined;
}

/** Decimal text or number; anything else is NaN. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\s*[+-]?\d{1,12}(\.\d{1,20})?\s*$/.test(value) ? Number(value) : Number.NaN;
}

/** Why a place cannot be one, or undefined. */
export function objectionTo(latitudeDeg: number, longitudeDeg: number, radiusM: number): string | undefined {
  if (!(Math.abs(latitudeDeg) <= 90)) return 'latitude out of range';
  if (!(Math.abs(longitudeDeg) <= 180)) return 'longitude out of range';
  if (latitudeDeg === 0 && longitudeDeg === 0) return 'zero and zero';
  return radiusM > 0 && radiusM < 20_000_000 ? undefined : 'radius not above zero';
}

function readDevice(entry: unknown): DeviceAnswer | undefined {
  const members = objectOf(entry);
  const msid = members?.['msid'];
  const mdn = typeof msid === 'string' || typeof msid === 'number' ? mdnDigits(String(msid)) : '';
  if (!members || mdn === '') return undefined;
  const place = objectOf(members['pd']) ?? {};
  const [latitudeDeg, longitudeDeg] = [numberOf(place['x']), numberOf(place['y'])];
  if (!Number.isFinite(latitudeDeg) || !Number.isFinite(longitudeDeg)) {
    const error = objectOf(members['error']) ?? {};
    const [type, info] = [error['type'], error['info']].map((part) =>
      typeof part === 'string' ? short(part, 120) : '',
    ) as [string, string];
    if (type === '' && info === '') return { is: 'malformed', mdn, why: 'neither a place nor an error' };
    return { is: 'failure', mdn, type, info, isAbsent: /absent subscriber/i.test(`${type} ${info}`) };
  }
  const radiusM = numberOf(place['radius']);
  const why = objectionTo(latitudeDeg, longitudeDeg, radiusM);
  if (why !== undefined) return { is: 'malformed', mdn, why };
  const fixUtcMs = fixTime(place['time'], place['utcoffset']);
  const qos = place['qos'];
  return {
    is: 'position',
    mdn,
    position: {
      source: 'carrier-cell',
      latitudeDeg,
      longitudeDeg,
      radiusM,
      ...(fixUtcMs === undefined ? {} : { fixUtcMs }),
      ...(typeof qos === 'boolean' ? { isRequestedAccuracy: qos } : {}),
    },
  };
}

const MAX_DEVICES = 10_000;

/** Every device of a list, in its order; entries that name no device are left out. */
function readList(list: unknown): readonly DeviceAnswer[] {
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_DEVICES).flatMap((entry) => readDevice(entry) ?? []);
}

/** What the synchronous call says of this device. */
export function readLocations(body: Buffer, mdn: string): DeviceAnswer {
  const wanted = mdnDigits(mdn);
  const found = readList(jsonOf(body)).find((answer) => answer.mdn === wanted);
  return found ?? { is: 'malformed', mdn: wanted, why: 'nothing about this device in the answer' };
}

export interface LocationCallback {
  txid: string;
  devices: readonly DeviceAnswer[];
}

/**
 * What ThingSpace posts to a registered callback; undefined for anything else. Whoever receives it has to check its HMAC
 * with the key of the registration first.
 */
export function readLocationCallback(body: Buffer): LocationCallback | undefined {
  const members = objectOf(jsonOf(body));
  const txid = members?.['txid'] ?? members?.['txID'] ?? members?.['transactionId'];
  if (!members || typeof txid !== 'string' || txid === '' || txid.length > 128) return undefined;
  const list = members['devLocationList'] ?? members['devicelocations'] ?? members['locations'];
  return Array.isArray(list) ? { txid, devices: readList(list) } : undefined;
}
