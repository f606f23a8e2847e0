import { describe, expect, test } from 'vitest';
import { crc4, createFramer, type FrameKind, UBX_MAX_PAYLOAD } from '../../src/gnss/index.js';
import { AUTHENTICATION_SIZES, cut, nmea, type Random, random, rtcm, spartn, ubx } from './frames.js';

const ALL: readonly FrameKind[] = ['nmea', 'ubx', 'rtcm3', 'spartn'];

function collect(protocols: readonly FrameKind[], chunks: readonly Uint8Array[]) {
  const frames: string[] = [];
  const framer = createFramer({
    protocols,
    onFrame: (kind, frame) => frames.push(`${kind} ${Buffer.from(frame).toString('hex')}`),
  });
  for (const chunk of chunks) framer.push(chunk);
  return { frames, counters: framer.counters };
}

const named = (kind: FrameKind, frame: Buffer): string => `${kind} ${frame.toString('hex')}`;

function anyFrame(r: Random): [FrameKind, Buffer] {
  switch (r.below(4)) {
    case 0:
      return ['nmea', nmea(`GN${r.pick(['GGA', 'RMC', 'GSV'])},${'s'.repeat(r.below(60))},${r.below(1000)}`)];
    case 1:
      return ['ubx', ubx(r.below(256), r.below(256), r.bytes(r.below(150)))];
    case 2:
      return ['rtcm3', rtcm(r.below(4096), 2 + r.below(300))];
    default:
      return [
        'spartn',
        spartn({
          messageType: r.pick([0, 1, 2, 3, 120]),
          payload: r.bytes(r.below(400)),
          crcType: r.pick([0, 1, 2, 3] as const),
          timeTag: { bits: r.pick([16, 32] as const), value: r.below(60_000) },
          encrypted: r.pick([
            undefined,
            { id: 1, sequence: r.below(64), indicator: r.below(4), lengthCode: r.below(5) },
          ]),
        }),
      ];
  }
}

describe('framing', () => {
  test('each kind of frame is found alone', () => {
    const samples: [FrameKind, Buffer][] = [
      ['nmea', nmea('GNGGA,1')],
      ['ubx', ubx(1, 7)],
      ['rtcm3', rtcm(1005)],
      ['spartn', spartn()],
    ];
    for (const [kind, frame] of samples) {
      const { frames, counters } = collect([kind], [frame]);
      expect(frames).toEqual([named(kind, frame)]);
      expect(counters.frames[kind]).toBe(1);
      expect(counters.skippedBytes).toBe(0);
    }
  });

  test('a kind that was not asked for is skipped, byte by byte', () => {
    const { frames, counters } = collect(['ubx'], [Buffer.concat([nmea('GNGGA,1'), ubx(1, 7), spartn()])]);
    expect(frames).toEqual([named('ubx', ubx(1, 7))]);
    expect(counters.skippedBytes).toBe(nmea('GNGGA,1').length + spartn().length);
  });

  test('every SPARTN check, tag and authentication length is measured right, up to the longest frame', () => {
    const made: Buffer[] = [];
    for (const crcType of [0, 1, 2, 3] as const)
      for (const bits of [16, 32] as const)
        for (const indicator of [0, 1, 2])
          for (const lengthCode of AUTHENTICATION_SIZES.keys())
            made.push(
              spartn({
                crcType,
                timeTag: { bits, value: 77 },
                encrypted: { id: 1, sequence: 2, indicator, lengthCode },
              }),
            );
    const longest = spartn({
      crcType: 3,
      payload: Buffer.alloc(1023, 0x73),
      timeTag: { bits: 32, value: 1 },
      encrypted: { id: 1, sequence: 0, indicator: 2, lengthCode: 4 },
    });
    made.push(longest, longest);
    expect(longest.length).toBeGreaterThan(1100);
    const { frames, counters } = collect(['spartn'], [Buffer.concat(made)]);
    expect(frames).toEqual(made.map((f) => named('spartn', f)));
    expect(counters.skippedBytes).toBe(0);
  });

  test('a reserved authentication length is not a frame', () => {
    const frame = spartn({ encrypted: { id: 1, sequence: 0, indicator: 2, lengthCode: 7 } });
    expect(collect(['spartn'], [frame, spartn()]).frames).toEqual([named('spartn', spartn())]);
  });

  test('frames between damaged ones are exactly the good ones', () => {
    const r = random(3);
    for (let round = 0; round < 60; round++) {
      const good: string[] = [];
      const wire: Buffer[] = [];
      for (let i = 0; i < 12; i++) {
        const [kind, frame] = anyFrame(r);
        const isDamaged = r.below(3) === 0;
        if (isDamaged) {
          const copy = Buffer.from(frame);
          // Not the length fields: a false length may rightly swallow what follows until its check fails.
          copy[copy.length - 1 - (kind === 'nmea' ? 3 : 0)]! ^= 0x01;
          wire.push(copy);
        } else {
          good.push(named(kind, frame));
          wire.push(frame);
        }
      }
      // Room for any length a damaged header may claim.
      wire.push(Buffer.alloc(UBX_MAX_PAYLOAD + 8));
      const { frames } = collect(ALL, [Buffer.concat(wire)]);
      expect(frames.filter((f) => good.includes(f))).toEqual(good);
      expect(frames.length).toBe(good.length);
    }
  });

  test('a damaged length does not take good frames with it', () => {
    const lying = spartn({ payload: Buffer.alloc(10) });
    lying[1]! |= 0x01; // 512 bytes more
    const r = (lying[3]! & 0xf0) | crc4(lying[1]!, lying[2]!, lying[3]!);
    lying[3] = r;
    const good = Array.from({ length: 40 }, (_, i) => spartn({ payload: Buffer.alloc(20 + i, i) }));
    const { frames } = collect(['spartn'], [Buffer.concat([lying, ...good])]);
    expect(frames).toEqual(good.map((f) => named('spartn', f)));
  });

  test('a frame hidden inside a damaged one is found', () => {
    const inner = spartn({ payload: Buffer.from('inner') });
    const outer = spartn({ payload: Buffer.concat([Buffer.from('abc'), inner, Buffer.from('def')]) });
    outer[outer.length - 1]! ^= 0xff;
    expect(collect(['spartn'], [outer]).frames).toEqual([named('spartn', inner)]);
  });

  test('a frame inside a good one is not', () => {
    const inner = ubx(1, 2, Buffer.from('inner'));
    const outer = ubx(2, 0x72, inner);
    expect(collect(['ubx'], [outer]).frames).toEqual([named('ubx', outer)]);
  });

  test('any cutting of the same bytes gives the same frames and the same counts', () => {
    const r = random(5);
    for (let round = 0; round < 40; round++) {
      const wire: Buffer[] = [];
      for (let i = 0; i < 20; i++) {
        wire.push(anyFrame(r)[1]);
        if (r.below(2) === 0) wire.push(r.bytes(r.below(40)));
        if (r.below(4) === 0) wire.push(anyFrame(r)[1].subarray(0, 1 + r.below(30)));
      }
      const bytes = Buffer.concat(wire);
      const protocols = r.pick([ALL, ['spartn'], ['nmea', 'ubx'], ['rtcm3']] as const);
      const whole = collect(protocols, [bytes]);
      expect(collect(protocols, cut(bytes, r, 1 + r.below(300)))).toEqual(whole);
      expect(
        collect(
          protocols,
          [...bytes].map((b) => Buffer.from([b])),
        ),
      ).toEqual(whole);
    }
  });

  test('a NMEA line of exactly 1 KiB is one, a longer one is none, wherever it is cut', () => {
    const fits = nmea(`GNTXT,${'x'.repeat(1024 - 6 - 1 - 5)}`);
    expect(fits.length).toBe(1024);
    const long = nmea(`GNTXT,${'x'.repeat(1024 - 6 - 1 - 4)}`);
    for (const size of [1, 7, 1024, 5000]) {
      const r = collect(['nmea'], split(Buffer.concat([long, fits]), size));
      expect(r.frames).toEqual([named('nmea', fits)]);
      expect(r.counters).toMatchObject({ overlong: 1, skippedBytes: 1025, badChecksum: 0 });
    }
  });

  test('a UBX length beyond 8 KiB is not waited for', () => {
    const header = Buffer.from([0xb5, 0x62, 1, 7, 0xff, 0xff]);
    const { frames, counters } = collect(['ubx'], [header, ubx(1, 7)]);
    expect(frames).toEqual([named('ubx', ubx(1, 7))]);
    expect(counters.overlong).toBe(1);
  });

  test('the longest UBX frame passes', () => {
    const frame = ubx(0x13, 0x80, Buffer.alloc(UBX_MAX_PAYLOAD, 0xb5));
    expect(collect(['ubx', 'nmea'], split(Buffer.concat([frame, frame]), 999)).frames).toEqual([
      named('ubx', frame),
      named('ubx', frame),
    ]);
  });

  test('a NMEA sentence needs its checksum and its line end', () => {
    const good = nmea('GNGGA,1');
    const wire = ['$GNGGA,1\r\n', '$GNGGA,1*00\r\n', '$GNGGA,1*5\r\n', '$GNGGA,1*zz\r\n', '$GN\u0001A*00\r\n', '$$$'];
    const { frames, counters } = collect(['nmea'], [...wire.map((w) => Buffer.from(w, 'latin1')), good]);
    expect(frames).toEqual([named('nmea', good)]);
    expect(counters.badChecksum).toBe(1);
  });

  test('a half frame is held, and forgotten on reset', () => {
    const frames: Uint8Array[] = [];
    const framer = createFramer({ protocols: ['spartn'], onFrame: (_, frame) => frames.push(frame) });
    const frame = spartn();
    framer.push(frame.subarray(0, 9));
    expect(frames).toEqual([]);
    framer.reset();
    framer.push(frame.subarray(9));
    expect(frames).toEqual([]);
    framer.push(frame);
    expect(frames).toHaveLength(1);
  });

  test('whole frames in a chunk are views on it, a completed one is a copy that stays', () => {
    const frames: Uint8Array[] = [];
    const framer = createFramer({ protocols: ['spartn'], onFrame: (_, frame) => frames.push(frame) });
    const wire = Buffer.concat([spartn(), spartn()]);
    framer.push(wire);
    expect(frames.map((f) => f.buffer === wire.buffer)).toEqual([true, true]);
    const long = Array.from({ length: 60 }, (_, i) => spartn({ payload: Buffer.alloc(200, i) }));
    frames.length = 0;
    for (const piece of split(Buffer.concat(long), 150)) framer.push(piece);
    expect(frames.map((f) => Buffer.from(f).toString('hex'))).toEqual(long.map((f) => f.toString('hex')));
  });
});

function split(bytes: Buffer, size: number): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(bytes.subarray(at, at + size));
  return out;
}

describe('framing at speed', () => {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let c = byte << 16;
    for (let bit = 0; bit < 8; bit++) c = c & 0x800000 ? ((c << 1) ^ 0x864cfb) & 0xffffff : (c << 1) & 0xffffff;
    return c;
  });
  const bareCrc = (bytes: Uint8Array): number => {
    let c = 0;
    for (let i = 0; i < bytes.length; i++) c = ((c << 8) & 0xffffff) ^ table[(c >>> 16) ^ bytes[i]!]!;
    return c;
  };

  /** Speed of the framer over that of a bare CRC loop, best of interleaved runs: the machine may be busy. */
  function ratio(bytes: Buffer): number {
    let bare = Number.POSITIVE_INFINITY;
    let framed = Number.POSITIVE_INFINITY;
    const timed = (fn: () => void): number => {
      const start = process.hrtime.bigint();
      fn();
      return Number(process.hrtime.bigint() - start);
    };
    for (let i = 0; i < 25; i++) {
      bare = Math.min(
        bare,
        timed(() => void bareCrc(bytes)),
      );
      framed = Math.min(
        framed,
        timed(() => createFramer({ protocols: ['spartn'], onFrame: () => undefined }).push(bytes)),
      );
    }
    return bare / framed;
  }

  /** A neighbour on the machine may spoil one measurement, but not make a slow framer fast. */
  function bestRatio(bytes: Buffer, wanted: number): number {
    let best = 0;
    for (let i = 0; i < 4 && best <= wanted; i++) best = Math.max(best, ratio(bytes));
    return best;
  }

  const r = random(9);
  const clean = Buffer.concat(Array.from({ length: 900 }, (_, i) => spartn({ payload: r.bytes(100 + (i % 450)) })));

  test('clean frames cost little more than their check', () => {
    expect(bestRatio(clean, 0.6)).toBeGreaterThan(0.6);
  });

  test.each([
    ['preambles everywhere', 0.1, Buffer.alloc(300_000, 0x73)],
    ['a preamble every second byte', 0.04, Buffer.from(r.bytes(300_000).map((b, i) => (i % 2 ? b : 0x73)))],
    ['a valid header of a longest frame every four bytes', 0.03, everyFour([0x73, 0x03, 0xff, 0xa0])],
  ])('hostile bytes cannot stop the gateway: %s', (_, wanted, bytes) => {
    // A scanner that checks each candidate anew needs hundreds of passes here: a ratio of 0.005.
    expect(bestRatio(bytes, wanted)).toBeGreaterThan(wanted);
  });
});

function everyFour(header: number[]): Buffer {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = header;
  return Buffer.alloc(300_000, Buffer.from([b0, b1, b2, b3 | crc4(b1, b2, b3)]));
}
