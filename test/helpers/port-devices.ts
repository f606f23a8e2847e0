// Devices on memory links for tests that look for ports: what stands behind a path is found through the file system,
// so that links can be pointed elsewhere. A device notes every byte it gets and lets one program in at a time.
import { realpathSync } from 'node:fs';
import { type Clock, WaymarkError } from '../../src/core/index.js';
import { type Link, type LinkOpener, memoryLinkPair } from '../../src/link/index.js';

export interface Device {
  /** Everything that was ever written to it. */
  received: string;
  opens: number;
  /** Set: opening fails like this. */
  refuses: 'link.busy' | 'link.permission' | undefined;
  readonly isOpen: boolean;
  /** The cable is pulled. */
  hangUp(): Promise<void>;
  send(text: string | Uint8Array): void;
  connect(): Link;
}

interface Behaviour {
  onLine?(line: string, device: Device): void;
  /** Said at once and then each second of clock time. */
  says?: string | Uint8Array;
}

export function createDevice(clock: Clock, behaviour: Behaviour = {}): Device {
  let far: Link | undefined;
  const device: Device = {
    received: '',
    opens: 0,
    refuses: undefined,
    get isOpen() {
      return far !== undefined;
    },
    async hangUp() {
      await far?.[Symbol.asyncDispose]();
    },
    send: (text) => void far?.write(Buffer.from(text as string, 'latin1')).catch(() => undefined),
    connect() {
      if (device.refuses) throw new WaymarkError(device.refuses, `test: ${device.refuses}`);
      if (far) throw new WaymarkError('link.busy', 'test: cannot lock port');
      device.opens++;
      const [near, end] = memoryLinkPair();
      far = end;
      void serve(end);
      void end.closed.then(() => {
        if (far === end) far = undefined;
      });
      const speak = (): void => {
        if (far !== end || behaviour.says === undefined) return;
        device.send(behaviour.says);
        clock.after(1000, speak);
      };
      clock.after(1, speak);
      return near;
    },
  };
  async function serve(end: Link): Promise<void> {
    let line = '';
    for await (const chunk of end.bytes)
      for (const c of Buffer.from(chunk).toString('latin1')) {
        device.received += c;
        if (c !== '\r') line += c;
        else {
          behaviour.onLine?.(line, device);
          line = '';
        }
      }
  }
  return device;
}

const ANSWERS: Readonly<Record<string, string>> = {
  AT: '\r\nOK\r\n',
  'AT+CGMI': '\r\nTelit\r\n\r\nOK\r\n',
  'AT+CGMM': '\r\nLE910C1-EUX\r\n\r\nOK\r\n',
};

export const moduleDevice = (clock: Clock, answers: Readonly<Record<string, string>> = ANSWERS): Device =>
  createDevice(clock, {
    onLine: (line, device) => device.send(`${line}\r${answers[line] ?? '\r\nERROR\r\n'}`),
  });

export const silentDevice = (clock: Clock): Device => createDevice(clock);

export const NMEA_LINE = '$GNGLL,4717.11437,N,00833.91522,E,092321.00,A,A*7C\r\n';
/** UBX-ACK-ACK of CFG-VALSET. */
export const UBX_FRAME = Buffer.from([0xb5, 0x62, 0x05, 0x01, 0x02, 0x00, 0x06, 0x8a, 0x98, 0xc1]);

export const receiverDevice = (clock: Clock, says: string | Uint8Array = NMEA_LINE): Device =>
  createDevice(clock, { says });

/** Opens what stands behind a path at this moment. */
export const openerOver =
  (devices: ReadonlyMap<string, Device>): LinkOpener =>
  async ({ address }) => {
    let real: string | undefined;
    try {
      real = realpathSync(address);
    } catch {
      // A missing node, as below.
    }
    const device = real === undefined ? undefined : devices.get(real);
    if (!device) throw new WaymarkError('link.absent', `${address}: no such device`);
    const link = device.connect();
    return { ...link, name: address };
  };
