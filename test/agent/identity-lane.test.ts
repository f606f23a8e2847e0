import { expect, test } from 'vitest';
import { createIdentityHolder } from '../../src/agent/identity-holder.js';
import { createLampBoard } from '../../src/agent/lamp-board.js';
import { createIdentityLane, type Setback } from '../../src/agent/lanes/identity.js';
import { createClockTrust, createFakeClock, silentLogger, WaymarkError } from '../../src/core/index.js';
import type { Identity } from '../../src/vault/index.js';

test('while provisioning is refused and keeps trying, the identity lamp is dark and says why', async () => {
  const clock = createFakeClock();
  const lamps = createLampBoard(['identity'], clock, silentLogger);
  const trust = createClockTrust(clock, clock.wall(), { requireConfirmation: false });
  trust.offer('gnss', clock.wall());
  let tell: ((setback: Setback | undefined) => void) | undefined;
  const lane = createIdentityLane({
    source: {
      cached: () => Promise.resolve(undefined),
      ensure: () => new Promise(() => undefined),
      onSetback(listener) {
        tell = listener;
        return () => undefined;
      },
    },
    holder: createIdentityHolder(),
    lamps,
    clock,
    trust,
    networkUp: () => Promise.resolve(),
  });
  const stop = new AbortController();
  void lane.run({ signal: stop.signal, ok: () => undefined, doing: () => undefined });
  await clock.advance(1000);
  tell?.({ error: new WaymarkError('ztp.not-listed', 'provisioning answered 403'), nextMonoMs: 5000 });
  expect(lamps.condition().lamps.identity).toMatchObject({
    state: 'dark',
    reason: { code: 'ztp.not-listed' },
    next: { atMonoMs: 5000 },
  });
});

test('a certificate that has ended by an untrusted clock is not asked for again', async () => {
  const clock = createFakeClock();
  const floorMs = clock.wall();
  clock.stepWall(60 * 365 * 86_400_000);
  const lamps = createLampBoard(['identity'], clock, silentLogger);
  let calls = 0;
  const ensure = () => {
    calls++;
    return new Promise<never>(() => undefined);
  };
  const lane = createIdentityLane({
    source: { cached: () => Promise.resolve({ shape: 'keys' } as Identity), ensure, renew: ensure },
    holder: createIdentityHolder(),
    lamps,
    clock,
    trust: createClockTrust(clock, floorMs, { requireConfirmation: false }),
    networkUp: () => Promise.resolve(),
  });
  const stop = new AbortController();
  lane.run({ signal: stop.signal, ok: () => undefined, doing: () => undefined }).catch(() => undefined);
  await clock.advance(5000);
  expect(calls).toBe(0);
  expect(lamps.condition().lamps.identity).toMatchObject({ state: 'dark', reason: { code: 'clock.untrusted' } });
  stop.abort();
});

test('what is due is renewed once; a refusal of the old identity meanwhile does not renew the new one', async () => {
  const clock = createFakeClock();
  const holder = createIdentityHolder();
  const renewals: string[] = [];
  const identity = { shape: 'keys', clientId: 'abcd', host: 'h', certificate: '', keys: {} } as unknown as Identity;
  const trust = createClockTrust(clock, clock.wall());
  let due: ((why: string) => void) | undefined;
  const lane = createIdentityLane({
    source: {
      cached: () => Promise.resolve(identity),
      ensure: () => Promise.resolve(identity),
      whenDue: () => new Promise((resolve) => (due = resolve)),
      renew: ({ reason }) => {
        renewals.push(reason);
        holder.requestRenewal('mqtt.refused');
        return Promise.resolve({ ...identity });
      },
    },
    holder,
    lamps: createLampBoard(['identity'], clock, silentLogger),
    clock,
    trust,
    networkUp: () => Promise.resolve(),
  });
  const stop = new AbortController();
  lane.run({ signal: stop.signal, ok: () => undefined, doing: () => undefined }).catch(() => undefined);
  await clock.advance(10);
  due?.('certificate');
  await clock.advance(60_000);
  expect(renewals).toEqual(['certificate']);
  stop.abort();
});
