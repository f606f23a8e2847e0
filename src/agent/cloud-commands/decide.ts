// Whether a command is run: one pure function over what is known of it, of the clock and of the commands before.
//
//   retained? ─→ envelope whole? ─→ known name? ─→ allowed? ─→ payload exact? ─→ in time? ─→ new? ─→ within the rate? ─→ run
//       │             │                 │             │             │              │          │            │
//    retained     malformed          unknown     not-allowed    malformed       expired   repeated       rate
//                                                                                          or interrupted
//
// Every arrow down is an answer; only the last one to the right has an effect. The allow list is asked before the payload:
// who may not send a command does not learn its form. Time counts only where the clock is believed and the cloud says when
// it was sent; one from more than ten minutes in the future is malformed, for its sender's clock, or ours, cannot be used
// to tell old from new. Refusals are not remembered: the same command is refused again, or run once the reason is gone.
import type { Config } from '../../config/index.js';
import type { CloudCommand, ErrorCode } from '../../core/index.js';
import { type Entry, entryOf, FUTURE_MS, isForgotten, type LedgerState, MAX_ID } from './ledger-model.js';
import { commandOf, type Order, RECOVER_RUNGS, readOrder, shown, unknownWords } from './table.js';

export type CommandSettings = Config['commands'];

export interface DecisionFacts {
  settings: CommandSettings;
  ledger: LedgerState;
  wallMs: number;
  /** May the wall clock be believed? */
  isTrusted: boolean;
  monoMs: number;
  /** Monotonic times of the commands run lately, of all clouds. */
  runsMonoMs: readonly number[];
}

export type Decision =
  | { do: 'refuse'; code: ErrorCode; message: string }
  /** It was done before: the earlier end is told again. */
  | { do: 'repeat'; entry: Entry }
  /** It was begun before, and how it ended is not known. */
  | { do: 'interrupted'; entry: Entry }
  | { do: 'run'; order: Order };

export const RATE_WINDOW_MS = 60_000;
const ID = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
const CLOUD = /^[a-z][a-z0-9-]{0,31}$/;

const refuse = (code: ErrorCode, message: string): Decision => ({ do: 'refuse', code, message });

/** What is wrong with everything around the payload; undefined when it is whole. */
function envelopeTrouble(command: { [K in keyof CloudCommand]: unknown }): string | undefined {
  const { from, id, name, sentUtcMs } = command;
  if (typeof from !== 'string' || !CLOUD.test(from)) return 'the cloud it came from is not known';
  if (typeof id !== 'string' || id.length > MAX_ID || !ID.test(id))
    return `the id must be a text of 1 to ${MAX_ID} visible characters`;
  if (typeof name !== 'string' || name === '') return 'the name must be a text';
  if (sentUtcMs !== undefined && (typeof sentUtcMs !== 'number' || !Number.isFinite(sentUtcMs)))
    return 'the time of sending is not a time';
  return undefined;
}

const again = (entry: Entry): Decision => ({
  do: entry.outcome && entry.outcome.end !== 'interrupted' ? 'repeat' : 'interrupted',
  entry,
});

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

function timeTrouble(sentUtcMs: number | undefined, facts: DecisionFacts): Decision | undefined {
  if (!facts.isTrusted || sentUtcMs === undefined) return undefined;
  const ageMs = facts.wallMs - sentUtcMs;
  const { expireSeconds } = facts.settings;
  if (ageMs < -FUTURE_MS) return refuse('command.malformed', `it says it was sent ${seconds(-ageMs)} in the future`);
  if (ageMs > expireSeconds * 1000)
    return refuse('command.expired', `it was sent ${seconds(ageMs)} ago; ${expireSeconds} s are allowed`);
  return undefined;
}

/** The decision. Pure. */
export function decide(command: CloudCommand, facts: DecisionFacts): Decision {
  const { settings, ledger } = facts;
  // Only a plain `false` says that nobody kept it.
  if ((command.isRetained as unknown) !== false)
    return refuse('command.retained', 'it was kept by the broker, so nobody knows how old it is');
  const trouble = envelopeTrouble(command);
  if (trouble !== undefined) return refuse('command.malformed', trouble);
  const name = commandOf(command.name);
  if (name === undefined) return refuse('command.unknown', unknownWords(command.name));
  const entry = entryOf(ledger, command.from, command.id);
  // Delivered until it is answered: what was done stays done, though it be allowed no more.
  if (entry?.name === name && command.sentUtcMs === undefined) return again(entry);
  if (!settings.allow.includes(name)) return refuse('command.not-allowed', `${name} is not in commands.allow`);
  const reading = readOrder(name, command.payload);
  if (reading.is === 'malformed') return refuse('command.malformed', reading.why);
  const { order } = reading;
  if (order.name === 'recover' && RECOVER_RUNGS.indexOf(order.rung) > RECOVER_RUNGS.indexOf(settings.maxRung))
    return refuse('command.not-allowed', `${order.rung} is beyond commands.maxRung, which is ${settings.maxRung}`);
  const late = timeTrouble(command.sentUtcMs, facts);
  if (late) return late;

  if (entry)
    return entry.name === name ? again(entry) : refuse('command.malformed', `this id was ${shown(entry.name)} before`);
  if (isForgotten(ledger, command.from, command.sentUtcMs, facts))
    return refuse('command.expired', 'it was sent before others that are not remembered any more');
  const lately = facts.runsMonoMs.filter((at) => facts.monoMs - at < RATE_WINDOW_MS);
  if (lately.length >= settings.maxPerMinute)
    return refuse('command.rate', `${settings.maxPerMinute} a minute are run`);
  return { do: 'run', order };
}
