// The state of the lines of the account (specs/thingspace.md section 5.3, simulator rows 22 to 24).
import { isRecord } from '../../fields.js';
import { json, objectOf, type ThingSpaceAnswer, type ThingSpaceAsk, uwsError } from './answers.js';
import type { ThingSpaceContext } from './context.js';
import { hasForbidden, invalidCharacter } from './session.js';
import type { SimDevice } from './state.js';

const KINDS = ['esn', 'eid', 'iccid', 'imei', 'mdn', 'meid', 'msisdn'];

const isNamed = (device: SimDevice, kind: string, id: string): boolean => {
  if (kind === 'imei') return device.imei === id;
  if (kind === 'iccid') return device.iccid === id;
  return (kind === 'mdn' || kind === 'msisdn') && device.mdn === id;
};

/** Moments as the service spells them, with an offset. */
const iso = (utcMs: number): string => `${new Date(utcMs).toISOString().slice(0, 19)}-00:00`;

export function answerDeviceList(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer {
  const { account, state, settings, clock } = context;
  const body = objectOf(ask.body);
  if (!body) return uwsError('REQUEST_FAILED.UnexpectedError', 'An unexpected error has occurred.');
  if (settings.checksCharacters && hasForbidden(body)) return invalidCharacter();
  const { accountName, deviceId } = body;
  if (accountName !== undefined && accountName !== account.secrets.account)
    return uwsError('REQUEST_FAILED.AccountNotFound', 'The account could not be found.');
  let found = state.devices.filter((device) => device.account === account.secrets.account);
  if (deviceId !== undefined) {
    const { id, kind } = isRecord(deviceId) ? deviceId : {};
    const named = typeof kind === 'string' ? kind.toLowerCase() : '';
    if (!KINDS.includes(named)) return uwsError('INPUT_INVALID.Device.Kind.Invalid', 'The device kind is not valid.');
    if (typeof id !== 'string' || !/^\d{8,20}$/.test(id))
      return uwsError('INPUT_INVALID.Device.Identifier.Invalid', 'The device identifier is not valid.');
    found = found.filter((device) => isNamed(device, named, id));
    if (found.length === 0) return uwsError('REQUEST_FAILED.DeviceNotFound', 'The device could not be found.');
  }
  const nowUtcMs = clock.wall();
  return json(
    {
      hasMoreData: settings.hasMoreDevices,
      devices: found.map((device) => ({
        accountName: device.account,
        billingCycleEndDate: iso(nowUtcMs + 10 * 86_400_000),
        carrierInformations: [{ carrierName: 'Verizon Wireless', servicePlan: 'simulated', state: 'active' }],
        connected: device.isReachable,
        createdAt: iso(nowUtcMs - 100 * 86_400_000),
        // Mixed case, as seen.
        deviceIds: [
          { id: device.imei, kind: 'imei' },
          { id: device.mdn, kind: 'mdn' },
          { id: device.iccid, kind: 'iccId' },
        ],
        groupNames: ['Default'],
        ipAddress: device.isReachable ? '10.64.1.21' : '0.0.0.0',
        lastConnectionDate: iso(nowUtcMs - 3_600_000),
      })),
    },
    { status: settings.hasMoreDevices ? 202 : 200 },
  );
}
