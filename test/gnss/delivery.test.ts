// A receiver behind a UART without flow control: what is lost in bursts arrives once delivery is paced.
import { describe, expect, test } from 'vitest';
import { createFakeClock, Secret } from '../../src/core/index.js';
import { createFeeder } from '../../src/gnss/index.js';
import { playReceiver } from './far-side.js';
import { navPvt, nmea, rtcm, rxmCor, spartn, ubx } from './frames.js';
import { createRig, type Rig } from './rig.js';

const KEYS = [
  {
    startUtcMs: 1668815982000,
    durationMs: 2419199999,
    value: new Secret('spartn-key', '00112233445566778899aabbccddeeff'),
  },
];
/** 38 400 baud into a buffer of 128 bytes. */
const UART = { bufferBytes: 128, bytesPerMs: 3.84 };
const correction = (bytes = 400): Buffer => spartn({ payload: Buffer.alloc(bytes, 0x5c) });
const NO_REPORTS = [0x209106b7, 0x209106b9];
const NO_SPARTN = [0x10730005, 0x10750005, 0x10770005];

async function feed(rig: Rig, seconds: number, each: () => Promise<void> | void, frame = correction()): Promise<void> {
  for (let s = 0; s < seconds; s++) {
    await each();
    void rig.receiver.feed(frame[0] === 0xd3 ? 'rtcm3' : 'spartn', frame);
    await rig.clock.advance(1000);
  }
}

describe('paced delivery', () => {
  test('starts when 20 s of corrections show no use, and then they arrive, with keys and configuration', async () => {
    const rig = createRig({ configure: true });
    rig.receiver.setKeys(KEYS);
    let needy = 0;
    rig.receiver.onNeedy(() => needy++);
    const { stop, ended } = rig.run();
    await rig.settle();
    const far = playReceiver(rig, rig.ends[0]!, { uart: UART });
    await feed(rig, 18, () => far.pvt());
    expect(far.spartnIn).toBe(0);
    expect(far.lostBytes).toBeGreaterThan(0);
    expect(rig.receiver.snapshot().delivery).toBe('direct');
    expect(needy).toBe(1);
    const before = far.of(0x06, 0x8a).length;
    await feed(rig, 40, () => far.pvt());
    // Assistance may have been lost as well.
    expect(needy).toBe(2);
    const { delivery, corrections, use, counters } = rig.receiver.snapshot();
    expect({ delivery, corrections }).toEqual({ delivery: 'paced', corrections: 'ok' });
    expect(use).toMatchObject({ answer: 'used', by: 'rxm-cor' });
    expect(use.sentence).toMatch(/^\d+ of \d+ corrections of the last 30 s were used$/);
    expect(far.spartnIn).toBeGreaterThan(25);
    expect(far.of(0x02, 0x36).length).toBeGreaterThanOrEqual(2);
    expect(far.of(0x06, 0x8a).length).toBeGreaterThan(before);
    expect(counters.droppedStale + counters.droppedOverflow).toBe(0);
    stop();
    await ended;
    // The wiring is still the same.
    const again = rig.run();
    await rig.settle();
    expect(rig.receiver.snapshot().delivery).toBe('paced');
    again.stop();
  });

  test('starts when the receiver finds a tenth of them damaged', async () => {
    const rig = createRig();
    const { stop } = rig.run();
    await rig.settle();
    const [end] = rig.ends;
    await feed(rig, 12, () => end!.send(Buffer.concat([navPvt(), rxmCor({ bad: true }), rxmCor({ used: true })])));
    expect(rig.receiver.snapshot()).toMatchObject({ delivery: 'paced', corrections: 'link-corruption' });
    stop();
  });

  test.each([
    ['they are used', {}, [navPvt(), rxmCor({ used: true, decrypted: true })]],
    ['a key is missing: they arrive whole', {}, [navPvt(), rxmCor({ decrypted: false })]],
    ['the position has corrections in it', {}, [navPvt({ flags: 1 | (1 << 6) })]],
    ['the port is native USB', { port: '/dev/ttyACM0' }, [navPvt()]],
  ])('does not start where %s', async (_what, options, words) => {
    const rig = createRig(options);
    const { stop } = rig.run();
    await rig.settle();
    await feed(rig, 45, () => rig.ends[0]!.send(Buffer.concat(words)));
    expect(rig.receiver.snapshot().delivery).toBe('direct');
    stop();
  });

  test('keeps frames whole, fresh and bounded, whatever waits', async () => {
    const clock = createFakeClock();
    const pieces: { bytes: Buffer; atMonoMs: number }[] = [];
    const feeder = createFeeder({ clock }, { maxAgeMs: 10_000, maxQueuedBytes: 65_536 });
    feeder.setPaced(true);
    const stop = new AbortController();
    const port = {
      write: async (b: Uint8Array) => void pieces.push({ bytes: Buffer.from(b), atMonoMs: clock.mono() }),
    };
    void feeder.run(port, { signal: stop.signal }).catch(() => undefined);
    const key = ubx(0x02, 0x36, Buffer.alloc(52, 7));
    // Twice what the pace carries.
    for (let s = 0; s < 60; s++) {
      for (let i = 0; i < 16; i++) feeder.offer(correction());
      if (s % 9 === 0) feeder.offerUrgent(key);
      await clock.advance(1000);
    }
    expect(Math.max(...pieces.map((p) => p.bytes.length))).toBeLessThanOrEqual(32);
    expect(pieces.every((p, i) => i === 0 || p.atMonoMs - pieces[i - 1]!.atMonoMs >= 10)).toBe(true);
    const wire = Buffer.concat(pieces.map((p) => p.bytes));
    const whole = correction();
    let keys = 0;
    for (let at = 0; at < wire.length; ) {
      const next = wire[at] === 0xb5 ? key : whole;
      if (next === key) keys++;
      const piece = wire.subarray(at, at + next.length);
      if (!piece.equals(next.subarray(0, piece.length))) expect(at).toBe(-1);
      at += next.length;
    }
    expect(keys).toBe(7);
    expect(feeder.counters.droppedStale).toBeGreaterThan(0);
    stop.abort();
  });
});

describe('what a receiver without RXM-COR shows', () => {
  test('its positions say whether corrections are used', async () => {
    const rig = createRig({ configure: true });
    const { stop } = rig.run();
    await rig.settle();
    const far = playReceiver(rig, rig.ends[0]!, { unknownKeys: NO_REPORTS, reports: false });
    await feed(rig, 12, () => far.pvt({ flags: 1 }), rtcm(1077, 60));
    expect(rig.receiver.snapshot()).toMatchObject({ corrections: 'not-configured', use: { answer: 'not-used' } });
    await feed(rig, 12, () => far.pvt({ flags: 3 | (2 << 6), flags3: 1 << 1 }), rtcm(1077, 60));
    const { corrections, use, configuration } = rig.receiver.snapshot();
    expect(corrections).toBe('ok');
    expect(use).toMatchObject({ answer: 'used', by: 'nav-pvt', count: 12, of: 24 });
    expect(rig.receiver.snapshot().lastUsedMonoMs).toBe(rig.clock.mono() - 1000);
    expect(configuration?.refused).toEqual([expect.stringContaining('RXM-COR')]);
    stop();
  });

  test('SPARTN for a receiver that has refused it is an unsupported format, RTCM is not', async () => {
    const rig = createRig({ configure: true });
    const { stop } = rig.run();
    await rig.settle();
    const far = playReceiver(rig, rig.ends[0]!, { unknownKeys: NO_SPARTN, reports: false });
    await feed(rig, 30, () => far.pvt());
    const { corrections, use, configuration, delivery } = rig.receiver.snapshot();
    expect({ corrections, delivery }).toEqual({ corrections: 'unsupported-format', delivery: 'direct' });
    expect(use.sentence).toContain('RTCM');
    expect(configuration?.refused).toContain('SPARTN not understood: this firmware needs RTCM');
    await feed(rig, 6, () => far.pvt({ flags: 1 | (1 << 6) }), rtcm(1077, 60));
    expect(rig.receiver.snapshot().corrections).toBe('ok');
    stop();
  });

  test('a receiver of sentences says it by quality and age', async () => {
    const gga = (quality: number, age: string): Buffer =>
      nmea(`GNGGA,123519.00,4807.0380,N,01131.0000,E,${quality},12,0.80,545.4,M,46.9,M,${age},0000`);
    const rig = createRig({ protocol: 'nmea' });
    const { stop } = rig.run();
    await rig.settle();
    await feed(rig, 8, () => rig.ends[0]!.send(gga(1, '')), rtcm(1077, 60));
    expect(rig.receiver.snapshot()).toMatchObject({ corrections: 'not-configured', use: { answer: 'not-used' } });
    await feed(rig, 8, () => rig.ends[0]!.send(gga(5, '1.0')), rtcm(1077, 60));
    expect(rig.receiver.snapshot()).toMatchObject({ corrections: 'ok', use: { answer: 'used', by: 'gga' } });
    expect(rig.ends[0]!.bytes().includes(rtcm(1077, 60))).toBe(true);
    stop();
  });

  test('one-way wiring stays unconfirmed', async () => {
    const rig = createRig({ configure: false, silentAfterMs: 0 });
    const { stop } = rig.run();
    await rig.settle();
    await feed(rig, 8, () => undefined);
    expect(rig.receiver.snapshot()).toMatchObject({ corrections: 'unconfirmed', use: { answer: 'unknown' } });
    stop();
  });
});
