// What can be pushed in front of the healthy module.
import type { Clock } from '../../core/index.js';
import type { Chunking } from './chunker.js';
import type { Outcome } from './command.js';
import type { AnswerSink, Spoken } from './output.js';

/** What a behaviour may do. */
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
  /** An unsolicited line at the next place where one may stand. */
  urc(text: string): void;
  /** The line taken stays open (bytes typed meanwhile are intrusions) until `final`. */
  hold(): void;
  /** What the healthy module does with a line, with the answer going to `sink` (default: the port). */
  run(line: string, sink?: AnswerSink): void;
  reset(): void;
}

/** True: the line is taken, nothing behind this behaviour sees it. `line` has its AT prefix and no line end. */
export type LineBehaviour = (line: string, io: BehaviourIo) => boolean;

export interface Behaviour {
  line?: LineBehaviour;
  /** What the module says passes here: other bytes, or nothing at all. */
  output?: (bytes: Uint8Array, kind: Spoken) => Uint8Array | undefined;
  /** Echo stays on whatever ATE says. */
  forcesEcho?: boolean;
  chunking?: Chunking;
  /** Called when pushed; returns what is to be done when removed. */
  attach?: (io: BehaviourIo) => () => void;
  dispose?: () => void;
}
