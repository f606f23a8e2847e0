// The calls that locate devices: at once, and with the answer by callback (specs/thingspace.md section 5, simulator rows
// 25 to 35).
import { randomUUID } from 'node:crypto';
import { isRecord } from '../../fields.js';
import { json, locationError, objectOf, type ThingSpaceAnswer, type ThingSpaceAsk } from './answers.js';
import type { Callbacks } from './callbacks.js';
import type { ThingSpaceContext } from './context.js';
import { located, locateNow } from './locate.js';
import type { SimDevice } from './state.js';

export const MAX_DEVICES = { sync: 20, async: 10_000 } as const;
type Call = keyof typeof MAX_DEVICES;

interface NamedDevice {
  id: string;
  kind: string;
  mdn: string;
}

interface LocateAsk {
  accuracyMode: string;
  cacheMode: string;
  devices: SimDevice[];
}

const isNamed = (value: unknown): value is NamedDevice =>
  isRecord(value) && ['id', 'kind', 'mdn'].every((name) => typeof value[name] === 'string');

/** Undefined for a good account. */
export const accountRefusal = (name: unknown, { account }: ThingSpaceContext): ThingSpaceAnswer | undefined =>
  name === account.secrets.account
    ? undefined
    : locationError(`UWS verification failure (Could not find account ${typeof name === 'string' ? name : ''})`);

function findDevice(named: NamedDevice, context: ThingSpaceContext): SimDevice | ThingSpaceAnswer {
  const kind = named.kind.toLowerCase();
  if (kind !== 'imei' && kind !== 'mdn') return locationError('Device type check failed');
  const { state, account } = context;
  const device = state.devices.find((each) => (kind === 'imei' ? each.imei : each.mdn) === named.id);
  if (!device) return locationError('Device not found');
  if (device.account !== account.secrets.account || device.mdn !== named.mdn)
    return locationError('Ownership or MDN validation failed');
  return device;
}

const isRefusal = (value: object): value is ThingSpaceAnswer => 'contentType' in value;

function judge(ask: ThingSpaceAsk, call: Call, context: ThingSpaceContext): LocateAsk | ThingSpaceAnswer {
  const body = objectOf(ask.body);
  const { accountName, accuracyMode, cacheMode, deviceList } = body ?? {};
  // Numbers where texts belong are no JSON to this service.
  if (![accountName, accuracyMode, cacheMode].every((value) => typeof value === 'string'))
    return locationError('Invalid JSON');
  if (!Array.isArray(deviceList) || deviceList.length === 0 || !deviceList.every(isNamed))
    return locationError('Invalid JSON');
  const foreign = accountRefusal(accountName, context);
  if (foreign) return foreign;
  const accuracies = call === 'sync' ? ['0'] : ['0', '1', '2'];
  if (!accuracies.includes(String(accuracyMode))) return locationError('Invalid accuracy mode');
  if (!['0', '1', '2'].includes(String(cacheMode))) return locationError('Invalid cache mode');
  if (deviceList.length > MAX_DEVICES[call]) return locationError('Too many devices in the device list');
  if (new Set(deviceList.map(({ id }) => id)).size < deviceList.length) return locationError('Conflicting device list');
  const devices: SimDevice[] = [];
  for (const named of deviceList) {
    const device = findDevice(named, context);
    if (isRefusal(device)) return device;
    if (device.consent === 'excluded' || (accuracyMode === '1' && device.consent !== 'all'))
      return locationError('Consent check failed');
    devices.push(device);
  }
  return { accuracyMode: String(accuracyMode), cacheMode: String(cacheMode), devices };
}

function locateAll({ devices, cacheMode }: LocateAsk, maxAgeMs: number, context: ThingSpaceContext): object[] {
  return devices.map((device) => {
    const isFresh = device.cache !== undefined && context.clock.wall() - device.cache.fixUtcMs <= maxAgeMs;
    const mayCache = cacheMode === '0' || (cacheMode === '2' && isFresh);
    return located(device, mayCache ? device.cache : locateNow(device, context), context);
  });
}

/** POST /locations. */
export function answerLocations(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer {
  const judged = judge(ask, 'sync', context);
  if (isRefusal(judged)) return judged;
  if (judged.cacheMode === '0' && judged.devices.every((device) => !device.cache))
    return locationError('No cached location is available', 'CACHE_UNAVAILABLE');
  return json(locateAll(judged, Number.POSITIVE_INFINITY, context));
}

/** POST /devicelocations: queued; the positions follow to the registered address. */
export function answerDeviceLocations(
  ask: ThingSpaceAsk,
  context: ThingSpaceContext,
  callbacks: Callbacks,
): ThingSpaceAnswer {
  const judged = judge(ask, 'async', context);
  if (isRefusal(judged)) return judged;
  const maxAgeMs = Number(objectOf(ask.body)?.['maxLocAge'] ?? Number.POSITIVE_INFINITY) * 60_000;
  const txid = randomUUID();
  const accountName = context.account.secrets.account;
  callbacks.schedule(txid, context.settings.callbackDelayMs, () => ({
    txid,
    accountName,
    status: 'COMPLETED',
    devLocationList: locateAll(judged, maxAgeMs, context),
  }));
  return json({ txid, status: 'QUEUED' });
}

/** DELETE /devicelocations/{txid}. */
export function answerCancel(
  ask: ThingSpaceAsk,
  txid: string,
  context: ThingSpaceContext,
  callbacks: Callbacks,
): ThingSpaceAnswer {
  const foreign = accountRefusal(ask.query.get('accountName'), context);
  if (foreign) return foreign;
  return callbacks.cancel(txid) ? json({ txid }) : locationError('Unable to cancel the transaction');
}
