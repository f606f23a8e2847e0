// The framer against a scanner written only for this test, on real bytes (BSD-3-Clause, (c) 2020 semuadmin).
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFramer, type FrameKind } from '../../src/gnss/index.js';
import { cut, random } from '../gnss/frames.js';
import { type FoundFrame, scanRecording } from './independent-scanner.js';

const DATA = process.env['WAYMARK_DATA'] ?? resolve('../shared/data');
const read = (name: string): Buffer => readFileSync(join(DATA, name));

const framed = (chunks: Iterable<Uint8Array>, protocols: readonly FrameKind[]): { kind: FrameKind; hex: string }[] => {
  const found: { kind: FrameKind; hex: string }[] = [];
  const framer = createFramer({
    protocols,
    onFrame: (kind, frame) => found.push({ kind, hex: Buffer.from(frame).toString('hex') }),
  });
  for (const chunk of chunks) framer.push(chunk);
  return found;
};

const RECORDINGS = [
  ['spartn-eu-continental-99frames.bin', ['spartn'], { spartn: 99, ubx: 0, nmea: 0 }],
  ['ubx-nmea-mixed-53frames.bin', ['ubx', 'nmea'], { spartn: 0, ubx: 26, nmea: 27 }],
] as const satisfies readonly (readonly [string, readonly FoundFrame['kind'][], Record<FoundFrame['kind'], number>])[];

describe.each(RECORDINGS)('%s', (name, kinds, counts) => {
  const bytes = read(name);
  const second = scanRecording(bytes, kinds);
  const expected = second.map(({ kind, at, length }) => ({ kind, hex: bytes.toString('hex', at, at + length) }));

  test('the second opinion counts what its description says', () => {
    const count = (kind: FoundFrame['kind']): number => second.filter((frame) => frame.kind === kind).length;
    expect({ spartn: count('spartn'), ubx: count('ubx'), nmea: count('nmea') }).toEqual(counts);
  });

  test('the framer finds the same frames, byte for byte, however the recording is cut', () => {
    expect(framed([bytes], kinds)).toEqual(expected);
    const r = random(41);
    for (let round = 0; round < 200; round++) expect(framed(cut(bytes, r), kinds)).toEqual(expected);
  });

  test('both find the same in a damaged recording', () => {
    const r = random(97);
    for (let round = 0; round < 40; round++) {
      const damaged = Buffer.from(bytes);
      for (let i = 0; i < 12; i++) damaged[r.below(damaged.length)] = r.below(256);
      // A false length near the end waits for more, as in a live stream; the scanner has all there is.
      const padded = Buffer.concat([damaged, Buffer.alloc(9000)]);
      const opinion = scanRecording(padded, kinds).map(({ kind, at, length }) => ({
        kind,
        hex: padded.toString('hex', at, at + length),
      }));
      expect(framed(cut(padded, r), kinds)).toEqual(opinion);
    }
  });
});
