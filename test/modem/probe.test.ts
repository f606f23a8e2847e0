import { describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock, WaymarkError } from '../../src/core/index.js';
import { type PortProbe, type ProbeOptions, probePort } from '../../src/modem/index.js';
import {
  createDevice,
  type Device,
  moduleDevice,
  NMEA_LINE,
  receiverDevice,
  silentDevice,
  UBX_FRAME,
} from '../helpers/port-devices.js';
import { during } from './during.js';

const probe = (clock: FakeClock, device: Device, options: Partial<ProbeOptions> = {}) =>
  during<PortProbe>(
    clock,
    probePort(() => Promise.resolve(device.connect()), '/dev/x', { clock, baudRate: 115_200, ...options }),
  );

describe('probePort', () => {
  test('a module tells its maker and model, and gets nothing but the three questions', async () => {
    const clock = createFakeClock();
    const module = moduleDevice(clock);
    expect(await probe(clock, module)).toEqual({ is: 'modem', manufacturer: 'Telit', model: 'LE910C1-EUX' });
    expect(module.received).toBe('AT\rAT+CGMI\rAT+CGMM\r');
    expect(module.isOpen).toBe(false);
  });

  test('a receiver is known by listening alone: not a byte is written to it', async () => {
    const clock = createFakeClock();
    for (const [says, speaks] of [
      [NMEA_LINE, 'nmea'],
      [UBX_FRAME, 'ubx'],
      [Buffer.concat([Buffer.from(NMEA_LINE), UBX_FRAME]), 'ubx'],
    ] as const) {
      const receiver = receiverDevice(clock, says);
      expect(await probe(clock, receiver)).toEqual({ is: 'receiver', speaks });
      expect(receiver.received).toBe('');
      expect(receiver.isOpen).toBe(false);
    }
  });

  test('where listening is skipped a receiver is told from a module by what comes instead of an answer', async () => {
    const clock = createFakeClock();
    const receiver = receiverDevice(clock);
    expect(await probe(clock, receiver, { listenMs: 0 })).toEqual({ is: 'receiver', speaks: 'nmea' });
    expect(receiver.received).toBe('AT\r');
  });

  test('a silent port is asked three times and given back', async () => {
    const clock = createFakeClock();
    const port = silentDevice(clock);
    expect(await probe(clock, port)).toEqual({ is: 'silent', heard: 'nothing' });
    expect(port.received).toBe('AT\rAT\rAT\r');
    expect(port.isOpen).toBe(false);
  });

  test('who may not ask only listens', async () => {
    const clock = createFakeClock();
    const module = moduleDevice(clock);
    expect(await probe(clock, module, { ask: false })).toEqual({ is: 'silent', heard: 'nothing' });
    expect(module.received).toBe('');
  });

  test('a module whose second try is answered late is still called by its name', async () => {
    const clock = createFakeClock();
    let asked = 0;
    const module = createDevice(clock, {
      onLine(line, device) {
        if (line === 'AT') {
          asked++;
          clock.after(asked === 1 ? 1030 : 0, () => device.send('\r\nOK\r\n'));
        } else device.send(line === 'AT+CGMI' ? '\r\nQuectel\r\n\r\nOK\r\n' : '\r\nEG25\r\n\r\nOK\r\n');
      },
    });
    expect(await probe(clock, module, { listenMs: 0 })).toEqual({
      is: 'modem',
      manufacturer: 'Quectel',
      model: 'EG25',
    });
  });

  test('without +CGMI the answer of ATI serves; without either it is a modem without a name', async () => {
    const clock = createFakeClock();
    const old = moduleDevice(clock, { AT: 'OK\r\n', ATI: '\r\nSierra Wireless\r\n\r\nOK\r\n' });
    expect(await probe(clock, old)).toEqual({ is: 'modem', manufacturer: 'Sierra Wireless' });
    expect(await probe(clock, moduleDevice(clock, { AT: 'OK\r\n' }))).toEqual({ is: 'modem' });
  });

  test('a hostile name is made harmless', async () => {
    const clock = createFakeClock();
    const evil = moduleDevice(clock, { AT: 'OK\r\n', 'AT+CGMI': '\r\n\u001b[2Jx\u009b\r\n\r\nOK\r\n' });
    expect(await probe(clock, evil)).toEqual({ is: 'modem', manufacturer: '\\x1b[2Jx\\x9b' });
  });

  test('what only echoes is no module', async () => {
    const clock = createFakeClock();
    const loop = createDevice(clock, { onLine: (line, device) => device.send(`${line}\r`) });
    expect(await probe(clock, loop)).toMatchObject({ is: 'silent' });
  });

  test('a port that does not open is told with its error', async () => {
    const clock = createFakeClock();
    const device = silentDevice(clock);
    device.refuses = 'link.busy';
    const refused = (error: WaymarkError) => () => Promise.reject(error);
    for (const [code, is] of [
      ['link.busy', 'busy'],
      ['link.permission', 'permission'],
      ['link.absent', 'absent'],
    ] as const)
      expect(
        await probePort(refused(new WaymarkError(code, 'test')), '/dev/x', { clock, baudRate: 9600 }),
      ).toMatchObject({ is, error: { code } });
  });

  test('a port that is pulled while it is looked at is absent', async () => {
    const clock = createFakeClock();
    const device = silentDevice(clock);
    const looking = probe(clock, device);
    clock.after(500, () => void device.hangUp());
    expect(await looking).toMatchObject({ is: 'absent' });
  });

  test('it ends at once when nobody waits for it any more', async () => {
    const clock = createFakeClock();
    for (const atMs of [500, 2000]) {
      const device = silentDevice(clock);
      const stop = new AbortController();
      clock.after(atMs, () => stop.abort(new WaymarkError('core.cancelled', 'stop')));
      expect(await probe(clock, device, { signal: stop.signal })).toEqual({ code: 'core.cancelled' });
      expect(device.isOpen).toBe(false);
    }
  });
});
