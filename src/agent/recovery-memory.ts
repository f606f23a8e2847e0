// The ladders' memory: one state in memory for both, written through to disk whenever something changed that a crash must
// not forget. A disk that fails never keeps the module from being recovered.
import type { BudgetLedger, Clock, ErrorCode, Logger, Rung } from '../core/index.js';
import type { Codec, Slot } from '../vault/index.js';
import {
  isWorthKeeping,
  type LadderState,
  movedBy,
  RECOVERY_START,
  type RecoveryState,
  withoutFuture,
} from './recovery.js';

export interface RecoveryMemory {
  current(): Promise<RecoveryState>;
  /** As far as it is known right now, for status. */
  latest(): RecoveryState;
  /**
   * Applies a pure change to the present state, in the order asked for, and resolves when the outcome is on disk.
   * `isDurable` is false when the disk did not take it. Never rejects.
   */
  apply<R extends { state: RecoveryState }>(
    change: (state: RecoveryState) => R,
  ): Promise<R & { readonly isDurable: boolean }>;
}

/** The two clocks drift apart by less between two looks; more is a step. */
const STEP_MS = 1000;

/**
 * A memory over a vault slot; without one it lasts as long as the process. By `clock` it notices when the wall clock is
 * set: a gateway without a clock of its own starts in the past, and what it had spent must not be free once the network
 * has told the time.
 */
export function createRecoveryMemory(
  slot: Pick<Slot<RecoveryState>, 'read' | 'write'> | undefined,
  log: Logger,
  clock?: Pick<Clock, 'mono' | 'wall'>,
): RecoveryMemory {
  let state = RECOVERY_START;
  let loading: Promise<void> | undefined;
  let kept = RECOVERY_START;
  let offsetMs: number | undefined;

  /** Times on disk, and those here, as of the present wall clock. */
  const followClock = (): void => {
    if (!clock) return;
    const now = clock.wall() - clock.mono();
    if (offsetMs === undefined) state = withoutFuture(state, clock.wall());
    else if (Math.abs(now - offsetMs) < STEP_MS) return;
    else state = movedBy(state, now - offsetMs);
    offsetMs = now;
  };

  const load = async (): Promise<void> => {
    try {
      kept = (await slot?.read())?.value ?? RECOVERY_START;
    } catch (error) {
      log.warn('recovery.memory', { error }, 'What was tried before is not known: the ladders start anew.');
    }
    state = kept;
  };
  return {
    latest: () => state,
    async current() {
      await (loading ??= load());
      return state;
    },
    async apply(change) {
      await (loading ??= load());
      followClock();
      // Read, change and assign in one go: both ladders work on this at the same time.
      const result = change(state);
      state = result.state;
      if (!slot || !isWorthKeeping(kept, result.state)) return { ...result, isDurable: slot !== undefined };
      const before = kept;
      kept = result.state;
      try {
        await slot.write(result.state);
        return { ...result, isDurable: true };
      } catch (error) {
        kept = before;
        log.warn('recovery.memory', { error }, 'What was tried could not be written down.');
        return { ...result, isDurable: false };
      }
    },
  };
}

function ladderFrom(data: unknown): LadderState {
  const { failures, lastRung, lastReason, atWallMs, sinceWallMs } = (data ?? {}) as Record<string, unknown>;
  return {
    failures: typeof failures === 'number' && failures >= 0 ? Math.floor(failures) : 0,
    ...(typeof lastRung === 'string' ? { lastRung: lastRung as Rung } : {}),
    ...(typeof lastReason === 'string' ? { lastReason: lastReason as ErrorCode } : {}),
    ...(typeof atWallMs === 'number' ? { atWallMs } : {}),
    ...(typeof sinceWallMs === 'number' ? { sinceWallMs } : {}),
  };
}

function ledgersFrom(data: unknown): RecoveryState['ledgers'] {
  const ledgers: Partial<Record<Rung, BudgetLedger>> = {};
  for (const [rung, times] of Object.entries((data ?? {}) as Record<string, unknown>))
    if (Array.isArray(times))
      ledgers[rung as Rung] = times.filter((t): t is number => typeof t === 'number' && Number.isFinite(t));
  return ledgers;
}

export const recoveryCodec: Codec<RecoveryState> = {
  version: 2,
  encode: (state) => state,
  decode(data, version) {
    // Version 1 held nothing but the channel ladder's ledgers.
    if (version < 2) return { ...RECOVERY_START, ledgers: ledgersFrom(data) };
    const { channel, network, ledgers } = data as Record<string, unknown>;
    return { channel: ladderFrom(channel), network: ladderFrom(network), ledgers: ledgersFrom(ledgers) };
  },
};
