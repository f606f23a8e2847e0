// A receiver at another line speed is found, and a port that belongs to something else still ends the run.
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/index.js';
import { hasLineSpeed, LINE_SPEEDS, speedsToTry } from '../../src/gnss/index.js';
import { navPvt, nmea, spartn } from './frames.js';
import { besides, createRig, type Rig } from './rig.js';

const GARBAGE = Buffer.from(Array.from({ length: 60 }, (_, i) => (i * 73 + 128) & 0xff));
const GGA = nmea('GNGGA,123519.00,4807.0380,N,01131.0000,E,4,12,0.80,545.4,M,46.9,M,1.0,0000');
const KEYS = [
  {
    startUtcMs: 1668815982000,
    durationMs: 2419199999,
    value: new Secret('spartn-key', '00112233445566778899aabbccddeeff'),
  },
];

/** A device that speaks at one speed only: at any other its bytes mean nothing (or, silent, it says nothing). */
async function device(rig: Rig, at: number, seconds: number, words: Buffer, otherwise = GARBAGE): Promise<void> {
  for (let s = 0; s < seconds; s++) {
    const end = rig.ends.at(-1)!;
    const bytes = rig.speeds.at(-1) === at ? words : otherwise;
    if (rig.receiver.snapshot().running && bytes.length > 0) await end.send(bytes);
    await rig.clock.advance(1000);
  }
}

describe('which ports and speeds', () => {
  test.each([
    ['/dev/ttyAMA0', true],
    ['/dev/serial0', true],
    ['/dev/ttyUSB0', true],
    ['/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0', true],
    ['/dev/ttyACM0', false],
    ['/dev/serial/by-id/usb-u-blox_AG_-_www.u-blox.com_u-blox_GNSS_receiver-if00', false],
    ['tcp://serial.example:4001', false],
    ['auto', false],
  ])('%s: a line speed matters: %s', (path, wanted) => {
    expect(hasLineSpeed(path)).toBe(wanted);
  });

  test('the one found last, then the configured one, then the usual ones, each once', () => {
    expect(speedsToTry(38_400)).toEqual([...LINE_SPEEDS]);
    expect(speedsToTry(57_600)[0]).toBe(57_600);
    expect(speedsToTry(57_600)).toHaveLength(7);
    expect(speedsToTry(38_400, 115_200).slice(0, 3)).toEqual([115_200, 38_400, 9600]);
  });
});

describe('the search', () => {
  test.each(['ubx', 'nmea'] as const)('finds a %s receiver at another speed, and remembers it', async (protocol) => {
    const rig = createRig({ baudSearch: true, protocol });
    const { stop, ended } = rig.run();
    await rig.settle();
    await device(rig, 115_200, 20, protocol === 'ubx' ? navPvt() : GGA);
    expect(rig.speeds).toEqual([38_400, 9600, 115_200]);
    expect(rig.receiver.snapshot()).toMatchObject({ running: true, baudRate: 115_200, identified: 'receiver' });
    stop();
    await ended;
    const again = rig.run();
    await rig.settle();
    expect(rig.speeds.at(-1)).toBe(115_200);
    again.stop();
    await again.ended;
    await rig.settle();
    expect(rig.clock.pending).toBe(0);
  });

  test('goes on where nothing comes at all and the question stays unanswered', async () => {
    const rig = createRig({ baudSearch: true });
    const { stop } = rig.run();
    await rig.settle();
    await device(rig, 9600, 12, navPvt(), Buffer.alloc(0));
    expect(rig.speeds).toEqual([38_400, 9600]);
    expect(rig.receiver.snapshot().running).toBe(true);
    stop();
  });

  test('writes nothing but the question while it lasts', async () => {
    const rig = createRig({ baudSearch: true, configure: true });
    rig.receiver.setKeys(KEYS);
    const { ended } = rig.run();
    await rig.settle();
    for (let s = 0; s < 60; s++) {
      void rig.receiver.feed('spartn', spartn());
      if (rig.receiver.snapshot().running) await rig.ends.at(-1)!.send(GARBAGE);
      await rig.clock.advance(1000);
    }
    expect(await ended).toMatchObject({ code: 'gnss.wrong-device', message: expect.stringContaining('6 line speeds') });
    expect(rig.speeds).toEqual([...LINE_SPEEDS]);
    expect(rig.ends.map((end) => besides(end.bytes()).length)).toEqual(rig.ends.map(() => 0));
  });

  test('in silence it ends as silent', async () => {
    const rig = createRig({ baudSearch: true });
    const { ended } = rig.run();
    await rig.clock.advance(40_000);
    expect(await ended).toMatchObject({ code: 'gnss.silent' });
    expect(rig.speeds).toEqual([...LINE_SPEEDS]);
  });

  test.each([
    ['a modem', Buffer.from('\r\n+CREG: 1\r\n')],
    ['a device of whole sentences that are no receiver’s', nmea('WIMWV,214.8,R,0.1,K,A')],
  ])('%s ends it at the first speed', async (_what, words) => {
    const rig = createRig({ baudSearch: true });
    const { ended } = rig.run();
    await rig.settle();
    await device(rig, 38_400, 8, words);
    expect(await ended).toMatchObject({ code: 'gnss.wrong-device' });
    expect(rig.speeds).toEqual([38_400]);
  });

  test.each([
    ['a USB port', { port: '/dev/ttyACM0', baudSearch: true }],
    ['a search that was switched off', { baudSearch: false }],
  ])('%s is never searched', async (_what, options) => {
    const rig = createRig(options);
    const { ended } = rig.run();
    await rig.settle();
    await device(rig, 0, 8, navPvt());
    expect(await ended).toMatchObject({ code: 'gnss.wrong-device' });
    expect(rig.speeds).toEqual([38_400]);
  });

  test('a receiver whose speed is changed while it is served is looked for again', async () => {
    const rig = createRig({ baudSearch: true });
    const { ended } = rig.run();
    await rig.settle();
    await device(rig, 38_400, 5, navPvt());
    for (let s = 0; s < 16; s++) {
      if (rig.receiver.snapshot().running) await rig.ends[0]!.send(GARBAGE);
      await rig.clock.advance(1000);
    }
    expect(await ended).toMatchObject({ code: 'gnss.silent', message: expect.stringContaining('understandable') });
  });

  test('one-way wiring is not searched: nothing is expected there', async () => {
    const rig = createRig({ baudSearch: true, configure: false, silentAfterMs: 0 });
    const { stop } = rig.run();
    await rig.clock.advance(60_000);
    expect(rig.speeds).toEqual([38_400]);
    stop();
  });
});
