// Proxy mode (specs/thingspace.md 7.1): the operator's endpoint asks ThingSpace and answers the position. Nothing of the
// account is on the device, which is why it is the one recommended for fleets.
import { WaymarkError } from '../../core/index.js';
import { type CarrierPosition, numberOf, objectionTo } from './location.js';
import type { DeviceNames, OperatorEndpoint } from './operator.js';

type OperatorPosition = Omit<CarrierPosition, 'ageSeconds'>;

const FIRST_TIME_MS = Date.UTC(2000, 0, 1);

/** ISO time with its zone, or seconds or milliseconds since 1970. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) {
    const utcMs = value < 100_000_000_000 ? value * 1000 : value;
    return utcMs >= FIRST_TIME_MS ? utcMs : undefined;
  }
  // Without its zone a time would be read as ours.
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT[\d:.]{5,16}(Z|[+-]\d\d:?\d\d)$/.test(value)) return undefined;
  const utcMs = Date.parse(value);
  return utcMs >= FIRST_TIME_MS ? utcMs : undefined;
}

/** The endpoint's 200. Errors: `thingspace.no-position`, `thingspace.malformed`. */
export function readOperatorPosition(members: Readonly<Record<string, unknown>>): OperatorPosition {
  const [latitudeDeg, longitudeDeg, radiusM] = [
    numberOf(members['lat']),
    numberOf(members['lon']),
    numberOf(members['radius_m']),
  ];
  if (members['lat'] === null || members['lon'] === null)
    throw new WaymarkError('thingspace.no-position', 'the operator’s endpoint has no position of this device');
  const why = objectionTo(latitudeDeg, longitudeDeg, radiusM);
  if (why !== undefined) throw new WaymarkError('thingspace.malformed', `the operator’s position: ${why}`);
  const fixUtcMs = timeOf(members['fix_time']);
  return {
    source: 'carrier-cell',
    latitudeDeg,
    longitudeDeg,
    radiusM,
    origin: 'operator',
    ...(fixUtcMs === undefined ? {} : { fixUtcMs }),
  };
}

export async function askOperatorPosition(
  endpoint: OperatorEndpoint,
  device: DeviceNames,
  maxAgeSeconds: number,
  signal?: AbortSignal,
): Promise<OperatorPosition> {
  return readOperatorPosition(await endpoint.ask({ device, max_age_s: maxAgeSeconds }, signal));
}
