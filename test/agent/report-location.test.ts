import { expect, test } from 'vitest';
import { correctionsView } from '../../src/agent/report-location.js';
import type { ReceiverSnapshot } from '../../src/gnss/index.js';

const USED = { answer: 'used', count: 12, of: 20, by: 'rxm-cor', sentence: '12 of 20 corrections …' } as const;
const snapshotOf = (running: boolean): ReceiverSnapshot =>
  ({ running, use: USED, window: { seconds: 30 } }) as unknown as ReceiverSnapshot;

test('the answer about use is that of a receiver that is there', () => {
  expect(correctionsView(undefined, snapshotOf(true), 0).use).toEqual({ ...USED, seconds: 30 });
});

test('a receiver that is gone uses nothing, whatever it did half a minute ago', () => {
  const { use } = correctionsView(undefined, snapshotOf(false), 0);
  expect(use).toMatchObject({ answer: 'unknown', count: 0, of: 0, sentence: 'the receiver is not connected' });
});

test('without a receiver there is nobody to use them', () => {
  expect(correctionsView(undefined, undefined, 0).use).toMatchObject({
    answer: 'unknown',
    sentence: 'there is no receiver to use them',
  });
});
