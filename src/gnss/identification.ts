// Asks a receiver of our own kind who it is, and keeps its answers as whole frames: services that make assistance for it
// want to see them. Nothing waits for this: a receiver that does not answer is served all the same.
import { abortable, type Clock, type Deferred, deferred, type Timer } from '../core/index.js';
import { UBX, ubxFrame, ubxId } from './ubx.js';

const ASK_MS = 2000;
const TRIES = 5;

export interface IdentityFrames {
  secUniqid: Uint8Array;
  monVer: Uint8Array;
}

export interface Identification {
  /** A new connection: perhaps to another receiver. */
  reset(): void;
  /** The receiver has shown itself: asks for what is missing, a few times. */
  ask(): void;
  /** The connection has ended. */
  stop(): void;
  /** A frame of the receiver's. */
  take(frame: Uint8Array): void;
  /** Resolves once both frames are known; over as many connections as that takes. */
  whenIdentified(signal: AbortSignal): Promise<IdentityFrames>;
}

export function createIdentification(deps: { clock: Clock; send: (frame: Uint8Array) => void }): Identification {
  const { clock, send } = deps;
  const waiters = new Set<Deferred<IdentityFrames>>();
  let monVer: Uint8Array | undefined;
  let secUniqid: Uint8Array | undefined;
  let timer: Timer | undefined;
  let isAsking = false;
  let isConnected = false;

  const known = (): IdentityFrames | undefined =>
    monVer && secUniqid ? { monVer: Uint8Array.from(monVer), secUniqid: Uint8Array.from(secUniqid) } : undefined;

  const ask = (tries: number): void => {
    isAsking = tries < TRIES && known() === undefined;
    if (!isAsking) return;
    // The gate has asked for MON-VER at most two seconds ago (identity.ts).
    if (!monVer && tries > 0) send(ubxFrame(UBX.monVer));
    if (!secUniqid) send(ubxFrame(UBX.secUniqid));
    timer = clock.deadline(ASK_MS, () => ask(tries + 1));
  };

  const stop = (): void => {
    isConnected = isAsking = false;
    timer?.cancel();
  };

  return {
    reset() {
      stop();
      monVer = secUniqid = undefined;
    },
    ask() {
      isConnected = true;
      timer?.cancel();
      ask(0);
    },
    stop,
    take(frame) {
      // Copies: these are kept.
      const id = ubxId(frame);
      if (id === UBX.monVer && frame.length > 8) monVer = Uint8Array.from(frame);
      else if (id === UBX.secUniqid && frame.length > 8) secUniqid = Uint8Array.from(frame);
      else return;
      const frames = known();
      if (!frames) return;
      timer?.cancel();
      isAsking = false;
      for (const waiter of waiters) waiter.resolve(frames);
    },
    async whenIdentified(signal) {
      const frames = known();
      if (frames) return frames;
      const waiter = deferred<IdentityFrames>();
      waiters.add(waiter);
      if (isConnected && !isAsking) ask(0);
      try {
        return await abortable(waiter.promise, signal);
      } finally {
        waiters.delete(waiter);
      }
    },
  };
}
