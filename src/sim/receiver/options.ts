// The simulated receiver as the rest of the simulation sees it.
import type { Clock, Logger } from '../../core/index.js';
import type { SpartnFrame } from '../spartn.js';
import type { ReceiverCounters } from './counters.js';
import type { MgaCounts } from './dialogue.js';
import type { SimQuality } from './fix-machine.js';
import type { KeyCheck } from './keyring.js';
import type { ReceiverCommand, ReceiverKnobs, RestartKind, SwallowWhen } from './knobs.js';
import type { RtcmFrame } from './rtcm.js';
import type { UbxMessage } from './ubx.js';

/** The cable: a plug, or anything that carries bytes both ways. */
export interface ReceiverPort {
  write(bytes: Uint8Array): void;
  onBytes(cb: (bytes: Uint8Array) => void): () => void;
}

export type ReceiverInput =
  | { is: 'ubx'; message: UbxMessage }
  | { is: 'spartn'; frame: SpartnFrame }
  | { is: 'rtcm'; frame: RtcmFrame };
/** A fault in front of the healthy receiver: true = dealt with, the receiver never sees it. */
export type ReceiverBehaviour = (input: ReceiverInput, io: { write(bytes: Uint8Array): void }) => boolean;

export interface SimReceiverDeps {
  port: ReceiverPort;
  clock: Clock;
  log: Logger;
  /** The speed the host has set its port to, where it can tell; at another than the receiver's both read nonsense. */
  speedOf?: () => number | undefined;
}

export interface SimReceiverOptions {
  /** Unique id and position noise. */
  seed: string;
  /** Emptied at the start, then every correction byte received is appended in order: frames, and bytes that are none. */
  saveFile?: string;
  /** `tag`: generated frames, each opened by its own key. `any-valid-key`: a recording plays. */
  keyCheck: KeyCheck;
  /** Where it differs from the usual receiver. */
  knobs?: Partial<ReceiverKnobs>;
}

export interface SimReceiverSnapshot {
  knobs: Readonly<ReceiverKnobs>;
  quality: SimQuality;
  counters: Readonly<ReceiverCounters>;
  mga: Readonly<MgaCounts>;
  /** What was injected since power-up; `timeErrorMs` is injected minus true time. */
  aiding: {
    timeErrorMs?: number;
    position?: { latitudeDeg: number; longitudeDeg: number; accuracyM: number };
    satellites: number;
  };
  /** Of the present power-up, ms of the clock. */
  timeToFirstFixMs?: number;
  /** When each key held starts, ms since 1970 UTC; no key. */
  keyStartsUtcMs: readonly number[];
  /** The speed of its UART. */
  baudRate: number;
}

export interface SimReceiver extends Disposable {
  readonly behaviours: ReceiverBehaviour[];
  readonly quality: SimQuality;
  readonly heldKeys: number;
  readonly counters: Readonly<ReceiverCounters>;
  readonly knobs: Readonly<ReceiverKnobs>;
  snapshot(): SimReceiverSnapshot;
  /** Turns knobs; another profile is another receiver, fresh out of the factory. */
  set(change: Partial<ReceiverKnobs>): void;
  /** What `readReceiverCommand` read. */
  perform(command: ReceiverCommand): void;
  /** Power cycle: RAM configuration, ephemeris, keys and fix are gone; with `factory` the kept configuration, too. */
  restart(kind?: RestartKind): void;
  /** The same once after that clock time; a later call replaces an earlier one. */
  restartAfter(ms: number, kind?: RestartKind): void;
  /** Fault: every n-th frame is lost on the way in (0: none). */
  swallowEvery(n: number): void;
  /** Fault: every n-th byte is lost on the way in, or (`overrun`) every n-th of those without a pause of 4 ms between. */
  swallowBytes(loss: { every: number; when: SwallowWhen }): void;
  /** Fault: these configuration keys and no others are unknown, as on an older firmware. */
  refuseKeys(keys: readonly number[]): void;
}
