// REST calls of one device: its token, states, commands, connection status (rows R1 to R14, R25, R26).
import { isRecord } from '../../fields.js';
import type { LosantDevice } from './account.js';
import { keep } from './ledger.js';
import {
  invalid,
  isId,
  isText,
  isTextList,
  notFound,
  ok,
  type RestAnswer,
  type RestCall,
  type RestDeps,
  type RouteEntry,
  refuse,
  SUCCESS,
  strangers,
  unauthorized,
} from './rest-call.js';
import { readState, readTime } from './state-rules.js';

const AUTH_MEMBERS = ['deviceId', 'key', 'secret', 'tokenTTL', 'requestedScopes'];
const STATUS_MEMBERS = [
  'status',
  'connectedAt',
  'disconnectedAt',
  'disconnectReason',
  'messagesFromClient',
  'messagesToClient',
  'ipAddress',
];
const MAX_COMMANDS = 1000;

function authenticate({ body }: RestCall, { cloud }: RestDeps): RestAnswer {
  if (!isRecord(body)) return invalid('body must be an object');
  const { deviceId, key, secret, tokenTTL: ttl, requestedScopes: scopes } = body;
  if (!isId(deviceId)) return invalid('deviceId must be 24 hexadecimal digits');
  if (typeof key !== 'string' || typeof secret !== 'string') return invalid('key and secret must be texts');
  if (ttl !== undefined && !(typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= 0))
    return invalid('tokenTTL must be a whole number');
  if (scopes !== undefined && !isTextList(scopes, 100)) return invalid('requestedScopes must be a list');
  const stranger = strangers(body, AUTH_MEMBERS);
  if (stranger) return stranger;
  const device = cloud.device(deviceId);
  if (!device) return cloud.settings.deletedDevice === '401' ? unauthorized() : notFound('Device');
  const admitted = cloud.admit(key, secret, device);
  if (typeof admitted === 'string') return unauthorized();
  return ok({
    applicationId: cloud.account.applicationId,
    deviceId,
    deviceClass: device.deviceClass,
    token: cloud.makeDeviceToken(admitted, device, {
      ...(ttl === undefined ? {} : { ttl }),
      ...(scopes === undefined ? {} : { scopes }),
    }),
    ownerType: 'application',
    filterType: admitted.filterType,
    pubTopics: admitted.pubTopics,
    subTopics: admitted.subTopics,
    ...(cloud.settings.restricted === 'sent'
      ? { restricted: admitted.deviceIds.length + admitted.deviceTags.length > 0 }
      : {}),
  });
}

const deviceOf = ({ ids }: RestCall, { cloud }: RestDeps): LosantDevice | undefined => cloud.device(ids[1] ?? '');

const throttled = (call: RestCall, deps: RestDeps, what: string): RestAnswer | undefined =>
  deps.window.take(`${call.ids[1] ?? ''}/${what}`) ? undefined : refuse(429, 'TooManyRequests', 'Too many requests');

function sendState(call: RestCall, deps: RestDeps): RestAnswer {
  const device = deviceOf(call, deps);
  if (!device) return notFound('Device');
  const tooMany = throttled(call, deps, 'state');
  if (tooMany) return tooMany;
  const states: unknown[] = Array.isArray(call.body) ? call.body : [call.body];
  const nowMs = deps.cloud.clock.wall();
  // All of it or nothing.
  for (const state of states) {
    const reading = readState(state, nowMs);
    if (reading.is === 'malformed') return invalid(reading.why);
  }
  for (const state of states) deps.cloud.record(device, state, 'rest');
  return SUCCESS;
}

/** A time of a query: milliseconds, or any text that is one. */
function queryTime(query: URLSearchParams, name: string, nowMs: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return /^\d+$/.test(text) ? Number(text) : readTime(text, nowMs);
}

function getCommands(call: RestCall, deps: RestDeps): RestAnswer {
  const device = deviceOf(call, deps);
  if (!device) return notFound('Device');
  const { query } = call;
  const tooMany = throttled(call, deps, 'command');
  if (tooMany) return tooMany;
  const limit = Number(query.get('limit') ?? 1);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_COMMANDS) return invalid('limit is out of range');
  const direction = query.get('sortDirection') ?? 'desc';
  if (direction !== 'asc' && direction !== 'desc') return invalid('sortDirection must be asc or desc');
  const nowMs = deps.cloud.clock.wall();
  const end = queryTime(query, 'end', nowMs) ?? nowMs;
  const duration = query.get('duration');
  const start = queryTime(query, 'start', nowMs) ?? (duration === null ? 0 : end - Number(duration));
  const found = deps.cloud.commands(device.deviceId).filter(({ timeMs }) => timeMs >= start && timeMs <= end);
  const sorted = direction === 'asc' ? found : found.toReversed();
  const isIso = deps.cloud.settings.commandTime === 'iso';
  return ok(
    sorted.slice(0, limit).map(({ name, payload, timeMs }) => {
      const text = new Date(timeMs).toISOString();
      return { name, payload, time: isIso ? text : { $date: text } };
    }),
  );
}

function sendCommand(call: RestCall, deps: RestDeps): RestAnswer {
  const device = deviceOf(call, deps);
  if (!device) return notFound('Device');
  if (!isRecord(call.body) || !isText(call.body['name'], 255)) return invalid('name must be a text');
  deps.cloud.command(device.deviceId, call.body['name'], call.body['payload']);
  return SUCCESS;
}

function setStatus(call: RestCall, deps: RestDeps): RestAnswer {
  const device = deviceOf(call, deps);
  if (!device) return notFound('Device');
  const tooMany = throttled(call, deps, 'status');
  if (tooMany) return tooMany;
  const { body } = call;
  if (!isRecord(body)) return invalid('body must be an object');
  const { status, disconnectReason: reason } = body;
  if (status !== 'connected' && status !== 'disconnected') return invalid('status must be connected or disconnected');
  if (reason !== undefined && !(typeof reason === 'string' && reason.length <= 1024))
    return invalid('disconnectReason is too long');
  const stranger = strangers(body, STATUS_MEMBERS);
  if (stranger) return stranger;
  keep(deps.cloud.ledger.statuses, { deviceId: device.deviceId, atMs: deps.cloud.clock.wall(), status });
  return SUCCESS;
}

const OF_DEVICE = '/applications/:A/devices/:D';

export const DEVICE_ROUTES: readonly RouteEntry[] = [
  { route: 'auth', method: 'POST', path: '/auth/device', answer: authenticate },
  { route: 'state', method: 'POST', path: `${OF_DEVICE}/state`, action: 'device.sendState', answer: sendState },
  { route: 'command', method: 'GET', path: `${OF_DEVICE}/command`, action: 'device.getCommand', answer: getCommands },
  { route: 'command', method: 'POST', path: `${OF_DEVICE}/command`, action: 'device.sendCommand', answer: sendCommand },
  {
    route: 'status',
    method: 'POST',
    path: `${OF_DEVICE}/setConnectionStatus`,
    action: 'device.setConnectionStatus',
    answer: setStatus,
  },
];
