// A scripted u-blox receiver on the far end of a rig, as strict as the tests need: behind a UART with a small input
// buffer, answering polls and configuration, reporting corrections, acknowledging assistance.
import { ack, mgaAck, navPvt, type PvtSpec, rxmCor, ubx } from './frames.js';
import type { FarEnd, Rig } from './rig.js';

export interface FarSideOptions {
  /** Bytes its input buffer takes, and what it drains a millisecond; unlimited at first. */
  uart?: { bufferBytes: number; bytesPerMs: number };
  /** Configuration keys it does not know. */
  unknownKeys?: readonly number[];
  /** Info code for each assistance message, 0: accepted; undefined: no answer. */
  aid?: (frame: Buffer) => number | undefined;
  secUniqid?: Buffer;
  /** Says what it uses; false: it has no RXM-COR. */
  reports?: boolean;
}

export interface FarSide {
  /** Whole UBX frames it understood, in order. */
  frames: Buffer[];
  spartnIn: number;
  lostBytes: number;
  of(cls: number, id: number): Buffer[];
  pvt(spec?: PvtSpec): Promise<void>;
}

export const MON_VER = ((): Buffer => {
  const p = Buffer.alloc(40 + 3 * 30);
  p.write('EXT CORE 1.00 (8e2179)', 0);
  p.write('00190000', 30);
  ['FWVER=HPG 1.50', 'PROTVER=27.50', 'MOD=ZED-F9P'].forEach((text, i) => p.write(text, 40 + 30 * i));
  return ubx(0x0a, 0x04, p);
})();
export const SEC_UNIQID = ubx(0x27, 0x03, Buffer.from('01000000aabbccdd0e', 'hex'));

/** Takes over a far end: everything written to it from the start is heard. */
export function playReceiver(rig: Rig, end: FarEnd, options: FarSideOptions = {}): FarSide {
  const { clock } = rig;
  let hold: Buffer = Buffer.alloc(0);
  let waiting = 0;
  let drainedMonoMs = clock.mono();
  const far: FarSide = {
    frames: [],
    spartnIn: 0,
    lostBytes: 0,
    of: (cls, id) => far.frames.filter((f) => f[2] === cls && f[3] === id),
    pvt: (spec) => end.send(navPvt(spec)),
  };
  const say = (bytes: Buffer): void => void end.send(bytes);

  /** What fits into the input buffer. */
  function through(chunk: Buffer): Buffer {
    const { uart } = options;
    if (!uart) return chunk;
    const now = clock.mono();
    waiting = Math.max(0, waiting - (now - drainedMonoMs) * uart.bytesPerMs);
    drainedMonoMs = now;
    const fits = Math.min(chunk.length, Math.max(0, Math.floor(uart.bufferBytes - waiting)));
    waiting += fits;
    far.lostBytes += chunk.length - fits;
    return chunk.subarray(0, fits);
  }

  function onFrame(frame: Buffer): void {
    far.frames.push(frame);
    const id = frame.readUInt16BE(2);
    const isPoll = frame.length === 8;
    if (isPoll && id === 0x0a04) say(MON_VER);
    else if (isPoll && id === 0x2703) say(options.secUniqid ?? SEC_UNIQID);
    else if (id === 0x068a) {
      const keys: number[] = [];
      for (let at = 10; at < frame.length - 2; at += 5) keys.push(frame.readUInt32LE(at));
      say(ack(0x06, 0x8a, !keys.some((key) => options.unknownKeys?.includes(key))));
    } else if (frame[2] === 0x13) {
      const code = options.aid?.(frame);
      if (code !== undefined) say(mgaAck(frame, code));
    }
  }

  /** Good frames wherever they start; byte by byte past what is damaged. */
  function scan(): void {
    let at = 0;
    while (at < hold.length) {
      if (hold[at] === 0xb5) {
        if (hold.length < at + 6) break;
        const size = hold.readUInt16LE(at + 4) + 8;
        if (size < 2000) {
          if (hold.length < at + size) break;
          const frame = hold.subarray(at, at + size);
          if (frame.equals(ubx(frame[2]!, frame[3]!, frame.subarray(6, size - 2)))) {
            onFrame(Buffer.from(frame));
            at += size;
            continue;
          }
        }
      } else if (hold[at] === 0x73) {
        // The tests' SPARTN frames: a short header, three bytes of check.
        if (hold.length < at + 4) break;
        const size = 11 + (((hold[at + 1]! & 1) << 9) | (hold[at + 2]! << 1) | (hold[at + 3]! >> 7));
        if (hold.length < at + size) break;
        const isWhole = hold.subarray(at + 8, at + size - 3).every((byte) => byte === 0x5c);
        if (isWhole) {
          far.spartnIn++;
          if (options.reports !== false) say(rxmCor({ used: true, decrypted: true }));
          at += size;
          continue;
        }
      }
      at++;
    }
    hold = Buffer.from(hold.subarray(at));
  }

  end.onBytes((chunk) => {
    hold = Buffer.concat([hold, through(chunk)]);
    scan();
  });
  return far;
}
