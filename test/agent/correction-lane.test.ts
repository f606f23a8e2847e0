import { expect, test } from 'vitest';
import { createLampBoard } from '../../src/agent/lamp-board.js';
import { createCorrectionLane } from '../../src/agent/lanes/corrections.js';
import { createClockTrust, createFakeClock, silentLogger } from '../../src/core/index.js';
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
