// The receiver lane: keeps the GNSS receiver's port open and turns what it reports into the fix lamp.
import { type Clock, type ErrorCode, PORT_BACKOFF, WaymarkError } from '../../core/index.js';
import type { Receiver } from '../../gnss/index.js';
import type { LampBoard } from '../lamp-board.js';
import type { Lane } from '../lane.js';

export interface ReceiverLaneDeps {
  receiver: Receiver;
  lamps: LampBoard;
  clock: Clock;
  /** Resolves soon after the ports have changed; after `waitMs` at the latest if there is a port to be tried again. */
  portChanged: (waitMs: number, signal: AbortSignal) => Promise<void>;
}

/** What another port, or another device on this one, may mend. */
const PORT_CODES: readonly ErrorCode[] = [
  'link.absent',
  'link.closed',
  'link.busy',
  'link.shared',
  'gnss.wrong-device',
];
/** A fix older than this is no fix. */
const FIX_STALE_MS = 5000;

const WORDS: Readonly<Record<string, string>> = {
  '2d': '2D fix',
  '3d': '3D fix, no corrections used yet',
  rtk_float: 'RTK float',
  rtk_fixed: 'RTK fixed',
};

export function showFix({ receiver, lamps, clock }: Pick<ReceiverLaneDeps, 'receiver' | 'lamps' | 'clock'>): void {
  const { running, fix, lastFrameMonoMs } = receiver.snapshot();
  if (!running) return;
  if (lastFrameMonoMs === undefined || clock.mono() - lastFrameMonoMs > clock.ioBudgetMs(FIX_STALE_MS)) {
    // A reason stays until the receiver answers it: each new try would wipe it out for half of the time.
    if (lamps.condition().lamps.fix.state === 'dark') return;
    // No word about antennas while nothing comes at all: then power, port or baud rate are at fault.
    lamps.waiting('fix', 'nothing understandable comes from the receiver: check power, port and baud rate');
    return;
  }
  const fresh = clock.mono() - fix.atMonoMs <= clock.ioBudgetMs(FIX_STALE_MS);
  if (fix.quality === 'none' || !fresh) {
    lamps.waiting('fix', 'no position yet: the antenna needs a clear view of the sky');
    return;
  }
  lamps.lit('fix', WORDS[fix.quality] ?? fix.quality);
}

export function createReceiverLane(deps: ReceiverLaneDeps): Lane {
  const { receiver, lamps, clock } = deps;
  return {
    name: 'gnss',
    async run({ signal, ok }) {
      const off = receiver.onFix(() => {
        ok();
        showFix(deps);
      });
      try {
        await receiver.run({ signal });
      } finally {
        off();
      }
    },
    policy: () => PORT_BACKOFF,
    onFailure({ error, waitMs }) {
      const gone = error.code === 'link.absent' || error.code === 'link.closed';
      lamps.dark(
        'fix',
        new WaymarkError(error.code, `receiver: ${error.message}`, { hint: error.hint }),
        gone
          ? { what: 'the port is looked for until it is back' }
          : { what: 'tried again', atMonoMs: clock.mono() + waitMs },
      );
      return undefined;
    },
    untilWorthRetrying({ error, waitMs }, signal) {
      if (!PORT_CODES.includes(error.code)) return undefined;
      return deps.portChanged(waitMs, signal);
    },
  };
}
