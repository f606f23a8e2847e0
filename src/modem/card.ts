// What the SIM's answers stand for: its state, the error of each, the tries left (specs/modem.md 2.3). Pure.
import { WaymarkError } from '../core/index.js';
import { known, textsOf } from './codec/fields.js';
import { parseCpin, type SimState } from './codec/identity.js';
import { parseCpinr } from './codec/retry.js';
import { lockWords } from './codec/sim.js';
import type { Reading, RetryCounters } from './profile.js';

/** What `+CPIN?` answered: its meaning, and the word itself. */
export interface CardState {
  readonly is: Exclude<SimState, 'unknown'> | 'busy';
  readonly word: string;
}

/** The state behind an answer to `AT+CPIN?`; without one the card is still busy. */
export function cardStateOf(lines: readonly string[]): CardState {
  for (const line of lines) {
    const state = parseCpin(line);
    if (state === undefined || state === 'unknown') continue;
    return { is: state, word: (textsOf(line, '+CPIN', 2)?.[0] ?? '').toUpperCase() };
  }
  return { is: 'busy', word: '' };
}

/** Only this word is ever answered with a PIN. */
export const asksForPin = (card: CardState): boolean => card.is === 'pin' && card.word === 'SIM PIN';

/** The error that a card which cannot be used stands for. */
export function simError(sim: Exclude<CardState['is'], 'ready'>, word = ''): WaymarkError {
  switch (sim) {
    case 'pin':
      return new WaymarkError('sim.pin', 'the SIM asks for its PIN');
    case 'puk':
      return new WaymarkError('sim.puk', 'the SIM asks for its PUK');
    case 'absent':
      return new WaymarkError('sim.absent', 'no SIM');
    case 'failure':
      return new WaymarkError('sim.failure', 'the SIM does not answer');
    case 'busy':
      return new WaymarkError('sim.failure', 'the SIM is not ready yet');
    case 'other':
      return new WaymarkError(
        'sim.failure',
        lockWords(`+CPIN: ${word}`) ?? 'the module is locked to another SIM or operator',
        {
          hint: 'The module only accepts the SIM or operator it is locked to: have the lock removed.',
          evidence: word === '' ? undefined : { cpin: word },
        },
      );
  }
}

/**
 * What a card that asks for its PIN in the middle of a session stands for. With a PIN at hand it is no case for a person:
 * the card or the module has started anew, and so does the bring-up, at once.
 */
export function cardAsksAgain(hasPin: boolean): WaymarkError {
  return hasPin ? restarted('the SIM asks for its PIN again') : simError('pin');
}

/** The card in the module is not the one that was brought up. Ends the session as a restart does: all is asked anew. */
export function cardChanged(): WaymarkError {
  return restarted('another SIM is in the module');
}

const restarted = (what: string): WaymarkError =>
  new WaymarkError('modem.reset', what, {
    hint: 'The SIM was taken out, changed or started anew: the module is brought up again from the beginning.',
    evidence: { card: 'changed' },
  });

/** What every card can be asked without touching it. */
export const STANDARD_TRIES: Reading<RetryCounters> = { command: 'AT+CPINR', parse: parseCpinr };

/** Where two sources differ the lower number counts: what is sent on the higher one cannot be taken back. */
export function fewerTries(a: RetryCounters, b: RetryCounters): RetryCounters {
  const fewer = (x: number | undefined, y: number | undefined): number | undefined =>
    x === undefined || y === undefined ? (x ?? y) : Math.min(x, y);
  return known<RetryCounters>({ pin: fewer(a.pin, b.pin), puk: fewer(a.puk, b.puk) });
}

/** All that an answer tells of the tries left. */
export function triesIn(reading: Reading<RetryCounters>, lines: readonly string[]): RetryCounters {
  return lines.reduce<RetryCounters>((all, line) => fewerTries(all, reading.parse(line) ?? {}), {});
}
