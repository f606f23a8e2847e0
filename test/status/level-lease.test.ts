// A level of the log that was raised for a time goes down by itself, whatever became of the one who raised it.
import { expect, test } from 'vitest';
import { createFakeClock, type LogLevel } from '../../src/core/index.js';
import { createLevelLease } from '../../src/status/level-lease.js';

function rig(level: LogLevel) {
  const clock = createFakeClock();
  let now = level;
  const put = (next: LogLevel): LogLevel => {
    const before = now;
    now = next;
    return before;
  };
  return { clock, lease: createLevelLease(clock, put), put, now: () => now };
}

test('it ends by its time, and the level is the one before', async () => {
  const { clock, lease, now } = rig('warn');
  expect(lease.set('trace', 60_000)).toEqual({ level: 'trace', before: 'warn' });
  await clock.advance(59_999);
  expect(now()).toBe('trace');
  await clock.advance(1);
  expect(now()).toBe('warn');
});

test('renewed, by whomever, it lasts anew and still returns to the level before the first', async () => {
  const { clock, lease, now } = rig('warn');
  lease.set('trace', 60_000);
  await clock.advance(50_000);
  expect(lease.set('trace', 60_000)).toEqual({ level: 'trace', before: 'trace' });
  await clock.advance(59_000);
  expect(now()).toBe('trace');
  await clock.advance(1000);
  expect(now()).toBe('warn');
});

test('ended early it is over once; a plain set is for good', async () => {
  const { clock, lease, now } = rig('info');
  lease.set('trace', 60_000);
  expect(lease.end('trace')).toEqual({ level: 'info', before: 'trace' });
  expect(lease.end('trace')).toEqual({ level: 'info', before: 'info' });
  lease.set('trace', 60_000);
  lease.set('debug');
  await clock.advance(120_000);
  expect(now()).toBe('debug');
});

test('a level that was configured as trace stays', async () => {
  const { clock, lease, now } = rig('trace');
  lease.set('trace', 1000);
  await clock.advance(1000);
  expect(now()).toBe('trace');
});

test.each([
  ['its time', (lease: ReturnType<typeof rig>['lease']) => lease],
  ['an early end', (lease: ReturnType<typeof rig>['lease']) => lease.end('trace')],
])('what a reload has set meanwhile is left alone by %s, and a renewal returns to it', async (_what, over) => {
  const { clock, lease, put, now } = rig('info');
  lease.set('trace', 60_000);
  put('warn');
  over(lease);
  await clock.advance(60_000);
  expect(now()).toBe('warn');
  lease.set('trace', 60_000);
  put('error');
  lease.set('trace', 60_000);
  await clock.advance(60_000);
  expect(now()).toBe('error');
});

test('doors that close end it', () => {
  const { lease, now } = rig('info');
  lease.set('trace', 60_000);
  lease[Symbol.dispose]();
  expect(now()).toBe('info');
});
