// UBX-RXM-COR: what the receiver made of one correction message (specs/ublox.md 3.2).
import { UBX, ubxId, ubxPayload } from './ubx.js';

export interface CorrectionReport {
  protocol: 'rtcm3' | 'spartn' | 'pmp' | 'other';
  /** Its check was wrong when it reached the receiver. */
  hasError: boolean;
  isUsed: boolean;
  isEncrypted: boolean;
  isDecrypted: boolean;
  messageType?: number;
  messageSubtype?: number;
}

const PROTOCOLS: Readonly<Record<number, CorrectionReport['protocol']>> = { 1: 'rtcm3', 2: 'spartn', 29: 'pmp' };

/** Two-bit members: 0 unknown, 1 no (or ok), 2 yes (or bad). */
const IS_YES = 2;

/** RXM-COR version 1; undefined for any other frame. */
export function parseRxmCor(frame: Uint8Array): CorrectionReport | undefined {
  if (ubxId(frame) !== UBX.rxmCor || frame.length !== 20) return undefined;
  const p = ubxPayload(frame);
  if (p.getUint8(0) !== 1) return undefined;
  const status = p.getUint32(4, true);
  return {
    protocol: PROTOCOLS[status & 0x1f] ?? 'other',
    hasError: ((status >>> 5) & 3) === IS_YES,
    isUsed: ((status >>> 7) & 3) === IS_YES,
    isEncrypted: ((status >>> 28) & 3) === IS_YES,
    isDecrypted: status >>> 30 === IS_YES,
    ...((status >>> 25) & 1 && { messageType: p.getUint16(8, true) }),
    ...((status >>> 26) & 1 && { messageSubtype: p.getUint16(10, true) }),
  };
}
