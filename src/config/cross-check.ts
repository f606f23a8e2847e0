// Mistakes that only show when two keys are looked at together. Works on data that may be wrong elsewhere, so that these
// too are reported in the first round.
import { crossCheckClouds } from './cross-check-clouds.js';
import { crossCheckDeviceWise } from './cross-check-devicewise.js';
import { crossCheckFleet } from './cross-check-fleet.js';
import { crossCheckLocation } from './cross-check-location.js';
import { type CrossFinding, isDay, type Section, section } from './cross-check-parts.js';

export type { CrossFinding } from './cross-check-parts.js';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
/** The longest name a Unix socket may have is 107 bytes; the socket's own name needs some of them. */
const MAX_RUNTIME_DIR = 88;

export function crossCheck(root: Section): CrossFinding[] {
  const found: CrossFinding[] = [];
  const problem = (path: readonly string[], message: string): void => void found.push({ path, message });
  const warning = (path: readonly string[], message: string): void =>
    void found.push({ path, message, isWarning: true });
  const has = (key: string): boolean => root[key] !== undefined;

  if (has('ztp') && has('identity'))
    problem(
      ['identity'],
      'ztp and identity are both given: keep ztp to be provisioned, or identity to use ready files',
    );
  const ntrip = section(section(root, 'corrections'), 'ntrip');
  if (has('corrections') && !has('ztp') && !has('identity') && ntrip?.['host'] === undefined)
    problem(
      ['corrections'],
      'corrections need an identity: add a ztp section (or identity with ready files), or name a caster in corrections.ntrip.host',
    );
  if (has('corrections') && !has('gnss'))
    warning(['corrections'], 'there is no gnss section, so nothing uses the corrections');
  if (!['modem', 'gnss', 'ztp', 'identity', 'losant', 'thingspace', 'deviceWise'].some(has))
    warning([], 'nothing is configured: add modem, gnss, ztp or losant');

  for (const finding of crossCheckLocation(root)) found.push(finding);
  for (const finding of crossCheckClouds(root)) found.push(finding);
  for (const finding of crossCheckDeviceWise(root)) found.push(finding);
  for (const finding of crossCheckFleet(root)) found.push(finding);

  const modem = section(root, 'modem');
  const gnss = section(root, 'gnss');
  if (typeof modem?.['port'] === 'string' && modem['port'] !== 'auto' && modem['port'] === gnss?.['port'])
    problem(['gnss', 'port'], 'is the same port as modem.port: two programs cannot share one');

  const bearer = section(modem, 'bearer');
  if (bearer?.['apn'] !== undefined && (bearer['mode'] ?? 'observe') === 'observe')
    warning(['modem', 'bearer', 'apn'], 'has no effect while bearer.mode is observe');

  const silence = section(section(root, 'corrections'), 'silence');
  const resubscribe = silence?.['resubscribeSeconds'] ?? 30;
  const reconnect = silence?.['reconnectSeconds'] ?? 60;
  if (typeof resubscribe === 'number' && typeof reconnect === 'number' && reconnect <= resubscribe)
    problem(
      [
        'corrections',
        'silence',
        silence?.['reconnectSeconds'] === undefined ? 'resubscribeSeconds' : 'reconnectSeconds',
      ],
      `reconnectSeconds (${reconnect}) must be larger than resubscribeSeconds (${resubscribe})`,
    );

  if (bearer?.['auth'] !== undefined && (bearer['mode'] ?? 'observe') === 'observe')
    warning(['modem', 'bearer', 'auth'], 'has no effect while bearer.mode is observe');

  const recovery = section(root, 'recovery');
  const hook = recovery?.['powerHook'];
  if (recovery?.['power'] === 'command' && hook === undefined)
    problem(['recovery', 'power'], 'is command, but there is no powerHook: name the program that cuts the power');
  if (hook !== undefined && recovery?.['power'] !== undefined && recovery['power'] !== 'command')
    warning(['recovery', 'powerHook'], 'has no effect while power is not command');
  const program: unknown = Array.isArray(hook) ? (hook as readonly unknown[])[0] : undefined;
  if (typeof program === 'string' && !program.startsWith('/'))
    problem(['recovery', 'powerHook'], 'the program must be an absolute path');

  const runtimeDir = root['runtimeDir'];
  if (typeof runtimeDir === 'string' && Buffer.byteLength(runtimeDir) > MAX_RUNTIME_DIR)
    problem(['runtimeDir'], `is longer than ${MAX_RUNTIME_DIR} bytes, too long for the socket inside it`);

  const http = section(section(root, 'status'), 'http');
  const host = http?.['host'];
  if (typeof host === 'string' && !LOOPBACK.includes(host))
    warning(['status', 'http', 'host'], 'lets others in the network see the status page, which has no password');

  const floor = section(root, 'clock')?.['floor'];
  if (typeof floor === 'string' && /^\d{4}-\d{2}-\d{2}/.test(floor) && !isDay(floor.slice(0, 10)))
    problem(['clock', 'floor'], 'is not a day of the calendar');
  return found;
}
