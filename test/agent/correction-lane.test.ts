import { expect, test } from 'vitest';
import { createLampBoard } from '../../src/agent/lamp-board.js';
import { createCorrectionLane } from '../../src/agent/lanes/corrections.js';
import {
  abortable,
  createClockTrust,
  createFakeClock,
  deferred,
  silentLogger,
  WaymarkError,
} from '../../src/core/index.js';
import type { Receiver, ReceiverSnapshot } from '../../src/gnss/index.js';
import type { CorrectionSnapshot, CorrectionSource } from '../../src/services/index.js';

test('corrections that stop keep their reason for as long as they are missing', async () => {
  const clock = createFakeClock();
  const lamps = createLampBoard(['session', 'corrections'], clock, silentLogger);
  let lastMessageMonoMs = 0;
  const snapshot = (): CorrectionSnapshot => ({
    source: 'mqtt',
    state: 'flowing',
    host: 'h',
    topics: [],
    messagesIn: 1,
    bytesIn: 1,
    connects: 1,
    lastMessageMonoMs,
  });
  const source: CorrectionSource = { run: () => new Promise(() => undefined), resubscribe: () => undefined, snapshot };
  const lane = createCorrectionLane({
    source: () => Promise.resolve(source),
    receiver: undefined,
    lamps,
    clock,
    trust: createClockTrust(clock, clock.wall()),
    renewed: () => () => undefined,
    outcome: () => undefined,
  });
  const stop = new AbortController();
  lane.run({ signal: stop.signal, ok: () => undefined, doing: () => undefined }).catch(() => undefined);
  await clock.advance(10);
  lane.show();
  expect(lamps.condition().lamps.corrections.state).toBe('lit');
  await clock.advance(61_000);
  for (let tick = 0; tick < 3; tick++) {
    lane.show();
    expect(lamps.condition().lamps.corrections).toMatchObject({
      state: 'dark',
      reason: { code: 'corrections.silent' },
    });
  }
  lastMessageMonoMs = clock.mono();
  lane.show();
  expect(lamps.condition().lamps.corrections.state).toBe('lit');
  stop.abort();
});

test.each([
  ['used', 30, 'flowing into the receiver, used'],
  ['not-used', 30, 'flowing into the receiver, not used'],
  ['unknown', 30, 'flowing into the receiver'],
  ['not-used', 0, 'nothing for the receiver in the last 30 s'],
] as const)('the lamp tells what of the last half minute is so: %s, %i written', async (answer, written, words) => {
  const clock = createFakeClock();
  const lamps = createLampBoard(['session', 'corrections'], clock, silentLogger);
  const receiver = (): Partial<ReceiverSnapshot> => ({
    running: true,
    lastFedMonoMs: clock.mono(),
    counters: { used: 99 } as ReceiverSnapshot['counters'],
    use: { answer } as ReceiverSnapshot['use'],
    window: { seconds: 30, written } as ReceiverSnapshot['window'],
  });
  const source: CorrectionSource = {
    run: () => new Promise(() => undefined),
    resubscribe: () => undefined,
    snapshot: () => ({
      ...{ source: 'ntrip', state: 'flowing', host: 'h', topics: [], messagesIn: 1, bytesIn: 1, connects: 1 },
    }),
  };
  const lane = createCorrectionLane({
    source: () => Promise.resolve(source),
    receiver: { snapshot: receiver } as unknown as Receiver,
    lamps,
    clock,
    trust: createClockTrust(clock, clock.wall()),
    renewed: () => () => undefined,
    outcome: () => undefined,
  });
  const stop = new AbortController();
  lane.run({ signal: stop.signal, ok: () => undefined, doing: () => undefined }).catch(() => undefined);
  await clock.advance(10);
  lane.show();
  expect(lamps.condition().lamps.corrections).toMatchObject({ state: 'lit', detail: words });
  stop.abort();
});

test('the source is that of the identity in force when it connects, however long the budget made it wait', async () => {
  const clock = createFakeClock();
  const lamps = createLampBoard(['session', 'corrections'], clock, silentLogger);
  const listeners = new Set<() => void>();
  let identity = 'old';
  /** Another one comes into force. */
  const renew = (next: string): void => {
    identity = next;
    for (const listener of listeners) listener();
  };
  const ran: string[] = [];
  const gate = deferred<undefined>();
  let isSlow = false;
  const lane = createCorrectionLane({
    source: async () => {
      const mine = identity;
      if (isSlow) await gate.promise;
      return {
        run: ({ signal }) => {
          ran.push(mine);
          return mine === 'old'
            ? Promise.reject(new WaymarkError('mqtt.refused', 'no'))
            : abortable(new Promise<never>(() => undefined), signal);
        },
        resubscribe: () => undefined,
        snapshot: () => ({
          ...{ source: 'mqtt', state: 'connecting', host: 'h', topics: [], messagesIn: 0, bytesIn: 0, connects: 0 },
        }),
      };
    },
    receiver: undefined,
    lamps,
    clock,
    trust: createClockTrust(clock, clock.wall()),
    renewed: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    outcome: () => undefined,
  });
  const stop = new AbortController();
  const run = (): Promise<unknown> =>
    lane
      .run({ signal: stop.signal, ok: () => undefined, doing: () => undefined })
      .catch((error: unknown) => (error as WaymarkError).message);
  for (let i = 0; i < 100; i++) expect(await run()).toBe('no');
  const waited = run();
  await clock.advance(1_800_000);
  renew('new');
  await clock.advance(1_900_000);
  expect(ran.slice(100)).toEqual(['new']);
  renew('newer');
  expect(await waited).toBe('the identity was renewed');
  isSlow = true;
  const again = run();
  await clock.advance(1);
  renew('newest');
  gate.resolve(undefined);
  await clock.advance(1);
  expect(ran.slice(101)).toEqual(['newest']);
  stop.abort();
  await again;
  expect(listeners.size).toBe(0);
});
