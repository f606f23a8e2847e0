// The simulated navigation engine: the fix machine with its start times, what it was told beforehand, and one epoch of
// what it knows.
import { type Clock, createRunner, type Logger } from '../../core/index.js';
import type { CorrectionGroup } from './fix-machine.js';
import {
  correctionSource,
  type FixEvent,
  type FixState,
  lastUsedMonoMs,
  nextFix,
  powerUp,
  type SimQuality,
} from './fix-machine.js';
import type { StartModel } from './knobs.js';
import { type Aiding, createAiding } from './mga.js';
import type { Epoch } from './navigation.js';
import type { Random } from './random.js';
import { satellitesAt } from './sky.js';

/** Time to the first fix by start model, and what is left of it once aided. */
export const START_TIMES = { quickMs: 2000, coldMs: 26_000, aidedMs: 3000 } as const;
const FRESH_MS = 60_000;
const FIX_MS = 3000;
/** Injected time against true time. */
const MAX_TIME_ERROR_MS = 60_000;

const ALTITUDE_MSL_M = 171.2;
const ACCURACY_MM: Readonly<Record<SimQuality, number>> = { none: 0, '3d': 1450, rtk_float: 240, rtk_fixed: 14 };
const METRES_PER_DEGREE = 111_320;

export interface EngineDeps {
  clock: Clock;
  log: Logger;
  random: Random;
  startModel: () => StartModel;
  /** Where it stands. */
  place: () => { latitudeDeg: number; longitudeDeg: number };
  /** A first fix was reached. */
  onFix: () => void;
}

export interface Engine {
  readonly quality: SimQuality;
  readonly aiding: Aiding;
  /** Injected, or known from a fix. */
  readonly knowsTime: boolean;
  readonly timeToFirstFixMs: number | undefined;
  tick(): void;
  used(group: CorrectionGroup): void;
  /** Something was injected. */
  aided(): void;
  /** Starts anew; hot, it still knows time, position and orbits. */
  restart(isHot: boolean): void;
  /** No fix until the next start. */
  stop(): void;
  epoch(): Epoch;
}

export function createEngine({ clock, log, random, startModel, place, onFix }: EngineDeps): Engine {
  const aiding = createAiding(clock.ioBudgetMs(MAX_TIME_ERROR_MS));
  let startedMonoMs = clock.mono();
  let timeToFirstFixMs: number | undefined;
  let hadFix = false;
  let isStopped = false;

  const freshMs = clock.ioBudgetMs(FRESH_MS);
  const fix = createRunner({
    initial: powerUp(startedMonoMs),
    next: (state: FixState, event: FixEvent) => {
      const acquireMs = startModel() === 'cold' ? START_TIMES.coldMs : START_TIMES.quickMs;
      return nextFix({ acquireMs, aidedMs: START_TIMES.aidedMs, freshMs, fixMs: FIX_MS }, state, event);
    },
    onTransition: (from, to) => {
      if (from.quality === to.quality) return;
      log.info('receiver.fix', { from: from.quality, to: to.quality });
      if (from.quality !== 'none') return;
      timeToFirstFixMs = clock.mono() - startedMonoMs;
      hadFix = true;
      onFix();
    },
  });

  const send = (event: FixEvent): void => {
    if (!isStopped) fix.send(event);
  };
  const restart = (isHot: boolean): void => {
    // Hot without ever having known anything is cold.
    const stillKnows = isHot && (hadFix || aiding.isEnough);
    startedMonoMs = clock.mono();
    timeToFirstFixMs = undefined;
    isStopped = false;
    if (!isHot) {
      hadFix = false;
      aiding.clear();
    }
    fix.send({ type: 'restart', atMonoMs: startedMonoMs, isHot: stillKnows });
  };

  return {
    get quality() {
      return fix.state.quality;
    },
    aiding,
    get knowsTime() {
      return hadFix || aiding.hasTime;
    },
    get timeToFirstFixMs() {
      return timeToFirstFixMs;
    },
    tick: () => send({ type: 'tick', atMonoMs: clock.mono() }),
    used: (group) => send({ type: 'used', group, atMonoMs: clock.mono() }),
    aided() {
      if (aiding.isEnough) send({ type: 'aided', atMonoMs: clock.mono() });
    },
    restart,
    stop() {
      restart(true);
      isStopped = true;
    },
    epoch() {
      const { quality } = fix.state;
      const accuracyMm = ACCURACY_MM[quality];
      const noiseDeg = (): number => ((random.next() - 0.5) * accuracyMm) / 1000 / METRES_PER_DEGREE;
      const lastUsed = lastUsedMonoMs(fix.state);
      const source = correctionSource(fix.state);
      const { latitudeDeg, longitudeDeg } = place();
      return {
        quality,
        utcMs: clock.wall(),
        latitudeDeg: latitudeDeg + noiseDeg(),
        longitudeDeg: longitudeDeg + noiseDeg(),
        altitudeMslM: ALTITUDE_MSL_M + noiseDeg() * METRES_PER_DEGREE,
        horizontalAccuracyMm: accuracyMm,
        satellites: satellitesAt(clock.wall(), quality !== 'none', random),
        uptimeMs: clock.mono() - startedMonoMs,
        ...(timeToFirstFixMs === undefined ? {} : { timeToFirstFixMs }),
        ...(lastUsed === undefined ? {} : { correctionAgeS: (clock.mono() - lastUsed) / 1000 }),
        ...(source === undefined ? {} : { correctionSource: source }),
      };
    },
  };
}
