import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alarmsBetween, troublesOf } from '../../src/agent/clouds/alarms.js';
import { bootCounterCodec, countBoot } from '../../src/agent/clouds/boot-counter.js';
import { stateBody } from '../../src/agent/clouds/state-record.js';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import { openVault } from '../../src/vault/index.js';
import { inScratch } from '../helpers/scratch.js';
import { lampOf, statusWith } from '../helpers/status.js';

test('the state record is flat, and leaves out what is not known', () => {
  const body = stateBody(
    statusWith({
      credentials: [
        {
          ...{ id: 'ztp-token', kind: 'ztp-token', state: 'valid', since: '', tested: true, latched: false },
          generation: 1,
        },
      ],
    }),
  );
  expect(body).toMatchObject({
    agentState: 'serving',
    overall: 'ok',
    uptimeS: 60,
    queueDepth: 0,
    cred_ztp_token: 'valid',
  });
  expect(Object.values(body).every((value) => ['string', 'number', 'boolean'].includes(typeof value))).toBe(true);
  expect(body).not.toHaveProperty('operator');
});

test('each trouble is told once, again with another cause, and once when it is over', () => {
  const dark = (reason: string) =>
    statusWith({ lamps: [lampOf('session', { state: 'dark', reason, message: reason })] });
  const none = troublesOf(statusWith({ lamps: [lampOf('session')] }));
  const refused = troublesOf(dark('mqtt.refused'));
  const closed = troublesOf(dark('mqtt.closed'));
  expect(alarmsBetween(none, refused)).toMatchObject([
    { subject: 'lamp:session', code: 'mqtt.refused', isOver: false },
  ]);
  expect(alarmsBetween(refused, refused)).toEqual([]);
  expect(alarmsBetween(refused, closed)).toMatchObject([{ code: 'mqtt.closed', isOver: false }]);
  expect(alarmsBetween(closed, none)).toMatchObject([{ subject: 'lamp:session', isOver: true }]);
});

test('every start has a number of its own, whatever becomes of the counter', () =>
  inScratch(async (folder) => {
    const clock = createFakeClock();
    const open = async () => (await openVault(folder, { clock, log: silentLogger })).slot('boot', bootCounterCodec);
    const count = async (floor = 0): Promise<number> => countBoot(await open(), floor, silentLogger);
    const damage = (...names: string[]): void => {
      for (const name of names) writeFileSync(join(folder, name), 'damaged');
    };
    const numbers = [await count(), await count()];
    expect(numbers[0]).toBeGreaterThanOrEqual(2 ** 31);
    expect(numbers[1]).toBe((numbers[0] ?? 0) + 1);
    damage('boot');
    numbers.push(await count());
    damage('boot', 'boot.prev');
    numbers.push(await count(), await count());
    const full = { ...(await open()), write: () => Promise.reject(new Error('no room')) };
    numbers.push(await countBoot(full, 0, silentLogger), await countBoot(full, 0, silentLogger));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Math.max(...numbers)).toBeLessThan(2 ** 32);
    await (await open()).write(5);
    expect([await count(), await count(9), await count()]).toEqual([6, 10, 11]);
    await (await open()).write(2 ** 32 - 1);
    expect(await countBoot(await open(), 0, silentLogger, () => 77)).toBe(77);
  }));
