import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../src/core/index.js';
import { encodeSpartnKeys } from '../../../src/sim/keys.js';
import { CFG, checkUbx, createScanner, rtcmMessage } from '../../../src/sim/receiver/index.js';
import { ACK, type Bench, bench, keysFor, NAK, POLL, pvts, recordedFrame, USB_SET, valset } from './bench.js';

/** Digits: none of them starts a frame. */
const digits = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => 0x30 + (i % 10));

describe('swallowed bytes', () => {
  test('always: every n-th is lost, however the bytes come', async () => {
    const b = bench();
    b.receiver.swallowBytes({ every: 40, when: 'always' });
    for (let i = 0; i < 100; i++) {
      b.send(digits(1));
      await b.clock.advance(10);
    }
    b.send(digits(20));
    expect(b.receiver.counters).toMatchObject({ bytesIn: 120, otherBytes: 117, swallowedBytes: 3 });
  });

  test.each([
    ['a run of 200 in one piece', [200], 0, 5],
    ['the same in small pieces without a pause', [50, 50, 50, 50], 0, 5],
    ['with pauses too short', [39, 39, 39], 3.9, 2],
    ['pieces shorter than n with pauses', [39, 39, 39, 39, 39], 4, 0],
    ['pieces of n with pauses', [40, 40, 40], 4, 3],
  ])('overrun: %s', async (_, pieces, pauseMs, lost) => {
    const b = bench();
    b.receiver.swallowBytes({ every: 40, when: 'overrun' });
    for (const length of pieces) {
      b.send(digits(length));
      await b.clock.advance(pauseMs);
    }
    expect(b.receiver.counters.swallowedBytes).toBe(lost);
  });

  test('the pause is real time also under a fast clock', async () => {
    const fake = createFakeClock();
    const clock = { ...fake, ioBudgetMs: (ms: number) => ms * 100 };
    const b = bench({}, clock);
    b.receiver.swallowBytes({ every: 40, when: 'overrun' });
    for (const pauseMs of [399, 400, 400]) {
      b.send(digits(39));
      await fake.advance(pauseMs);
    }
    expect(b.receiver.counters.swallowedBytes).toBe(1);
  });

  test('a frame with a byte missing is no frame, and the next whole one is', async () => {
    const b = bench();
    b.receiver.swallowBytes({ every: 40, when: 'overrun' });
    b.send(USB_SET);
    await b.clock.advance(5);
    b.send(rtcmMessage(1077, 1, 100));
    await b.clock.advance(1100);
    b.send(Buffer.from(POLL.monVer, 'hex'));
    expect(b.receiver.counters).toMatchObject({ rtcmIn: 0, ubxIn: 2 });
    b.receiver.swallowBytes({ every: 0, when: 'overrun' });
    b.send(rtcmMessage(1077, 1, 100));
    expect(b.receiver.counters.rtcmIn).toBe(1);
  });
});

describe('refused keys', () => {
  const optional = [
    CFG.rxmCorUsb,
    CFG.navSatUsb,
    CFG.navStatusUsb,
    CFG.spartnUseSource,
    CFG.nmeaHighPrecision,
    CFG.ackAiding,
  ];
  const needed = [CFG.usbInSpartn, CFG.usbInRtcm3, CFG.usbOutUbx, CFG.navPvtUsb, CFG.ggaUsb];

  test('refuseOptional keeps what corrections and positions need', () => {
    const b = bench({ knobs: { refuseOptional: true } });
    for (const key of optional) b.send(valset(1, [key, 1]));
    expect(b.take().hex).toEqual(optional.map(() => NAK));
    for (const key of needed) b.send(valset(1, [key, 1]));
    expect(b.take().hex).toEqual(needed.map(() => ACK));
    b.receiver.set({ refuseOptional: false });
    b.send(valset(1, [optional[0]!, 1]));
    expect(b.take().hex).toEqual([ACK]);
  });

  test('a later list of refused keys replaces an earlier one', () => {
    const b = bench();
    b.receiver.refuseKeys([CFG.usbInSpartn]);
    b.receiver.refuseKeys([CFG.navPvtUsb]);
    b.send(valset(1, [CFG.usbInSpartn, 1]));
    b.send(valset(1, [CFG.navPvtUsb, 1]));
    expect(b.take().hex).toEqual([ACK, NAK]);
  });
});

describe('the way out', () => {
  const framesIn = (bytes: Uint8Array): number => {
    let count = 0;
    const add = (): void => {
      count++;
    };
    const scanner = createScanner({
      onUbx: add,
      onSpartn: add,
      onRtcm: add,
      onDamaged: () => {},
      onOther: () => {},
    });
    scanner.push(bytes);
    scanner.flush();
    return count;
  };

  test('noise between messages leaves them whole', async () => {
    const b = bench({ knobs: { noise: 40 } });
    b.send(USB_SET);
    await b.clock.advance(20_000);
    const { bytes } = b.take();
    expect(framesIn(bytes)).toBe(21);
    expect(bytes.toString('latin1').match(/\$GNGGA,[^*]*\*[0-9A-F]{2}\r\n/g)).toHaveLength(20);
    expect(bytes.length).toBeGreaterThan(b.receiver.counters.bytesOut + 300);
  });

  test('garbled, so many bytes are changed and none is lost', async () => {
    const clean = bench();
    const garbled = bench({ knobs: { garble: 50 } });
    for (const b of [clean, garbled]) {
      b.send(USB_SET);
      await b.clock.advance(30_000);
    }
    const [a, c] = [clean.take().bytes, garbled.take().bytes];
    expect(c.length).toBe(a.length);
    const changed = [...a].filter((byte, i) => byte !== c[i]).length;
    expect(changed).toBe(Math.floor(a.length / 50));
    expect(framesIn(c)).toBeLessThan(framesIn(a));
  });

  test('silent, it says nothing and goes on hearing', async () => {
    const b = bench();
    b.receiver.set({ silent: true });
    b.send(USB_SET);
    await b.clock.advance(5000);
    expect(b.take().bytes).toHaveLength(0);
    b.receiver.set({ silent: false });
    await b.clock.advance(2000);
    expect(pvts(b.take().ubx)).toHaveLength(2);
  });
});

describe('line speed', () => {
  const atSpeed = (speed: number | undefined, knobs = {}): Bench =>
    bench({ knobs }, createFakeClock(), { speedOf: () => speed });
  const answers = (b: Bench): boolean => {
    b.take();
    b.send(POLL.monVer);
    return b.take().ubx.length === 1;
  };

  test.each([
    ['its factory speed', 38_400, {}, true],
    ['another', 9600, {}, false],
    ['another, behind USB', 9600, { connector: 'usb' }, true],
    ['a speed nobody tells', undefined, {}, true],
    ['the speed of an older kind', 9600, { profile: 'neo-m8' }, true],
    ['a speed somebody set', 115_200, { baudRate: 115_200 }, true],
  ])('at %s', async (_, speed, knobs, isUnderstood) => {
    const b = atSpeed(speed, knobs);
    expect(answers(b)).toBe(isUnderstood);
    await b.clock.advance(60_000);
    const { bytes } = b.take();
    expect(bytes.includes('$GNGGA')).toBe(isUnderstood);
    expect(bytes.length).toBeGreaterThan(1000);
    if (!isUnderstood) for (const first of [0xb5, 0x73, 0xd3, 0x24]) expect(bytes.includes(first)).toBe(false);
  });

  test('a new speed is acknowledged at the old one and holds until RAM is lost', () => {
    let speed = 38_400;
    const b = bench({}, createFakeClock(), { speedOf: () => speed });
    b.send(valset(1, [CFG.uart1BaudRate, 115_200]));
    expect(b.take().hex).toEqual([ACK]);
    expect(answers(b)).toBe(false);
    speed = 115_200;
    expect(answers(b)).toBe(true);
    expect(b.receiver.snapshot().baudRate).toBe(115_200);
    b.receiver.restart();
    expect(answers(b)).toBe(false);
    expect(b.receiver.snapshot().baudRate).toBe(38_400);
  });
});

describe('restarts', () => {
  const prepared = async (): Promise<Bench> => {
    const b = bench({ keyCheck: 'any-valid-key' });
    b.send(USB_SET);
    b.send(encodeSpartnKeys(keysFor(b.clock)));
    await b.clock.advance(3000);
    for (const type of [0, 1, 2]) b.send(recordedFrame(type));
    expect(b.receiver.quality).toBe('rtk_float');
    return b;
  };

  test('take the fix, the keys and RAM, and are counted', async () => {
    const b = await prepared();
    b.receiver.restart();
    expect(b.receiver.quality).toBe('none');
    expect(b.receiver.heldKeys).toBe(0);
    b.take();
    await b.clock.advance(5000);
    expect(pvts(b.take().ubx)).toEqual([]);
    expect(b.receiver.snapshot().counters).toMatchObject({ restarts: 1, fixes: 2 });
  });

  test('come later when asked for later, once; the last order holds', async () => {
    const b = await prepared();
    b.receiver.restartAfter(1000);
    b.receiver.restartAfter(5000, 'factory');
    await b.clock.advance(4900);
    expect(b.receiver.counters.restarts).toBe(0);
    await b.clock.advance(200);
    expect(b.receiver.counters.restarts).toBe(1);
    await b.clock.advance(60_000);
    expect(b.receiver.counters.restarts).toBe(1);
  });

  test('half a frame from before belongs to nothing after', async () => {
    const b = await prepared();
    const frame = rtcmMessage(1077, 1, 60);
    b.send(frame.subarray(0, 20));
    b.receiver.restart();
    b.send(frame.subarray(20));
    b.send(frame);
    expect(b.receiver.counters.rtcmIn).toBe(1);
  });
});

test('every message of every kind passes its own check', async () => {
  const b = bench();
  b.send(valset(1, [CFG.navPvtUsb, 1], [CFG.navSatUsb, 1], [CFG.navStatusUsb, 1], [CFG.ackAiding, 1]));
  await b.clock.advance(5000);
  const { ubx, hex } = b.take();
  expect(ubx).toHaveLength(16);
  for (const each of hex) expect(checkUbx(Buffer.from(each, 'hex')).is).toBe('frame');
});
