import { describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock, sleep } from '../../src/core/index.js';
import { createFeeder, type FeederPort } from '../../src/gnss/index.js';
import { spartn, ubx } from './frames.js';

const LIMITS = { maxAgeMs: 10_000, maxQueuedBytes: 65_536 };

/** A port that takes `bytesPerS`, and notes when each write was finished. */
function slowPort(clock: FakeClock, bytesPerS: number) {
  const writes: { bytes: Buffer; doneMonoMs: number }[] = [];
  const port: FeederPort = {
    async write(bytes, { signal }) {
      const copy = Buffer.from(bytes);
      await sleep(clock, (bytes.length / bytesPerS) * 1000, signal);
      writes.push({ bytes: copy, doneMonoMs: clock.mono() });
    },
  };
  return { port, writes, bytes: () => Buffer.concat(writes.map((w) => w.bytes)) };
}

/** Frame number `n`, recognisable in what was written. */
const numbered = (n: number, size = 400): Buffer => {
  const payload = Buffer.alloc(size, 0);
  payload.writeUInt32BE(n, 0);
  return spartn({ payload });
};
const numberOf = (frame: Buffer): number => frame.readUInt32BE(8);

function start(port: FeederPort, clock = createFakeClock(), limits = LIMITS) {
  let written = 0;
  const feeder = createFeeder({ clock, onWritten: (frames) => void (written += frames) }, limits);
  const stop = new AbortController();
  const ended = feeder.run(port, { signal: stop.signal }).catch((error: unknown) => error);
  return { feeder, clock, ended, stop: () => stop.abort(new Error('stopped')), written: () => written };
}

describe('feeding a fast port', () => {
  test('a flood of 5000 messages of 1139 bytes arrives complete and byte-exact', async () => {
    const got: Buffer[] = [];
    const { feeder, stop, ended } = start({
      async write(bytes) {
        got.push(Buffer.from(bytes));
        await new Promise((resolve) => setImmediate(resolve));
      },
    });
    const sizes = [123, 443, 573];
    const sent: Buffer[] = [];
    const parts = sizes.map((size, i) => spartn({ payload: Buffer.alloc(size - 11, i) }));
    expect(parts.reduce((sum, p) => sum + p.length, 0)).toBe(1139);
    for (let i = 0; i < 5000; i++) {
      for (const part of parts) {
        sent.push(part);
        feeder.offer(part);
      }
      await feeder.hold();
    }
    await expect.poll(() => feeder.counters.framesToReceiver).toBe(15_000);
    expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
    expect(feeder.counters).toMatchObject({ bytesToReceiver: 5000 * 1139, droppedOverflow: 0, droppedStale: 0 });
    stop();
    await ended;
  });

  test('frames that wait together share a write of at most 4 KiB', async () => {
    const { feeder, clock, stop } = start(slowPort(createFakeClock(), 1).port);
    stop();
    const sizes: number[] = [];
    const next = createFeeder({ clock }, LIMITS);
    for (let i = 0; i < 40; i++) next.offer(numbered(i));
    const end = new AbortController();
    void next
      .run({ write: async (bytes) => void sizes.push(bytes.length) }, { signal: end.signal })
      .catch(() => undefined);
    await clock.advance(10);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4096);
    expect(sizes.length).toBe(5);
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(40 * numbered(0).length);
    end.abort();
    expect(feeder.counters.framesToReceiver).toBe(0);
  });
});

describe('feeding a slow port', () => {
  test('whole frames are dropped oldest first, and nothing older than 10 s is delivered', async () => {
    const clock = createFakeClock();
    const { port, writes, bytes } = slowPort(clock, 1000);
    const { feeder, stop } = start(port, clock);
    const arrived = new Map<number, number>();
    // 3 kB/s into a port that takes 1 kB/s.
    for (let n = 0; n < 600; n++) {
      arrived.set(n, clock.mono());
      feeder.offer(numbered(n));
      await clock.advance(133);
    }
    const size = numbered(0).length;
    const wire = bytes();
    const delivered: number[] = [];
    let total = 0;
    const ends = writes.map((w) => ({ end: (total += w.bytes.length), at: w.doneMonoMs }));
    for (let at = 0; at + size <= wire.length; at += size) {
      const n = numberOf(wire.subarray(at, at + size));
      expect(wire.subarray(at, at + size).equals(numbered(n))).toBe(true);
      delivered.push(n);
      const doneAt = ends.find((e) => e.end >= at + size)!.at;
      expect(doneAt - arrived.get(n)!).toBeLessThanOrEqual(10_000);
    }
    expect(delivered.length).toBeGreaterThan(100);
    expect(delivered).toEqual([...delivered].sort((a, b) => a - b));
    expect(feeder.counters.droppedStale).toBeGreaterThan(100);
    stop();
  });

  test('on a blocking port the pieces are small enough for the link’s own write deadline', async () => {
    const clock = createFakeClock();
    const { port, writes } = slowPort(clock, 100);
    const { feeder, stop } = start(port, clock);
    for (let n = 0; n < 300; n++) {
      feeder.offer(numbered(n, 100));
      await clock.advance(200);
    }
    const late = writes.slice(Math.floor(writes.length / 2));
    expect(Math.max(...late.map((w) => w.bytes.length))).toBeLessThanOrEqual(128);
    stop();
  });

  test('over 64 KiB the oldest whole frames give way', async () => {
    const clock = createFakeClock();
    const { port, bytes } = slowPort(clock, 1e6);
    const feeder = createFeeder({ clock }, LIMITS);
    for (let n = 0; n < 500; n++) feeder.offer(numbered(n));
    const kept = Math.floor(65_536 / numbered(0).length);
    expect(feeder.counters.droppedOverflow).toBe(500 - kept);
    const end = new AbortController();
    void feeder.run(port, { signal: end.signal }).catch(() => undefined);
    await clock.advance(1000);
    const size = numbered(0).length;
    expect(bytes().length).toBe(kept * size);
    expect(numberOf(bytes())).toBe(500 - kept);
    end.abort();
  });

  test('frames that waited for a port beyond their age are not written when it comes', async () => {
    const clock = createFakeClock();
    const { port, bytes } = slowPort(clock, 1e6);
    const feeder = createFeeder({ clock }, LIMITS);
    feeder.offer(numbered(1));
    await clock.advance(10_001);
    feeder.offer(numbered(2));
    const end = new AbortController();
    void feeder.run(port, { signal: end.signal }).catch(() => undefined);
    await clock.advance(100);
    expect(bytes().equals(numbered(2))).toBe(true);
    expect(feeder.counters.droppedStale).toBe(1);
    end.abort();
  });
});

describe('keys', () => {
  test('go before waiting corrections but never inside a frame', async () => {
    const clock = createFakeClock();
    const { port, bytes } = slowPort(clock, 500);
    const { feeder, stop } = start(port, clock);
    const key = ubx(0x02, 0x36, Buffer.alloc(52, 7));
    const frames = [1, 2, 3, 4].map((n) => numbered(n));
    for (const frame of frames) feeder.offer(frame);
    await clock.advance(100);
    // The first batch is under way; the next ones are cut into pieces.
    for (let i = 0; i < 40; i++) {
      feeder.offer(numbered(10 + i, 150));
      await clock.advance(330);
      if (i % 7 === 3) feeder.offerUrgent(key);
    }
    await clock.advance(5000);
    const wire = bytes();
    let keys = 0;
    for (let at = 0; at < wire.length; ) {
      if (wire[at] === 0xb5) {
        expect(wire.subarray(at, at + key.length).equals(key)).toBe(true);
        keys++;
        at += key.length;
      } else {
        expect(wire[at]).toBe(0x73);
        at +=
          wire[at + 1] === frames[0]![1] && wire[at + 2] === frames[0]![2]
            ? frames[0]!.length
            : numbered(0, 150).length;
      }
    }
    expect(keys).toBe(6);
    stop();
  });

  test('overtake everything that waits', async () => {
    const clock = createFakeClock();
    const { port, writes } = slowPort(clock, 1e6);
    const feeder = createFeeder({ clock }, LIMITS);
    feeder.offer(numbered(1));
    feeder.offerUrgent(ubx(0x02, 0x36));
    const end = new AbortController();
    void feeder.run(port, { signal: end.signal }).catch(() => undefined);
    await clock.advance(50);
    expect(writes.map((w) => w.bytes[0])).toEqual([0xb5, 0x73]);
    end.abort();
  });

  test('the urgent lane is bounded too', () => {
    const feeder = createFeeder({ clock: createFakeClock() }, LIMITS);
    for (let i = 0; i < 100; i++) feeder.offerUrgent(ubx(6, 0x8a));
    expect(feeder.counters.droppedOverflow).toBe(68);
  });
});

describe('back-pressure', () => {
  const fill = (feeder: ReturnType<typeof createFeeder>, bytes: number): void => {
    const frame = numbered(0);
    for (let n = 0; n < bytes; n += frame.length) feeder.offer(frame);
  };

  test('a source is held only over three quarters', () => {
    const { feeder, stop } = start({ write: () => new Promise(() => undefined) });
    fill(feeder, 40_000);
    expect(feeder.hold()).toBeUndefined();
    fill(feeder, 12_000);
    expect(feeder.hold()).toBeInstanceOf(Promise);
    stop();
  });

  test('a hold ends as soon as the queue is half empty', async () => {
    const clock = createFakeClock();
    const { feeder, stop } = start(slowPort(clock, 1e6).port, clock);
    fill(feeder, 60_000);
    let isOver = false;
    void feeder.hold()!.then(() => (isOver = true));
    await clock.advance(10);
    expect(isOver).toBe(false);
    await clock.advance(30);
    expect(isOver).toBe(true);
    stop();
  });

  test('a hold lasts 100 ms at most, and there is no further one until the queue has emptied', async () => {
    const clock = createFakeClock();
    const { feeder, stop } = start(slowPort(clock, 60_000).port, clock);
    fill(feeder, 64_000);
    let isOver = false;
    void feeder.hold()!.then(() => (isOver = true));
    await clock.advance(99);
    expect(isOver).toBe(false);
    await clock.advance(2);
    expect(isOver).toBe(true);
    fill(feeder, 64_000);
    expect(feeder.hold()).toBeUndefined();
    await clock.advance(3000);
    fill(feeder, 64_000);
    expect(feeder.hold()).toBeInstanceOf(Promise);
    stop();
  });

  test('a stuck port never holds the source', async () => {
    const clock = createFakeClock();
    const { feeder, stop } = start({ write: () => new Promise(() => undefined) }, clock);
    feeder.offer(numbered(1));
    await clock.advance(150);
    fill(feeder, 200_000);
    expect(feeder.hold()).toBeUndefined();
    expect(clock.pending).toBe(0);
    stop();
  });

  test('no port, no hold', () => {
    const feeder = createFeeder({ clock: createFakeClock() }, LIMITS);
    fill(feeder, 64_000);
    expect(feeder.hold()).toBeUndefined();
  });

  test('a port that goes away lets the source go', async () => {
    const clock = createFakeClock();
    const { feeder, stop, ended } = start(slowPort(clock, 1).port, clock);
    fill(feeder, 60_000);
    const held = feeder.hold();
    stop();
    await held;
    expect(await ended).toEqual(new Error('stopped'));
    expect(clock.pending).toBe(0);
    expect(feeder.clear()).toBeGreaterThan(100);
  });

  test('the port’s own error ends the run', async () => {
    const { feeder, ended } = start({ write: () => Promise.reject(new Error('unplugged')) });
    feeder.offer(numbered(1));
    expect(await ended).toEqual(new Error('unplugged'));
  });
});
