// A simulated receiver on a cable of the test's own, with a fake clock.
import { createFakeClock, type FakeClock, silentLogger } from '../../../src/core/index.js';
import { createSimKeys, type SimKey } from '../../../src/sim/keys.js';
import {
  checkUbx,
  createSimReceiver,
  type SimReceiver,
  type SimReceiverDeps,
  type SimReceiverOptions,
  type UbxMessage,
  ubxFrame,
} from '../../../src/sim/receiver/index.js';
import { sealSpartn, spartnHeader } from '../../../src/sim/spartn.js';

export const USB_SET = Buffer.from('b562068a1d0000010000050077100101007810010100a72000b9069120010900912001b9f5', 'hex');
export const UART_SET = Buffer.from(
  'b562068a1d0000010000050073100101007410010100a72000b7069120010700912001ad33',
  'hex',
);
export const ACK_AIDING_SET = Buffer.from('b562068a0900000100002500111001e13e', 'hex');
export const ACK = 'b56205010200068a98c1';
export const NAK = 'b56205000200068a97bc';
export const POLL = { uniqid: 'b562270300002aa5', monVer: 'b5620a0400000e34', navPvt: 'b562010700000819' } as const;

/** A SPARTN frame as a real recording holds it. */
export function recordedFrame(type = 0): Uint8Array {
  const payload = new Uint8Array(60).fill(9);
  return sealSpartn(spartnHeader({ type, subtype: 0, timeTagBits: 16, timeTag: 5, sequence: 1 }, 60), payload);
}

/** CFG-VALSET; value sizes as the keys have them. */
export function valset(layers: number, ...entries: [key: number, value: number][]): Uint8Array {
  const items = entries.map(([key, value]) => {
    const size = [0, 1, 1, 2, 4][(key >>> 28) & 7]!;
    const item = Buffer.alloc(4 + size);
    item.writeUInt32LE(key);
    item.writeUIntLE(value, 4, size);
    return item;
  });
  return ubxFrame(0x06, 0x8a, Buffer.concat([Buffer.from([0, layers, 0, 0]), ...items]));
}

export interface Said {
  nmea: string[];
  ubx: UbxMessage[];
  hex: string[];
  /** Everything, joined. */
  bytes: Buffer;
}

export interface Bench {
  clock: FakeClock;
  receiver: SimReceiver;
  send(bytes: Uint8Array | string): void;
  /** What the receiver said since the last take. */
  take(): Said;
}

export function bench(
  options: Partial<SimReceiverOptions> = {},
  clock = createFakeClock(),
  more: Partial<SimReceiverDeps> = {},
): Bench {
  let out: Uint8Array[] = [];
  let feed: (bytes: Uint8Array) => void = () => {};
  const port = {
    write: (bytes: Uint8Array) => void out.push(bytes),
    onBytes: (cb: (bytes: Uint8Array) => void) => {
      feed = cb;
      return () => {};
    },
  };
  const receiver = createSimReceiver(
    { port, clock, log: silentLogger, ...more },
    { seed: 's', keyCheck: 'tag', ...options },
  );
  return {
    clock,
    receiver,
    send: (bytes) => feed(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes),
    take() {
      const taken: Said = { nmea: [], ubx: [], hex: [], bytes: Buffer.concat(out) };
      for (const bytes of out) {
        const check = checkUbx(bytes);
        if (check.is === 'frame') {
          taken.ubx.push(check.message);
          taken.hex.push(Buffer.from(bytes).toString('hex'));
        } else taken.nmea.push(Buffer.from(bytes).toString('latin1'));
      }
      out = [];
      return taken;
    },
  };
}

export const isCor = ({ cls, id }: UbxMessage): boolean => cls === 0x02 && id === 0x34;
export const payloadsOf = (said: Said, cls: number, id: number): Buffer[] =>
  said.ubx.filter((m) => m.cls === cls && m.id === id).map(({ payload }) => Buffer.from(payload));
export const pvts = (messages: UbxMessage[]): Buffer[] =>
  messages.filter(({ cls, id }) => cls === 0x01 && id === 0x07).map(({ payload }) => Buffer.from(payload));

/** The fields of an RXM-COR. */
export function corOf(payload: Uint8Array) {
  const b = Buffer.from(payload);
  const status = b.readUInt32LE(4);
  const field = (shift: number, bits: number): number => Math.floor(status / 2 ** shift) % 2 ** bits;
  return {
    protocol: field(0, 5),
    error: field(5, 2),
    used: field(7, 2),
    correctionId: field(9, 16),
    typeValid: field(25, 1),
    subtypeValid: field(26, 1),
    encrypted: field(28, 2),
    decrypted: field(30, 2),
    type: b.readUInt16LE(8),
    subtype: b.readUInt16LE(10),
  };
}

export const keysFor = (clock: FakeClock): SimKey[] => {
  const { current, next } = createSimKeys(clock).pair();
  return [current, next];
};
