// What a command is to the simulated module, and how a line falls apart into commands (specs/modem.md 1.1).
import type { Clock } from '../../core/index.js';
import type { LatencyClass } from './latency.js';
import type { ModuleState } from './state.js';

/** Final result of one command. */
export type Outcome = 'OK' | 'ERROR' | 'ABORTED' | 'NO CARRIER' | { cme: number } | { cms: number };

/** What a command may do besides changing the state. */
export interface CommandContext {
  readonly state: ModuleState;
  readonly clock: Clock;
  /** One information line of the answer. */
  info(text: string): void;
  /** An unsolicited line, after the final result. */
  urc(text: string): void;
  /** Runs once the final result is out. */
  afterFinal(fn: () => void): void;
  /** Card, functionality or selection changed: the radio starts or stops accordingly. */
  updateRadio(): void;
  setContext(contextId: number, isActive: boolean): void;
  reboot(): void;
  powerOff(): void;
  /** Small walk of the measured signal, 0..1. */
  random(): number;
}

/** Arguments with quotes taken off; `text` is what stood after the `=`. */
export type Handler = (context: CommandContext, args: readonly string[], text: string) => Outcome | undefined;

export interface CommandSpec {
  exec?: Handler;
  read?: Handler;
  /** Answer of the `=?` form: a fixed text (without the name), or a handler. `''` answers OK alone. */
  test?: string | Handler;
  set?: Handler;
  latency?: LatencyClass;
  /** Needs a usable card: 10..14 otherwise. */
  needsCard?: boolean;
  /** Any byte while it is open ends it. */
  isAbortable?: boolean;
}

export type CommandTable = Readonly<Record<string, CommandSpec>>;
/** Letter commands: `n` is the number behind, undefined when there is none. */
export type BasicHandler = (context: CommandContext, n: number | undefined) => Outcome | undefined;
export type BasicTable = Readonly<Record<string, BasicHandler>>;

export type Form = 'exec' | 'read' | 'test' | 'set';

export type ParsedCommand =
  | { is: 'extended'; name: string; form: Form; text: string }
  | { is: 'basic'; name: string; n: number | undefined }
  | { is: 'register'; n: number; value: number | undefined }
  | { is: 'bad' };

const BASIC = /^(&?[A-Z])(\d{0,5})/;
const REGISTER = /^S(\d{1,3})(\?|=(\d{0,5}))/;
const EXTENDED = /^([+#$%*^_\\][A-Z0-9]{1,20})(=\?|\?|=|)/;

/** The commands of a line, without its AT prefix. After `bad` nothing follows: the line ends with ERROR there. */
export function parseLine(body: string): ParsedCommand[] {
  const commands: ParsedCommand[] = [];
  let rest = body.trim();
  while (rest !== '') {
    const upper = rest.toUpperCase();
    const extended = EXTENDED.exec(upper);
    const register = REGISTER.exec(upper);
    const basic = BASIC.exec(upper);
    if (extended?.[1] !== undefined) {
      const end = semicolon(rest, extended[0].length);
      const text = rest.slice(extended[0].length, end);
      const form = formOf(extended[2] ?? '');
      // Only the set form has something behind it.
      commands.push(
        form !== 'set' && text.trim() !== '' ? { is: 'bad' } : { is: 'extended', name: extended[1], form, text },
      );
      rest = rest.slice(end + 1);
    } else if (register) {
      commands.push({
        is: 'register',
        n: Number(register[1]),
        value: register[2] === '?' ? undefined : Number(register[3]),
      });
      rest = rest.slice(register[0].length);
    } else if (basic?.[1] !== undefined) {
      // A dial string is the rest of the line.
      const length = basic[1] === 'D' ? rest.length : basic[0].length;
      commands.push({ is: 'basic', name: basic[1], n: basic[2] === '' ? undefined : Number(basic[2]) });
      rest = rest.slice(length);
    } else {
      commands.push({ is: 'bad' });
      break;
    }
    rest = rest.replace(/^[; ]{1,8}/, '');
  }
  return commands;
}

function formOf(mark: string): Form {
  if (mark === '=?') return 'test';
  if (mark === '?') return 'read';
  return mark === '=' ? 'set' : 'exec';
}

/** Index of the next `;` outside quotes, or the end. */
function semicolon(text: string, from: number): number {
  let isQuoted = false;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '"') isQuoted = !isQuoted;
    else if (text[i] === ';' && !isQuoted) return i;
  }
  return text.length;
}

/** Splits at commas outside quotes; quotes and blanks around are taken off. No text: no arguments. */
export function splitArguments(text: string): string[] {
  if (text.trim() === '') return [];
  const args: string[] = [];
  let current = '';
  let isQuoted = false;
  for (const char of text) {
    if (char === '"') isQuoted = !isQuoted;
    else if (char === ',' && !isQuoted) {
      args.push(current);
      current = '';
      continue;
    } else current += char;
  }
  args.push(current);
  return args.map((arg) => arg.trim());
}

/** A whole number in a range, or undefined. */
export function numberIn(text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

export const CME = {
  notAllowed: 3,
  notSupported: 4,
  notInserted: 10,
  pinRequired: 11,
  pukRequired: 12,
  cardFailure: 13,
  cardBusy: 14,
  wrongPassword: 16,
  noService: 30,
  badParameters: 50,
  alreadyActive: 553,
  activationFailed: 555,
} as const;

const CME_TEXTS: Readonly<Record<number, string>> = {
  3: 'operation not allowed',
  4: 'operation not supported',
  10: 'SIM not inserted',
  11: 'SIM PIN required',
  12: 'SIM PUK required',
  13: 'SIM failure',
  14: 'SIM busy',
  16: 'incorrect password',
  30: 'no network service',
  50: 'incorrect parameters',
  100: 'unknown',
  553: 'context already activated',
  555: 'context activation error',
};

/** The final line of an outcome under V1, by the +CMEE mode. */
export function finalText(outcome: Outcome, cmee: number): string {
  if (typeof outcome === 'string') return outcome;
  if ('cms' in outcome) return `+CMS ERROR: ${outcome.cms}`;
  if (cmee === 0) return 'ERROR';
  return `+CME ERROR: ${cmee === 2 ? (CME_TEXTS[outcome.cme] ?? 'unknown') : outcome.cme}`;
}

/** The digit of an outcome under V0. */
export function finalDigit(outcome: Outcome): string {
  if (outcome === 'OK') return '0';
  return outcome === 'NO CARRIER' ? '3' : '4';
}

/** A command that only remembers what it is told: read gives it back, set takes what `accepts` matches. */
export function remembered(name: string, initial: string, accepts: RegExp, test = ''): CommandSpec {
  return {
    read: ({ state, info }) => {
      info(`${name}: ${state.session.remembered.get(name) ?? initial}`);
      return 'OK';
    },
    set: ({ state }, _args, text) => {
      if (!accepts.test(text.trim())) return { cme: CME.badParameters };
      state.session.remembered.set(name, text.trim());
      return 'OK';
    },
    test,
  };
}
