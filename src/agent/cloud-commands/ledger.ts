// The ledger at work: the ring of ledger-model.ts over one vault slot. An intent that is not on the disk does not exist,
// and what does not exist is not run.
//
// A write that fails may have reached the disk all the same. Then the intent of a command that was refused is found at the
// next start and told as interrupted: one answer too many, never one effect too many. A ledger lost altogether (both
// generations damaged) forgets what it knew; commands that say when they were sent are then held off by their age alone.
import { type ErrorCode, WaymarkError } from '../../core/index.js';
import type { Slot } from '../../vault/index.js';
import {
  type Entry,
  LEDGER_START,
  type LedgerState,
  type Outcome,
  pruned,
  withEntry,
  withoutEntry,
} from './ledger-model.js';

export interface LedgerClock {
  wallMs: number;
  isTrusted: boolean;
}

export interface CommandLedger {
  /** What is known. Errors: `command.not-durable` when the disk cannot be asked; it is asked again the next time. */
  known(): Promise<LedgerState>;
  /** Resolves when the intent is on the disk. Errors: `command.not-durable`; then it is as if never asked for. */
  intend(entry: Omit<Entry, 'phase' | 'outcome'>, now: LedgerClock): Promise<void>;
  /** True when the end is on the disk, too; in memory it is in any case. Never rejects. */
  finish(from: string, id: string, outcome: Outcome): Promise<boolean>;
  /** Intents of an earlier life whose end has not been told yet. Errors: `command.not-durable`. */
  left(): Promise<readonly Entry[]>;
  readonly size: number;
}

const notDurable = (cause: unknown): WaymarkError => {
  const code: ErrorCode = 'command.not-durable';
  return new WaymarkError(code, 'what is known of earlier commands cannot be read or written', { cause });
};

/** Calls must not overlap: the runner makes one after the other. */
export function createCommandLedger(slot: Pick<Slot<LedgerState>, 'read' | 'write'>): CommandLedger {
  let state: LedgerState | undefined;
  /** Intents on the disk at the start, as found. */
  let found: readonly Entry[] = [];

  const load = async (): Promise<LedgerState> => {
    if (state) return state;
    try {
      state = (await slot.read())?.value ?? LEDGER_START;
    } catch (error) {
      throw notDurable(error);
    }
    found = state.entries.filter(({ phase }) => phase === 'intent');
    return state;
  };

  return {
    known: load,
    async intend(entry, now) {
      const before = await load();
      const after = pruned(withEntry(before, { ...entry, phase: 'intent' }), now);
      try {
        await slot.write(after);
      } catch (error) {
        // The ring may have been tidied, nothing else: it is tidied again with the next one.
        state = withoutEntry(before, entry.from, entry.id);
        throw notDurable(error);
      }
      state = after;
    },
    async finish(from, id, outcome) {
      const entry = state?.entries.find((each) => each.from === from && each.id === id);
      if (!state || !entry) return false;
      state = withEntry(state, { ...entry, phase: 'done', outcome });
      try {
        await slot.write(state);
        return true;
      } catch {
        return false;
      }
    },
    async left() {
      const { entries } = await load();
      return entries.filter((entry) => found.includes(entry));
    },
    get size() {
      return state?.entries.length ?? 0;
    },
  };
}
