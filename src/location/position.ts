// Keeps what was said about our position and answers with the best of it; the services' `PositionSource`.
import { abortable, type Clock, type CoarsePosition, deferred, type Fix, WaymarkError } from '../core/index.js';
import {
  type CarrierPlace,
  type CellPlace,
  type ConfiguredPosition,
  carrierTakenMonoMs,
  choosePosition,
  isNullIsland,
  isPlace,
  type KnownPlaces,
  PLACE_LIMITS,
} from './choose.js';

export interface PositionChoice {
  /** A fix of the receiver; one without a place, outside the globe or at exactly 0, 0 is disregarded. */
  offerFix(fix: Fix): void;
  /** A position from the cells around; the same is disregarded. */
  offerCell(cell: CellPlace): void;
  /** Where the SIM's operator says the gateway is; the same is disregarded, and what the network knew before the last. */
  offerCarrier(place: CarrierPlace): void;
  /** The best position now, with its age; undefined while nobody knows any. Never made up. */
  current(): CoarsePosition | undefined;
  /** Resolves once there is one; rejects with the abort reason. */
  whenKnown(signal: AbortSignal): Promise<CoarsePosition>;
  /**
   * Called when an offer changes who the position comes from, or moves it by more than a kilometre or so. Growing older
   * calls nobody: ask `current()` for that. Returns the unsubscribe.
   */
  onChange(listener: () => void): () => void;
}

/** About a kilometre, in degrees of latitude. */
const MOVED_DEG = 0.01;

/** @throws `config.invalid` for a configured position outside the globe. */
export function createPositionChoice(
  { clock }: { clock: Clock },
  { configured }: { configured?: ConfiguredPosition | undefined } = {},
): PositionChoice {
  if (configured && !isPlace(configured))
    throw new WaymarkError('config.invalid', 'the configured position is not on the globe');
  const known: KnownPlaces = configured ? { configured } : {};
  const listeners = new Set<() => void>();
  const waiting = new Set<(position: CoarsePosition) => void>();
  // Positions are device data: a scaled clock allows their age what it allows a device.
  const limits = {
    freshMs: clock.ioBudgetMs(PLACE_LIMITS.freshMs),
    heldMs: clock.ioBudgetMs(PLACE_LIMITS.heldMs),
    cellMs: clock.ioBudgetMs(PLACE_LIMITS.cellMs),
    carrierMs: clock.ioBudgetMs(PLACE_LIMITS.carrierMs),
  };
  const current = (): CoarsePosition | undefined => choosePosition(known, clock.mono(), limits);
  let told = current();

  /** The module's own receiver helps out; it does not replace a fresh word of the better one. */
  const isSpareFor = (before: Fix | undefined, fix: Fix): boolean =>
    fix.source === 'module-gnss' &&
    before !== undefined &&
    before.source !== 'module-gnss' &&
    clock.mono() - before.atMonoMs <= limits.freshMs;

  const changed = (): void => {
    const now = current();
    if (!now) return;
    for (const resolve of [...waiting]) resolve(now);
    if (told && !differs(told, now)) return;
    told = now;
    for (const listener of [...listeners]) listener();
  };

  return {
    current,
    offerFix(fix) {
      if (fix.quality === 'none' || !isPlace(fix) || isNullIsland(fix)) return;
      if (fix.source === 'cell') {
        // A cell position that comes dressed as a fix stays one; without its accuracy nobody can judge it.
        const { latitudeDeg, longitudeDeg, horizontalAccuracyM, atMonoMs } = fix;
        if (horizontalAccuracyM !== undefined)
          known.cell = { latitudeDeg, longitudeDeg, accuracyM: horizontalAccuracyM, atMonoMs };
      } else if (!isSpareFor(known.fix, fix)) known.fix = fix;
      changed();
    },
    offerCell(cell) {
      if (!isPlace(cell) || isNullIsland(cell) || !(cell.accuracyM >= 0)) return;
      known.cell = { ...cell };
      changed();
    },
    offerCarrier(place) {
      if (!isPlace(place) || isNullIsland(place) || !(place.accuracyM >= 0)) return;
      const atMonoMs = carrierTakenMonoMs(place, { monoMs: clock.mono(), wallMs: clock.wall() });
      if (known.carrier && atMonoMs < known.carrier.atMonoMs) return;
      known.carrier = { ...place, atMonoMs };
      changed();
    },
    async whenKnown(signal) {
      signal.throwIfAborted();
      const now = current();
      if (now) return now;
      const heard = deferred<CoarsePosition>();
      waiting.add(heard.resolve);
      try {
        return await abortable(heard.promise, signal);
      } finally {
        waiting.delete(heard.resolve);
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function differs(a: CoarsePosition, b: CoarsePosition): boolean {
  const east = Math.abs(a.longitudeDeg - b.longitudeDeg) * Math.cos((b.latitudeDeg * Math.PI) / 180);
  return a.from !== b.from || Math.hypot(a.latitudeDeg - b.latitudeDeg, east) > MOVED_DEG;
}
