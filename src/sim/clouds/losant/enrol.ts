// The operator's enrolment endpoint: makes a device and its access key for a gateway that shows an enrolment token
// (specs/losant.md section 7 A).
import { isRecord } from '../../fields.js';
import { newDevice, newKey } from './account.js';
import { hasTags } from './cloud.js';
import {
  invalid,
  isText,
  ok,
  type RestAnswer,
  type RestCall,
  type RestDeps,
  type RouteEntry,
  refuse,
  unauthorized,
} from './rest-call.js';

export const ENROL_PATH = '/enrol';

function enrol({ bearer, body }: RestCall, { cloud, addresses }: RestDeps): RestAnswer {
  const { account, settings } = cloud;
  if (bearer !== account.enrolToken || settings.enrol === 'refused') return unauthorized();
  if (!isRecord(body)) return invalid('body must be an object');
  const { imei, iccid, model } = body;
  if (!isText(imei, 20)) return invalid('imei is required');
  if (settings.enrol === 'pending') {
    const answer = ok({ status: 'pending' }, 202);
    return { ...answer, headers: { 'retry-after': String(settings.enrolRetryAfterS) } };
  }
  const known = account.devices.find((each) => !each.isDeleted && hasTags(each, [{ key: 'imei', value: imei }]));
  if (settings.enrol === 'registered' || (known && settings.enrolAgain === 'conflict'))
    return refuse(409, 'Conflict', 'already registered');
  const nowMs = cloud.clock.wall();
  const tags = Object.entries({ imei, iccid, model }).flatMap(([key, value]) =>
    isText(value, 255) ? [{ key, value }] : [],
  );
  const device = known ?? newDevice(nowMs, { name: `gw-${imei}`, tags });
  if (!known) account.devices.push(device);
  const { key, secret } = newKey(nowMs, { name: device.name, deviceIds: [device.deviceId] });
  account.keys.push(key);
  account.save();
  const { broker: brokerHost, api: apiHost } = addresses();
  return ok({
    applicationId: account.applicationId,
    deviceId: device.deviceId,
    key: key.key,
    secret,
    ...(settings.enrolHosts === 'sent' ? { brokerHost, apiHost } : {}),
  });
}

export const ENROL_ROUTES: readonly RouteEntry[] = [
  { route: 'enrol', method: 'POST', path: ENROL_PATH, answer: enrol },
];
