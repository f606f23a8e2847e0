// Five failed logins in a row lock the account for good, and only Verizon unlocks it. So a login is counted before it is
// sent, and two misses, or one plain refusal, end all logins with these values; three misses of a user, whatever the
// values, end all of that user (specs/thingspace.md section 6). Pure; the ledger on disk is in strike-ledger.ts.
//
//   one set of values:
//            sending (written first)            answered: refused
//   armed(0) ----------------------> armed(1) -------------------------> latched
//      ^                               |  |  answered: uncertain            ^
//      +----answered: ok (erased)------+  +--> stays armed(1) --sending--> armed(2) --answered: refused, uncertain
//           answered: not-counted: one fewer
//
//   the ledger:
//   known values --credentials: others--> those begin at armed(0); the ones before keep what they have
//        |  answered: ok of one: the user's count is 0, but what was latched stays so
//        +--found damaged, or made with another salt--> shut for whatever values
//   anything --credentials: a raised epoch--> empty (the only cure of a shut one, and of a user's three misses)
//
// A process killed between sending and answered leaves its strike behind; found again with two, the latch is shut. A
// refused candidate (rule `counted`) shuts it only with the second strike: each candidate is another value.
import type { Step } from '../../core/index.js';

/** One set of values. `latchedAtUtcMs` is by our own clock, which may be wrong: for people only. */
export interface StrikeEntry {
  /** Of everything a login depends on. */
  fingerprint: string;
  /** Whom the far side would lock. */
  owner: string;
  strikes: number;
  latchedAtUtcMs?: number;
}

/** What is kept. */
export interface StrikeLedger {
  epoch: number;
  /** Everything that has failed in this epoch; the last tried last. */
  entries: readonly StrikeEntry[];
  /** What was counted before has been lost. */
  shutAtUtcMs?: number;
}

/** What a login would be made with. */
export interface StrikeSubject {
  fingerprint: string;
  owner: string;
  /** The number a person raises to allow tries again. */
  epoch: number;
}

/** `not-counted`: nothing that says anything about the pair can have reached the login service. */
export type StrikeOutcome = 'ok' | 'refused' | 'uncertain' | 'not-counted';

export type StrikeEvent =
  | { is: 'found'; ledger: StrikeLedger; isDamaged: boolean; utcMs: number }
  | { is: 'credentials'; epoch: number }
  | { is: 'sending'; subject: StrikeSubject }
  | { is: 'answered'; subject: StrikeSubject; outcome: StrikeOutcome; utcMs: number };

export type StrikeEffect = { do: 'write' } | { do: 'erase' };

export interface StrikeRule {
  /** Strikes of one set of values that shut the latch. */
  limit: number;
  /** `latches`: one refusal is enough. */
  refusal: 'latches' | 'counted';
  /** Strikes of one owner that shut it, whatever the values. Absent: nobody is locked there. */
  ownerLimit?: number;
}

const OWNER_LIMIT = 3;
export const LOGIN_STRIKES: StrikeRule = { limit: 2, refusal: 'latches', ownerLimit: OWNER_LIMIT };
/** Of candidates. Their misses and those of the values in force count together, since one user is locked by both. */
export const CANDIDATE_STRIKES: StrikeRule = { limit: 2, refusal: 'counted', ownerLimit: OWNER_LIMIT };
/** Of key and secret, which no number of misses locks: that they are not tried again spares only the far side. */
export const TOKEN_STRIKES: StrikeRule = { limit: 2, refusal: 'latches' };

export const NO_STRIKES: StrikeLedger = { epoch: 0, entries: [] };

/** So many sets of values are remembered. */
export const MAX_ENTRIES = 16;

export const entryOf = ({ entries }: StrikeLedger, { fingerprint }: StrikeSubject): StrikeEntry | undefined =>
  entries.find((entry) => entry.fingerprint === fingerprint);

/** Misses of one owner since its last success. */
export const strikesOf = ({ entries }: StrikeLedger, owner: string): number =>
  entries.reduce((sum, entry) => (entry.owner === owner ? sum + entry.strikes : sum), 0);

/** What is forgotten to make room: never what still counts against somebody who could be locked. */
const spare = ({ entries }: StrikeLedger, rule: StrikeRule): StrikeEntry | undefined =>
  rule.ownerLimit === undefined ? entries[0] : entries.find(({ strikes }) => strikes === 0);

export type Hold =
  /** These values have failed. */
  | 'values'
  /** Whatever the values: the user has missed too often, or nobody knows how often. */
  | 'owner'
  | 'lost';

/** Why none may be sent, if so. */
export function holdOf(ledger: StrikeLedger, rule: StrikeRule, subject: StrikeSubject): Hold | undefined {
  if (ledger.shutAtUtcMs !== undefined) return 'lost';
  const entry = entryOf(ledger, subject);
  if (entry && (entry.latchedAtUtcMs !== undefined || entry.strikes >= rule.limit)) return 'values';
  if (rule.ownerLimit !== undefined && strikesOf(ledger, subject.owner) >= rule.ownerLimit) return 'owner';
  return !entry && ledger.entries.length >= MAX_ENTRIES && !spare(ledger, rule) ? 'owner' : undefined;
}

const isEmpty = ({ entries, shutAtUtcMs }: StrikeLedger): boolean => entries.length === 0 && shutAtUtcMs === undefined;

const kept = (state: StrikeLedger): Step<StrikeLedger, StrikeEffect> => ({
  state,
  effects: [{ do: isEmpty(state) ? 'erase' : 'write' }],
});

/** The ledger with this entry as its last; one without strike or latch says nothing and is left out. */
function withEntry(ledger: StrikeLedger, entry: StrikeEntry): StrikeLedger {
  const others = ledger.entries.filter(({ fingerprint }) => fingerprint !== entry.fingerprint);
  const says = entry.strikes > 0 || entry.latchedAtUtcMs !== undefined;
  return { ...ledger, entries: says ? [...others, entry] : others };
}

export function nextStrikes(
  rule: StrikeRule,
  ledger: StrikeLedger,
  event: StrikeEvent,
): Step<StrikeLedger, StrikeEffect> {
  switch (event.is) {
    case 'found':
      // What was lost may have been a latch.
      return event.isDamaged ? kept({ ...event.ledger, shutAtUtcMs: event.utcMs }) : { state: event.ledger };
    case 'credentials': {
      // Lowered and raised again it would be a way round: only above the highest so far it is a person's word.
      if (event.epoch <= ledger.epoch) return { state: ledger };
      const state: StrikeLedger = { epoch: event.epoch, entries: [] };
      return isEmpty(ledger) ? { state } : kept(state);
    }
    case 'sending': {
      const { fingerprint, owner } = event.subject;
      const known = entryOf(ledger, event.subject);
      const isFull = !known && ledger.entries.length >= MAX_ENTRIES;
      const gone = isFull ? spare(ledger, rule) : undefined;
      const room = gone ? { ...ledger, entries: ledger.entries.filter((entry) => entry !== gone) } : ledger;
      return kept(withEntry(room, { ...(known ?? { fingerprint, owner }), strikes: (known?.strikes ?? 0) + 1 }));
    }
    case 'answered':
      return onAnswered(rule, ledger, event);
  }
}

function onAnswered(
  rule: StrikeRule,
  ledger: StrikeLedger,
  { subject, outcome, utcMs }: Extract<StrikeEvent, { is: 'answered' }>,
): Step<StrikeLedger, StrikeEffect> {
  const { fingerprint, owner } = subject;
  const entry = entryOf(ledger, subject) ?? { fingerprint, owner, strikes: 0 };
  const latched: StrikeEntry = { ...entry, latchedAtUtcMs: utcMs };
  switch (outcome) {
    case 'ok': {
      // The far side counts from zero again; what it refused before it refuses still.
      const entries = ledger.entries
        .filter((other) => other.fingerprint !== fingerprint)
        .map((other) => (other.owner === owner ? { ...other, strikes: 0 } : other))
        .filter(({ strikes, latchedAtUtcMs }) => strikes > 0 || latchedAtUtcMs !== undefined);
      return kept({ ...ledger, entries });
    }
    case 'not-counted':
      return kept(withEntry(ledger, { ...entry, strikes: Math.max(0, entry.strikes - 1) }));
    case 'refused':
      if (rule.refusal === 'latches' || entry.strikes >= rule.limit) return kept(withEntry(ledger, latched));
      return { state: ledger };
    case 'uncertain':
      return entry.strikes >= rule.limit ? kept(withEntry(ledger, latched)) : { state: ledger };
  }
}
