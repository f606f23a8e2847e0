// The shapes of a conversation in AT: what a caller asks, what comes back, what is counted.
import type { Clock, Logger, WaymarkError } from '../core/index.js';
import type { Link } from '../link/index.js';
import type { AtCommand } from './command.js';
import type { OwnSecrets } from './own-secrets.js';
import type { Vendor } from './profile.js';
import type { UrcHandler } from './urc.js';

export interface AtCounters {
  commands: number;
  timeouts: number;
  errors: number;
  urcs: number;
  unknownUrcs: number;
  resyncs: number;
}

export interface AtResult {
  /** Information lines, in order, without echo and unsolicited ones. */
  lines: string[];
  final: string;
  /** Counted bytes of the answer, when the command declared them. */
  payload?: { header: string; bytes: Uint8Array };
}

export interface RunOptions {
  deadlineMs?: number | undefined;
  /** `urgent` goes to the head of the queue. */
  priority?: 'urgent' | 'normal';
  signal?: AbortSignal | undefined;
  /** A time-out is expected and opens no resync: only while looking for signs of life. */
  probe?: boolean;
}

export interface ChannelHealth {
  consecutiveTimeouts: number;
  /** Lines that look like a GNSS receiver's. */
  gnssLines: number;
  overlongLines: number;
  echoedLines: number;
}

export interface AtChannel extends AsyncDisposable {
  /**
   * Sends one command and waits for its final result.
   * Errors: `modem.error`, `sim.*`, `modem.timeout`, `modem.reset`, `modem.desync`, `modem.busy`, `modem.injection`,
   * `link.*`, the abort reason.
   */
  run(command: string | AtCommand, options?: RunOptions): Promise<AtResult>;
  /** Like `run`, for commands that ask for bytes: sends `payload` when the prompt comes. */
  prompted(command: AtCommand, payload: Uint8Array, options?: RunOptions): Promise<AtResult>;
  /** Writes outside of any command, to leave a stuck prompt or data mode. Only with nothing in flight. */
  poke(bytes: Uint8Array): Promise<void>;
  /** Registers for unsolicited lines of a prefix; the newest registration hears first. */
  urcs(prefix: string, handler: UrcHandler): () => void;
  /** Adds a profile's prefixes and boot texts; errors are read in the words of its vendor. */
  learn(vocabulary: { urcPrefixes?: readonly string[]; bootTexts?: readonly string[]; vendor?: Vendor }): void;
  /** From now on a boot text means that the module restarted. */
  armResetDetection(): void;
  /** Proves by the marker that answers belong to our commands. Errors: `modem.timeout`, what `lost` says. */
  resync(): Promise<void>;
  readonly health: Readonly<ChannelHealth>;
  readonly isLost: boolean;
  /** Settles once, when the channel is of no more use. Never rejects. */
  readonly lost: Promise<WaymarkError>;
}

export interface ChannelDeps {
  link: Link;
  clock: Clock;
  log: Logger;
  /** Added to, so that figures survive the link. */
  counters: AtCounters;
  transcript?: ((direction: '>' | '<', line: string) => void) | undefined;
  /** What the module was told on other links, too (default: only on this one). */
  secrets?: OwnSecrets | undefined;
}
