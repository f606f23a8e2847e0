import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../src/core/index.js';
import { createCorrectionStream } from '../../../src/sim/cadence.js';
import { createSimKeys, encodeSpartnKeys } from '../../../src/sim/keys.js';
import { CFG, ubxFrame } from '../../../src/sim/receiver/index.js';
import {
  ACK,
  type Bench,
  bench,
  isCor,
  keysFor,
  NAK,
  pvts,
  recordedFrame,
  UART_SET,
  USB_SET,
  valset,
} from './bench.js';

const COR_USED = 'b56202340c000100000022ffffaf00000000124e';
const COR_NOT_DECRYPTED_HPAC = 'b56202340c0001000000a2feff6f01000000520b';

describe('polls', () => {
  test.each([
    ['b562270300002aa5', 0x27, 0x03, 9],
    ['b5620a0400000e34', 0x0a, 0x04, 220],
    ['b562010700000819', 0x01, 0x07, 92],
  ])('poll %s is answered by a message of its own class', (poll, cls, id, length) => {
    const b = bench();
    b.send(Buffer.from(poll, 'hex'));
    const { ubx } = b.take();
    expect(ubx.map((m) => [m.cls, m.id, m.payload.length])).toEqual([[cls, id, length]]);
  });

  test('it says it is a receiver that can use SPARTN', () => {
    const b = bench();
    b.send(Buffer.from('b5620a0400000e34', 'hex'));
    const text = Buffer.from(b.take().ubx[0]!.payload).toString('latin1');
    for (const fact of ['MOD=ZED-F9P', 'FWVER=HPG 1.32', 'PROTVER=27.31']) expect(text).toContain(fact);
  });

  test('the unique id is the same for a seed and differs between seeds', () => {
    const ids = ['a', 'a', 'b'].map((seed) => {
      const b = bench({ seed });
      b.send(Buffer.from('b562270300002aa5', 'hex'));
      return b.take().hex[0];
    });
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  test('a poll split anywhere, with noise around it, is answered once', () => {
    const poll = Buffer.from('b562270300002aa5', 'hex');
    for (let cut = 1; cut < poll.length; cut++) {
      const b = bench();
      b.send(Buffer.concat([Buffer.from('\r\n?'), poll.subarray(0, cut)]));
      b.send(Buffer.concat([poll.subarray(cut), Buffer.from('\r\n')]));
      expect(b.take().ubx.length, `cut at ${cut}`).toBe(1);
    }
  });

  test('half a frame followed by silence does not swallow the next poll', async () => {
    const b = bench();
    b.send(recordedFrame().subarray(0, 30));
    await b.clock.advance(1500);
    b.take();
    b.send(Buffer.from('b562270300002aa5', 'hex'));
    expect(b.take().ubx.length).toBe(1);
  });
});

describe('configuration', () => {
  test.each([
    ['USB', USB_SET],
    ['UART1', UART_SET],
  ])('the published %s set is accepted', (_, set) => {
    const b = bench();
    b.send(set);
    expect(b.take().hex).toEqual([ACK]);
  });

  test('one unknown key refuses the whole message and nothing of it is applied', async () => {
    const b = bench();
    b.send(valset(1, [CFG.navPvtUsb, 1], [0x20919999, 1]));
    expect(b.take().hex).toEqual([NAK]);
    await b.clock.advance(3000);
    expect(pvts(b.take().ubx)).toEqual([]);
  });

  test.each([
    ['a value cut off', ubxFrame(0x06, 0x8a, Buffer.from('0001000005007710', 'hex'))],
    ['no layer', valset(0, [CFG.navPvtUsb, 1])],
    ['a header cut off', ubxFrame(0x06, 0x8a, Buffer.from('0001', 'hex'))],
  ])('%s is refused', (_, message) => {
    const b = bench();
    b.send(message);
    expect(b.take().hex).toEqual([NAK]);
  });

  test('a restart forgets RAM and keeps flash', async () => {
    const b = bench();
    b.send(valset(1, [CFG.navPvtUsb, 1]));
    b.receiver.restart();
    b.take();
    await b.clock.advance(2000);
    expect(pvts(b.take().ubx).length).toBe(0);
    b.send(valset(7, [CFG.navPvtUsb, 1]));
    b.receiver.restart();
    await b.clock.advance(2000);
    expect(pvts(b.take().ubx).length).toBe(2);
  });

  test('fault: an older firmware refuses the SPARTN keys', () => {
    const b = bench();
    b.receiver.refuseKeys([CFG.usbInSpartn]);
    b.send(USB_SET);
    expect(b.take().hex).toEqual([NAK]);
  });
});

describe('output', () => {
  test('GGA comes once a second without being asked, NAV-PVT only once enabled', async () => {
    const b = bench();
    await b.clock.advance(5000);
    let said = b.take();
    expect(said.nmea.length).toBe(5);
    expect(said.ubx).toEqual([]);
    b.send(USB_SET);
    await b.clock.advance(5000);
    said = b.take();
    expect(said.nmea.length).toBe(5);
    expect(pvts(said.ubx).length).toBe(5);
  });

  test('GGA sentences have a right checksum and the simulated position', async () => {
    const b = bench();
    await b.clock.advance(4000);
    const sentence = b.take().nmea.at(-1)!;
    const [, body, sum] = /^\$(.*)\*([0-9A-F]{2})\r\n$/.exec(sentence)!;
    expect(Buffer.from(body!, 'latin1').reduce((x, c) => x ^ c, 0)).toBe(Number.parseInt(sum!, 16));
    expect(body).toMatch(/^GNGGA,000004\.00,4812\.49\d+,N,01622\.42\d+,E,1,/);
  });

  test('position and time are withheld until the first fix and right after it', async () => {
    const b = bench();
    b.send(USB_SET);
    await b.clock.advance(6000);
    const said = pvts(b.take().ubx);
    expect(said[0]!.readUInt8(11)).toBe(0);
    expect(said[0]!.readUInt8(20)).toBe(0);
    const last = said.at(-1)!;
    expect(last.readUInt8(11) & 7).toBe(7);
    expect(last.readUInt8(20)).toBe(3);
    expect([last.readUInt16LE(4), last.readUInt8(6), last.readUInt8(7), last.readUInt8(10)]).toEqual([2026, 1, 1, 6]);
    expect(last.readInt32LE(28) / 1e7).toBeCloseTo(48.2082, 4);
    expect(last.readInt32LE(24) / 1e7).toBeCloseTo(16.3738, 4);
  });

  test('under a very fast clock there are at most fifty epochs per real second', async () => {
    const scale = 3600;
    const fake = createFakeClock();
    const clock = { ...fake, ioBudgetMs: (ms: number) => Math.max(ms, Math.min(ms, 3000) * scale) };
    const b = bench({}, clock);
    await fake.advance(1000 * scale);
    const { length } = b.take().nmea;
    expect(length).toBeGreaterThanOrEqual(49);
    expect(length).toBeLessThanOrEqual(50);
  });
});

describe('corrections', () => {
  /** Feeds the generated stream until the returned stop is called. */
  const stream = (b: Bench): (() => void) =>
    createCorrectionStream({ clock: b.clock, keys: createSimKeys(b.clock), seed: 'x' }).start(({ payload }) =>
      b.send(payload),
    );

  test('SPARTN is ignored until its input is enabled', () => {
    const b = bench();
    b.send(valset(1, [CFG.rxmCorUsb, 1]));
    b.take();
    b.send(recordedFrame());
    expect(b.take().ubx).toEqual([]);
    b.send(valset(1, [CFG.uart1InSpartn, 1]));
    b.take();
    b.send(recordedFrame());
    expect(b.take().ubx.filter(isCor).length).toBe(1);
  });

  test('keys are never acknowledged, right or wrong', () => {
    const b = bench();
    b.send(encodeSpartnKeys(keysFor(b.clock)));
    b.send(ubxFrame(0x02, 0x36, Buffer.from('0102', 'hex')));
    expect(b.take().ubx).toEqual([]);
    expect(b.receiver.heldKeys).toBe(2);
  });

  test('used and unreadable frames are reported byte for byte as real receivers do', () => {
    const b = bench({ keyCheck: 'any-valid-key' });
    b.send(USB_SET);
    b.take();
    b.send(recordedFrame(1));
    b.send(encodeSpartnKeys(keysFor(b.clock)));
    b.send(recordedFrame(0));
    expect(b.take().hex).toEqual([COR_NOT_DECRYPTED_HPAC, COR_USED]);
  });

  test('a frame with a wrong message check is reported as such and not used', () => {
    const b = bench({ keyCheck: 'any-valid-key' });
    b.send(USB_SET);
    b.send(encodeSpartnKeys(keysFor(b.clock)));
    b.take();
    const damaged = recordedFrame();
    damaged[40] = (damaged[40] ?? 0) ^ 1;
    b.send(damaged);
    const [cor] = b.take().ubx.filter(isCor);
    const status = Buffer.from(cor!.payload).readUInt32LE(4);
    expect((status >>> 5) & 3).toBe(2);
    expect((status >>> 7) & 3).toBe(1);
    expect(b.receiver.counters).toMatchObject({ used: 0, crcErrors: 1 });
  });

  test('the generated stream is read with the service keys and with no others', async () => {
    for (const [keys, isRead] of [
      [(clock: FakeClock) => keysFor(clock), true],
      [(clock: FakeClock) => keysFor(clock).slice(0, 1), true],
      [(clock: FakeClock) => keysFor(clock).slice(1), false],
      [(clock: FakeClock) => keysFor(clock).map((key) => ({ ...key, valueHex: '0'.repeat(32) })), false],
      [(clock: FakeClock) => keysFor(clock).map((k) => ({ ...k, startUtcMs: k.startUtcMs + 28 * 86_400_000 })), false],
    ] as const) {
      const b = bench();
      b.send(USB_SET);
      b.send(encodeSpartnKeys(keys(b.clock)));
      stream(b)();
      expect(b.receiver.counters).toMatchObject(isRead ? { used: 26, notDecrypted: 0 } : { used: 0, notDecrypted: 26 });
    }
  });

  test('over a roll-over both keys together read every frame', async () => {
    const clock = createFakeClock();
    const keys = keysFor(clock);
    await clock.advance(keys[1]!.startUtcMs - clock.wall() - 20_000);
    const b = bench({}, clock);
    b.send(USB_SET);
    b.send(encodeSpartnKeys(keys));
    const stop = stream(b);
    await clock.advance(60_000);
    stop();
    expect(b.receiver.quality).toBe('rtk_fixed');
    expect(b.receiver.counters.notDecrypted).toBe(0);
    expect(b.receiver.counters.used).toBeGreaterThan(60);
  });

  test('after a roll-over with the old key alone the fix is lost within a minute', async () => {
    const clock = createFakeClock();
    const keys = keysFor(clock);
    await clock.advance(keys[1]!.startUtcMs - clock.wall() - 20_000);
    const b = bench({}, clock);
    b.send(USB_SET);
    b.send(encodeSpartnKeys(keys.slice(0, 1).concat({ ...keys[1]!, valueHex: '0'.repeat(32) })));
    const stop = stream(b);
    await clock.advance(20_000);
    expect(b.receiver.quality).toBe('rtk_fixed');
    await clock.advance(70_000);
    stop();
    expect(b.receiver.quality).toBe('3d');
    expect(b.receiver.counters.notDecrypted).toBeGreaterThan(20);
  });

  test('the fix climbs to fixed with used corrections and falls back a minute after the last', async () => {
    const b = bench();
    b.send(USB_SET);
    b.send(encodeSpartnKeys(keysFor(b.clock)));
    await b.clock.advance(5000);
    expect(b.receiver.quality).toBe('3d');
    const stop = stream(b);
    expect(b.receiver.quality).toBe('rtk_float');
    b.take();
    await b.clock.advance(4000);
    expect(b.receiver.quality).toBe('rtk_fixed');
    const last = pvts(b.take().ubx).at(-1)!;
    expect(last.readUInt8(21) >> 6).toBe(2);
    expect(last.readUInt32LE(40)).toBe(14);
    stop();
    await b.clock.advance(55_000);
    expect(b.receiver.quality).toBe('rtk_fixed');
    await b.clock.advance(6000);
    expect(b.receiver.quality).toBe('3d');
  });

  test('unreadable corrections never improve the fix', async () => {
    const b = bench();
    b.send(USB_SET);
    const stop = stream(b);
    await b.clock.advance(40_000);
    stop();
    expect(b.receiver.quality).toBe('3d');
  });

  test('fault: every third frame lost on the way in leaves no trace', () => {
    const b = bench({ keyCheck: 'any-valid-key' });
    b.send(USB_SET);
    b.send(encodeSpartnKeys(keysFor(b.clock)));
    b.receiver.swallowEvery(3);
    for (let i = 0; i < 7; i++) b.send(recordedFrame());
    expect(b.receiver.counters.used).toBe(4);
  });

  test('fault: a behaviour in front can answer instead of the receiver', () => {
    const b = bench();
    b.receiver.behaviours.push((input, io) => {
      if (input.is !== 'ubx' || input.message.cls !== 0x06) return false;
      io.write(Buffer.from(NAK, 'hex'));
      return true;
    });
    b.send(USB_SET);
    expect(b.take().hex).toEqual([NAK]);
  });
});

describe('the save file', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'waymark-receiver-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test('it holds every correction byte in order and nothing of the UBX traffic', async () => {
    const saveFile = join(dir, 'saved.bin');
    const b = bench({ saveFile });
    const damaged = recordedFrame(2).fill(0, 20, 30);
    const input = [USB_SET, recordedFrame(0), Buffer.from('junk'), damaged, Buffer.from('b562270300002aa5', 'hex')];
    const all = Buffer.concat([...input, recordedFrame(1)]);
    for (let at = 0; at < all.length; at += 7) b.send(all.subarray(at, at + 7));
    await b.clock.advance(1500);
    const expected = Buffer.concat([recordedFrame(0), Buffer.from('junk'), damaged, recordedFrame(1)]);
    expect(readFileSync(saveFile).toString('hex')).toBe(expected.toString('hex'));
    expect(b.receiver.counters.correctionBytes).toBe(expected.length);
  });

  test('it starts empty with each start of the simulator, and survives restarts of the receiver', () => {
    const saveFile = join(dir, 'saved.bin');
    const first = bench({ saveFile });
    first.send(recordedFrame());
    const second = bench({ saveFile });
    expect(readFileSync(saveFile).length).toBe(0);
    second.send(recordedFrame());
    second.receiver.restart();
    second.send(recordedFrame());
    expect(readFileSync(saveFile).length).toBe(2 * recordedFrame().length);
  });
});
