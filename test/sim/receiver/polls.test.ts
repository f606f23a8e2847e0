import { describe, expect, test } from 'vitest';
import { encodeSpartnKeys } from '../../../src/sim/keys.js';
import { CFG, type ReceiverProfileName, ubxFrame } from '../../../src/sim/receiver/index.js';
import { ACK, bench, keysFor, NAK, POLL, payloadsOf, UART_SET, USB_SET, valset } from './bench.js';

describe('what a receiver says of itself', () => {
  test.each<[ReceiverProfileName, string[], uniqid: number]>([
    ['zed-f9p', ['MOD=ZED-F9P', 'FWVER=HPG 1.32', 'PROTVER=27.31'], 9],
    ['zed-f9p-1.12', ['MOD=ZED-F9P', 'FWVER=HPG 1.12', 'PROTVER=27.11'], 9],
    ['neo-m8', ['MOD=NEO-M8N-0', 'FWVER=SPG 3.01', 'PROTVER=18.00'], 9],
    ['neo-m10', ['MOD=NEO-M10S', 'FWVER=SPG 5.10', 'PROTVER=34.10'], 10],
  ])('%s has its own MON-VER and SEC-UNIQID', (profile, facts, length) => {
    const b = bench({ knobs: { profile } });
    b.send(POLL.monVer);
    b.send(POLL.uniqid);
    const said = b.take();
    const [version] = payloadsOf(said, 0x0a, 0x04);
    expect((version!.length - 40) % 30).toBe(0);
    const extensions = Array.from({ length: (version!.length - 40) / 30 }, (_, i) =>
      version!.toString('latin1', 40 + 30 * i, 70 + 30 * i).replaceAll('\0', ''),
    );
    expect(extensions).toEqual(expect.arrayContaining(facts));
    const [id] = payloadsOf(said, 0x27, 0x03);
    expect([id!.length, id![0]]).toEqual([length, length - 8]);
  });

  test.each([
    [1, 9],
    [2, 10],
  ])('SEC-UNIQID version %d can be chosen for any', (uniqueIdVersion, length) => {
    const b = bench({ knobs: { uniqueIdVersion, profile: 'neo-m8' } });
    b.send(POLL.uniqid);
    expect(payloadsOf(b.take(), 0x27, 0x03)[0]).toHaveLength(length);
  });

  test('a receiver of another maker sends sentences and answers nothing', async () => {
    const b = bench({ knobs: { profile: 'nmea' } });
    for (const bytes of [...Object.values(POLL), USB_SET, ubxFrame(0x06, 0x8b, Buffer.alloc(8))]) b.send(bytes);
    await b.clock.advance(3000);
    const said = b.take();
    expect(said.ubx).toEqual([]);
    expect(said.nmea).toHaveLength(3);
  });

  test('a message nobody knows has no answer, and in the configuration class a refusal', () => {
    const b = bench();
    b.send(ubxFrame(0x0b, 0x30, new Uint8Array(0)));
    b.send(ubxFrame(0x01, 0x61, new Uint8Array(0)));
    expect(b.take().hex).toEqual([]);
    b.send(ubxFrame(0x06, 0x3e, new Uint8Array(0)));
    b.send(ubxFrame(0x06, 0x09, Buffer.alloc(12)));
    expect(b.take().ubx.map((m) => [m.cls, m.id, ...m.payload])).toEqual([
      [5, 0, 6, 0x3e],
      [5, 0, 6, 0x09],
    ]);
  });

  test('asked for its keys, it sends the message it was given', () => {
    const b = bench();
    const message = encodeSpartnKeys(keysFor(b.clock));
    b.send(ubxFrame(0x02, 0x36, new Uint8Array(0)));
    expect(payloadsOf(b.take(), 0x02, 0x36)[0]!.toString('hex')).toBe('01000000');
    b.send(message);
    b.send(ubxFrame(0x02, 0x36, new Uint8Array(0)));
    expect(b.take().hex).toEqual([Buffer.from(message).toString('hex')]);
    expect(b.receiver.snapshot().keyStartsUtcMs).toEqual(keysFor(b.clock).map((key) => key.startUtcMs));
  });

  test('without SPARTN it takes no keys and tells none', () => {
    const b = bench({ knobs: { profile: 'zed-f9p-1.12' } });
    b.send(encodeSpartnKeys(keysFor(b.clock)));
    b.send(ubxFrame(0x02, 0x36, new Uint8Array(0)));
    expect(b.take().ubx).toEqual([]);
    expect(b.receiver.heldKeys).toBe(0);
  });
});

describe('which keys a receiver has', () => {
  const spartn = valset(1, [CFG.uart1InSpartn, 1]);
  const report = valset(1, [CFG.rxmCorUart1, 1]);
  const positions = valset(1, [CFG.navPvtUart1, 1]);
  const usb = valset(1, [CFG.navPvtUsb, 1]);
  const rtcm = valset(1, [CFG.uart1InRtcm3, 1]);
  test.each<[ReceiverProfileName, string, Uint8Array, boolean]>([
    ['zed-f9p', 'the published UART1 set', UART_SET, true],
    ['zed-f9p', 'the published USB set', USB_SET, true],
    ['zed-f9p-1.12', 'SPARTN in', spartn, false],
    ['zed-f9p-1.12', 'SPARTN-USE_SOURCE', valset(1, [CFG.spartnUseSource, 0]), false],
    ['zed-f9p-1.12', 'RXM-COR', report, false],
    ['zed-f9p-1.12', 'RTCM in', rtcm, true],
    ['zed-f9p-1.12', 'NAV-PVT', positions, true],
    ['neo-m8', 'SPARTN in', spartn, false],
    ['neo-m8', 'NAV-PVT by key', positions, false],
    ['neo-m10', 'SPARTN in', spartn, false],
    ['neo-m10', 'RXM-COR', report, false],
    ['neo-m10', 'DGNSSMODE', valset(1, [CFG.dgnssMode, 3]), false],
    ['neo-m10', 'NAV-PVT', positions, true],
    ['neo-m10', 'ACKAIDING', valset(1, [CFG.ackAiding, 1]), true],
    ['neo-m10', 'anything of a USB it has not', usb, false],
  ])('%s asked for %s', (profile, _, message, isTaken) => {
    const b = bench({ knobs: { profile } });
    b.send(message);
    expect(b.take().hex).toEqual([isTaken ? ACK : NAK]);
  });

  test('another profile is another receiver, fresh out of the factory', async () => {
    const b = bench();
    b.send(valset(7, [CFG.navPvtUart1, 1]));
    b.receiver.set({ profile: 'neo-m10' });
    b.take();
    await b.clock.advance(2000);
    expect(payloadsOf(b.take(), 0x01, 0x07)).toEqual([]);
    expect(b.receiver.counters.restarts).toBe(1);
  });
});
