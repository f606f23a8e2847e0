// The status object in short, for the operator's broker: what a list of two hundred gateways shows of each. Pure. No secret,
// no full identifier, and never longer than some kilobytes, however much is wrong.
import { FLEET_SCHEMA_VERSION } from '../../services/index.js';
import type { StatusSnapshot } from '../../status/index.js';
import { troublesOf } from './alarms.js';

const MAX_TROUBLES = 16;
const MAX_CLOUDS = 8;

/** What makes a message due: a change a person would speak of. Numbers that move all the time are not in it. */
export function fleetKey(status: StatusSnapshot): string {
  const { state, overall, grade, lamps, fix, clouds = [] } = status;
  return JSON.stringify([
    ...[state, overall, grade, fix.quality],
    lamps.map((lamp) => [lamp.state, lamp.reason]),
    clouds.map(({ name, isTroubled, reason }) => [name, isTroubled, reason]),
    [...troublesOf(status).keys()],
  ]);
}

export function fleetStatus(
  status: StatusSnapshot,
  { gateway, at, withPosition }: { gateway: string; at: string; withPosition: boolean },
): Readonly<Record<string, unknown>> {
  const { corrections, fix, modem, located, clouds = [], bytes } = status;
  const signalDbm = modem?.signal?.rsrpDbm ?? modem?.signal?.rssiDbm;
  const traffic = Object.values(bytes);
  return {
    schemaVersion: FLEET_SCHEMA_VERSION,
    gateway,
    at,
    version: status.version,
    bootId: status.bootId,
    uptimeS: Math.round(status.uptimeMs / 1000),
    state: status.state,
    overall: status.overall,
    ...(status.grade === undefined ? {} : { grade: status.grade }),
    since: status.since,
    why: status.why.slice(0, 400),
    next: status.next.slice(0, 200),
    lamps: Object.fromEntries(status.lamps.map(({ name, state }) => [name, state])),
    troubles: [...troublesOf(status).values()]
      .slice(0, MAX_TROUBLES)
      .map(({ subject, code, message }) => ({ subject, code, message: message.slice(0, 200) })),
    isClockTrusted: status.clock.state === 'trusted',
    fix: {
      quality: fix.quality,
      ...(fix.horizontalAccuracyM === undefined ? {} : { accuracyM: fix.horizontalAccuracyM }),
      ...(fix.satellites === undefined ? {} : { satellites: fix.satellites }),
    },
    corrections: {
      source: corrections.source,
      use: corrections.use.answer,
      ...(corrections.ageMs === undefined ? {} : { ageS: Math.round(corrections.ageMs / 100) / 10 }),
      ...(corrections.use.share === undefined ? {} : { usedShare: Math.round(corrections.use.share * 1000) / 1000 }),
    },
    ...(modem?.model === undefined ? {} : { module: modem.model.slice(0, 64) }),
    ...(modem?.operator === undefined ? {} : { operator: modem.operator.slice(0, 64) }),
    ...(modem?.registration.technology === undefined ? {} : { technology: modem.registration.technology }),
    ...(signalDbm === undefined ? {} : { signalDbm }),
    ...(modem?.temperatureC === undefined ? {} : { temperatureC: modem.temperatureC }),
    // Three decimals already: about a hundred metres.
    ...(withPosition && located
      ? {
          position: {
            ...{ latitudeDeg: located.latitudeDeg, longitudeDeg: located.longitudeDeg, source: located.source },
            ageS: Math.round(located.ageMs / 1000),
          },
        }
      : {}),
    clouds: Object.fromEntries(
      clouds.slice(0, MAX_CLOUDS).map(({ name, state, isTroubled, reason, outbox }) => [
        name,
        {
          state: state.slice(0, 64),
          isTroubled,
          ...(reason === undefined ? {} : { reason }),
          ...(outbox ? { waiting: outbox.records } : {}),
        },
      ]),
    ),
    bytesIn: traffic.reduce((sum, each) => sum + each.in, 0),
    bytesOut: traffic.reduce((sum, each) => sum + each.out, 0),
  };
}
