import { describe, expect, test } from 'vitest';
import { type ClockTrust, createClockTrust, createFakeClock, type FakeClock } from '../../src/core/index.js';

const FLOOR = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const YEAR = 365.25 * DAY;
const WEEKS_1024 = 1024 * 7 * DAY;

function at(wallMs: number): { clock: FakeClock; trust: ClockTrust } {
  const clock = createFakeClock(wallMs);
  return { clock, trust: createClockTrust(clock, FLOOR) };
}
const never = new AbortController().signal;

describe('clock trust', () => {
  test('1970 is not believed', () =>
    expect(at(0).trust.status()).toEqual({ state: 'untrusted', reason: 'before-floor' }));

  test('a time after the floor is plausible, sixteen years after it is not', () => {
    expect(at(FLOOR + DAY).trust.status()).toEqual({ state: 'trusted', reason: 'plausible' });
    expect(at(FLOOR + 16 * YEAR).trust.status()).toEqual({ state: 'untrusted', reason: 'too-far-ahead' });
  });

  test('a source that agrees confirms, with the difference', () => {
    const { clock, trust } = at(FLOOR + DAY);
    trust.offer('gnss', clock.wall() + 1500);
    expect(trust.status()).toEqual({ state: 'trusted', reason: 'confirmed', source: 'gnss', offsetMs: 1500 });
  });

  test('a source that disagrees by more than half a day contradicts a plausible clock', () => {
    const { clock, trust } = at(FLOOR + DAY);
    trust.offer('network', clock.wall() + 3 * DAY);
    expect(trust.status()).toMatchObject({ state: 'untrusted', reason: 'contradicted', source: 'network' });
    expect(trust.status().offsetMs).toBe(3 * DAY);
  });

  test('after a contradiction, stepping the clock to the right time restores trust', async () => {
    const { clock, trust } = at(0);
    trust.offer('network', FLOOR + 10 * DAY);
    expect(trust.status().reason).toBe('contradicted');
    await clock.advance(5000);
    clock.stepWall(FLOOR + 10 * DAY);
    expect(trust.status()).toEqual({ state: 'trusted', reason: 'confirmed', source: 'network', offsetMs: 0 });
  });

  test('a step away from a confirmed time loses trust, the passing of time does not', async () => {
    const { clock, trust } = at(FLOOR + DAY);
    trust.offer('gnss', clock.wall());
    await clock.advance(100 * DAY);
    expect(trust.status().state).toBe('trusted');
    clock.stepWall(-2 * DAY);
    expect(trust.status()).toMatchObject({ state: 'untrusted', reason: 'contradicted', offsetMs: 2 * DAY });
  });

  test('a source that is itself impossible is disregarded (week roll-over)', () => {
    const { clock, trust } = at(FLOOR + DAY);
    trust.offer('gnss', clock.wall() - WEEKS_1024);
    trust.offer('network', Date.UTC(1980, 0, 6));
    trust.offer('gnss', clock.wall() + WEEKS_1024);
    trust.offer('network', Number.NaN);
    expect(trust.status()).toEqual({ state: 'trusted', reason: 'plausible' });
  });

  test('the latest source decides', () => {
    const { clock, trust } = at(FLOOR + DAY);
    trust.offer('network', clock.wall() + 5 * DAY);
    trust.offer('gnss', clock.wall() + 20);
    expect(trust.status()).toMatchObject({ state: 'trusted', source: 'gnss' });
  });
});

describe('waiting for trust', () => {
  test('it resolves at once when the clock is believed, and leaves no timer', async () => {
    const { clock, trust } = at(FLOOR + DAY);
    await trust.whenTrusted(never);
    expect(clock.pending).toBe(0);
  });

  test('it resolves within a second of the step', async () => {
    const { clock, trust } = at(0);
    let resolvedAt: number | undefined;
    const wait = trust.whenTrusted(never).then(() => (resolvedAt = clock.mono()));
    await clock.advance(10_500);
    expect(resolvedAt).toBeUndefined();
    clock.stepWall(FLOOR + DAY);
    await clock.advance(1000);
    await wait;
    expect(resolvedAt).toBe(11_000);
    expect(clock.pending).toBe(0);
  });

  test('it ends with the abort reason and leaves no timer', async () => {
    const { clock, trust } = at(0);
    const controller = new AbortController();
    const wait = trust.whenTrusted(controller.signal).catch((error: unknown) => error);
    await clock.advance(3000);
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await wait).toBe(reason);
    expect(clock.pending).toBe(0);
    await expect(trust.whenTrusted(controller.signal)).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });
});

test('where confirmation is required, a merely plausible clock is not trusted until a source agrees', () => {
  const clock = createFakeClock(Date.UTC(2026, 5, 1));
  const trust = createClockTrust(clock, Date.UTC(2026, 0, 1), { requireConfirmation: true });
  expect(trust.status()).toEqual({ state: 'untrusted', reason: 'plausible' });
  trust.offer('gnss', clock.wall() + 1000);
  expect(trust.status()).toMatchObject({ state: 'trusted', reason: 'confirmed', source: 'gnss' });
});
