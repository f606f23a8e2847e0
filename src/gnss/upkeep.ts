// Keys and configuration are sent when a receiver has shown itself (identity.ts), and again when it seems to have lost
// them: a receiver that restarts behind an adapter keeps the port open and forgets both.
import type { Clock, Logger, Timer } from '../core/index.js';
import { configureReceiver } from './configure.js';
import type { Feeder } from './feeder.js';
import type { CorrectionHealth } from './health.js';
import type { Intake } from './intake.js';

/** NAV-PVT missing this long while other bytes come: the RAM configuration is gone. */
const PVT_LOST_MS = 10_000;
/** No more often than this is anything sent again on suspicion. */
const REPAIR_MS = 30_000;
const CHECK_MS = 5000;

export interface UpkeepDeps {
  feeder: Feeder;
  intake: Intake;
  health: CorrectionHealth;
  onUbx: (cb: (frame: Uint8Array) => void) => () => void;
  /** Monotonic times of the last NAV-PVT and of the last byte, kept up to date by the owner. */
  last: { readonly pvt?: number; readonly byte: number };
  clock: Clock;
  log: Logger;
}

/**
 * Configures at once, so only what has been identified; the keys have been sent by then, if they may be. Lasts until the
 * returned function is called (configuring: until `signal` aborts).
 */
export function startUpkeep(
  { feeder, intake, health, onUbx, last, clock, log }: UpkeepDeps,
  options: { isUblox: boolean; configure: boolean; signal: AbortSignal },
): () => void {
  const mayConfigure = options.isUblox && options.configure;
  const port = { send: (frame: Uint8Array) => feeder.offerUrgent(frame), onUbx };
  let sentMonoMs = clock.mono();
  let isConfiguring = false;
  let timer: Timer;

  const isWithin = (since: number | undefined, ms: number): boolean =>
    since !== undefined && clock.mono() - since < clock.ioBudgetMs(ms);

  async function configure(): Promise<void> {
    if (!mayConfigure || isConfiguring) return;
    isConfiguring = true;
    try {
      await configureReceiver({ port, clock, log }, { signal: options.signal });
    } catch (error) {
      // Only an abort ends it early, and whoever aborted knows.
      log.debug('gnss.configure-ended', { error });
    } finally {
      isConfiguring = false;
    }
  }

  function check(): void {
    timer = clock.after(clock.ioBudgetMs(CHECK_MS), check);
    if (isWithin(sentMonoMs, REPAIR_MS)) return;
    const hasRestarted = mayConfigure && !isWithin(last.pvt, PVT_LOST_MS) && isWithin(last.byte, PVT_LOST_MS);
    const lacksKeys = intake.hasKeys && health.verdict() === 'key-mismatch';
    if (!hasRestarted && !lacksKeys) return;
    sentMonoMs = clock.mono();
    intake.sendKeys();
    if (hasRestarted) void configure();
  }

  void configure();
  timer = clock.after(clock.ioBudgetMs(CHECK_MS), check);
  return () => timer.cancel();
}
