// Real bytes: a PointPerfect stream and the output of a u-blox receiver (BSD-3-Clause, (c) 2020 semuadmin).
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  createFramer,
  type FrameKind,
  fixFromGga,
  frameText,
  parseGga,
  parseNavPvt,
  parseSentence,
  parseSpartnHeader,
  UBX,
  ubxId,
} from '../../src/gnss/index.js';
import { cut, random } from '../gnss/frames.js';

const DATA = process.env['WAYMARK_DATA'] ?? resolve('../shared/data');
const spartnStream = readFileSync(join(DATA, 'spartn-eu-continental-99frames.bin'));
const mixedStream = readFileSync(join(DATA, 'ubx-nmea-mixed-53frames.bin'));

function frames(protocols: readonly FrameKind[], chunks: Iterable<Uint8Array>) {
  const found: { kind: FrameKind; bytes: Buffer }[] = [];
  const framer = createFramer({ protocols, onFrame: (kind, frame) => found.push({ kind, bytes: Buffer.from(frame) }) });
  for (const chunk of chunks) framer.push(chunk);
  return { found, counters: framer.counters };
}

function* chunksOf(bytes: Buffer, size: number): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const hexOf = (found: readonly { bytes: Buffer }[]): string[] => found.map((f) => f.bytes.toString('hex'));

describe('the PointPerfect stream', () => {
  const { found, counters } = frames(['spartn'], [spartnStream]);
  const headers = found.map((f) => parseSpartnHeader(f.bytes)!);

  test('is 99 frames and nothing else', () => {
    expect(found).toHaveLength(99);
    expect(Buffer.concat(found.map((f) => f.bytes)).equals(spartnStream)).toBe(true);
    expect(counters).toMatchObject({ skippedBytes: 0, badChecksum: 0, overlong: 0 });
  });

  test('has the counts per message type', () => {
    const count = (type: number, subtype: number): number =>
      headers.filter((h) => h.messageType === type && h.subtype === subtype).length;
    expect([0, 1, 2, 3].map((s) => count(0, s))).toEqual([13, 13, 13, 13]);
    expect([0, 1, 2, 3].map((s) => count(1, s))).toEqual([10, 10, 13, 10]);
    expect(headers.filter((h) => h.messageType === 2)).toHaveLength(4);
  });

  test('has the time tags, the half-day wrap included', () => {
    expect(headers.filter((h) => h.timeTagBits === 32)).toHaveLength(63);
    expect(headers.filter((h) => h.timeTagBits === 16)).toHaveLength(36);
    const gps = headers.filter((h) => h.messageType === 0 && h.subtype === 0);
    const long = gps.filter((h) => h.timeTagBits === 32).map((h) => h.timeTag);
    expect(Math.min(...long)).toBe(452_044_770);
    expect(Math.max(...long)).toBe(452_044_830);
    const tags = gps.map((h) => (h.timeTagBits === 16 ? h.timeTag : -1));
    const wrap = tags.indexOf(43_195);
    expect(tags.slice(wrap - 1, wrap + 3)).toEqual([43_190, 43_195, -1, 5]);
  });

  test('is encrypted with 24-bit checks by one processor, 39 to 592 bytes a frame', () => {
    for (const header of headers) {
      expect(header).toMatchObject({ isEncrypted: true, crcBytes: 3, solutionId: 5, processorId: 12 });
      expect(header).toMatchObject({ encryptionId: 1, authenticationIndicator: 1 });
    }
    expect(Math.min(...headers.map((h) => h.totalBytes))).toBe(39);
    expect(Math.max(...headers.map((h) => h.totalBytes))).toBe(592);
  });

  test('gives the same frames at every chunk size', () => {
    const whole = hexOf(found);
    for (let size = 1; size <= 1200; size++) {
      const cutUp = frames(['spartn'], chunksOf(spartnStream, size));
      expect(cutUp.counters).toEqual(counters);
      expect(hexOf(cutUp.found)).toEqual(whole);
    }
  });

  test('with bytes flipped in five frames keeps exactly the other 94', () => {
    const r = random(94);
    const starts: number[] = [];
    let at = 0;
    for (const { bytes } of found) {
      starts.push(at);
      at += bytes.length;
    }
    for (let round = 0; round < 200; round++) {
      const chosen = new Set<number>();
      while (chosen.size < 5) chosen.add(r.below(99));
      const damaged = Buffer.from(spartnStream);
      // Anywhere in the frame, header and length fields included.
      for (const n of chosen) damaged[starts[n]! + r.below(found[n]!.bytes.length)]! ^= 1 + r.below(255);
      // A false length at the very end waits for bytes that the live stream would bring.
      const result = frames(['spartn'], [...cut(damaged, r), Buffer.alloc(1103)]);
      expect(hexOf(result.found)).toEqual(hexOf(found.filter((_, n) => !chosen.has(n))));
    }
  });
});

describe('the receiver’s output', () => {
  const { found, counters } = frames(['nmea', 'ubx'], [mixedStream]);

  test('is 27 sentences and 26 UBX frames in their order', () => {
    expect(found.map((f) => f.kind).join(' ')).toBe(
      [...Array<string>(24).fill('nmea'), ...Array<string>(26).fill('ubx'), ...Array<string>(3).fill('nmea')].join(' '),
    );
    expect(found.slice(-3).every((f) => frameText(f.bytes).startsWith('$PUBX'))).toBe(true);
    expect(found.filter((f) => f.kind === 'ubx').every((f) => f.bytes[2] === 0x01)).toBe(true);
    expect(counters).toMatchObject({ badChecksum: 0, overlong: 0, skippedBytes: 2 });
  });

  test('ends in a sentence without its line end, which is held', () => {
    const used = found.reduce((sum, f) => sum + f.bytes.length, 0);
    expect(mixedStream.length - used).toBe(36);
    const more = frames(['nmea', 'ubx'], [mixedStream, Buffer.from('\r\n')]);
    expect(more.found).toHaveLength(54);
    expect(frameText(more.found.at(-1)!.bytes)).toBe('$GNDTM,W84,,0.0,N,0.0,E,0.0,W84*71\r\n');
  });

  test('gives the same frames at every chunk size', () => {
    const whole = hexOf(found);
    for (let size = 1; size <= 700; size++)
      expect(hexOf(frames(['nmea', 'ubx'], chunksOf(mixedStream, size)).found)).toEqual(whole);
  });

  test('does not hide its frames from a framer that looks for everything', () => {
    expect(hexOf(frames(['nmea', 'ubx', 'rtcm3', 'spartn'], [mixedStream]).found)).toEqual(hexOf(found));
  });

  test('has the GGA position', () => {
    const gga = found
      .map((f) => (f.kind === 'nmea' ? parseSentence(frameText(f.bytes)) : undefined))
      .flatMap((s) => (s ? [parseGga(s)] : []))
      .find((g) => g !== undefined)!;
    expect(gga).toMatchObject({ quality: 1, satellites: 4, hdop: 4.39, altitudeMslM: 23, timeOfDayMs: 32_882_000 });
    const fix = fixFromGga(gga, 0);
    expect(fix.latitudeDeg).toBeCloseTo(53.4506626667, 7);
    expect(fix.longitudeDeg).toBeCloseTo(-2.2401676667, 7);
    expect(fix.quality).toBe('3d');
  });

  test('has the NAV-PVT position', () => {
    const frame = found.find((f) => f.kind === 'ubx' && ubxId(f.bytes) === UBX.navPvt)!;
    const { fix, utcMs } = parseNavPvt(frame.bytes, 0)!;
    expect(fix.latitudeDeg).toBeCloseTo(53.4506799, 7);
    expect(fix.longitudeDeg).toBeCloseTo(-2.2401762, 7);
    expect(fix).toMatchObject({ quality: '3d', satellites: 4, horizontalAccuracyM: 55.374 });
    if (utcMs !== undefined) expect(new Date(utcMs).toISOString().slice(0, 16)).toBe('2021-02-22T09:08');
  });
});
