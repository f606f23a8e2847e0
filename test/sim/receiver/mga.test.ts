import { describe, expect, test } from 'vitest';
import { judgeMga, ubxFrame } from '../../../src/sim/receiver/index.js';
import { ACK_AIDING_SET, type Bench, bench, payloadsOf } from './bench.js';

const SIZES: readonly [id: number, type: number, kind: string, bytes: number, isOrbit: boolean][] = [
  [0x00, 1, 'gps-eph', 68, true],
  [0x00, 2, 'gps-alm', 36, true],
  [0x00, 4, 'gps-health', 40, false],
  [0x00, 5, 'gps-utc', 20, false],
  [0x00, 6, 'gps-iono', 16, false],
  [0x02, 1, 'gal-eph', 76, true],
  [0x02, 2, 'gal-alm', 32, true],
  [0x02, 3, 'gal-timeoffset', 12, false],
  [0x02, 5, 'gal-utc', 20, false],
  [0x03, 1, 'bds-eph', 88, true],
  [0x03, 2, 'bds-alm', 40, true],
  [0x03, 4, 'bds-health', 68, false],
  [0x03, 5, 'bds-utc', 20, false],
  [0x03, 6, 'bds-iono', 16, false],
  [0x05, 1, 'qzss-eph', 68, true],
  [0x05, 2, 'qzss-alm', 36, true],
  [0x05, 4, 'qzss-health', 12, false],
  [0x06, 1, 'glo-eph', 48, true],
  [0x06, 2, 'glo-alm', 36, true],
  [0x06, 3, 'glo-timeoffset', 20, false],
  [0x20, 0, 'ano', 76, true],
  [0x40, 0x00, 'ini-pos-xyz', 20, false],
  [0x40, 0x01, 'ini-pos-llh', 20, false],
  [0x40, 0x10, 'ini-time-utc', 24, false],
  [0x40, 0x11, 'ini-time-gnss', 24, false],
  [0x40, 0x20, 'ini-clkd', 12, false],
  [0x40, 0x21, 'ini-freq', 12, false],
  [0x40, 0x30, 'ini-eop', 72, false],
];

/** 2026-01-01, the fake clock's start. */
const START_MS = Date.UTC(2026, 0, 1);

function of(type: number, bytes: number, fill?: (b: Buffer) => void): Buffer {
  const payload = Buffer.alloc(bytes);
  payload.writeUInt8(type, 0);
  fill?.(payload);
  return payload;
}
const eph = (satellite: number): Uint8Array =>
  ubxFrame(
    0x13,
    0x00,
    of(1, 68, (b) => b.writeUInt8(satellite, 2)),
  );
const ano = (satellite: number, utcMs: number): Uint8Array =>
  ubxFrame(
    0x13,
    0x20,
    of(0, 76, (b) => {
      const day = new Date(utcMs);
      b.set([satellite, 6, day.getUTCFullYear() - 2000, day.getUTCMonth() + 1, day.getUTCDate()], 2);
    }),
  );
const timeUtc = (utcMs: number): Uint8Array =>
  ubxFrame(
    0x13,
    0x40,
    of(0x10, 24, (b) => {
      const t = new Date(utcMs);
      b.writeInt8(18, 3);
      b.writeUInt16LE(t.getUTCFullYear(), 4);
      b.set([t.getUTCMonth() + 1, t.getUTCDate(), t.getUTCHours(), t.getUTCMinutes(), t.getUTCSeconds()], 6);
    }),
  );
const timeGnss = (week: number, tow: number): Uint8Array =>
  ubxFrame(
    0x13,
    0x40,
    of(0x11, 24, (b) => {
      b.writeUInt16LE(week, 6);
      b.writeUInt32LE(tow, 8);
    }),
  );
const position = (): Uint8Array =>
  ubxFrame(
    0x13,
    0x40,
    of(0x01, 20, (b) => {
      b.writeInt32LE(48_2000000, 4);
      b.writeInt32LE(-16_3000000, 8);
      b.writeUInt32LE(30_000, 16);
    }),
  );

/** The acknowledgements as [type, infoCode, id, first payload byte]. */
const acks = (b: Bench): number[][] => payloadsOf(b.take(), 0x13, 0x60).map((p) => [p[0]!, p[2]!, p[3]!, p[4]!]);

describe('the verdict on one message', () => {
  test.each(SIZES)('id 0x%s type %i is %s of %i bytes', (id, type, kind, bytes, isOrbit) => {
    expect(judgeMga(id, of(type, bytes), true)).toEqual({ info: 0, kind });
    expect(judgeMga(id, of(type, bytes), false)).toEqual({ info: isOrbit ? 1 : 0, kind });
    expect(judgeMga(id, of(type, bytes - 1), true)).toEqual({ info: 3, kind });
    expect(judgeMga(id, of(type, bytes + 1), false)).toEqual({ info: 3, kind });
    expect(
      judgeMga(
        id,
        of(type, bytes, (b) => b.writeUInt8(1, 1)),
        true,
      ),
    ).toEqual({ info: 2, kind });
  });

  test.each([
    ['an unknown type', 0x00, of(9, 68)],
    ['an unknown id', 0x33, of(1, 20)],
    ['data for a flash it has not', 0x21, of(1, 100)],
  ])('%s is named so', (_, id, payload) => {
    expect(judgeMga(id, payload, true)).toEqual({ info: 6, kind: 'unknown' });
  });

  test.each([
    [11, 3],
    [12, 0],
    [160, 0],
  ])('a piece of its own database of %i bytes gives %i', (bytes, info) => {
    expect(judgeMga(0x80, Buffer.alloc(bytes, 7), false)).toEqual({ info, kind: 'dbd' });
  });
});

describe('acknowledgements', () => {
  test('there are none until they are switched on', () => {
    const b = bench();
    b.send(timeUtc(START_MS));
    expect(b.take().ubx).toEqual([]);
    expect(b.receiver.snapshot().mga).toEqual({ accepted: { 'ini-time-utc': 1 }, refused: {} });
  });

  test('they are the published bytes', () => {
    const b = bench();
    b.send(ACK_AIDING_SET);
    b.take();
    b.send(
      ubxFrame(
        0x13,
        0x00,
        of(1, 68, (p) => p.writeUInt8(2, 2)),
      ),
    );
    expect(b.take().hex).toEqual(['b5621360080000000100010002007f62']);
    b.send(timeUtc(START_MS));
    expect(b.take().hex).toEqual(['b562136008000100004010000012deee']);
  });

  test('orbits before the time are refused, after it taken; either time message will do', () => {
    for (const time of [timeUtc(START_MS), timeGnss(2399, 345_618)]) {
      const b = bench();
      b.send(ACK_AIDING_SET);
      b.take();
      for (const message of [eph(1), ano(1, START_MS), time, eph(1), ano(1, START_MS)]) b.send(message);
      expect(acks(b)).toEqual([
        [0, 1, 0x00, 1],
        [0, 1, 0x20, 0],
        [1, 0, 0x40, time[6]],
        [1, 0, 0x00, 1],
        [1, 0, 0x20, 0],
      ]);
      expect(b.receiver.snapshot().mga.refused).toEqual({ 1: 2 });
      expect(b.receiver.snapshot().aiding).toEqual({ timeErrorMs: 0, satellites: 2 });
    }
  });

  test('a receiver that has had a fix knows the time, until it is restarted', async () => {
    const b = bench();
    b.send(ACK_AIDING_SET);
    await b.clock.advance(5000);
    b.take();
    b.send(eph(3));
    expect(acks(b)).toEqual([[1, 0, 0x00, 1]]);
    b.receiver.restart();
    b.send(ACK_AIDING_SET);
    b.take();
    b.send(eph(3));
    expect(acks(b)).toEqual([[0, 1, 0x00, 1]]);
  });

  test('wrong sizes and unknown types are refused by number and counted', () => {
    const b = bench();
    b.send(ACK_AIDING_SET);
    b.take();
    b.send(ubxFrame(0x13, 0x40, of(0x10, 23)));
    b.send(ubxFrame(0x13, 0x40, of(0x55, 20)));
    expect(acks(b)).toEqual([
      [0, 3, 0x40, 0x10],
      [0, 6, 0x40, 0x55],
    ]);
    expect(b.receiver.snapshot().mga).toEqual({ accepted: {}, refused: { 3: 1, 6: 1 } });
  });

  test('a poll and an acknowledgement sent back are no assistance', () => {
    const b = bench();
    b.send(ACK_AIDING_SET);
    b.take();
    b.send(ubxFrame(0x13, 0x80, new Uint8Array(0)));
    b.send(ubxFrame(0x13, 0x60, new Uint8Array(8)));
    expect(b.take().ubx).toEqual([]);
    expect(b.receiver.counters.mgaIn).toBe(0);
  });

  test('a position is kept as it was given', () => {
    const b = bench();
    b.send(position());
    expect(b.receiver.snapshot().aiding.position).toEqual({ latitudeDeg: 48.2, longitudeDeg: -16.3, accuracyM: 300 });
  });
});

describe('time to the first fix', () => {
  const four = [1, 2, 3, 4];
  const orbits = four.map(eph);
  test.each<[string, Uint8Array[], ttffMs: number]>([
    ['nothing', [], 26_000],
    ['time, position and orbits', [timeUtc(START_MS + 1500), position(), ...orbits], 5000],
    ['the same in another order', [timeUtc(START_MS + 1500), ...orbits, position()], 5000],
    [
      'time, position and predicted orbits of today',
      [timeUtc(START_MS), position(), ...four.map((s) => ano(s, START_MS))],
      5000,
    ],
    ['orbits before the time', [...orbits, timeUtc(START_MS), position()], 26_000],
    ['three satellites', [timeUtc(START_MS), position(), ...orbits.slice(1)], 26_000],
    ['one satellite four times', [timeUtc(START_MS), position(), eph(1), eph(1), eph(1), eph(1)], 26_000],
    ['no position', [timeUtc(START_MS), ...orbits], 26_000],
    ['a time that is an hour old', [timeUtc(START_MS - 3_600_000), position(), ...orbits], 26_000],
    [
      'predicted orbits of last week',
      [timeUtc(START_MS), position(), ...four.map((s) => ano(s, START_MS - 7 * 86_400_000))],
      26_000,
    ],
  ])('with %s', async (_, messages, ttffMs) => {
    const b = bench({ knobs: { start: 'cold' } });
    await b.clock.advance(1500);
    for (const message of messages) b.send(message);
    await b.clock.advance(30_000);
    expect(b.receiver.snapshot().timeToFirstFixMs).toBe(ttffMs);
    // Of the next start it remembers nothing.
    b.receiver.restart();
    expect(b.receiver.snapshot().timeToFirstFixMs).toBeUndefined();
    expect(b.receiver.snapshot().aiding).toEqual({ satellites: 0 });
    await b.clock.advance(30_000);
    expect(b.receiver.snapshot().timeToFirstFixMs).toBeGreaterThan(25_000);
  });

  test('usually it is two seconds, so that demos are quick', async () => {
    const b = bench();
    await b.clock.advance(10_000);
    expect(b.receiver.snapshot().timeToFirstFixMs).toBe(2000);
  });
});

describe('the input buffer', () => {
  const burst = Buffer.concat([timeUtc(START_MS), ...Array.from({ length: 30 }, (_, i) => eph(i + 1))]);

  test('behind USB nothing is lost', () => {
    const b = bench();
    b.send(burst);
    expect(b.receiver.counters).toMatchObject({ mgaIn: 31, droppedBytes: 0 });
  });

  test('full, it drops what does not fit, silently', async () => {
    const b = bench({ knobs: { inputBytesPerS: 3840 } });
    b.send(burst);
    expect(b.receiver.counters.mgaIn).toBe(0);
    await b.clock.advance(2000);
    expect(b.receiver.counters.droppedBytes).toBe(burst.length - 1000);
    // 32 bytes of time and twelve whole ephemerides of 76.
    expect(b.receiver.counters.mgaIn).toBe(13);
    expect(b.receiver.snapshot().mga.refused).toEqual({});
  });

  test('a writer that waits for each acknowledgement loses nothing, and takes the time of the line', async () => {
    const b = bench({ knobs: { inputBytesPerS: 3840 } });
    b.send(ACK_AIDING_SET);
    await b.clock.advance(10);
    b.take();
    const startMs = b.clock.mono();
    const frames = [timeUtc(START_MS), ...Array.from({ length: 20 }, (_, i) => eph(i + 1))];
    for (const frame of frames) {
      b.send(frame);
      for (let ms = 0; ms < 100 && payloadsOf(b.take(), 0x13, 0x60).length === 0; ms += 5) await b.clock.advance(5);
    }
    expect(b.receiver.snapshot().mga.accepted).toEqual({ 'ini-time-utc': 1, 'gps-eph': 20 });
    expect(b.receiver.counters.droppedBytes).toBe(0);
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    expect(b.clock.mono() - startMs).toBeGreaterThanOrEqual((bytes * 1000) / 3840 - 5);
  });

  test('what is in it is gone after a restart', async () => {
    const b = bench({ knobs: { inputBytesPerS: 3840 } });
    b.send(burst);
    b.receiver.restart();
    await b.clock.advance(2000);
    expect(b.receiver.counters.mgaIn).toBe(0);
  });
});
