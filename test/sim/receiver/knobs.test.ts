import { describe, expect, test } from 'vitest';
import { isWaymarkError } from '../../../src/core/index.js';
import { createFields } from '../../../src/sim/fields.js';
import { NO_FAULTS, RECEIVER_USAGE, readReceiverCommand, USUAL_KNOBS } from '../../../src/sim/receiver/index.js';
import { bench } from './bench.js';

const fromWords = (words: Readonly<Record<string, string>>) => {
  const fields = createFields(words, 'receiver', true);
  const command = readReceiverCommand(fields);
  fields.end();
  return command;
};
const sentence = (words: Readonly<Record<string, string>>): string => {
  try {
    fromWords(words);
  } catch (error) {
    if (isWaymarkError(error, 'cli.usage')) return error.message;
    throw error;
  }
  return 'taken';
};

describe('what may be told to a receiver', () => {
  test.each<[Record<string, string>, object]>([
    [{ profile: 'neo-m8' }, { change: { profile: 'neo-m8' } }],
    [
      { swallowBytesEvery: '40', swallowBytesWhen: 'always' },
      { change: { swallowBytesEvery: 40, swallowBytesWhen: 'always' } },
    ],
    [{ refuseKeys: '0x10730005,0x20A70001' }, { change: { refuseKeys: [0x10730005, 0x20a70001] } }],
    [{ refuseKeys: 'none' }, { change: { refuseKeys: [] } }],
    [{ silent: 'on' }, { change: { silent: true } }],
    [{ latitudeDeg: '-33.86', longitudeDeg: '-151.2' }, { change: { latitudeDeg: -33.86, longitudeDeg: -151.2 } }],
    [
      { start: 'cold', restart: 'ram' },
      { change: { start: 'cold' }, restart: { kind: 'ram' } },
    ],
    [{ restart: 'factory' }, { change: {}, restart: { kind: 'factory' } }],
    [{ restartAfterMs: '5000' }, { change: {}, restart: { kind: 'ram', afterMs: 5000 } }],
    [{ heal: 'true' }, { change: NO_FAULTS }],
    [{ heal: 'true', noise: '5' }, { change: { ...NO_FAULTS, noise: 5 } }],
  ])('%j', (words, command) => {
    expect(fromWords(words)).toEqual(command);
  });

  test('JSON says the same with its own types', () => {
    const fields = createFields({ silent: false, noise: 3, restart: 'factory' });
    expect(readReceiverCommand(fields)).toEqual({ change: { silent: false, noise: 3 }, restart: { kind: 'factory' } });
  });

  test.each<[Record<string, string>, RegExp]>([
    [{}, /nothing to change/],
    [{ profile: 'lea-5' }, /profile must be one of zed-f9p,/],
    [{ noise: 'loud' }, /noise must be a whole number/],
    [{ garble: '-1' }, /garble must be a whole number/],
    [{ refuseKeys: '10730005' }, /refuseKeys must be none or keys/],
    [{ silent: 'maybe' }, /silent must be true or false/],
    [{ restart: 'later' }, /restart must be one of ram, factory/],
    [{ volume: '11', silent: 'on' }, /knows no volume/],
  ])('%j is a mistake', (words, words2) => {
    expect(sentence(words)).toMatch(words2);
  });

  test('the line of help names every knob', () => {
    for (const name of Object.keys(USUAL_KNOBS)) expect(RECEIVER_USAGE).toContain(`[${name}=`);
  });
});

describe('what a command does', () => {
  test('knobs are turned and the rest stays', () => {
    const b = bench({ knobs: { noise: 3 } });
    b.receiver.perform(fromWords({ garble: '7' }));
    expect(b.receiver.knobs).toEqual({ ...USUAL_KNOBS, noise: 3, garble: 7 });
    b.receiver.perform(fromWords({ heal: 'true' }));
    expect(b.receiver.snapshot().knobs).toEqual(USUAL_KNOBS);
  });

  test('restarts come now or later, after the change', async () => {
    const b = bench();
    b.receiver.perform(fromWords({ restart: 'factory', start: 'cold' }));
    expect(b.receiver.counters.restarts).toBe(1);
    b.receiver.perform(fromWords({ restartAfterMs: '2000' }));
    await b.clock.advance(2500);
    expect(b.receiver.counters.restarts).toBe(2);
    expect(b.receiver.quality).toBe('none');
  });

  test('a snapshot holds no key', () => {
    const b = bench();
    const { keyStartsUtcMs } = b.receiver.snapshot();
    expect(keyStartsUtcMs).toEqual([]);
    expect(JSON.stringify(b.receiver.snapshot())).not.toContain('value');
  });
});
