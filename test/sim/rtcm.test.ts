import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../src/core/index.js';
import { msm4Message, rtcmFrame, stationMessage } from '../../src/sim/rtcm.js';
import { createRtcmStream, type RtcmStreamOptions } from '../../src/sim/rtcm-stream.js';
import { cutRtcm, type RtcmMessage } from './rtcm-frames.js';

const VIENNA = { latitudeDeg: 48.2082, longitudeDeg: 16.3738, heightM: 214 };
const OPTIONS: RtcmStreamOptions = { seed: 'x', rover: VIENNA, periodS: 1, station: 1005 };

function messagesOf(stream: Uint8Array): RtcmMessage[] {
  const { messages, junk } = cutRtcm(stream);
  expect(junk).toBe(0);
  return messages;
}
const bitsOf = (bytes: Uint8Array, from: number, count: number): number => {
  let value = 0;
  for (let i = from; i < from + count; i++) value = value * 2 + ((bytes[i >> 3]! >> (7 - (i & 7))) & 1);
  return value;
};
const signedOf = (bytes: Uint8Array, from: number, count: number): number => {
  const value = bitsOf(bytes, from, count);
  return value >= 2 ** (count - 1) ? value - 2 ** count : value;
};

describe('frames', () => {
  test('a known message has the known check', () => {
    // The 1005 of the RTCM standard's own example.
    const frame = Buffer.from('d300133ed7d30202980edeef34b4bd62ac0941986f33360b98', 'hex');
    expect(Buffer.from(rtcmFrame(frame.subarray(3, -3))).equals(frame)).toBe(true);
  });

  test('a message that does not fit its length field is no message', () => {
    expect(() => rtcmFrame(new Uint8Array(1024))).toThrow(RangeError);
  });

  test.each([1005, 1006] as const)('%i tells where the station is, in ECEF', (type) => {
    const bytes = stationMessage(type, 7, VIENNA).subarray(3);
    expect([bitsOf(bytes, 0, 12), bitsOf(bytes, 12, 12), bytes.length - 3]).toEqual([type, 7, type === 1005 ? 19 : 21]);
    const [x, y, z] = [34, 74, 114].map((at) => signedOf(bytes, at, 38) / 10_000);
    expect(Math.hypot(x!, y!, z!)).toBeCloseTo(6_366_500, -4);
    expect((Math.atan2(y!, x!) * 180) / Math.PI).toBeCloseTo(16.3738, 6);
    expect(z!).toBeCloseTo(4_732_500, -4);
  });

  test('a western, southern station has negative coordinates', () => {
    const bytes = stationMessage(1005, 7, { latitudeDeg: -33.9, longitudeDeg: -70, heightM: 0 }).subarray(3);
    expect(signedOf(bytes, 74, 38)).toBeLessThan(0);
    expect(signedOf(bytes, 114, 38)).toBeLessThan(0);
  });

  test('an MSM4 is as long as its masks say', () => {
    const cell = { fineRange: -5, finePhase: 9, lock: 3, cnrDbHz: 40 };
    const satellites = [3, 17].map((number) => ({ number, rangeMs: 70.5, cells: [cell, cell] }));
    const fields = { system: 'gps', stationId: 1, epoch: 1000, hasMore: true, signals: [2, 16], satellites } as const;
    const bytes = msm4Message(fields).subarray(3, -3);
    expect(bytes.length).toBe(Math.ceil((169 + 4 + 2 * 18 + 4 * 48) / 8));
    expect([bitsOf(bytes, 24, 30), bitsOf(bytes, 54, 1)]).toEqual([1000, 1]);
    expect([bitsOf(bytes, 73 + 2, 1), bitsOf(bytes, 73 + 16, 1), bitsOf(bytes, 137 + 1, 1)]).toEqual([1, 1, 1]);
    expect([bitsOf(bytes, 173, 8), bitsOf(bytes, 189, 10)]).toEqual([70, 512]);
  });
});

describe('the stream', () => {
  const run = async (options: Partial<RtcmStreamOptions>, ms: number): Promise<Uint8Array[]> => {
    const clock = createFakeClock(Date.UTC(2026, 2, 1, 12));
    const epochs: Uint8Array[] = [];
    const stop = createRtcmStream({ clock }, { ...OPTIONS, ...options }).start((bytes) => epochs.push(bytes));
    await clock.advance(ms);
    stop();
    await clock.advance(10_000);
    return epochs;
  };
  const count = (epochs: Uint8Array[]): Record<number, number> => {
    const counts: Record<number, number> = {};
    for (const { type } of messagesOf(Buffer.concat(epochs))) counts[type] = (counts[type] ?? 0) + 1;
    return counts;
  };

  test('holds observations every epoch, the station every fifth, the equipment every tenth', async () => {
    const epochs = await run({}, 20_000);
    expect(epochs).toHaveLength(21);
    const each = { 1074: 21, 1084: 21, 1094: 21, 1124: 21 };
    expect(count(epochs)).toEqual({ ...each, 1005: 5, 1230: 5, 1008: 3, 1033: 3 });
  });

  test('every 5 s with 1006 when asked so', async () => {
    const epochs = await run({ periodS: 5, station: 1006 }, 20_000);
    expect(count(epochs)).toMatchObject({ 1006: 1, 1074: 5 });
  });

  test('only the last observation message of an epoch says that none follows, and time goes on by the period', async () => {
    const [first, second] = await run({}, 1000);
    const msm = (epoch: Uint8Array) =>
      messagesOf(epoch)
        .filter(({ type }) => [1074, 1084, 1094, 1124].includes(type))
        .map(({ bytes }) => bytes.subarray(3));
    expect(msm(first!).map((bytes) => bitsOf(bytes, 54, 1))).toEqual([1, 1, 1, 0]);
    const times = msm(first!).map((bytes) => bitsOf(bytes, 24, 30));
    // 2026-03-01 is a Sunday: noon UTC is 43218 s of the GPS week, BeiDou 14 s less, GLONASS 15:00 in Moscow.
    expect(times).toEqual([43_218_000, 54_000_000, 43_218_000, 43_204_000]);
    expect(msm(second!).map((bytes, i) => bitsOf(bytes, 24, 30) - times[i]!)).toEqual([1000, 1000, 1000, 1000]);
  });

  test('the same seed gives the same bytes, another one others', async () => {
    const hex = async (seed: string) => Buffer.concat(await run({ seed }, 3000)).toString('hex');
    expect(await hex('a')).toBe(await hex('a'));
    expect(await hex('a')).not.toBe(await hex('b'));
  });
});
