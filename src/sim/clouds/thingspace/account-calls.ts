// The operator's own calls of the location API: addresses for callbacks, consent, subscription (specs/thingspace.md
// section 5). Only as much as a program needs to set its account up and look at it.
import { randomUUID } from 'node:crypto';
import { json, locationError, objectOf, type ThingSpaceAnswer, type ThingSpaceAsk } from './answers.js';
import { CALLBACK_NAMES, CALLBACK_SECRET_HEADER, type CallbackName, type Callbacks } from './callbacks.js';
import type { ThingSpaceContext } from './context.js';
import { accountRefusal } from './location.js';
import type { Consent, SimDevice } from './state.js';

const callbackName = (value: unknown): CallbackName | undefined => CALLBACK_NAMES.find((each) => each === value);

/** GET, POST /callbacks/{acct}; DELETE /callbacks/{acct}/{name}. */
export function answerCallbacks(
  ask: ThingSpaceAsk,
  place: { account: string; name: string | undefined },
  context: ThingSpaceContext,
  callbacks: Callbacks,
): ThingSpaceAnswer {
  const foreign = accountRefusal(place.account, context);
  if (foreign) return foreign;
  if (ask.method === 'GET') return json(callbacks.registered);
  if (ask.method === 'DELETE') {
    const name = callbackName(place.name);
    return name && callbacks.unregister(name)
      ? json({ accountName: place.account, name })
      : locationError('Callback not registered');
  }
  const { name: given, url } = objectOf(ask.body) ?? {};
  const name = callbackName(given);
  const secret = name && typeof url === 'string' ? callbacks.register(name, url) : undefined;
  if (!name || secret === undefined) return locationError('Invalid callback name or URL');
  return json({ accountName: place.account, name, url }, { headers: { [CALLBACK_SECRET_HEADER]: secret } });
}

const consentNumber: Readonly<Record<Consent, number>> = { coarse: 0, all: 1, excluded: 2 };

const isIds = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= 2000 && value.every((each) => typeof each === 'string');

/** POST, DELETE /consents: the exclusion list. */
export function answerConsents(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer {
  const { state } = context;
  const exclude = (ids: readonly string[], consent: Consent): void => {
    for (const device of state.devices) if (ids.includes(device.imei)) device.consent = consent;
  };
  if (ask.method === 'DELETE') {
    const foreign = accountRefusal(ask.query.get('accountName'), context);
    if (foreign) return foreign;
    exclude((ask.query.get('deviceList') ?? '').split(','), 'coarse');
    return json({ success: true });
  }
  const { accountName, type, exclusion } = objectOf(ask.body) ?? {};
  if ((type !== 'append' && type !== 'replace') || !isIds(exclusion)) return locationError('Invalid JSON');
  const foreign = accountRefusal(accountName, context);
  if (foreign) return foreign;
  const isExcluded = (device: SimDevice): boolean => device.consent === 'excluded';
  if (type === 'replace') for (const device of state.devices) if (isExcluded(device)) device.consent = 'coarse';
  exclude(exclusion, 'excluded');
  return json({ success: true });
}

/** GET /consents/{acct}/index/{i}. */
export function answerConsentList(account: string, index: number, context: ThingSpaceContext): ThingSpaceAnswer {
  const foreign = accountRefusal(account, context);
  if (foreign) return foreign;
  const excluded = context.state.devices.filter(({ consent }) => consent === 'excluded').map(({ imei }) => imei);
  return json({
    accountName: account,
    allDevice: false,
    hasMoreData: false,
    totalCount: excluded.length,
    updateTime: new Date(context.clock.wall()).toISOString(),
    exclusion: excluded.slice(index),
  });
}

/** GET, POST, PUT /devicelocations/action/consents: the consent of one device. */
export function answerDeviceConsent(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer {
  const isReading = ask.method === 'GET';
  const body = isReading ? {} : (objectOf(ask.body) ?? {});
  const name = isReading ? ask.query.get('accountName') : body['accountName'];
  const foreign = accountRefusal(name, context);
  if (foreign) return foreign;
  if (!isReading) {
    const all = body['allDeviceConsent'];
    const consent = (Object.keys(consentNumber) as Consent[]).find((each) => consentNumber[each] === all);
    if (!consent) return locationError('Invalid JSON');
    for (const device of context.state.devices) device.consent = consent;
    return json({ transactionId: randomUUID(), status: 'QUEUED' });
  }
  const id = ask.query.get('deviceId');
  const device = context.state.devices.find((each) => id === null || each.imei === id);
  if (!device) return locationError('Device not found');
  return json({ accountName: name, deviceId: device.imei, allDeviceConsent: consentNumber[device.consent] });
}

/** GET /subscriptions/{acct}: numbers as texts. */
export function answerSubscription(account: string, context: ThingSpaceContext): ThingSpaceAnswer {
  const foreign = accountRefusal(account, context);
  if (foreign) return foreign;
  return json({
    accountName: account,
    locType: 'TS-LOC-COARSE-CellID-5K',
    maxAllowance: '5000',
    purchaseTime: '2024-01-01 00:00:00',
  });
}
