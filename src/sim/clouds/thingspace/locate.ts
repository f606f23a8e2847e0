// Where devices are: what the network answers for one, and how the answer spells it (specs/thingspace.md 5.1).
import type { ThingSpaceContext } from './context.js';
import type { ThingSpaceSettings } from './settings.js';
import type { SimDevice, SimPlace } from './state.js';

export interface Fix {
  place: SimPlace;
  fixUtcMs: number;
}

/** Asks the network now: costs the account one device, and replaces what was cached. Undefined when it cannot be found. */
export function locateNow(device: SimDevice, { state, clock }: ThingSpaceContext): Fix | undefined {
  if (!device.isReachable) return undefined;
  const fix = { place: { ...device.place }, fixUtcMs: clock.wall() };
  device.cache = fix;
  state.counters.billed++;
  return fix;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `YYYYMMDDhhmmss`, by the zone's clock when the offset is told beside it. */
function stamp(utcMs: number, { utcOffset, zoneMinutes }: ThingSpaceSettings): string {
  const shiftMs = utcOffset === 'absent' ? 0 : zoneMinutes * 60_000;
  return new Date(utcMs + shiftMs).toISOString().replace(/\D/g, '').slice(0, 14);
}

function offset({ utcOffset, zoneMinutes }: ThingSpaceSettings): string | undefined {
  const sign = zoneMinutes < 0 ? '-' : '+';
  const [hours, minutes] = [Math.floor(Math.abs(zoneMinutes) / 60), Math.abs(zoneMinutes) % 60];
  switch (utcOffset) {
    case 'absent':
      return undefined;
    case '+HHMM':
      return `${sign}${two(hours)}${two(minutes)}`;
    case '+HH:MM':
      return `${sign}${two(hours)}:${two(minutes)}`;
    case '+H':
      return `${sign}${hours}`;
    case 'minutes':
      return `${sign}${hours * 60 + minutes}`;
  }
}

/** One element of the answer. `msid` is the MDN, x is the latitude and y the longitude. */
export function located(device: SimDevice, fix: Fix | undefined, context: ThingSpaceContext): object {
  const { settings, clock } = context;
  if (!fix)
    return {
      msid: device.mdn,
      pd: {},
      error: {
        time: stamp(clock.wall(), settings),
        type: 'POSITION METHOD FAILURE',
        info: 'Exception code=ABSENT SUBSCRIBER',
      },
    };
  const utcoffset = offset(settings);
  return {
    msid: device.mdn,
    pd: {
      time: stamp(fix.fixUtcMs, settings),
      ...(utcoffset === undefined ? {} : { utcoffset }),
      x: String(fix.place.latitudeDeg),
      y: String(fix.place.longitudeDeg),
      radius: String(fix.place.radiusM),
      qos: false,
    },
    error: {},
  };
}
