// The simulated receiver's ear: tells UBX, SPARTN and RTCM 3 frames and everything else apart, one byte at a time. Any
// chunking of the same bytes gives the same result, and no more than one frame is ever held.
import { checkSpartn, SPARTN_PREAMBLE, type SpartnFrame } from '../spartn.js';
import { checkRtcm, RTCM_PREAMBLE, type RtcmFrame } from './rtcm.js';
import { checkUbx, type UbxMessage } from './ubx.js';

/** A correction frame whose header is good and whose message check is not. */
export type DamagedFrame =
  | { protocol: 'spartn'; type: number; subtype: number }
  | { protocol: 'rtcm3'; type: number; subtype: 0 };

export interface ScannerEvents {
  onUbx(message: UbxMessage): void;
  onSpartn(frame: SpartnFrame): void;
  onRtcm(frame: RtcmFrame): void;
  /** Its bytes are rescanned and reported as other bytes. */
  onDamaged(frame: DamagedFrame): void;
  /** Bytes outside any valid frame. */
  onOther(bytes: Uint8Array): void;
}

export interface Scanner {
  push(chunk: Uint8Array): void;
  /** Gives up waiting for the rest of what is held (the line has gone quiet). */
  flush(): void;
  /** Bytes held back as the possible start of a frame. */
  readonly held: number;
}

type Verdict =
  | { is: 'take'; length: number; deliver: () => void }
  | { is: 'wait' }
  | { is: 'skip'; damaged?: DamagedFrame };

export function createScanner(events: ScannerEvents): Scanner {
  let held: Uint8Array = new Uint8Array(0);

  const judgeSpartn = (bytes: Uint8Array): Verdict => {
    const check = checkSpartn(bytes);
    if (check.is === 'more') return { is: 'wait' };
    if (check.is === 'frame')
      return { is: 'take', length: check.frame.bytes.length, deliver: () => events.onSpartn(check.frame) };
    if (check.why !== 'message') return { is: 'skip' };
    return { is: 'skip', damaged: { protocol: 'spartn', type: check.type, subtype: check.subtype } };
  };
  const judgeRtcm = (bytes: Uint8Array): Verdict => {
    const check = checkRtcm(bytes);
    if (check.is === 'more') return { is: 'wait' };
    if (check.is === 'frame')
      return { is: 'take', length: check.frame.bytes.length, deliver: () => events.onRtcm(check.frame) };
    if (check.why !== 'check') return { is: 'skip' };
    return { is: 'skip', damaged: { protocol: 'rtcm3', type: check.number, subtype: 0 } };
  };
  const judge = (bytes: Uint8Array): Verdict => {
    if (bytes[0] === SPARTN_PREAMBLE) return judgeSpartn(bytes);
    if (bytes[0] === RTCM_PREAMBLE) return judgeRtcm(bytes);
    const check = checkUbx(bytes);
    if (check.is === 'more') return { is: 'wait' };
    if (check.is === 'frame') return { is: 'take', length: check.length, deliver: () => events.onUbx(check.message) };
    return { is: 'skip' };
  };

  const scan = (bytes: Uint8Array, isLast: boolean): void => {
    let at = 0;
    let otherFrom = 0;
    held = new Uint8Array(0);
    const otherUpTo = (end: number): void => {
      if (end > otherFrom) events.onOther(bytes.slice(otherFrom, end));
      otherFrom = end;
    };
    while (at < bytes.length) {
      const verdict = judge(bytes.subarray(at));
      if (verdict.is === 'wait' && !isLast) break;
      if (verdict.is !== 'take') {
        if (verdict.is === 'skip' && verdict.damaged) {
          otherUpTo(at);
          events.onDamaged(verdict.damaged);
        }
        at++;
        continue;
      }
      otherUpTo(at);
      verdict.deliver();
      at += verdict.length;
      otherFrom = at;
    }
    otherUpTo(at);
    held = bytes.slice(at);
  };

  return {
    push: (chunk) => scan(Buffer.concat([held, chunk]), false),
    flush: () => scan(held, true),
    get held() {
      return held.length;
    },
  };
}
