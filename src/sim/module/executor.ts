// Runs one command line: its commands one after the other, each with its latency, one final result for the line. The
// first failure ends it; answers given before stay given (specs/modem.md 1.1).
import {
  type CommandContext,
  type CommandSpec,
  type CommandTable,
  type Family,
  numberIn,
  type Outcome,
  type ParsedCommand,
  parseLine,
  splitArguments,
} from './command.js';
import { FAMILIES } from './families/all.js';
import type { LatencyClass } from './latency.js';
import type { AnswerSink } from './output.js';
import type { ByteCount } from './prompt.js';
import { BASIC_COMMANDS, S_DEFAULTS } from './standard/basic.js';
import { CLOCK_COMMANDS } from './standard/clock.js';
import { CONTEXT_COMMANDS } from './standard/context.js';
import { DATA_CALL_COMMANDS, dial } from './standard/data-call.js';
import { GENERAL_COMMANDS } from './standard/general.js';
import { IDENTITY_COMMANDS } from './standard/identity.js';
import { MESSAGING_COMMANDS } from './standard/messaging.js';
import { NETWORK_COMMANDS } from './standard/network.js';
import { REGISTRATION_COMMANDS } from './standard/registration.js';
import { cardObstacle, presenceObstacle, SIM_CARD_COMMANDS } from './standard/sim-card.js';
import type { Timers } from './timers.js';

const STANDARD: CommandTable = {
  ...GENERAL_COMMANDS,
  ...IDENTITY_COMMANDS,
  ...SIM_CARD_COMMANDS,
  ...REGISTRATION_COMMANDS,
  ...NETWORK_COMMANDS,
  ...CLOCK_COMMANDS,
  ...CONTEXT_COMMANDS,
  ...DATA_CALL_COMMANDS,
  ...MESSAGING_COMMANDS,
};

/** What the module knows: the standard, its family's own, and the other families' when it is not strict. */
export function commandsOf(family: Family, isStrict: boolean): CommandTable {
  const others = isStrict ? [] : Object.values(FAMILIES);
  return Object.fromEntries(
    [STANDARD, ...others.map(({ commands }) => commands), family.commands].flatMap((table) => Object.entries(table)),
  );
}

/** A command line between its CR and its final result. */
export interface OpenLine {
  start(): void;
  /** May a byte from the terminal end it now? */
  readonly isAbortable: boolean;
  /** Ends it with what the family says then. */
  abort(): void;
  /** Ends it without a word (reset, unplug). */
  cancel(): void;
}

export interface ExecutorDeps {
  family: Family;
  commands: CommandTable;
  isStrict: boolean;
  timers: Timers;
  latencyOf: (kind: LatencyClass) => number;
  /** Everything of the context that is not about this line. */
  world: Omit<CommandContext, 'info' | 'afterFinal' | 'prompt' | 'promptBytes' | 'wait' | 'goOnline'>;
  /** Opens a prompt at the port. */
  prompt: (onEnd: (text: string | undefined) => void) => void;
  promptBytes: (what: ByteCount, onEnd: (bytes: Buffer | undefined) => void) => void;
  goOnline: (contextId: number) => void;
  /** Wraps a command's synchronous part (unsolicited lines wait meanwhile). */
  perform: <T>(run: () => T) => T;
}

/** Makes the line ready; `onDone` is called once, before the final result is given to `sink`. */
export function openLine(deps: ExecutorDeps, body: string, sink: AnswerSink, onDone: () => void): OpenLine {
  const commands = parseLine(body);
  const afterwards: (() => void)[] = [];
  const context: CommandContext = {
    ...deps.world,
    // Spreading would freeze what the getter says.
    get callContext() {
      return deps.world.callContext;
    },
    info: (text) => sink.info(text),
    afterFinal: (fn) => void afterwards.push(fn),
    goOnline: (contextId) => void (online = contextId),
    prompt: (onEnd) => deps.prompt((text) => settle(() => onEnd(text))),
    promptBytes: (what, onEnd) => deps.promptBytes(what, (bytes) => settle(() => onEnd(bytes))),
    wait(begin) {
      let isWaiting = false;
      let early: Outcome | undefined;
      begin((outcome) => {
        if (isWaiting) settle(outcome);
        else early = outcome();
      });
      isWaiting = early === undefined;
      return early ?? 'PENDING';
    },
  };
  let index = 0;
  let isOver = false;
  let isAbortable = false;
  let online: number | undefined;
  let wait = { cancel: (): void => undefined };

  const finish = (outcome: Outcome | undefined): void => {
    if (isOver) return;
    isOver = true;
    wait.cancel();
    onDone();
    if (outcome === undefined) return;
    // Online before the word is out: an unsolicited line that waits would be taken for payload.
    if (outcome === 'CONNECT' && online !== undefined) deps.goOnline(online);
    sink.final(outcome);
    for (const fn of afterwards) fn();
  };
  const step = (): void => {
    for (;;) {
      const command = commands[index++];
      if (!command) {
        finish('OK');
        return;
      }
      const { kind, abortable } = temper(deps.commands, command);
      isAbortable = abortable;
      const delayMs = deps.latencyOf(kind);
      if (delayMs > 0) {
        wait = deps.timers.after(delayMs, () => {
          if (performOne(command)) step();
        });
        return;
      }
      if (!performOne(command)) return;
    }
  };
  /** False when the line ended with it, or waits. */
  const performOne = (command: ParsedCommand): boolean => {
    const outcome = deps.perform(() => perform(deps, context, command));
    if (outcome === 'OK') return true;
    if (outcome !== 'PENDING') finish(outcome);
    return false;
  };
  /** A command that waited is through. */
  const settle = (make: () => Outcome): void => {
    if (isOver) return;
    const outcome = deps.perform(make);
    if (outcome === 'OK') step();
    else finish(outcome);
  };

  return {
    start() {
      if (commands.length > 0) step();
      else wait = deps.timers.after(deps.latencyOf('quick'), () => finish('OK'));
    },
    get isAbortable() {
      return isAbortable;
    },
    abort: () => finish(deps.family.aborted),
    cancel: () => finish(undefined),
  };
}

function specOf(commands: CommandTable, command: ParsedCommand): CommandSpec | undefined {
  return command.is === 'extended' && Object.hasOwn(commands, command.name) ? commands[command.name] : undefined;
}

/** How long a command takes and whether it may be broken off. Only the set forms work on the radio. */
function temper(commands: CommandTable, command: ParsedCommand): { kind: LatencyClass; abortable: boolean } {
  if (command.is === 'dial') return { kind: 'context', abortable: true };
  const spec = specOf(commands, command);
  if (command.is !== 'extended' || !spec) return { kind: 'quick', abortable: false };
  if (command.name === '+COPS' && command.form === 'test') return { kind: 'scan', abortable: true };
  const isAction = command.form === 'set' || command.form === 'exec';
  if (isAction) return { kind: spec.latency ?? 'quick', abortable: spec.isAbortable === true };
  return { kind: spec.latency === 'card' ? 'card' : 'query', abortable: false };
}

function perform(deps: ExecutorDeps, context: CommandContext, command: ParsedCommand): Outcome | 'PENDING' {
  switch (command.is) {
    case 'bad':
      return 'ERROR';
    case 'basic': {
      const handler = Object.hasOwn(BASIC_COMMANDS, command.name) ? BASIC_COMMANDS[command.name] : undefined;
      return handler ? (handler(context, command.n) ?? 'OK') : 'ERROR';
    }
    case 'dial':
      return dial(context, command.text);
    case 'register':
      return register(context, command.n, command.value);
    case 'extended':
      return extended(deps, context, command);
    default:
      return 'ERROR';
  }
}

function register({ session, info }: CommandContext, n: number, value: number | undefined): Outcome {
  const { sRegisters } = session;
  if (value === undefined) {
    info(`${sRegisters.get(n) ?? S_DEFAULTS[n] ?? 0}`.padStart(3, '0'));
    return 'OK';
  }
  if (numberIn(`${value}`, 0, 255) === undefined) return 'ERROR';
  sRegisters.set(n, value);
  return 'OK';
}

function extended(
  deps: ExecutorDeps,
  context: CommandContext,
  command: ParsedCommand & { is: 'extended' },
): Outcome | 'PENDING' {
  const spec = specOf(deps.commands, command);
  if (!spec) return deps.family.unknownCommand;
  if (command.form === 'test') return test(context, command.name, spec);
  const handler = spec[command.form];
  if (!handler) return 'ERROR';
  const args = splitArguments(command.text);
  if (command.form === 'set' && spec.arity) {
    const [least, most] = spec.arity;
    if (args.length < least || (args.length > most && deps.isStrict)) return deps.family.wrongArity;
  }
  const { card } = context.state;
  const obstacle =
    spec.needsCard === true ? cardObstacle(card) : spec.needsCard === 'present' ? presenceObstacle(card) : undefined;
  return obstacle ?? handler(context, args, command.text) ?? 'OK';
}

function test(context: CommandContext, name: string, spec: CommandSpec): Outcome | 'PENDING' {
  if (spec.test === undefined) return 'ERROR';
  if (typeof spec.test === 'function') return spec.test(context, [], '') ?? 'OK';
  if (spec.test !== '') context.info(`${name}: ${spec.test}`);
  return 'OK';
}
