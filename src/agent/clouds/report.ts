// What goes up, as parts of the status object. The position is shown with three decimals, as everywhere in the status.
import type { Clock } from '../../core/index.js';
import type { Located } from '../../location/index.js';
import type { OutboxStatus } from '../../outbox/index.js';
import type { CommandsView, LocatedView, OutboxView } from '../../status/index.js';
import type { CloudCommandsSnapshot } from '../cloud-commands/index.js';

const coarse = (degrees: number): number => Math.round(degrees * 1000) / 1000;

export function locatedView(located: Located | undefined, intervalMs: number): LocatedView | undefined {
  if (!located) return undefined;
  const { source, quality, latitudeDeg, longitudeDeg, accuracyM, ageMs } = located;
  return {
    ...{ source, quality, latitudeDeg: coarse(latitudeDeg), longitudeDeg: coarse(longitudeDeg) },
    ...(accuracyM === undefined ? {} : { accuracyM: Math.round(accuracyM * 1000) / 1000 }),
    ageMs: Math.round(ageMs),
    reportSeconds: intervalMs / 1000,
  };
}

export function outboxView(status: OutboxStatus): OutboxView {
  const { destination: _, timeouts: _timeouts, linkLost: _lost, isDraining, replayLeft, oldestAgeMs, ...rest } = status;
  return {
    ...rest,
    ...(oldestAgeMs === undefined ? {} : { oldestAgeMs: Math.round(oldestAgeMs) }),
    isReplaying: isDraining && replayLeft > 0,
  };
}

/** Undefined while nobody has asked for anything. */
export function commandsView(snapshot: CloudCommandsSnapshot, clock: Clock): CommandsView | undefined {
  const { received, done, failed, refused, last } = snapshot;
  if (received === 0 && !last) return undefined;
  return {
    ...{ done, failed, refused: Object.values(refused).reduce((sum, count) => sum + count, 0) },
    ...(last
      ? {
          last: {
            ...{ from: last.from, name: last.name, end: last.end, message: last.message },
            at: new Date(clock.wall() - (clock.mono() - last.monoMs)).toISOString(),
          },
        }
      : {}),
  };
}
