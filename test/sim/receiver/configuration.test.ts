import { describe, expect, test } from 'vitest';
import { CFG, keyOf, ubxFrame } from '../../../src/sim/receiver/index.js';
import { ACK, ACK_AIDING_SET, bench, NAK, payloadsOf, recordedFrame, valset } from './bench.js';

const RAM = 0;
const BBR = 1;
const FLASH = 2;
const FACTORY = 7;

function valget(layer: number, ...keys: number[]): Uint8Array {
  const payload = Buffer.alloc(4 + 4 * keys.length);
  payload.writeUInt8(layer, 1);
  for (const [i, key] of keys.entries()) payload.writeUInt32LE(key, 4 + 4 * i);
  return ubxFrame(0x06, 0x8b, payload);
}
const VALGET_ACK = [5, 1, 6, 0x8b];
const VALGET_NAK = [5, 0, 6, 0x8b];

describe('keys', () => {
  // specs/ublox.md 3.3
  test.each([
    ['inSpartn', [0x10710005, 0x10730005, 0x10750005, 0x10770005]],
    ['inRtcm3', [0x10710004, 0x10730004, 0x10750004, 0x10770004]],
    ['inUbx', [0x10710001, 0x10730001, 0x10750001, 0x10770001]],
    ['inNmea', [0x10710002, 0x10730002, 0x10750002, 0x10770002]],
    ['outUbx', [0x10720001, 0x10740001, 0x10760001, 0x10780001]],
    ['navPvt', [0x20910006, 0x20910007, 0x20910008, 0x20910009]],
    ['navSat', [0x20910015, 0x20910016, 0x20910017, 0x20910018]],
    ['navStatus', [0x2091001a, 0x2091001b, 0x2091001c, 0x2091001d]],
    ['rxmCor', [0x209106b6, 0x209106b7, 0x209106b8, 0x209106b9]],
    ['gga', [0x209100ba, 0x209100bb, 0x209100bc, 0x209100bd]],
  ] as const)('%s has the published numbers and all are known', (family, numbers) => {
    expect((['i2c', 'uart1', 'uart2', 'usb'] as const).map((connector) => keyOf(family, connector))).toEqual(numbers);
    const b = bench();
    b.send(valset(1, ...numbers.map((key): [number, number] => [key, 1])));
    expect(b.take().hex).toEqual([ACK]);
  });

  test.each([
    ['ACKAIDING, as published', ACK_AIDING_SET],
    ['the speed of UART1', valset(1, [0x40520001, 115_200])],
    ['DGNSSMODE, USE_SOURCE and HIGHPREC', valset(1, [0x20140011, 3], [0x20a70001, 1], [0x10930006, 1])],
    ['version 1 without a transaction', ubxFrame(0x06, 0x8a, Buffer.from('010100000500731001', 'hex'))],
    ['nothing at all', valset(1)],
  ])('%s is taken', (_, message) => {
    const b = bench();
    b.send(message);
    expect(b.take().hex).toEqual([ACK]);
  });

  test.each([
    ['version 2', ubxFrame(0x06, 0x8a, Buffer.from('020100000500731001', 'hex'))],
    ['a transaction', ubxFrame(0x06, 0x8a, Buffer.from('010101000500731001', 'hex'))],
    ['a layer that is none', valset(9, [CFG.navPvtUsb, 1])],
    ['a key of an unknown size', ubxFrame(0x06, 0x8a, Buffer.from('000100000500730001', 'hex'))],
    ['more than 64 items', valset(1, ...Array.from({ length: 65 }, (): [number, number] => [CFG.navPvtUsb, 1]))],
  ])('%s is refused', (_, message) => {
    const b = bench();
    b.send(message);
    expect(b.take().hex).toEqual([NAK]);
  });
});

describe('layers', () => {
  test.each([
    ['RAM', 1, false, false],
    ['BBR', 2, true, false],
    ['flash', 4, true, false],
    ['all', 7, true, false],
  ])('what was written to %s after a restart, and after one to the factory', (_, layers, isKept, isKeptByFactory) => {
    const b = bench();
    b.send(valset(layers, [CFG.navSatUsb, 1]));
    b.take();
    const isSet = (): boolean => {
      b.send(valget(RAM, CFG.navSatUsb));
      return payloadsOf(b.take(), 0x06, 0x8b)[0]!.readUInt8(8) === 1;
    };
    expect(isSet()).toBe((layers & 1) !== 0);
    b.receiver.restart();
    expect(isSet()).toBe(isKept);
    b.receiver.restart('factory');
    expect(isSet()).toBe(isKeptByFactory);
    b.receiver.restart();
    expect(isSet()).toBe(false);
  });

  test('battery-backed values come before those of the flash', () => {
    const b = bench();
    b.send(valset(4, [CFG.navSatUsb, 5]));
    b.send(valset(2, [CFG.navSatUsb, 2]));
    b.receiver.restart();
    b.take();
    b.send(valget(RAM, CFG.navSatUsb));
    expect(payloadsOf(b.take(), 0x06, 0x8b)[0]!.readUInt8(8)).toBe(2);
  });
});

describe('VALGET', () => {
  test('it gives keys with values of their sizes, and an acknowledgement behind them', () => {
    const b = bench();
    b.send(valget(RAM, CFG.uart1BaudRate, CFG.dgnssMode, CFG.uart1InSpartn));
    const { ubx } = b.take();
    expect(ubx.map((m) => [m.cls, m.id])).toEqual([
      [0x06, 0x8b],
      [0x05, 0x01],
    ]);
    expect(Buffer.from(ubx[0]!.payload).toString('hex')).toBe(
      ['01000000', '0100524000960000', '1100142003', '0500731000'].join(''),
    );
    expect(Buffer.from(ubx[1]!.payload).toString('hex')).toBe('068b');
  });

  test.each<[string, Uint8Array, boolean]>([
    ['a key unknown', valget(RAM, CFG.dgnssMode, 0x20919999), false],
    ['a key set in BBR', valget(BBR, CFG.navPvtUsb), true],
    ['a key not set in flash', valget(FLASH, CFG.navPvtUsb), false],
    ['a factory value', valget(FACTORY, CFG.uart1BaudRate), true],
    ['a layer that is none', valget(3, CFG.uart1BaudRate), false],
    ['no key', valget(RAM), false],
    ['a key cut off', ubxFrame(0x06, 0x8b, Buffer.from('000000000100', 'hex')), false],
    ['nothing', ubxFrame(0x06, 0x8b, new Uint8Array(0)), false],
    ['an answer sent back', ubxFrame(0x06, 0x8b, Buffer.from('0100000001005240', 'hex')), false],
  ])('%s', (_, message, isGiven) => {
    const b = bench();
    b.send(valset(2, [CFG.navPvtUsb, 1]));
    b.take();
    b.send(message);
    expect(b.take().ubx.map((m) => (m.cls === 5 ? [m.cls, m.id, ...m.payload] : 'values'))).toEqual(
      isGiven ? ['values', VALGET_ACK] : [VALGET_NAK],
    );
  });
});

describe('connectors', () => {
  test.each([
    ['any', CFG.usbInSpartn, true],
    ['any', CFG.uart1InSpartn, true],
    ['usb', CFG.usbInSpartn, true],
    ['usb', CFG.uart1InSpartn, false],
    ['uart1', CFG.uart1InSpartn, true],
    ['uart2', CFG.uart1InSpartn, false],
  ] as const)('at %s, key %i lets SPARTN in: %s', (connector, key, isHeard) => {
    const b = bench({ knobs: { connector }, keyCheck: 'any-valid-key' });
    b.send(valset(1, [key, 1]));
    b.send(recordedFrame());
    expect(b.receiver.counters.notDecrypted).toBe(isHeard ? 1 : 0);
  });

  test('a receiver told not to hear UBX at its connector hears none', () => {
    const b = bench({ knobs: { connector: 'uart1' } });
    b.send(valset(1, [keyOf('inUbx', 'uart1'), 0]));
    expect(b.take().hex).toEqual([ACK]);
    b.send(valset(1, [keyOf('inUbx', 'uart1'), 1]));
    expect(b.take().hex).toEqual([]);
  });

  test('a rate of n brings every n-th epoch, 0 none', async () => {
    const b = bench({ knobs: { connector: 'uart1' } });
    b.send(valset(1, [CFG.navPvtUart1, 2], [CFG.navSatUart1, 5], [CFG.navStatusUart1, 1], [CFG.ggaUart1, 0]));
    b.take();
    await b.clock.advance(10_000);
    const said = b.take();
    expect([0x07, 0x35, 0x03].map((id) => payloadsOf(said, 0x01, id).length)).toEqual([5, 2, 10]);
    expect(said.nmea).toEqual([]);
  });

  test('out of the factory without UBX, it speaks sentences until told otherwise', async () => {
    const b = bench({ knobs: { ubxOutput: false } });
    b.send(valset(1, [CFG.navPvtUsb, 1]));
    b.send(Buffer.from('b5620a0400000e34', 'hex'));
    await b.clock.advance(2000);
    const before = b.take();
    expect(before.ubx).toEqual([]);
    expect(before.nmea).toHaveLength(2);
    b.send(valset(1, [CFG.usbOutUbx, 1]));
    expect(b.take().hex).toEqual([ACK]);
    b.receiver.restart();
    b.send(valset(1, [CFG.navPvtUsb, 1]));
    expect(b.take().hex).toEqual([]);
  });
});

describe('CFG-RST', () => {
  const rst = (mask: number, mode: number): Uint8Array =>
    ubxFrame(0x06, 0x04, Uint8Array.from([mask & 255, mask >> 8, mode, 0]));
  test.each([
    ['a cold reset of everything', rst(0xffff, 0), { restarts: 1, keepsRam: false, ttffMs: 26_000 }],
    ['a warm software reset', rst(0x0001, 1), { restarts: 1, keepsRam: false, ttffMs: 26_000 }],
    ['a hot software reset', rst(0, 1), { restarts: 1, keepsRam: false, ttffMs: 3000 }],
    ['a cold start of the engine alone', rst(0xffff, 2), { restarts: 0, keepsRam: true, ttffMs: 26_000 }],
    ['a hot start of the engine alone', rst(0, 2), { restarts: 0, keepsRam: true, ttffMs: 3000 }],
  ])('%s', async (_, message, { restarts, keepsRam, ttffMs }) => {
    const b = bench({ knobs: { start: 'cold' } });
    b.send(valset(1, [CFG.navSatUsb, 1]));
    await b.clock.advance(30_000);
    expect(b.receiver.quality).toBe('3d');
    b.take();
    b.send(message);
    const said = b.take();
    expect(said.ubx).toEqual([]);
    expect(b.receiver.quality).toBe('none');
    expect(b.receiver.counters.restarts).toBe(restarts);
    await b.clock.advance(40_000);
    expect(payloadsOf(b.take(), 0x01, 0x35).length > 0).toBe(keepsRam);
    expect(b.receiver.snapshot().timeToFirstFixMs).toBe(ttffMs);
    expect(b.receiver.counters.fixes).toBe(2);
  });

  test('a payload cut off changes nothing', () => {
    const b = bench();
    b.send(ubxFrame(0x06, 0x04, Uint8Array.from([0xff, 0xff])));
    expect(b.receiver.counters.restarts).toBe(0);
  });

  test('a stopped engine has no fix until it is started', async () => {
    const b = bench();
    await b.clock.advance(3000);
    b.send(rst(0, 8));
    b.take();
    await b.clock.advance(60_000);
    expect(b.receiver.quality).toBe('none');
    expect(b.take().nmea.at(-1)).toMatch(/^\$GNGGA,,,,,,0,/);
    b.send(rst(0, 9));
    await b.clock.advance(3000);
    expect(b.receiver.quality).toBe('3d');
    expect(b.receiver.counters.restarts).toBe(0);
  });
});
