// What can be pushed in front of the healthy module.
import type { Clock } from '../../core/index.js';
import type { CellLocateKnobs } from './cell-locate.js';
import type { Chunking } from './chunker.js';
import type { DeviceWiseKnobs } from './device-wise.js';
import type { AnswerSink, Spoken } from './output.js';
import type { Outcome } from './results.js';

export type PortName = 'primary' | 'secondary';

/** What a behaviour may do, at the port its line came from (its attachment: at the first it is for). */
export interface BehaviourIo {
  readonly clock: Clock;
  /** One information line. */
  info(text: string): void;
  /** The final result; frees the line if it was held. */
  final(outcome: Outcome): void;
  /** Bytes as they are. */
  raw(bytes: Uint8Array | string): void;
  /** An unsolicited line right here, even where none may stand. */
  urcNow(text: string): void;
  /** An unsolicited line at the next place where one may stand, on every port that hears them. */
  urc(text: string): void;
  /** The line taken stays open (bytes typed meanwhile are intrusions) until `final`. */
  hold(): void;
  /** What the healthy module does with a line, with the answer going to `sink` (default: the port). */
  run(line: string, sink?: AnswerSink): void;
  /** Bytes as if a program had written them to the port. */
  type(text: string): void;
  /** Opens a prompt; what is typed is swallowed until Ctrl-Z or ESC (undefined). The caller ends the line then. */
  prompt(onEnd: (text: string | undefined) => void): void;
  /** The port goes online without a word, as a program that died left it. */
  goOnline(): void;
  /** Drops the data call of the port, if there is one: NO CARRIER. */
  dropCall(): void;
  reset(): void;
}

/** True: the line is taken, nothing behind this behaviour sees it. `line` has its AT prefix and no line end. */
export type LineBehaviour = (line: string, io: BehaviourIo) => boolean;

export interface Behaviour {
  /** At this AT port only (default: at both). */
  port?: PortName;
  line?: LineBehaviour;
  /** What arrives at a port passes here first: other bytes, or nothing at all. */
  input?: (bytes: Uint8Array) => Uint8Array | undefined;
  /** What the module says passes here: other bytes, or nothing at all. */
  output?: (bytes: Uint8Array, kind: Spoken) => Uint8Array | undefined;
  /** Echo stays on whatever ATE says. */
  forcesEcho?: boolean;
  chunking?: Chunking;
  /** The CellLocate client of a u-blox module behaves so while this is pushed. */
  cellLocate?: Partial<CellLocateKnobs>;
  /** The deviceWISE client of a Telit module behaves so while this is pushed. */
  deviceWise?: Partial<DeviceWiseKnobs>;
  /** Called when pushed; returns what is to be done when removed. */
  attach?: (io: BehaviourIo) => () => void;
  /** Called each time the module has booted, before it says anything. */
  booted?: (io: BehaviourIo) => void;
  dispose?: () => void;
}
