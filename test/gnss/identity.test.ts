// Nothing that carries a secret, and no correction, goes to a device that has not shown itself to be a receiver.
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/index.js';
import { isReceiversOwn, spartnKeyFrame, trustAfter } from '../../src/gnss/index.js';
import { createRandom, cutRandomly } from '../modem/random.js';
import { navPvt, nmea, spartn, ubx } from './frames.js';
import { besides, createRig, MON_VER_POLL } from './rig.js';

const KEYS = [
  {
    startUtcMs: 1668815982000,
    durationMs: 2419199999,
    value: new Secret('spartn-key', '00112233445566778899aabbccddeeff'),
  },
];
const KEY_FRAME = Buffer.from(spartnKeyFrame(KEYS, 18)!);
const GGA = nmea('GNGGA,123519.00,4807.0380,N,01131.0000,E,4,12,0.80,545.4,M,46.9,M,1.0,0000');
const MON_VER = ubx(0x0a, 0x04, Buffer.alloc(70, 0x41));
const UNIQID = ubx(0x27, 0x03, Buffer.from('01000000aabbccddee', 'hex'));
const VALSET = Buffer.from([0xb5, 0x62, 0x06, 0x8a]);

describe('an identity by rule', () => {
  const facts = { protocol: 'ubx', keysWait: true, askedMs: 0 } as const;
  test.each([
    ['a frame is proof enough for all', 'none', 'frame', facts, 'receiver'],
    ['a sentence waits for the question’s answer while keys wait', 'none', 'sentence', facts, 'none'],
    ['without keys it counts at once', 'none', 'sentence', { ...facts, keysWait: false }, 'sentences'],
    ['after two seconds it counts for corrections', 'none', 'sentence', { ...facts, askedMs: 2000 }, 'sentences'],
    ['a frame later completes it', 'sentences', 'frame', facts, 'receiver'],
    ['a sentence later takes nothing away', 'receiver', 'sentence', facts, 'receiver'],
    ['keys that come later do not shut corrections out again', 'sentences', 'sentence', facts, 'sentences'],
    ['a port of sentences has no other proof', 'none', 'sentence', { ...facts, protocol: 'nmea' }, 'receiver'],
  ] as const)('%s', (_name, trust, proof, given, wanted) => {
    expect(trustAfter(trust, proof, given)).toBe(wanted);
  });

  test('frames that hosts send prove nothing', () => {
    const ours = [MON_VER_POLL, KEY_FRAME, ubx(0x06, 0x8a, Buffer.alloc(9)), ubx(0x13, 0x40, Buffer.alloc(24))];
    expect(ours.filter(isReceiversOwn)).toEqual([]);
    expect([MON_VER, navPvt(), ubx(0x05, 0x01, Buffer.from([6, 0x8a]))].every(isReceiversOwn)).toBe(true);
  });
});

describe('before the far side has shown itself', () => {
  test('a u-blox port hears only the question, every two seconds, whatever waits', async () => {
    const { receiver, ends, run, settle, clock } = createRig({ configure: true });
    receiver.setKeys(KEYS);
    const { stop } = run();
    await settle();
    for (let s = 0; s < 10; s++) {
      receiver.setKeys(KEYS);
      void receiver.feed('spartn', spartn());
      await clock.advance(1000);
    }
    expect(ends[0]!.bytes()).toEqual(Buffer.concat(Array.from({ length: 6 }, () => MON_VER_POLL)));
    expect(receiver.snapshot()).toMatchObject({ identified: 'none', counters: { keysSent: 0, framesToReceiver: 0 } });
    stop();
  });

  test('a port of sentences hears nothing at all, and everything after the first sentence', async () => {
    const { receiver, ends, run, settle, clock } = createRig({ protocol: 'nmea' });
    receiver.setKeys(KEYS);
    const { stop } = run();
    await settle();
    void receiver.feed('spartn', spartn());
    await clock.advance(6000);
    await ends[0]!.send(Buffer.from('$GNGGA,broken*00\r\n'));
    await settle();
    expect(ends[0]!.bytes().length).toBe(0);
    await ends[0]!.send(GGA);
    await settle();
    await expect.poll(() => ends[0]!.bytes()).toEqual(Buffer.concat([KEY_FRAME, spartn()]));
    stop();
  });

  test('what waits goes down at the first frame, keys first; what has become old meanwhile does not', async () => {
    const { receiver, ends, run, settle, clock } = createRig();
    receiver.setKeys(KEYS);
    const { stop } = run();
    await settle();
    void receiver.feed('spartn', spartn({ payload: Buffer.from('old') }));
    await clock.advance(9000);
    const fresh = spartn({ payload: Buffer.from('fresh') });
    void receiver.feed('spartn', fresh);
    await clock.advance(1500);
    await ends[0]!.send(Buffer.concat([MON_VER, UNIQID]));
    await settle();
    expect(besides(ends[0]!.bytes())).toEqual(Buffer.concat([KEY_FRAME, fresh]));
    expect(receiver.snapshot()).toMatchObject({ identified: 'receiver', counters: { droppedStale: 1 } });
    const polls = ends[0]!.bytes().length;
    await clock.advance(10_000);
    expect(ends[0]!.bytes().length, 'the question is not asked any more').toBe(polls);
    stop();
  });

  test('sentences alone are enough for corrections and configuration, never for keys', async () => {
    const { receiver, ends, run, settle, clock } = createRig({ configure: true });
    receiver.setKeys(KEYS);
    const { stop } = run();
    await settle();
    for (let s = 0; s < 12; s++) {
      await ends[0]!.send(GGA);
      void receiver.feed('spartn', spartn());
      await clock.advance(1000);
    }
    const wire = ends[0]!.bytes();
    expect(wire.includes(spartn())).toBe(true);
    expect(wire.includes(VALSET)).toBe(true);
    expect(wire.includes(KEY_FRAME)).toBe(false);
    // Its UBX output has come on.
    await ends[0]!.send(ubx(0x05, 0x01, Buffer.from([0x06, 0x8a])));
    await settle();
    expect(ends[0]!.bytes().includes(KEY_FRAME)).toBe(true);
    stop();
  });

  test('each connection starts anew', async () => {
    const { receiver, ends, run, settle } = createRig();
    receiver.setKeys(KEYS);
    const first = run();
    await settle();
    await ends[0]!.send(navPvt());
    await settle();
    expect(ends[0]!.bytes().includes(KEY_FRAME)).toBe(true);
    await ends[0]!.link[Symbol.asyncDispose]();
    await first.ended;
    const second = run();
    await settle();
    receiver.setKeys(KEYS);
    void receiver.feed('spartn', spartn());
    await settle();
    expect(ends[1]!.bytes()).toEqual(MON_VER_POLL);
    second.stop();
  });

  test('one-way wiring is declared by configure: false and no silence limit, and waits for nothing', async () => {
    const { receiver, ends, run, settle } = createRig({ configure: false, silentAfterMs: 0 });
    receiver.setKeys(KEYS);
    const { stop } = run();
    await settle();
    void receiver.feed('spartn', spartn());
    await settle();
    expect(besides(ends[0]!.bytes())).toEqual(Buffer.concat([KEY_FRAME, spartn()]));
    stop();
  });

  test('no silence limit alone declares nothing', async () => {
    const { receiver, ends, run, settle, clock } = createRig({ configure: true, silentAfterMs: 0 });
    receiver.setKeys(KEYS);
    const { stop } = run();
    await settle();
    await clock.advance(60_000);
    expect(besides(ends[0]!.bytes()).length).toBe(0);
    stop();
  });
});

describe('another kind of device', () => {
  const says: [what: string, bytes: Buffer][] = [
    ['an echo of the question', MON_VER_POLL],
    ['a final result', Buffer.from('\r\nOK\r\n')],
    ['a refusal', Buffer.from('\r\nERROR\r\n')],
    ['an echo of a command', Buffer.from('AT+CSQ\r\r\n')],
    ['an unsolicited line', Buffer.from('\r\n+CREG: 1,"1F00","0079D903",7\r\n')],
    ['a typed refusal', Buffer.from('\r\n+CME ERROR: 10\r\n')],
  ];
  test.each(says)('%s ends the run, and it got no key', async (_what, bytes) => {
    for (let seed = 1; seed <= 10; seed++) {
      const { receiver, ends, run, settle, clock } = createRig({ configure: true });
      receiver.setKeys(KEYS);
      const { ended } = run();
      await settle();
      void receiver.feed('spartn', spartn());
      for (const part of cutRandomly(bytes, createRandom(seed), 4)) await ends[0]!.send(part);
      await settle();
      expect(await ended).toMatchObject({ code: 'gnss.wrong-device' });
      expect(besides(ends[0]!.bytes()).length).toBe(0);
      await settle();
      expect(clock.pending).toBe(0);
    }
  });

  test('a modem on a port of sentences is told too', async () => {
    const { ends, run, settle } = createRig({ protocol: 'nmea' });
    const { ended } = run();
    await settle();
    await ends[0]!.send(Buffer.from('\r\n+CIEV: 2,1\r\n'));
    expect(await ended).toMatchObject({ code: 'gnss.wrong-device' });
  });

  test('five seconds of bytes that mean nothing end it, a few at the plugging-in do not', async () => {
    const { receiver, ends, run, settle, clock } = createRig();
    const { ended } = run();
    await settle();
    await ends[0]!.send(Buffer.from([0, 0xff, 0]));
    await clock.advance(8000);
    await ends[0]!.send(Buffer.from([0]));
    await clock.advance(100);
    expect(receiver.snapshot().running).toBe(true);
    await ends[0]!.send(Buffer.alloc(20, 0x9c));
    await settle();
    expect(await ended).toMatchObject({ code: 'gnss.wrong-device', hint: expect.stringContaining('baudRate') });
  });

  test('a receiver that has shown itself may say what it likes', async () => {
    const { receiver, ends, run, settle, clock } = createRig();
    const { stop } = run();
    await settle();
    await ends[0]!.send(navPvt());
    for (let s = 0; s < 10; s++) {
      await ends[0]!.send(Buffer.from('\r\nOK\r\n+CREG: 1\r\nnoise without end'));
      await clock.advance(1000);
    }
    expect(receiver.snapshot().running).toBe(true);
    stop();
  });

  test('random bytes never open the gate (200 seeds)', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = createRandom(seed);
      const { receiver, ends, run, settle } = createRig();
      receiver.setKeys(KEYS);
      const { stop, ended } = run();
      await settle();
      for (let i = 0; i < 4; i++) await ends[0]!.send(random.bytes(100));
      await settle();
      expect(besides(ends[0]!.bytes()).length, `seed ${seed}`).toBe(0);
      stop();
      await ended;
    }
  });
});
