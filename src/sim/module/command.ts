// What a command is to the simulated module, and what a family of modules is: data and tables of commands.
import type { Clock, Timer } from '../../core/index.js';
import type { DeviceWiseClient } from './families/device-wise/client.js';
import type { LatencyClass } from './latency.js';
import type { ByteCount } from './prompt.js';
import { CME, type FinalWords, type Outcome } from './results.js';
import type { Identity, ModuleState, SessionSettings, SimCard } from './state.js';

export * from './parse.js';
export { CME, type Outcome } from './results.js';

/** What a command may do besides changing the state. */
export interface CommandContext {
  readonly state: ModuleState;
  /** Settings of the port the command came from. */
  readonly session: SessionSettings;
  readonly family: Family;
  readonly clock: Clock;
  /** One information line of the answer. */
  info(text: string): void;
  /** An unsolicited line, after the final result. */
  urc(text: string): void;
  /** Runs once the final result is out. */
  afterFinal(fn: () => void): void;
  /** Runs after `ms` of the module's time, unless its power goes before. */
  later(ms: number, fn: () => void): Timer;
  /** Functionality or selection changed: the radio starts or stops accordingly. */
  updateRadio(): void;
  /** A code opened or blocked the card. */
  cardChanged(): void;
  setContext(contextId: number, isActive: boolean): void;
  reboot(): void;
  powerOff(): void;
  /** Small walk of the measured signal, 0..1. */
  random(): number;
  /** This port goes online for a context once the final result is out. */
  goOnline(contextId: number): void;
  /** Context of this port's data call, if it has one. */
  readonly callContext: number | undefined;
  hangUp(): void;
  /** Asks for text, to Ctrl-Z; the command ends with what `onEnd` makes of it (undefined: ESC). Return 'PENDING' then. */
  prompt(onEnd: (text: string | undefined) => Outcome): void;
  /** Asks for a number of bytes; otherwise like `prompt`. */
  promptBytes(what: ByteCount, onEnd: (bytes: Buffer | undefined) => Outcome): void;
  /** Ends the command once `begin` says so (perhaps at once), with the outcome made then. Return what this gives. */
  wait(begin: (end: (outcome: () => Outcome) => void) => void): Outcome | 'PENDING';
  /** The module's own deviceWISE client (Telit). */
  readonly deviceWise: DeviceWiseClient;
}

/** Arguments with quotes taken off; `text` is what stood after the `=`. Nothing returned: OK. */
export type Handler = (
  context: CommandContext,
  args: readonly string[],
  text: string,
) => Outcome | 'PENDING' | undefined;

export interface CommandSpec {
  exec?: Handler;
  read?: Handler;
  /** Answer of the `=?` form: a fixed text (without the name), or a handler. `''` answers OK alone. */
  test?: string | Handler;
  set?: Handler;
  /** How few and how many arguments the set form takes; a strict module refuses others. */
  arity?: readonly [number, number];
  latency?: LatencyClass;
  /** Needs a usable card: 10..15 otherwise. `present`: one that asks for its PIN will do. */
  needsCard?: boolean | 'present';
  /** Any byte while it is open ends it. */
  isAbortable?: boolean;
}

export type CommandTable = Readonly<Record<string, CommandSpec>>;
/** Letter commands: `n` is the number behind, undefined when there is none. */
export type BasicHandler = (context: CommandContext, n: number | undefined) => Outcome | undefined;
export type BasicTable = Readonly<Record<string, BasicHandler>>;

export type FamilyName = 'telit' | 'ublox' | 'quectel';

/** What makes a module one of its family. */
export interface Family extends FinalWords {
  readonly name: FamilyName;
  readonly identity: Omit<Identity, 'imei'>;
  /** ms, at latency scale 1. */
  readonly times: { readonly boot: number; readonly card: number; readonly search: number; readonly bearer: number };
  /** Its own commands; they win over the standard ones. */
  readonly commands: CommandTable;
  /** Lines of ATI<n>; undefined: ERROR. */
  identification(identity: Identity, n: number | undefined): readonly string[] | undefined;
  /** Values of +CFUN; those of `restarts` restart it. */
  readonly functionalities: readonly number[];
  readonly restarts: readonly number[];
  /** Final result when a byte ends an abortable command. */
  readonly aborted: Outcome;
  readonly unknownCommand: Outcome;
  /** Too few or too many arguments. */
  readonly wrongArity: Outcome;
  /** Said when the module is up, and when the card is. */
  readonly bootTexts: readonly string[];
  cardBootTexts(card: SimCard): readonly string[];
  /** Unsolicited lines when the card changes while the module is on; `isSwap`: it was taken out or put in. */
  cardUrcs(card: SimCard, session: SessionSettings, isSwap: boolean): readonly string[];
  /** Beyond +CGEV, when the network takes a context away. */
  contextUrcs(state: ModuleState, contextId: number): readonly string[];
  /** +CEER of a cause; undefined: nothing to report. */
  extendedError(cause: number | undefined, words: string): string;
}

/** A command that only remembers what it is told: read gives it back, set takes what `accepts` matches. */
export function remembered(name: string, initial: string, accepts: RegExp, test = ''): CommandSpec {
  return {
    read: ({ session, info }) => {
      info(`${name}: ${session.remembered.get(name) ?? initial}`);
      return 'OK';
    },
    set: ({ session }, _args, text) => {
      if (!accepts.test(text.trim())) return { cme: CME.badParameters };
      session.remembered.set(name, text.trim());
      return 'OK';
    },
    test,
  };
}

/** Like `remembered`, but of the whole module and kept over a power cut. */
export function stored(name: string, initial: string, accepts: RegExp, test = ''): CommandSpec {
  return {
    read: ({ state, info }) => {
      info(`${name}: ${state.nvm.data.settings[name] ?? initial}`);
      return 'OK';
    },
    set: ({ state }, _args, text) => {
      if (!accepts.test(text.trim())) return { cme: CME.badParameters };
      state.nvm.data.settings[name] = text.trim();
      state.nvm.save();
      return 'OK';
    },
    test,
    latency: 'store',
  };
}

/** An exec form that prints fixed lines. */
export const says = (...lines: readonly string[]): { exec: Handler } => ({
  exec: ({ info }) => {
    for (const line of lines) info(line);
    return 'OK';
  },
});
