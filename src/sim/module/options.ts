// What a simulated module is made with, and what a world or a test may do with it.
import type { Clock, Logger } from '../../core/index.js';
import type { PortLike } from '../plug.js';
import type { Behaviour, LineBehaviour } from './behaviour.js';
import type { CellLocateKnobs } from './cell-locate.js';
import type { Chunking } from './chunker.js';
import type { FamilyName } from './command.js';
import type { DeviceWiseCounters, DeviceWiseOptions, DeviceWiseStatus } from './device-wise.js';
import type {
  BearerLogin,
  Coverage,
  Identity,
  ModuleState,
  Operator,
  Position,
  Quirks,
  Signal,
  SimCard,
  SimCardState,
  UrcPort,
} from './state.js';

export interface TranscriptLine {
  /** Wall clock of the simulation, ms. */
  atMs: number;
  /** `>` to the module, `<` from it. */
  direction: '>' | '<';
  /** Already scrubbed of secrets. */
  text: string;
  /** Absent for the primary AT port. */
  port?: 'secondary';
}

export interface SimModuleOptions {
  /** The primary AT port. */
  port: PortLike;
  /** A second AT port with settings of its own; radio, card and contexts are the same. */
  secondary?: PortLike | undefined;
  /** Position sentences once a second while the module is on; what is written to it is swallowed. */
  nmea?: PortLike | undefined;
  clock: Clock;
  log: Logger;
  /** The module to be: Telit LE910C1-EUX (default), u-blox SARA-R510M8S, Quectel EG25-G. */
  profile?: FamilyName | undefined;
  /**
   * Refuses what the real module refuses: other vendors' commands, a wrong number of arguments, the prefix `aT`
   * (default true).
   */
  strict?: boolean;
  /** Forms of the field that differ from the usual ones. */
  quirks?: Partial<Quirks>;
  /** Which AT ports hear unsolicited lines (default both; a Quectel can be told otherwise). */
  urcPort?: UrcPort;
  /** What outlives a power cut is kept here; memory only without it. */
  stateFile?: string | undefined;
  /** Same seed, same latencies and levels (default 1). */
  seed?: number;
  /** Power-on to first answer, ms (default by family: 1500 to 2500). */
  boot?: number;
  /** Times from power-on to a usable card, from there to registration, and to a bearer, ms. */
  cardMs?: number;
  searchMs?: number;
  bearerMs?: number;
  /** Scales every latency but the boot; 0 answers in the same tick (default 1). */
  latencyScale?: number;
  chunking?: Chunking;
  chunkGapMs?: number;
  identity?: Partial<Identity>;
  card?: Partial<SimCard>;
  coverage?: Partial<Coverage>;
  operator?: Operator;
  signal?: Partial<Signal>;
  /** APN of context 1 in the factory state. */
  apn?: string;
  /** Context 1 comes up with the registration (default true). */
  hasInitialBearer?: boolean;
  /** No bearer without this user and password. */
  bearerLogin?: BearerLogin | undefined;
  /** Second address of contexts with IPv6 (default none). */
  ipv6Address?: string;
  zoneQuarters?: number;
  temperatureC?: number;
  /** Where the module's own receiver is; null: it has no fix. */
  position?: Position | null;
  /** Where the CellLocate client of a u-blox module is other than usual. */
  cellLocate?: Partial<CellLocateKnobs>;
  /** Where the deviceWISE client of a Telit module is other than usual, and the way to its server. */
  deviceWise?: DeviceWiseOptions;
  /** Said unasked after each boot instead of what the family says, e.g. `+PBREADY`. */
  bootTexts?: readonly string[];
  transcript?: (line: TranscriptLine) => void;
}

export interface SimModuleCounters {
  lines: number;
  /** Bytes typed while a command that cannot be aborted was open: a client's mistake. */
  intrusions: number;
  resets: number;
}

/** The module's own deviceWISE client, as seen from outside. */
export interface DeviceWiseHook {
  /** Its connection breaks (default: while receiving); the module says nothing of it. */
  drop(code?: number): void;
  state(): Readonly<{ isStarted: boolean; status: DeviceWiseStatus; lastError: number; inbox: number }>;
  readonly counters: Readonly<DeviceWiseCounters>;
}

export interface SimModule extends AsyncDisposable {
  readonly state: Readonly<ModuleState>;
  readonly counters: Readonly<SimModuleCounters>;
  readonly deviceWise: DeviceWiseHook;
  /** The last thousand lines in both directions, of both ports. */
  readonly transcriptLines: readonly TranscriptLine[];
  /** Puts a behaviour in front of all others; returns its removal. */
  push(behaviour: Behaviour | LineBehaviour): () => void;
  /** Is context 1 up? */
  readonly pdpActive: boolean;
  /** The network takes context 1 away or gives it (the latter only while attached). */
  setPdpActive(isActive: boolean): void;
  /** Told each change of `pdpActive`; returns the unsubscribe. */
  onPdp(cb: (isActive: boolean) => void): () => void;
  /** What the network grants from now on. */
  setRegistration(change: Partial<Coverage>): void;
  setSignal(change: Partial<Signal>): void;
  /** Another card state; `ready` is an unlocked card with fresh counters. */
  setSim(state: SimCardState, details?: Partial<SimCard>): void;
  /** The card is pulled while the module is on; after `absentMs` (default 500) of clock time another one is in. */
  swapSim(card: Partial<Omit<SimCard, 'state'>>, absentMs?: number): void;
  /** An unsolicited line at the next place where one may stand. */
  urc(text: string): void;
  /** Power cycle: settings lost, NVM kept. Also turns a module on that was shut down. */
  reset(): void;
  powerOff(): void;
  /** The cable was pulled: power is gone and the open command with it. */
  unplugged(): void;
  /** The cable is back: boots. */
  replugged(): void;
}
