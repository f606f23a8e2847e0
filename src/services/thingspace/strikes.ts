// Five failed logins in a row lock the account for good, and only Verizon unlocks it. So a login is counted before it is
// sent, and two misses, or one plain refusal, end all logins until a person changes something
// (specs/thingspace.md section 6). Pure; the ledger on disk is in strike-ledger.ts.
//
//            sending (written first)            answered: refused
//   armed(0) ----------------------> armed(1) -------------------------> latched
//      ^ ^                             |  |  answered: uncertain            ^
//      | +--answered: ok (erased)------+  +--> stays armed(1) --sending--> armed(2) --answered: refused, uncertain
//      |    answered: not-counted: one fewer
//      +---- credentials: another fingerprint, from anywhere ---- latched
//
// A process killed between sending and answered leaves its strike behind; found again with two, the latch is shut. A
// refused candidate (rule `counted`) shuts it only with the second strike: each candidate is another value.
import type { Step } from '../../core/index.js';

/** What is kept. `latchedAtUtcMs` is by our own clock, which may be wrong: for people only. */
export interface StrikeLedger {
  /** Of everything a login depends on; another one re-arms. */
  fingerprint: string;
  strikes: number;
  latchedAtUtcMs?: number;
}

/** `not-counted`: nothing that says anything about the pair can have reached the login service. */
export type StrikeOutcome = 'ok' | 'refused' | 'uncertain' | 'not-counted';

export type StrikeEvent =
  | { is: 'credentials'; fingerprint: string }
  | { is: 'found'; ledger: StrikeLedger; isDamaged: boolean; utcMs: number }
  | { is: 'sending' }
  | { is: 'answered'; outcome: StrikeOutcome; utcMs: number };

export type StrikeEffect = { do: 'write' } | { do: 'erase' };

export interface StrikeRule {
  /** Strikes that shut the latch. */
  limit: number;
  /** `latches`: one refusal is enough. */
  refusal: 'latches' | 'counted';
}

export const LOGIN_STRIKES: StrikeRule = { limit: 2, refusal: 'latches' };
/** Of candidates, per user: with the two of the value in force that is one fewer than the five. */
export const CANDIDATE_STRIKES: StrikeRule = { limit: 2, refusal: 'counted' };

export const NO_STRIKES: StrikeLedger = { fingerprint: '', strikes: 0 };

export const isLatched = (ledger: StrikeLedger, rule: StrikeRule): boolean =>
  ledger.latchedAtUtcMs !== undefined || ledger.strikes >= rule.limit;

const latched = ({ fingerprint, strikes }: StrikeLedger, utcMs: number): Step<StrikeLedger, StrikeEffect> => ({
  state: { fingerprint, strikes, latchedAtUtcMs: utcMs },
  effects: [{ do: 'write' }],
});

export function nextStrikes(
  rule: StrikeRule,
  ledger: StrikeLedger,
  event: StrikeEvent,
): Step<StrikeLedger, StrikeEffect> {
  switch (event.is) {
    case 'credentials':
      // Written with the first try: until then the old ledger, of another fingerprint, says the same.
      return event.fingerprint === ledger.fingerprint
        ? { state: ledger }
        : { state: { fingerprint: event.fingerprint, strikes: 0 } };
    case 'found':
      // What was lost may have been a latch.
      return event.isDamaged ? latched(event.ledger, event.utcMs) : { state: event.ledger };
    case 'sending':
      return { state: { ...ledger, strikes: ledger.strikes + 1 }, effects: [{ do: 'write' }] };
    case 'answered':
      return onAnswered(rule, ledger, event.outcome, event.utcMs);
  }
}

function onAnswered(
  rule: StrikeRule,
  ledger: StrikeLedger,
  outcome: StrikeOutcome,
  utcMs: number,
): Step<StrikeLedger, StrikeEffect> {
  const { fingerprint, strikes } = ledger;
  switch (outcome) {
    case 'ok':
      return { state: { fingerprint, strikes: 0 }, effects: [{ do: 'erase' }] };
    case 'not-counted': {
      const left = Math.max(0, strikes - 1);
      return { state: { fingerprint, strikes: left }, effects: [{ do: left === 0 ? 'erase' : 'write' }] };
    }
    case 'refused':
      if (rule.refusal === 'latches' || strikes >= rule.limit) return latched(ledger, utcMs);
      return { state: ledger };
    case 'uncertain':
      return strikes >= rule.limit ? latched(ledger, utcMs) : { state: ledger };
  }
}
