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

test('every start has a number of its own', () =>
  inScratch(async (folder) => {
    const clock = createFakeClock();
    const vault = await openVault(folder, { clock, log: silentLogger });
    const slot = vault.slot('boot', bootCounterCodec);
    expect(await countBoot(slot, clock.wall(), silentLogger)).toBe(1);
    expect(await countBoot(slot, clock.wall(), silentLogger)).toBe(2);
    const full = { ...slot, write: () => Promise.reject(new Error('no room')) };
    expect(await countBoot(full, clock.wall(), silentLogger)).toBe(Math.floor(clock.wall() / 1000));
  }));
