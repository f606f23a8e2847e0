import { describe, expect, test } from 'vitest';
import { encodeSpartnKeys } from '../../../src/sim/keys.js';
import { CFG, type ReceiverKnobs, rtcmMessage } from '../../../src/sim/receiver/index.js';
import { sealSpartn } from '../../../src/sim/spartn.js';
import { type Bench, bench, corOf, isCor, keysFor, payloadsOf, pvts, recordedFrame, USB_SET, valset } from './bench.js';

const cors = (b: Bench) =>
  b
    .take()
    .ubx.filter(isCor)
    .map(({ payload }) => corOf(payload));
/** Reference station 17 and the observations named. */
const rtcm = (...numbers: number[]): Buffer => Buffer.concat(numbers.map((number) => rtcmMessage(number, 17)));

/** A frame without encryption, as NTRIP and localized topics carry it: header block two bytes shorter. */
function openFrame(type: number): Uint8Array {
  const payload = new Uint8Array(60).fill(9);
  const header = Buffer.from(recordedFrame(type).subarray(0, 8));
  // The fourth byte: last bit of the length, EAF, two bits of CRC type, the frame check.
  header[3] = header[3]! & 0xb0;
  header[3] |= frameCheck([header[1]!, header[2]!, header[3]]);
  return sealSpartn(header, payload);
}
function frameCheck(bytes: number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >> 1) ^ 0x9 : crc >> 1;
  }
  return crc;
}

describe('RTCM', () => {
  test('is heard out of the factory, reported by number and station', () => {
    const b = bench();
    b.send(valset(1, [CFG.rxmCorUsb, 1]));
    b.take();
    b.send(rtcm(1005, 1077, 1230));
    const usual = { protocol: 1, error: 1, correctionId: 17, typeValid: 1, subtypeValid: 0, subtype: 0 };
    const open = { encrypted: 1, decrypted: 1 };
    expect(cors(b)).toEqual([
      { ...usual, ...open, used: 2, type: 1005 },
      { ...usual, ...open, used: 2, type: 1077 },
      { ...usual, ...open, used: 1, type: 1230 },
    ]);
    expect(b.receiver.counters).toMatchObject({ rtcmIn: 3, used: 2, unused: 1 });
  });

  test('is ignored where it is switched off, by a key or out of the factory', () => {
    const b = bench({ knobs: { rtcmInput: false } });
    b.send(valset(1, [CFG.rxmCorUsb, 1]));
    b.take();
    b.send(rtcm(1005, 1077));
    expect(cors(b)).toEqual([]);
    b.send(valset(1, [CFG.usbInRtcm3, 1]));
    b.take();
    b.send(rtcm(1005, 1077));
    expect(cors(b)).toHaveLength(2);
    expect(b.receiver.counters).toMatchObject({ rtcmIn: 4, used: 2 });
  });

  test('damaged, it is reported as such and not used', () => {
    const b = bench();
    b.send(valset(1, [CFG.rxmCorUsb, 1]));
    b.take();
    const damaged = Buffer.from(rtcmMessage(1077, 17));
    damaged[12] = damaged[12]! ^ 1;
    b.send(damaged);
    expect(cors(b)).toMatchObject([{ protocol: 1, error: 2, used: 1, typeValid: 0 }]);
    expect(b.receiver.counters).toMatchObject({ used: 0, crcErrors: 1 });
  });

  test.each<[string, number[], Partial<ReceiverKnobs>, string]>([
    ['a station and two systems', [1005, 1077, 1087], {}, 'rtk_fixed'],
    ['a station with its antenna height and MSM4', [1006, 1094, 1124], {}, 'rtk_fixed'],
    ['a receiver of another maker', [1005, 1077, 1087], { profile: 'nmea' }, 'rtk_fixed'],
    ['no station', [1077, 1087, 1097], {}, '3d'],
    ['one system only', [1005, 1077, 1077], {}, '3d'],
    ['observations too coarse', [1005, 1071, 1081], {}, '3d'],
    ['somewhere else', [1005, 1077, 1087], { inCoverage: false }, '3d'],
    ['a receiver without carrier phase', [1005, 1077, 1087], { profile: 'neo-m10' }, '3d'],
  ])('%s, ten seconds long', async (_, numbers, knobs, quality) => {
    const b = bench({ knobs });
    for (let s = 0; s < 10; s++) {
      b.send(rtcm(...numbers));
      await b.clock.advance(1000);
    }
    expect(b.receiver.quality).toBe(quality);
    const last = b.take().nmea.at(-1)!;
    expect(last.split(',')[6]).toBe(quality === 'rtk_fixed' ? '4' : '1');
  });

  test('the fix falls back a minute after the last observations, whatever the station goes on saying', async () => {
    const b = bench();
    await b.clock.advance(3000);
    b.send(rtcm(1005, 1077, 1087));
    await b.clock.advance(5000);
    expect(b.receiver.quality).toBe('rtk_fixed');
    for (let s = 0; s < 60; s += 10) {
      b.send(rtcm(1005));
      await b.clock.advance(10_000);
    }
    expect(b.receiver.quality).toBe('3d');
  });
});

describe('SPARTN', () => {
  test('without encryption it needs no key', async () => {
    const b = bench();
    b.send(USB_SET);
    b.take();
    await b.clock.advance(3000);
    for (const type of [0, 1, 2]) b.send(openFrame(type));
    const reports = cors(b);
    expect(reports).toHaveLength(3);
    for (const report of reports)
      expect(report).toMatchObject({ protocol: 2, error: 1, used: 2, encrypted: 1, decrypted: 1 });
    expect(b.receiver.heldKeys).toBe(0);
    expect(b.receiver.quality).toBe('rtk_float');
  });

  test.each<[string, Partial<ReceiverKnobs>, number]>([
    ['for somewhere else', { inCoverage: false }, 0],
    ['while the satellite link is its source', {}, 1],
  ])('%s it is read and not used', (_, knobs, source) => {
    const b = bench({ knobs, keyCheck: 'any-valid-key' });
    b.send(USB_SET);
    b.send(valset(1, [CFG.spartnUseSource, source]));
    b.send(encodeSpartnKeys(keysFor(b.clock)));
    b.take();
    b.send(recordedFrame());
    expect(cors(b)).toMatchObject([{ error: 1, used: 1, encrypted: 2, decrypted: 2 }]);
    expect(b.receiver.counters).toMatchObject({ used: 0, unused: 1, notDecrypted: 0 });
  });

  test('an older firmware takes no notice of it', () => {
    const b = bench({ knobs: { profile: 'zed-f9p-1.12' } });
    b.send(USB_SET);
    b.send(openFrame(0));
    expect(b.receiver.counters).toMatchObject({ spartnIn: 1, used: 0, unused: 0, notDecrypted: 0 });
  });

  test('keys of another week are held and open nothing', () => {
    const b = bench({ keyCheck: 'any-valid-key' });
    b.send(USB_SET);
    b.send(encodeSpartnKeys(keysFor(b.clock).map((key) => ({ ...key, startUtcMs: key.startUtcMs - 70 * 86_400_000 }))));
    b.send(recordedFrame());
    expect(b.receiver.heldKeys).toBe(2);
    expect(b.receiver.counters).toMatchObject({ used: 0, notDecrypted: 1 });
  });
});

describe('what the engine says of the corrections', () => {
  test.each([
    ['SPARTN', [openFrame(0), openFrame(1), openFrame(2)], 19],
    ['RTCM', [rtcm(1005, 1077, 1087)], 17],
  ] as const)('satellites corrected by %s say so, and NAV-STATUS and NAV-PVT agree', async (_, frames, bit) => {
    const b = bench();
    b.send(USB_SET);
    b.send(valset(1, [CFG.navSatUsb, 1], [CFG.navStatusUsb, 1]));
    await b.clock.advance(3000);
    for (const frame of frames) b.send(frame);
    await b.clock.advance(4000);
    const said = b.take();
    const sat = payloadsOf(said, 0x01, 0x35).at(-1)!;
    expect([sat[4], sat[5], sat.length]).toEqual([1, 14, 8 + 14 * 12]);
    const flags = Array.from({ length: 14 }, (_, i) => sat.readUInt32LE(8 + 12 * i + 8));
    const used = flags.filter((each) => (each & 8) !== 0);
    expect(used).toHaveLength(12);
    for (const each of used) {
      expect((each >>> bit) & 1).toBe(1);
      expect((each >>> 17) & 0b101).toBe(bit === 19 ? 0b100 : 0b001);
      expect(each & 7).toBe(7);
    }
    const systems = new Set(Array.from({ length: 14 }, (_, i) => sat[8 + 12 * i]));
    expect([...systems].sort()).toEqual([0, 2, 3, 6]);
    const status = payloadsOf(said, 0x01, 0x03).at(-1)!;
    expect([status[4], status[5], status[6], status[7]]).toEqual([3, 0x0f, 3, 2 << 6]);
    expect(status.readUInt32LE(8)).toBe(2000);
    expect(status.readUInt32LE(12)).toBe(7000);
    const pvt = pvts(said.ubx).at(-1)!;
    expect([pvt[21]! >> 6, pvt[23]]).toEqual([2, 12]);
    expect(sat.readUInt32LE(0)).toBe(pvt.readUInt32LE(0));
  });

  test('before the first fix nothing is used and nothing is claimed', () => {
    const b = bench();
    b.send('b56201030000040d');
    b.send(Buffer.from('b56201350000', 'hex'));
    b.send(Buffer.from([0x36, 0xa3]));
    const said = b.take();
    const status = payloadsOf(said, 0x01, 0x03)[0]!;
    expect([...status.subarray(4, 8), status.readUInt32LE(8)]).toEqual([0, 0, 0, 0, 0]);
    const sat = payloadsOf(said, 0x01, 0x35)[0]!;
    for (let i = 0; i < sat[5]!; i++) expect(sat.readUInt32LE(8 + 12 * i + 8) & 8).toBe(0);
  });
});
