// The rule of the PIN as tables: when it may be sent, how its answer is remembered, what a pending note becomes.
import { describe, expect, test } from 'vitest';
import { type ErrorCode, Secret, WaymarkError } from '../../src/core/index.js';
import {
  decidePin,
  outcomeOfAttempt,
  type PinDecision,
  type PinFacts,
  type PinRecord,
  pinCommand,
  provesPending,
} from '../../src/modem/pin.js';

const record = (outcome: PinRecord['outcome'], isProven = false): PinRecord => ({
  outcome,
  isProven,
  at: '2026-01-01T00:00:00.000Z',
});

/** Everything speaks for an attempt. */
const FACTS: PinFacts = {
  asksForPin: true,
  hasPin: true,
  hasLedger: true,
  iccid: '89310410106543789301',
  record: undefined,
  tries: 3,
  triedOnThisLink: false,
  acceptedInVain: false,
};

describe('may the PIN be sent?', () => {
  const table: [string, Partial<PinFacts>, string][] = [
    ['a fresh pair with three tries is tried', {}, 'attempt'],
    ['a card with more than three tries too', { tries: 5 }, 'attempt'],
    ['a card that asks for anything else gets none', { asksForPin: false }, 'nothing'],
    ['without a PIN a person is asked', { hasPin: false }, 'sim.pin'],
    ['without a PIN a person is asked, whatever the card has left', { hasPin: false, tries: 1 }, 'sim.pin'],
    ['two tries left: none', { tries: 2 }, 'sim.pin-guarded'],
    ['one try left: none', { tries: 1 }, 'sim.pin-guarded'],
    ['no try left: none', { tries: 0 }, 'sim.pin-guarded'],
    ['unknown tries: none', { tries: undefined }, 'sim.pin-guarded'],
    ['unknown card: none', { iccid: undefined }, 'sim.pin-guarded'],
    ['no place to remember: none', { hasLedger: false }, 'sim.pin-guarded'],
    ['refused before: never', { record: record('refused') }, 'sim.pin-refused'],
    ['refused before with all tries back: never', { record: record('refused'), tries: 3 }, 'sim.pin-refused'],
    ['refused before, once proven: never', { record: record('refused', true) }, 'sim.pin-refused'],
    ['refused before is said before the tries are', { record: record('refused'), tries: 2 }, 'sim.pin-refused'],
    ['pending and never proven: never', { record: record('pending') }, 'sim.pin-guarded'],
    ['pending but proven: again', { record: record('pending', true) }, 'attempt proven'],
    ['accepted before: again', { record: record('accepted', true) }, 'attempt proven'],
    ['proven with two tries: none', { record: record('accepted', true), tries: 2 }, 'sim.pin-guarded'],
    ['proven with unknown tries: none', { record: record('accepted', true), tries: undefined }, 'sim.pin-guarded'],
    [
      'proven, tried on this link: none',
      { record: record('accepted', true), triedOnThisLink: true },
      'sim.pin-guarded',
    ],
    ['proven, accepted in vain: none', { record: record('accepted', true), acceptedInVain: true }, 'sim.pin-guarded'],
  ];
  const word = (decision: PinDecision): string =>
    decision.do === 'refuse'
      ? decision.code
      : decision.do === 'attempt' && decision.isProven
        ? 'attempt proven'
        : decision.do;

  test.each(table)('%s', (_name, change, wanted) => {
    expect(word(decidePin({ ...FACTS, ...change }))).toBe(wanted);
  });

  test('of all combinations only those with everything in order lead to an attempt', () => {
    const records = [
      undefined,
      ...(['pending', 'accepted', 'refused'] as const).flatMap((o) => [record(o), record(o, true)]),
    ];
    let attempts = 0;
    for (const asksForPin of [true, false])
      for (const hasPin of [true, false])
        for (const hasLedger of [true, false])
          for (const iccid of [FACTS.iccid, undefined])
            for (const tries of [undefined, 0, 1, 2, 3])
              for (const triedOnThisLink of [true, false])
                for (const found of records) {
                  const facts = {
                    ...FACTS,
                    asksForPin,
                    hasPin,
                    hasLedger,
                    iccid,
                    tries,
                    triedOnThisLink,
                    record: found,
                  };
                  if (decidePin(facts).do !== 'attempt') continue;
                  attempts++;
                  expect(asksForPin && hasPin && hasLedger && iccid !== undefined && tries === 3).toBe(true);
                  expect(triedOnThisLink).toBe(false);
                  expect(found?.outcome).not.toBe('refused');
                  if (found?.outcome === 'pending') expect(found.isProven).toBe(true);
                }
    expect(attempts).toBe(4);
  });
});

describe('what the answer means', () => {
  const failure = (code: ErrorCode, cme?: number) =>
    new WaymarkError(code, 'x', cme === undefined ? {} : { evidence: { cme } });
  test.each([
    ['OK', undefined, 'accepted'],
    ['16 incorrect password', failure('modem.error', 16), 'refused'],
    ['12 PUK required', failure('sim.puk', 12), 'refused'],
    ['11 PIN required', failure('sim.pin', 11), 'unclear'],
    ['14 busy', failure('modem.error', 14), 'unclear'],
    ['3 not allowed', failure('modem.error', 3), 'unclear'],
    ['ERROR without a number', failure('modem.error'), 'unclear'],
  ] as const)('%s', (_name, error, wanted) => {
    expect(outcomeOfAttempt(error)).toBe(wanted);
  });
});

test('a pending note becomes proven only where nobody else can have opened the card', () => {
  const open = { pinIsOn: true, askedSince: false };
  expect(provesPending(record('pending'), open)).toBe(true);
  expect(provesPending(record('pending'), { ...open, pinIsOn: false })).toBe(false);
  expect(provesPending(record('pending'), { ...open, askedSince: true })).toBe(false);
  expect(provesPending(record('pending', true), { ...open, askedSince: true })).toBe(true);
  expect(provesPending(record('refused'), open)).toBe(false);
  expect(provesPending(record('accepted', true), open)).toBe(false);
  expect(provesPending(undefined, open)).toBe(false);
});

describe('the command', () => {
  test('carries the PIN, shows none of it, and has time', () => {
    const command = pinCommand(new Secret('pin', '48151623'));
    expect(command).toMatchObject({ text: 'AT+CPIN="48151623"', shown: 'AT+CPIN=[secret]', deadlineMs: 30_000 });
  });

  test.each(['123', '123456789', '12a4', '1234"', '', '1234\r', '1234,5678', '12 34'])('%j is no PIN', (pin) => {
    expect(() => pinCommand(new Secret('pin', pin))).toThrow(
      expect.objectContaining({ code: 'modem.injection', message: expect.not.stringContaining('1234') }),
    );
  });
});
