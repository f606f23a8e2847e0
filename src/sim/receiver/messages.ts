// What the simulated receiver says about itself and about what it was sent: MON-VER, SEC-UNIQID, ACK, RXM-COR
// (specs/ublox.md 3.2). Values come in as plain facts, bytes go out.
import { createHash } from 'node:crypto';
import type { ReceiverProfile } from './profiles.js';
import { ubxFrame } from './ubx.js';

/** What became of one correction frame. `unused`: read, and of no use. */
export type CorrectionFate = 'used' | 'unused' | 'not-decrypted' | 'crc-error';

export interface CorrectionReport {
  protocol: 'spartn' | 'rtcm3';
  fate: CorrectionFate;
  /** SPARTN type, or RTCM message number. */
  type: number;
  subtype: number;
  encrypted: boolean;
  /** RTCM reference station; without it all ones, as seen on real receivers. */
  correctionId?: number;
}

const PROTOCOL = { rtcm3: 1, spartn: 2 } as const;
const NO_ID = 0xffff;

/** RXM-COR. */
export function rxmCor(report: CorrectionReport): Uint8Array {
  const { protocol, fate, type, subtype, encrypted, correctionId = NO_ID } = report;
  const b = Buffer.alloc(12);
  b.writeUInt8(1, 0);
  const isWhole = fate !== 'crc-error';
  const isRead = fate === 'used' || fate === 'unused';
  const fields: [shift: number, value: number][] = [
    [0, PROTOCOL[protocol]],
    [5, isWhole ? 1 : 2],
    [7, fate === 'used' ? 2 : 1],
    [9, correctionId],
    [25, isWhole ? 1 : 0],
    [26, isWhole && protocol === 'spartn' ? 1 : 0],
    [27, 1],
    [28, encrypted ? 2 : 1],
    [30, isRead && encrypted ? 2 : 1],
  ];
  b.writeUInt32LE(
    fields.reduce((word, [shift, value]) => word + value * 2 ** shift, 0),
    4,
  );
  b.writeUInt16LE(type, 8);
  b.writeUInt16LE(subtype, 10);
  return ubxFrame(0x02, 0x34, b);
}

export function monVer({ software, hardware, extensions }: ReceiverProfile): Uint8Array {
  const text = (value: string, size: number): Buffer => {
    const field = Buffer.alloc(size);
    field.write(value, 'latin1');
    return field;
  };
  const payload = [text(software, 30), text(hardware, 10), ...extensions.map((each) => text(each, 30))];
  return ubxFrame(0x0a, 0x04, Buffer.concat(payload));
}

/** Five bytes in version 1, six in version 2; the same for the same seed. */
export function secUniqid(seed: string, version: 1 | 2): Uint8Array {
  const id = createHash('sha256')
    .update(`uniqid/${seed}`)
    .digest()
    .subarray(0, version + 4);
  return ubxFrame(0x27, 0x03, Buffer.concat([Buffer.from([version, 0, 0, 0]), id]));
}

export function ack(isAccepted: boolean, cls: number, id: number): Uint8Array {
  return ubxFrame(0x05, isAccepted ? 1 : 0, Uint8Array.from([cls, id]));
}
