// Hostile bytes for every parser of the room: none throws, all take bounded time, any cutting gives the same frames.
import { describe, expect, test } from 'vitest';
import {
  createFramer,
  createLineGate,
  type FrameKind,
  fixFromGga,
  parseAck,
  parseGga,
  parseMgaAck,
  parseMonVer,
  parseNavPvt,
  parseNavSat,
  parseNavStatus,
  parseNavTimels,
  parseRxmCor,
  parseSecUniqid,
  parseSentence,
  parseSpartnHeader,
  passableAids,
  rtcmType,
  UBX_MAX_PAYLOAD,
} from '../../src/gnss/index.js';
import { cut, navPvt, nmea, nmeaLine, type Random, random, rtcm, rxmCor, spartn, ubx } from '../gnss/frames.js';

const ROUNDS = Number(process.env['WAYMARK_FUZZ'] ?? 10_000);
const SEED = Number(process.env['WAYMARK_SEED'] ?? 20_260_101);
const KINDS: readonly FrameKind[] = ['nmea', 'ubx', 'rtcm3', 'spartn'];
/** Bytes that start things, so that noise is not merely skipped. */
const STARTS = [0x24, 0xb5, 0x62, 0xd3, 0x73, 0x2a, 0x0d, 0x0a, 0x00, 0xff];

const r = random(SEED);
const FRAMES: readonly Buffer[] = [
  spartn(),
  spartn({ payload: r.bytes(200), encrypted: { id: 1, sequence: 3, indicator: 2, lengthCode: 1 }, crcType: 3 }),
  rtcm(1077, 90),
  navPvt(),
  rxmCor(),
  ubx(5, 1, Buffer.from([6, 0x8a])),
  nmea('GNGGA,123519.00,4807.0380,N,01131.0000,E,4,12,0.80,545.4,M,46.9,M,1.0,0000'),
];

/** Good frames, damaged ones, cut ones and noise in any order. */
function hostile(random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let n = random.below(6); n >= 0; n--) {
    const frame = Buffer.from(random.pick(FRAMES));
    switch (random.below(5)) {
      case 0:
        frame[random.below(frame.length)]! ^= 1 << random.below(8);
        break;
      case 1:
        parts.push(frame.subarray(0, random.below(frame.length)));
        continue;
      case 2:
        parts.push(Buffer.from(Array.from({ length: random.below(60) }, () => random.pick(STARTS))));
        continue;
      case 3:
        parts.push(random.bytes(random.below(60)));
        continue;
      default:
    }
    parts.push(frame);
  }
  return Buffer.concat(parts);
}

describe(`${ROUNDS} hostile inputs, seed ${SEED}`, { timeout: 30_000 + 3 * ROUNDS }, () => {
  test.each([[['nmea']], [['ubx']], [['rtcm3']], [['spartn']], [KINDS]] as [FrameKind[]][])(
    'framing %s does not depend on how the bytes were cut',
    (protocols) => {
      const random_ = random(SEED + protocols.length);
      const collect = (chunks: readonly Buffer[]) => {
        const frames: string[] = [];
        const framer = createFramer({ protocols, onFrame: (_, f) => frames.push(Buffer.from(f).toString('latin1')) });
        for (const chunk of chunks) framer.push(chunk);
        return { frames, counters: framer.counters };
      };
      for (let i = 0; i < ROUNDS; i++) {
        const bytes = hostile(random_);
        const whole = collect([bytes]);
        const pieces = collect(cut(bytes, random_, 1 + random_.below(80)));
        if (JSON.stringify(whole) !== JSON.stringify(pieces)) expect(pieces, bytes.toString('hex')).toEqual(whole);
      }
    },
  );

  test('a framer finds a good frame after any noise', () => {
    const random_ = random(SEED + 5);
    const last = ubx(0x0a, 0x04, Buffer.from('the last one'));
    for (let i = 0; i < ROUNDS / 10; i++) {
      let found = false;
      const framer = createFramer({ protocols: ['nmea', 'ubx'], onFrame: (_, f) => void (found ||= last.equals(f)) });
      framer.push(hostile(random_));
      framer.push(last);
      // A false header may wait for as many bytes as it claims, never for more.
      framer.push(Buffer.alloc(UBX_MAX_PAYLOAD + 8));
      expect(found).toBe(true);
    }
  });

  test('UBX payload parsers never throw, whatever a valid frame holds', () => {
    const random_ = random(SEED + 1);
    const ids = [
      [1, 3],
      [1, 7],
      [1, 0x26],
      [1, 0x35],
      [2, 0x34],
      [0x13, 0x40],
      [0x13, 0x60],
      [0x27, 3],
      [5, 0],
      [5, 1],
      [0x0a, 4],
    ] as const;
    for (let i = 0; i < ROUNDS; i++) {
      const [cls, id] = random_.pick(ids);
      const size = random_.pick([0, 1, 2, 4, 8, 9, 12, 16, 20, 24, 32, 40, 52, 70, 92, 93, random_.below(300)]);
      const frame = ubx(cls, id, random_.bytes(size));
      const report = parseNavPvt(frame, 0);
      if (report?.fix.latitudeDeg !== undefined) expect(Number.isFinite(report.fix.latitudeDeg)).toBe(true);
      parseRxmCor(frame);
      parseAck(frame);
      parseMonVer(frame);
      parseNavStatus(frame);
      parseSecUniqid(frame);
      parseMgaAck(frame);
      const leap = parseNavTimels(frame) ?? 18;
      if (leap < 10 || leap > 40) expect(leap).toBe(18);
      for (const { elevationDeg = 0 } of parseNavSat(frame) ?? [])
        if (Math.abs(elevationDeg) > 90) expect(elevationDeg).toBe(0);
      const isAid = cls === 0x13 && id !== 0x60 && size >= 4;
      const [first] = passableAids([frame, frame.subarray(1), frame.subarray(0, -1)]);
      if (first && !(isAid && first.length === frame.length)) expect(first).toBeUndefined();
    }
  });

  test('NMEA parsers never throw, and what they accept is a place on earth', () => {
    const random_ = random(SEED + 2);
    const pieces = [
      '',
      '0',
      '-1',
      '4807.038',
      '01131.000',
      'N',
      'S',
      'E',
      'W',
      '1',
      '4',
      '9',
      'M',
      '1e9',
      '0x1',
      '..',
      '99999999',
      ' ',
      '$',
      '*',
      ',',
      'é',
      '\u0000',
      '123519.00',
    ];
    for (let i = 0; i < ROUNDS; i++) {
      const fields = Array.from({ length: random_.below(18) }, () => random_.pick(pieces));
      const line =
        random_.below(3) === 0 ? fields.join(random_.pick([',', '*', '$'])) : nmeaLine(`GNGGA,${fields.join(',')}`);
      const sentence = parseSentence(line);
      const gga = sentence && parseGga(sentence);
      if (!gga) continue;
      const fix = fixFromGga(gga, 0);
      for (const value of Object.values(fix)) if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
      expect(Math.abs(fix.latitudeDeg ?? 0)).toBeLessThanOrEqual(90);
      expect(Math.abs(fix.longitudeDeg ?? 0)).toBeLessThanOrEqual(180);
    }
  });

  test('SPARTN and RTCM headers of any bytes never throw', () => {
    const random_ = random(SEED + 3);
    for (let i = 0; i < ROUNDS; i++) {
      const bytes = random_.below(2)
        ? hostile(random_)
        : Buffer.concat([Buffer.from([0x73]), random_.bytes(random_.below(40))]);
      parseSpartnHeader(bytes);
      rtcmType(bytes);
    }
  });

  test('the line gate never lets a line beyond its bound pass', () => {
    const random_ = random(SEED + 4);
    const gate = createLineGate(64);
    for (let i = 0; i < ROUNDS; i++) {
      const bytes = Buffer.concat([random_.bytes(random_.below(90)), Buffer.from(random_.below(2) ? '\n' : '')]);
      for (const line of gate.push(bytes)) {
        if (line.length > 64 || line.indexOf(0x0a) !== line.length - 1) expect(line.length).toBe(-1);
      }
    }
  });
});
