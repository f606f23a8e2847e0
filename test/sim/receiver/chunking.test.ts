import { describe, expect, test } from 'vitest';
import { createRandom, createScanner, rtcmMessage, ubxFrame } from '../../../src/sim/receiver/index.js';
import { ACK_AIDING_SET, bench, POLL, recordedFrame, USB_SET } from './bench.js';

/** What a scanner makes of the bytes, other bytes joined. */
function heard(chunks: readonly Uint8Array[]): string[] {
  const said: string[] = [];
  let other = '';
  const say = (what: string): void => {
    if (other !== '') said.push(`other ${other}`);
    other = '';
    said.push(what);
  };
  const scanner = createScanner({
    onUbx: ({ cls, id, payload }) => say(`ubx ${cls} ${id} ${payload.length}`),
    onSpartn: ({ type, bytes }) => say(`spartn ${type} ${bytes.length}`),
    onRtcm: ({ number, bytes }) => say(`rtcm ${number} ${bytes.length}`),
    onDamaged: ({ protocol, type }) => say(`damaged ${protocol} ${type}`),
    onOther: (bytes) => {
      other += Buffer.from(bytes).toString('hex');
    },
  });
  for (const chunk of chunks) {
    scanner.push(chunk);
    expect(scanner.held).toBeLessThan(4200);
  }
  scanner.flush();
  if (other !== '') said.push(`other ${other}`);
  return said;
}

const damage = (frame: Uint8Array): Uint8Array => frame.map((byte, i) => (i === 20 ? byte ^ 1 : byte));
const MIXED = Buffer.concat([
  Buffer.from('$GNGGA,,,\r\n'),
  USB_SET,
  rtcmMessage(1005, 7, 19),
  recordedFrame(0),
  damage(recordedFrame(1)),
  rtcmMessage(1077, 7, 200),
  damage(rtcmMessage(1087, 7, 60)),
  Buffer.from([0xd3, 0x00, 0xb5, 0x62, 0x73]),
  ubxFrame(0x13, 0x40, new Uint8Array(24)),
  recordedFrame(2),
  Buffer.from(POLL.monVer, 'hex'),
  Buffer.from([0xd3]),
]);

describe('any chunking gives the same', () => {
  const whole = heard([MIXED]);

  test('the whole is what it was made of', () => {
    const frames = whole.filter((each) => /^(?:ubx|spartn|rtcm) /.test(each));
    expect(frames).toEqual([
      'ubx 6 138 29',
      'rtcm 1005 25',
      'spartn 0 73',
      'rtcm 1077 206',
      'ubx 19 64 24',
      'spartn 2 73',
      'ubx 10 4 0',
    ]);
    expect(whole).toContain('damaged spartn 1');
    expect(whole).toContain('damaged rtcm3 1087');
  });

  test('cut at every place', () => {
    for (let cut = 1; cut < MIXED.length; cut++)
      expect(heard([MIXED.subarray(0, cut), MIXED.subarray(cut)]), `cut at ${cut}`).toEqual(whole);
  });

  test('byte by byte', () => {
    expect(heard([...MIXED].map((byte) => Uint8Array.from([byte])))).toEqual(whole);
  });

  test('random bytes in random pieces neither throw nor grow, and are all accounted for', () => {
    const random = createRandom('fuzz');
    for (let round = 0; round < 20; round++) {
      const bytes = random.bytes(3000).map((byte) => (random.next() < 0.02 ? [0xd3, 0x73, 0xb5][byte % 3]! : byte));
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const length = random.between(1, 300);
        pieces.push(bytes.subarray(at, at + length));
        at += length;
      }
      expect(heard(pieces)).toEqual(heard([bytes]));
    }
  });

  test('a whole receiver answers a byte-wise dialogue like one in one piece', () => {
    const dialogue = Buffer.concat([ACK_AIDING_SET, MIXED, USB_SET, Buffer.from(POLL.uniqid, 'hex')]);
    const [together, apart] = [bench(), bench()];
    together.send(dialogue);
    for (const byte of dialogue) apart.send(Uint8Array.from([byte]));
    expect(apart.take().hex).toEqual(together.take().hex);
    expect(apart.receiver.counters).toEqual(together.receiver.counters);
  });

  test('any payload of any message class is survived', () => {
    const random = createRandom('payloads');
    const b = bench({ knobs: { refuseOptional: true } });
    for (const cls of [0x01, 0x02, 0x05, 0x06, 0x0a, 0x13, 0x27])
      for (let id = 0; id < 256; id++) b.send(ubxFrame(cls, id, random.bytes(random.between(0, 90))));
    expect(b.receiver.counters.ubxIn).toBe(7 * 256);
  });
});
