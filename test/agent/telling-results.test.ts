import { expect, test } from 'vitest';
import { createTelling } from '../../src/agent/clouds/telling.js';
import { type CommandResult, createFakeClock, type NewRecord, silentLogger } from '../../src/core/index.js';
import { statusWith } from '../helpers/status.js';

const refused = (n: number): CommandResult => ({
  ...{ id: `id-${n}`, name: 'none', end: 'refused', code: 'command.unknown', message: 'there is no command none' },
});

test('of a flood of refused commands six a minute are told, not forced to the disk, and the rest is counted', async () => {
  const clock = createFakeClock();
  const kept: NewRecord[] = [];
  const telling = createTelling({
    ...{ clock, log: silentLogger, status: () => statusWith({}), stateEveryMs: () => 300_000 },
    trust: { status: () => ({ state: 'trusted', reason: 'plausible' }) } as never,
    outboxes: new Map([
      [
        'losant',
        {
          put(record: NewRecord) {
            kept.push(record);
            return Promise.resolve(undefined as never);
          },
        },
      ],
    ]),
  });
  for (let n = 0; n < 1000; n++) await telling.result('losant', refused(n));
  expect(kept).toHaveLength(6);
  expect(kept.every((record) => record.sync !== true)).toBe(true);
  // One that had an effect is told in any case, and surely.
  await telling.result('losant', { id: 'x', name: 'resubscribe', end: 'done', message: 'done' });
  expect(kept[6]).toMatchObject({ sync: true, body: { end: 'done', untold: 994 } });
  for (let n = 0; n < 10; n++) await telling.result('losant', refused(n));
  await clock.advance(60_000);
  await telling.result('losant', refused(1));
  expect(kept[7]?.body).toMatchObject({ untold: 10 });
  await telling.result('losant', refused(2));
  expect(kept[8]?.body).not.toHaveProperty('untold');
});
