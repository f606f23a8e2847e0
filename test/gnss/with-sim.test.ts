// Against the simulated receiver, whose frame and checksum code is its own: one mistake cannot cancel itself.
import { expect, test } from 'vitest';
import { createFakeClock, type Fix, Secret, silentLogger } from '../../src/core/index.js';
import { createReceiver, type ReceiverSnapshot } from '../../src/gnss/index.js';
import { memoryLinkPair } from '../../src/link/index.js';
import { createCorrectionStream } from '../../src/sim/cadence.js';
import { createSimKeys, type SimKey } from '../../src/sim/keys.js';
import { createSimReceiver } from '../../src/sim/receiver/index.js';

async function scene() {
  const clock = createFakeClock();
  const keys = createSimKeys(clock);
  const [near, far] = memoryLinkPair();
  const listeners = new Set<(bytes: Uint8Array) => void>();
  void (async () => {
    for await (const chunk of far.bytes) for (const cb of listeners) cb(chunk);
  })();
  const simulated = createSimReceiver(
    {
      port: {
        write: (bytes) => void far.write(bytes),
        onBytes: (cb) => {
          listeners.add(cb);
          return () => void listeners.delete(cb);
        },
      },
      clock,
      log: silentLogger,
    },
    { seed: 'test', keyCheck: 'tag' },
  );
  const receiver = createReceiver(
    { open: async () => near, clock, log: silentLogger },
    {
      port: 'memory',
      baudRate: 38_400,
      protocol: 'ubx',
      maxAgeMs: 10_000,
      maxQueuedBytes: 65_536,
      leapSeconds: 18,
      configure: true,
    },
  );
  const stop = new AbortController();
  const ended = receiver.run({ signal: stop.signal }).catch((error: unknown) => error);
  const stopStream = createCorrectionStream({ clock, keys, seed: 'test' }).start((m) => {
    void receiver.feed('spartn', m.payload);
  });
  const asInput = (key: SimKey) => ({
    startUtcMs: key.startUtcMs,
    durationMs: key.durationMs,
    value: new Secret('spartn-key', key.valueHex),
  });
  const { current, next } = keys.pair();
  return {
    clock,
    receiver,
    simulated,
    keys: [asInput(current), asInput(next)],
    async until(what: (s: ReceiverSnapshot) => boolean, limitMs: number) {
      for (let ms = 0; ms < limitMs && !what(receiver.snapshot()); ms += 500) await clock.advance(500);
      expect(what(receiver.snapshot())).toBe(true);
    },
    async end() {
      stopStream();
      stop.abort(new Error('stopped'));
      await ended;
      simulated[Symbol.dispose]();
    },
  };
}

test('configured and keyed, it uses the corrections and reaches a fixed position', async () => {
  const { receiver, simulated, keys, until, end } = await scene();
  const qualities = new Set<Fix['quality']>();
  receiver.onFix((fix) => qualities.add(fix.quality));
  receiver.setKeys(keys);
  await until((s) => s.fix.quality === 'rtk_fixed', 120_000);
  const { counters, model, corrections } = receiver.snapshot();
  expect(model).toBeDefined();
  expect(corrections).toBe('ok');
  expect(counters.used).toBeGreaterThan(0);
  expect(counters).toMatchObject({ badFrames: 0, crcErrors: 0, notDecrypted: 0, droppedStale: 0, droppedOverflow: 0 });
  expect(simulated.counters).toMatchObject({ spartnIn: counters.framesToReceiver, otherBytes: 0, crcErrors: 0 });
  expect(qualities).toContain('rtk_float');
  await end();
});

test('without keys it says so, and heals when they come', async () => {
  const { receiver, keys, until, end } = await scene();
  await until((s) => s.corrections === 'key-mismatch', 60_000);
  receiver.setKeys(keys);
  await until((s) => s.corrections === 'ok', 90_000);
  await end();
});

test('a power cycle behind the adapter is noticed, configured and keyed again', async () => {
  const { receiver, simulated, keys, until, end } = await scene();
  receiver.setKeys(keys);
  await until((s) => s.counters.used > 0, 60_000);
  simulated.restart();
  const { used } = receiver.snapshot().counters;
  await until((s) => s.counters.used > used + 5, 120_000);
  expect(simulated.heldKeys).toBe(2);
  await end();
});
