import { expect, test } from 'vitest';
import { bench, drainFor, fakeLink, newRecord, numbersOf } from './fakes.js';

test('what was put without a link goes in order, marked as replay, and leaves nothing behind', async () => {
  await using at = bench();
  await using outbox = await at.open();
  for (let n = 0; n < 50; n++) await outbox.put(newRecord(n));
  expect(outbox.status()).toMatchObject({ state: 'ok', records: 50, replayLeft: 50, isDraining: false });
  const link = fakeLink(at.clock);
  await drainFor(outbox, at.clock, link, 5000);
  expect(numbersOf(link.sent.map(({ record }) => record))).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect(link.sent.every(({ isReplay }) => isReplay)).toBe(true);
  expect(outbox.status()).toMatchObject({ records: 0, bytes: 0, confirmed: 50, replayLeft: 0 });
});
