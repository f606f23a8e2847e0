import { expect, test } from 'vitest';
import { whyNotUsed } from '../../src/agent/lanes/correction-lamp.js';
import type { ReceiverSnapshot } from '../../src/gnss/index.js';

interface Facts {
  corrections: ReceiverSnapshot['corrections'];
  answer?: ReceiverSnapshot['use']['answer'];
  written?: number;
  quality?: ReceiverSnapshot['fix']['quality'];
  delivery?: ReceiverSnapshot['delivery'];
}

const judged = (facts: Facts): string | undefined => {
  const { corrections, answer = 'not-used', written = 20, quality = '3d', delivery = 'direct' } = facts;
  const use = { answer, count: 0, of: written, by: 'rxm-cor', sentence: 'none was used' };
  const window = { seconds: 30, written };
  return whyNotUsed({ corrections, use, window, fix: { quality }, delivery } as ReceiverSnapshot)?.hint;
};

test.each<[Facts, RegExp]>([
  [{ corrections: 'link-corruption' }, /line speed/],
  [{ corrections: 'key-mismatch', quality: 'none' }, /keys/],
  [{ corrections: 'unsupported-format' }, /RTCM/],
  [{ corrections: 'not-configured', delivery: 'paced' }, /cable/],
])('%o has a cure', (facts, cure) => {
  expect(judged(facts)).toMatch(cure);
});

test.each<[Facts, string]>([
  [{ corrections: 'link-corruption', answer: 'used' }, 'some are used'],
  [{ corrections: 'link-corruption', written: 0 }, 'nothing was written'],
  [{ corrections: 'none' }, 'the receiver does not need them yet'],
  [{ corrections: 'unconfirmed', answer: 'unknown' }, 'nobody can tell'],
  [{ corrections: 'not-configured' }, 'slower writing is not yet tried'],
  [{ corrections: 'not-configured', delivery: 'paced', quality: 'none' }, 'no fix yet'],
])('%o is no trouble: %s', (facts) => {
  expect(judged(facts)).toBeUndefined();
});
