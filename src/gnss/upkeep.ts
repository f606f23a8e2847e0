// Keys and configuration are sent when a receiver has shown itself (identity.ts), and again when it seems to have lost
// them: a receiver that restarts behind an adapter keeps the port open and forgets both. Delivery becomes paced, once, when
// corrections arrive damaged or show no use at all.
import type { Clock, Logger, Timer } from '../core/index.js';
import { type ConfigureResult, configureReceiver } from './configure.js';
import type { Feeder } from './feeder.js';
import type { CorrectionHealth } from './health.js';
import type { Intake } from './intake.js';
import type { Observer } from './observer.js';

/** NAV-PVT missing this long while other bytes come: the RAM configuration is gone. */
const PVT_LOST_MS = 10_000;
/** No more often than this is anything sent again on suspicion. */
const REPAIR_MS = 30_000;
/** Two signs of one restart come this close together at most. */
const SAME_RESTART_MS = 5000;
const CHECK_MS = 5000;

export interface UpkeepDeps {
  feeder: Feeder;
  intake: Intake;
  health: CorrectionHealth;
  observer: Observer;
  clock: Clock;
  log: Logger;
  /** Monotonic time of the last byte from the receiver. */
  lastByteMonoMs: () => number;
  /** What the receiver made of its configuration; also called (without a result) when there is none to send. */
  onConfigured: (result: ConfigureResult | undefined) => void;
  /** It has started anew: keys have been sent again, configuration is under way. */
  onRestart: () => void;
  /** Delivery is paced from now on: what went before may have been lost. Keys go again, configuration is under way. */
  onPaced: () => void;
}

export interface UpkeepOptions {
  isUblox: boolean;
  configure: boolean;
  save: boolean;
  /** False where nothing is lost in bursts. */
  mayPace: boolean;
  signal: AbortSignal;
}

/**
 * Configures at once, so only what has been identified; the keys have been sent by then, if they may be. Lasts until the
 * returned function is called (configuring: until `signal` aborts).
 */
export function startUpkeep(deps: UpkeepDeps, options: UpkeepOptions): () => void {
  const { feeder, intake, health, observer, clock, log } = deps;
  const mayConfigure = options.isUblox && options.configure;
  const port = { send: (frame: Uint8Array) => feeder.offerUrgent(frame), onUbx: observer.frames.add };
  let sentMonoMs = clock.mono();
  let restartMonoMs: number | undefined;
  let isConfiguring = false;
  let runsWanted = 0;
  /** Flash wears: what has been kept once on this connection is not written again. */
  let isSaved = false;
  /** It knows no such configuration: sending that again and again mends nothing. */
  let isRefused = false;
  let timer: Timer;

  const isWithin = (since: number | undefined, ms: number): boolean =>
    since !== undefined && clock.mono() - since < clock.ioBudgetMs(ms);

  async function configure(): Promise<void> {
    if (!mayConfigure) {
      deps.onConfigured(undefined);
      return;
    }
    runsWanted++;
    if (isConfiguring) return;
    isConfiguring = true;
    try {
      while (runsWanted > 0) {
        runsWanted = 0;
        const save = options.save && !isSaved;
        const result = await configureReceiver({ port, clock, log }, { signal: options.signal, save });
        isSaved ||= save && result.mandatory === 'accepted' && !result.isFlashRefused && result.unanswered.length === 0;
        isRefused = result.mandatory === 'refused';
        deps.onConfigured(result);
      }
    } catch (error) {
      // Only an abort ends it early, and whoever aborted knows.
      log.debug('gnss.configure-ended', { error });
    } finally {
      isConfiguring = false;
    }
  }

  function sendAll(): void {
    sentMonoMs = clock.mono();
    intake.sendKeys();
    void configure();
  }

  function restarted(sign: string): void {
    if (isWithin(restartMonoMs, SAME_RESTART_MS)) return;
    restartMonoMs = clock.mono();
    log.warn('gnss.restarted', { sign }, 'The receiver has started anew: configuration, keys and assistance go again.');
    deps.onRestart();
    sendAll();
  }

  function pace(why: string): void {
    feeder.setPaced(true);
    deps.onPaced();
    log.warn('gnss.paced', { why }, 'Corrections are delivered in small pieces with pauses from now on.');
    sendAll();
  }

  function check(): void {
    timer = clock.after(clock.ioBudgetMs(CHECK_MS), check);
    intake.refreshKeys();
    if (options.mayPace && !feeder.isPaced) {
      if (health.verdict() === 'link-corruption') pace('the receiver finds them damaged');
      else if (health.isInVain()) pace('the receiver shows no use of them');
    }
    const { pvt } = observer.last;
    const arePositionsGone =
      mayConfigure && !isRefused && !isWithin(pvt, PVT_LOST_MS) && isWithin(deps.lastByteMonoMs(), PVT_LOST_MS);
    // They came since anything was sent last, so that it was in force: no suspicion, and nothing to wait for.
    if (arePositionsGone && pvt !== undefined && pvt > sentMonoMs) {
      restarted('its positions stay away');
      return;
    }
    if (isWithin(sentMonoMs, REPAIR_MS)) return;
    const isMute = mayConfigure && health.isMute();
    if (arePositionsGone) {
      // Positions that never came since are no further restart.
      if (pvt !== undefined && pvt > (restartMonoMs ?? 0)) restarted('its positions stay away');
      else sendAll();
    } else if (isMute && !observer.hasUptime()) restarted('its reports on corrections stay away');
    else if (isMute || (intake.hasKeys && health.verdict() === 'key-mismatch')) {
      sentMonoMs = clock.mono();
      intake.sendKeys();
      if (isMute) void configure();
    }
  }

  const off = options.isUblox ? observer.restarts.add(restarted) : () => undefined;
  void configure();
  timer = clock.after(clock.ioBudgetMs(CHECK_MS), check);
  return () => {
    off();
    timer.cancel();
  };
}
