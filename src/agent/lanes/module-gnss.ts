// The lane of the module's own GNSS: asked only while the receiver has no fix, and only where the configuration says so,
// because on many modules it takes the radio's time.
import { type BackoffPolicy, type Clock, type Fix, isWaymarkError, REFUSED_BACKOFF, sleep } from '../../core/index.js';
import type { Modem } from '../../modem/index.js';
import type { Lane } from '../lane.js';

export interface ModuleGnssLaneDeps {
  modem: Pick<Modem, 'moduleGnss' | 'snapshot'>;
  clock: Clock;
  hasReceiverFix: () => boolean;
  onFix: (fix: Fix) => void;
}

/** Below the patience that the choice of the best position has with the module. */
const EVERY_MS = 15_000;

export function createModuleGnssLane({ modem, clock, hasReceiverFix, onFix }: ModuleGnssLaneDeps): Lane {
  return {
    name: 'module-gnss',
    async run({ signal, ok, doing }) {
      let isOn = false;
      for (;;) {
        const isWanted = modem.snapshot().stage === 'ready' && !hasReceiverFix();
        if (isWanted) {
          isOn = true;
          const fix = await modem.moduleGnss.read({ signal });
          doing(fix ? 'fix' : 'searching');
          if (fix) {
            ok();
            onFix(fix);
          }
        } else if (isOn && hasReceiverFix()) {
          isOn = false;
          await modem.moduleGnss.stop({ signal });
          doing('spared');
        }
        await sleep(clock, EVERY_MS, signal);
      }
    },
    policy: (error): BackoffPolicy =>
      isWaymarkError(error, 'modem.unsupported') ? REFUSED_BACKOFF : { baseMs: 15_000, capMs: 300_000, quickForMs: 0 },
  };
}
