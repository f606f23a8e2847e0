// One question where this device is, over the account's API: what the network has kept first, which costs nothing; a
// current position only when that is too old and the month has room (specs/thingspace.md 5.2).
//
//   cached "0" --young enough--> it
//       | too old, or none cached
//       +--room in the month--> current "1" --> it      (failed, and something was cached: that, old as it is)
//       +--no room--> the old one; none: thingspace.no-position
import { type Clock, isWaymarkError, type Logger, sleep, WaymarkError } from '../../core/index.js';
import type { Api } from './api.js';
import type { LocationBudget } from './budget.js';
import {
  type CacheMode,
  type CarrierPosition,
  LOCATIONS_PATH,
  type LocationDevice,
  locationBody,
  readLocations,
} from './location.js';

export interface LocateDeps {
  api: Api;
  budget: LocationBudget;
  clock: Clock;
  log: Logger;
  isWallTrusted: () => boolean;
}

/** A registration that has just moved is found again by then. */
const ABSENT_PAUSE_MS = 60_000;

export interface LocateRequest {
  accountName: string;
  device: LocationDevice;
  maxAgeMs: number;
}

/** With its age, where our own clock can tell it. */
export function withAge(
  position: Omit<CarrierPosition, 'ageSeconds'>,
  utcMs: number,
  isTrusted: boolean,
): CarrierPosition {
  const { fixUtcMs } = position;
  if (fixUtcMs === undefined || !isTrusted) return position;
  return { ...position, ageSeconds: Math.max(0, Math.round((utcMs - fixUtcMs) / 1000)) };
}

export async function locateByApi(
  deps: LocateDeps,
  request: LocateRequest,
  signal?: AbortSignal,
): Promise<CarrierPosition> {
  const { api, budget, clock } = deps;
  const log = deps.log.child('thingspace');

  const ask = async (mode: CacheMode): Promise<CarrierPosition | undefined> => {
    let isCounted = false;
    const called = await api.call({
      path: LOCATIONS_PATH,
      body: locationBody(request.accountName, request.device, mode),
      what: 'location',
      signal,
      beforeSend: async () => {
        // Repeated with a fresh token it is still the same question: refused ones are not billed.
        if (mode === '0' || isCounted) return;
        await budget.spend();
        isCounted = true;
      },
    });
    if (called.is === 'cache-unavailable') return undefined;
    const answer = readLocations(called.answer.body, request.device.mdn);
    switch (answer.is) {
      case 'position': {
        const origin = mode === '0' ? ('cached' as const) : ('current' as const);
        return withAge({ ...answer.position, origin }, clock.wall(), deps.isWallTrusted());
      }
      case 'failure':
        throw new WaymarkError('thingspace.no-position', `location: ${answer.type} ${answer.info}`.trim(), {
          evidence: { type: answer.type, info: answer.info, ...(answer.isAbsent ? { absent: 1 } : {}) },
        });
      case 'malformed':
        throw new WaymarkError('thingspace.malformed', `location: ${answer.why}`);
    }
  };

  const current = async (): Promise<CarrierPosition | undefined> => {
    try {
      return await ask('1');
    } catch (error) {
      if (!isWaymarkError(error, 'thingspace.no-position') || error.evidence?.['absent'] !== 1) throw error;
      // We are here, so the network has lost sight of us for a moment: once more, and not at once.
      log.debug('thingspace.absent', { pauseMs: ABSENT_PAUSE_MS });
      await sleep(clock, ABSENT_PAUSE_MS, signal);
      return ask('1');
    }
  };

  /** Failures of the cached question that a current one may cure. */
  const cachedOrNone = async (): Promise<CarrierPosition | undefined> => {
    try {
      return await ask('0');
    } catch (error) {
      if (isWaymarkError(error, 'thingspace.no-position')) return undefined;
      throw error;
    }
  };

  const cached = await cachedOrNone();
  // An age nobody can tell counts as old while the clock is good; else nothing current could be asked anyway.
  const isOld = cached === undefined || (cached.ageSeconds ?? Number.POSITIVE_INFINITY) * 1000 > request.maxAgeMs;
  if (!isOld) return cached;
  if (!(await budget.hasRoom())) {
    if (cached) return cached;
    throw new WaymarkError('thingspace.budget', 'location: nothing is cached, and no current request is left');
  }
  try {
    const found = await current();
    if (found) return found;
  } catch (error) {
    // An old position is better than none, but not where something is to be mended.
    if (!cached || !isWaymarkError(error) || error.retry === 'operator') throw error;
    if (error.code === 'core.cancelled' || signal?.aborted) throw error;
    log.debug('thingspace.current-failed', { error });
  }
  if (cached) return cached;
  throw new WaymarkError('thingspace.no-position', 'location: the network has no position of this device');
}
