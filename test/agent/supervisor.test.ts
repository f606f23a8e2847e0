import { expect, test } from 'vitest';
import type { Lane } from '../../src/agent/lane.js';
import { createSupervisor } from '../../src/agent/supervisor.js';
import {
  aborted,
  createFakeClock,
  type FakeClock,
  NETWORK_BACKOFF,
  PORT_BACKOFF,
  silentLogger,
  sleep,
  WaymarkError,
} from '../../src/core/index.js';

function lane(name: string, run: Lane['run'], extra: Partial<Lane> = {}): Lane {
  return { name, run, policy: () => PORT_BACKOFF, ...extra };
}

function setUp(random = 0.5) {
  const clock: FakeClock = createFakeClock();
  const stop = new AbortController();
  const supervisor = createSupervisor({ clock, log: silentLogger, random: () => random, onChange: () => {} });
  return { clock, stop, supervisor };
}

const closed = () => new WaymarkError('link.closed', 'gone');

test('one lane down never touches another', async () => {
  const { clock, stop, supervisor } = setUp();
  let beats = 0;
  const bad = lane('bad', () => Promise.reject(closed()));
  const good = lane('good', async ({ signal, ok }) => {
    ok();
    beats++;
    await aborted(signal);
  });
  const running = supervisor.run([bad, good], stop.signal);
  await clock.advance(300_000);
  expect(beats).toBe(1);
  expect(supervisor.part('good')).toMatchObject({ state: 'ok', restarts: 0 });
  expect(supervisor.part('bad')).toMatchObject({ state: 'waiting', reason: 'link.closed' });
  stop.abort();
  await running;
});

test('waits grow to the cap of the lane’s policy', async () => {
  const { clock, stop, supervisor } = setUp(1);
  const starts: number[] = [];
  const running = supervisor.run(
    [
      lane('port', () => {
        starts.push(clock.mono());
        return Promise.reject(closed());
      }),
    ],
    stop.signal,
  );
  await clock.advance(200_000);
  const waits = starts.slice(1).map((at, i) => at - (starts[i] ?? 0));
  expect(waits.slice(0, 5)).toEqual([500, 1000, 2000, 4000, 8000]);
  expect(Math.max(...waits)).toBe(30_000);
  stop.abort();
  await running;
});

test('what the far side asks for is waited at least', async () => {
  const { clock, stop, supervisor } = setUp();
  let starts = 0;
  const running = supervisor.run(
    [
      lane('ztp', () => {
        starts++;
        return Promise.reject(new WaymarkError('ztp.weather', '503', { retryAfterMs: 600_000 }));
      }),
    ],
    stop.signal,
  );
  await clock.advance(599_000);
  expect(starts).toBe(1);
  await clock.advance(2000);
  expect(starts).toBe(2);
  stop.abort();
  await running;
});

test('what the far side asks for is never waited longer than a day', async () => {
  const { clock, stop, supervisor } = setUp();
  const lost = lane('source', () =>
    Promise.reject(new WaymarkError('ntrip.unavailable', '503', { retryAfterMs: 999_999_999_000 })),
  );
  const running = supervisor.run([lost], stop.signal);
  await clock.advance(10);
  expect(supervisor.part('source')?.nextRetryMs).toBeLessThanOrEqual(86_400_000);
  expect(supervisor.part('source')?.nextRetryMs).toBeGreaterThan(86_000_000);
  stop.abort();
  await running;
});

test('flapping goes on in the same outage: a session that dies young does not earn quick retries again', async () => {
  const { clock, stop, supervisor } = setUp();
  let connects = 0;
  const running = supervisor.run(
    [
      lane(
        'session',
        ({ ok }) => {
          connects++;
          ok();
          return Promise.reject(new WaymarkError('mqtt.closed', 'dropped at once'));
        },
        { policy: () => NETWORK_BACKOFF, stableAfterMs: 60_000 },
      ),
    ],
    stop.signal,
  );
  await clock.advance(60_000);
  const firstMinute = connects;
  await clock.advance(3_600_000);
  expect(firstMinute).toBeGreaterThan(25);
  expect(connects - firstMinute).toBeLessThanOrEqual(60);
  stop.abort();
  await running;
});

test('a wake cuts the wait short', async () => {
  const { clock, stop, supervisor } = setUp();
  let starts = 0;
  const running = supervisor.run(
    [
      lane(
        'session',
        () => {
          starts++;
          return Promise.reject(closed());
        },
        { policy: () => ({ baseMs: 60_000, capMs: 60_000, quickForMs: 0 }) },
      ),
    ],
    stop.signal,
  );
  await clock.advance(10);
  supervisor.wake('session');
  await clock.advance(10);
  expect(starts).toBe(2);
  stop.abort();
  await running;
});

test('a lane that keeps dying of a defect ends the process', async () => {
  const { clock, stop, supervisor } = setUp();
  const running = supervisor.run(
    [lane('broken', () => Promise.reject(new TypeError('undefined is not a function')))],
    stop.signal,
  );
  const ended = expect(running).rejects.toMatchObject({ code: 'core.internal' });
  await clock.advance(600_000);
  await ended;
});

test('stop ends every lane and every wait', async () => {
  const { clock, stop, supervisor } = setUp();
  const running = supervisor.run(
    [lane('a', ({ signal }) => aborted(signal)), lane('b', () => Promise.reject(closed()))],
    stop.signal,
  );
  await clock.advance(100);
  stop.abort();
  await clock.advance(0);
  await running;
  expect(clock.pending).toBe(0);
});

test('a lane that misses its own deadline is stuck; one that waits, or has promised none, is not', async () => {
  const { clock, stop, supervisor } = setUp();
  const beating = lane(
    'beating',
    async ({ signal, ok }) => {
      for (let i = 0; i < 3; i++) {
        ok();
        await sleep(clock, 50_000, signal);
      }
      await aborted(signal);
    },
    { beatMs: 60_000 },
  );
  const quiet = lane('quiet', ({ signal }) => aborted(signal));
  const waiting = lane('waiting', () => Promise.reject(closed()));
  const hung = lane('hung', () => Promise.reject(closed()), { onFailure: () => new Promise(() => undefined) });
  const unplugged = lane('unplugged', () => Promise.reject(closed()), {
    untilWorthRetrying: () => new Promise(() => undefined),
  });
  const running = supervisor.run([beating, quiet, waiting, hung, unplugged], stop.signal);
  await clock.advance(150_000);
  expect(supervisor.stuck()).toEqual([]);
  await clock.advance(60_000);
  expect(supervisor.stuck()).toEqual(['beating']);
  await clock.advance(2_000_000);
  expect(supervisor.stuck()).toEqual(['beating', 'hung']);
  await clock.advance(86_400_000);
  expect(supervisor.stuck()).not.toContain('unplugged');
  stop.abort();
  await Promise.race([running, clock.advance(1)]);
  expect(supervisor.stuck()).not.toContain('beating');
});
