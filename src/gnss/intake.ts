// What goes down to the receiver: corrections as they came from a source become whole valid frames, and keys become a
// frame that is kept for the receiver's next start. A network source may feed and aid the receiver, nothing else: UBX
// that would change its configuration, restart it or write its flash is refused.
import type { Feeder } from './feeder.js';
import { createFramer } from './framer.js';
import { keysWorthSending, type SpartnKeyInput, spartnKeyFrame, startInForce } from './spartn-key.js';
import { UBX, ubxId } from './ubx.js';

export type FeedKind = 'spartn' | 'rtcm3' | 'ubx';

export interface IntakeCounters {
  /** Whole valid frames from correction sources. */
  correctionFramesIn: number;
  droppedNotRunning: number;
  /** UBX messages that no correction source has to send. */
  refused: number;
  keysSent: number;
}

export interface Intake {
  push(kind: FeedKind, bytes: Uint8Array): void;
  restart(kind: FeedKind): void;
  setKeys(keys: readonly SpartnKeyInput[]): void;
  /** Hands the kept keys to the feeder, if there are any and they may go. */
  sendKeys(): void;
  /** The same, but only if time has made another frame of them since: a roll-over, or leap seconds that became known. */
  refreshKeys(): void;
  /** The receiver's port is open (or not any more). Keys stay here until `allowKeys`. */
  setRunning(isRunning: boolean): void;
  /** The far side has been identified: keys may be written on this connection, and are. */
  allowKeys(): void;
  readonly hasKeys: boolean;
  /** Of the last whole frame that a source gave. */
  readonly lastKind: FeedKind | undefined;
  readonly counters: Readonly<IntakeCounters>;
  /** Candidates that failed their check, and bytes outside frames, over all kinds. */
  readonly bad: { readonly frames: number; readonly bytes: number };
}

export interface IntakeTimes {
  /** UTC now, ms since 1970: decides which keys have expired. */
  utcMs: () => number;
  /** GPS time minus UTC, seconds. */
  leapSeconds: () => number;
}

/** Keys as they were given; a frame that came whole is kept whole. */
type HeldKeys = { is: 'keys'; keys: readonly SpartnKeyInput[] } | { is: 'frame'; frame: Uint8Array };

const MGA_CLASS = 0x13;

export function createIntake(feeder: Feeder, times: IntakeTimes): Intake {
  const counters: IntakeCounters = { correctionFramesIn: 0, droppedNotRunning: 0, refused: 0, keysSent: 0 };
  let held: HeldKeys | undefined;
  /** What the last frame was made for; changes with the key in force and the leap seconds. */
  let sentFor: string | undefined;
  let mayKey = false;
  let lastKind: FeedKind | undefined;
  /** Before the first opening corrections wait for it (while fresh): a session may be up sooner than the port. */
  let wasLost = false;

  const madeFor = (): string =>
    held?.is === 'keys' ? `${startInForce(held.keys, times.utcMs()) ?? 'none'} ${times.leapSeconds()}` : 'frame';

  const sendKeys = (): void => {
    if (!held || !mayKey) return;
    const frame =
      held.is === 'frame'
        ? held.frame
        : spartnKeyFrame(keysWorthSending(held.keys, times.utcMs()), times.leapSeconds());
    if (!frame) return;
    sentFor = madeFor();
    feeder.offerUrgent(frame);
    counters.keysSent++;
  };

  const onCorrection = (kind: FeedKind, frame: Uint8Array): void => {
    counters.correctionFramesIn++;
    lastKind = kind;
    if (!wasLost) feeder.offer(frame);
    else counters.droppedNotRunning++;
  };

  const onUbx = (frame: Uint8Array): void => {
    const id = ubxId(frame);
    if (id === UBX.rxmSpartnKey) {
      // A copy: the frame may be a view on a network buffer, and this one is kept.
      held = { is: 'frame', frame: Uint8Array.from(frame) };
      sendKeys();
    } else if (id >> 8 === MGA_CLASS || id === UBX.rxmPmp) onCorrection('ubx', frame);
    else counters.refused++;
  };

  const framers = {
    spartn: createFramer({ protocols: ['spartn'], onFrame: (_, frame) => onCorrection('spartn', frame) }),
    rtcm3: createFramer({ protocols: ['rtcm3'], onFrame: (_, frame) => onCorrection('rtcm3', frame) }),
    ubx: createFramer({ protocols: ['ubx'], onFrame: (_, frame) => onUbx(frame) }),
  };

  return {
    counters,
    push: (kind, bytes) => framers[kind].push(bytes),
    restart: (kind) => framers[kind].reset(),
    setKeys(keys) {
      if (!spartnKeyFrame(keys, times.leapSeconds())) return;
      held = { is: 'keys', keys: [...keys] };
      sendKeys();
    },
    sendKeys,
    refreshKeys() {
      if (sentFor !== undefined && sentFor !== madeFor()) sendKeys();
    },
    setRunning(value) {
      mayKey = false;
      sentFor = undefined;
      wasLost = !value;
      if (!value) counters.droppedNotRunning += feeder.clear();
    },
    allowKeys() {
      if (mayKey) return;
      mayKey = true;
      sendKeys();
    },
    get hasKeys() {
      return held !== undefined;
    },
    get lastKind() {
      return lastKind;
    },
    get bad() {
      let frames = 0;
      let bytes = 0;
      for (const { counters: c } of Object.values(framers)) {
        frames += c.badChecksum + c.overlong;
        bytes += c.skippedBytes;
      }
      return { frames, bytes };
    },
  };
}
