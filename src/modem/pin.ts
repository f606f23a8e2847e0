// The one thing that cannot be undone: a PIN that is tried too often blocks the card. Whether it may be sent is a pure
// decision over what the card says and what is on disk (decision 0007); stages/sim.ts does what is decided here.
//
//   +CPIN?
//     ├─ anything but exactly SIM PIN ────────────────────────────→ never a PIN, never a PUK
//     └─ SIM PIN
//          ├─ no PIN configured ──────────────────────────────────→ sim.pin
//          ├─ refused before ─────────────────────────────────────→ sim.pin-refused
//          ├─ pending, and this card has never accepted it ───────→ sim.pin-guarded   nobody knows how that try ended
//          ├─ tried already on this link, or accepted in vain ────→ sim.pin-guarded
//          ├─ no ledger, card number unknown ─────────────────────→ sim.pin-guarded
//          ├─ tries left unknown or fewer than 3 ─────────────────→ sim.pin-guarded
//          └─ else: attempt                                (from the look at the tries on, alone on this machine)
//               write pending ──durable, and the card as before──→ AT+CPIN=… once ──OK────────→ accepted, proven
//                    │                   │                           ├─ refused, or fewer tries ─→ refused
//                    │ not durable       │ changed, stopped          └─ no answer, port lost ──→ stays pending
//                    └──→ nothing sent   └──→ nothing sent, and the note is taken back
//
//   pending and later READY with the PIN switched on ──→ the attempt succeeded: accepted, proven. Not when this card has
//   been seen asking again since (which is noted, too): then somebody else has opened it, perhaps with another PIN.
import { type Secret, WaymarkError } from '../core/index.js';
import { cmeOf } from './codec/errors.js';
import type { AtCommand } from './command.js';

/** What is remembered of one (card, PIN) pair, across restarts. */
export interface PinRecord {
  /** `pending` is written before the PIN leaves: after a crash nobody knows whether it did. */
  readonly outcome: 'pending' | 'accepted' | 'refused';
  /** This card has accepted this PIN before. */
  readonly isProven: boolean;
  /** ISO 8601, for the person who reads the file. */
  readonly at: string;
  /** The card has asked again since: that it is found open later proves nothing. */
  readonly askedSince?: true;
}

/** Where PIN records live, by card (`cardKey`) and PIN. `write` resolves only when the record is durable. */
export interface PinLedger {
  read(card: string, pin: Secret): Promise<PinRecord | undefined>;
  /** Undefined forgets: only for a note whose PIN certainly never left. */
  write(card: string, pin: Secret, record: PinRecord | undefined): Promise<void>;
  /**
   * Runs `work` while no other agent of this machine does: two on two ports of one module would both read three tries
   * and both send. `busy` when the other one takes too long.
   */
  alone<T>(work: () => Promise<T>): Promise<T | 'busy'>;
}

/** With fewer tries than a fresh card has, somebody has erred already. */
export const MIN_PIN_TRIES = 3;
const ANSWER_MS = 30_000;
const INCORRECT_PASSWORD = 16;

export interface PinFacts {
  /** `+CPIN?` answered exactly `SIM PIN`. */
  readonly asksForPin: boolean;
  readonly hasPin: boolean;
  readonly hasLedger: boolean;
  readonly iccid: string | undefined;
  readonly record: PinRecord | undefined;
  /** Tries left as the card tells them. */
  readonly tries: number | undefined;
  /** A PIN has left on this link already. */
  readonly triedOnThisLink: boolean;
  /** The card said OK to it before and went on asking. */
  readonly acceptedInVain: boolean;
}

export type PinDecision =
  | { readonly do: 'nothing' }
  | { readonly do: 'attempt'; readonly isProven: boolean }
  /** `mayClear`: what is missing may come within seconds of the card's start. */
  | {
      readonly do: 'refuse';
      readonly code: 'sim.pin' | 'sim.pin-refused' | 'sim.pin-guarded';
      readonly why: string;
      readonly mayClear?: true;
      readonly hint?: string;
    };

const refuse = (code: 'sim.pin' | 'sim.pin-refused' | 'sim.pin-guarded', why: string, hint?: string): PinDecision => ({
  do: 'refuse',
  code,
  why,
  ...(hint === undefined ? {} : { hint }),
});

/** Fresh tries do not help here: whether the PIN is right stays unknown. */
const UNKNOWN_END_HINT =
  'This PIN is not sent to this SIM again, as it may be wrong: in a phone, give the SIM another PIN and put that into the file that modem.sim.pin names, or switch its PIN off.';

/** May the PIN be sent now? Pure. */
export function decidePin(facts: PinFacts): PinDecision {
  const { record, tries } = facts;
  if (!facts.asksForPin) return { do: 'nothing' };
  if (!facts.hasPin) return refuse('sim.pin', 'the SIM asks for its PIN');
  if (record?.outcome === 'refused') return refuse('sim.pin-refused', 'the SIM has refused this PIN before');
  if (record?.outcome === 'pending' && !record.isProven)
    return refuse('sim.pin-guarded', 'this PIN was tried before and nobody knows how that ended', UNKNOWN_END_HINT);
  if (facts.triedOnThisLink) return refuse('sim.pin-guarded', 'the PIN has just been tried');
  if (facts.acceptedInVain) return refuse('sim.pin-guarded', 'the SIM accepts the PIN and asks for it all the same');
  if (!facts.hasLedger) return refuse('sim.pin-guarded', 'there is no place to remember the attempt');
  if (facts.iccid === undefined)
    return { do: 'refuse', code: 'sim.pin-guarded', why: 'the SIM does not tell its number', mayClear: true };
  if (tries === undefined)
    return { do: 'refuse', code: 'sim.pin-guarded', why: 'the SIM does not tell its tries left', mayClear: true };
  if (tries < MIN_PIN_TRIES)
    return refuse('sim.pin-guarded', `the SIM has ${tries} ${tries === 1 ? 'try' : 'tries'} left`);
  return { do: 'attempt', isProven: record?.isProven ?? false };
}

/** How the answer to the PIN is to be remembered; `unclear` stays pending until more is known. Pure. */
export function outcomeOfAttempt(failure: WaymarkError | undefined): 'accepted' | 'refused' | 'unclear' {
  if (!failure) return 'accepted';
  if (cmeOf(failure) === INCORRECT_PASSWORD || failure.code === 'sim.puk') return 'refused';
  return 'unclear';
}

/** A pending attempt is known to have succeeded when the card is open and its PIN is on. Pure. */
export function provesPending(
  record: PinRecord | undefined,
  card: { readonly pinIsOn: boolean; readonly askedSince: boolean },
): boolean {
  return record?.outcome === 'pending' && card.pinIsOn && (record.isProven || !card.askedSince);
}

/** `AT+CPIN=` with the PIN; what is shown has none. Errors: `modem.injection` when it is not 4 to 8 digits. */
export function pinCommand(pin: Secret): AtCommand {
  const digits = pin.reveal();
  if (!/^\d{4,8}$/.test(digits))
    throw new WaymarkError('modem.injection', 'modem.sim.pin: not four to eight digits', {
      hint: 'The file that modem.sim.pin names must hold four to eight digits and nothing else.',
    });
  return { text: `AT+CPIN="${digits}"`, shown: 'AT+CPIN=[secret]', secrets: [digits], deadlineMs: ANSWER_MS };
}
