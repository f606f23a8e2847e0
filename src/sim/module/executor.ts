// Runs one command line: its commands one after the other, each with its latency, one final result for the line. The
// first failure ends it; answers given before stay given (specs/modem.md 1.1).
import {
  type BasicTable,
  type CommandContext,
  type CommandSpec,
  type CommandTable,
  numberIn,
  type Outcome,
  type ParsedCommand,
  parseLine,
  splitArguments,
} from './command.js';
import { CONTEXT_COMMANDS } from './context.js';
import { DEVICE_WISE_COMMANDS } from './device-wise.js';
import { BASIC_COMMANDS, GENERAL_COMMANDS, S_DEFAULTS } from './general.js';
import { IDENTITY_COMMANDS } from './identity.js';
import type { LatencyClass } from './latency.js';
import { MESSAGING_COMMANDS } from './messaging.js';
import { NETWORK_COMMANDS } from './network.js';
import type { AnswerSink } from './output.js';
import { cardObstacle, SIM_CARD_COMMANDS } from './sim-card.js';
import type { ModuleState } from './state.js';
import type { Timers } from './timers.js';

const COMMANDS: CommandTable = {
  ...GENERAL_COMMANDS,
  ...IDENTITY_COMMANDS,
  ...SIM_CARD_COMMANDS,
  ...NETWORK_COMMANDS,
  ...CONTEXT_COMMANDS,
  ...DEVICE_WISE_COMMANDS,
  ...MESSAGING_COMMANDS,
};
const BASICS: BasicTable = BASIC_COMMANDS;

/** A command line between its CR and its final result. */
export interface OpenLine {
  start(): void;
  /** May a byte from the terminal end it now? */
  readonly isAbortable: boolean;
  /** Ends it with ABORTED. */
  abort(): void;
  /** Ends it without a word (reset, unplug). */
  cancel(): void;
}

export interface ExecutorDeps {
  state: ModuleState;
  timers: Timers;
  latencyOf: (kind: LatencyClass) => number;
  /** Everything of the context that is not about this line. */
  world: Omit<CommandContext, 'info' | 'afterFinal'>;
  /** Wraps a command's synchronous part (unsolicited lines wait meanwhile). */
  perform: (run: () => Outcome) => Outcome;
}

/** Makes the line ready; `onDone` is called once, before the final result is given to `sink`. */
export function openLine(deps: ExecutorDeps, body: string, sink: AnswerSink, onDone: () => void): OpenLine {
  const commands = parseLine(body);
  const afterwards: (() => void)[] = [];
  const context: CommandContext = {
    ...deps.world,
    info: (text) => sink.info(text),
    afterFinal: (fn) => void afterwards.push(fn),
  };
  let index = 0;
  let isOver = false;
  let isAbortable = false;
  let wait = { cancel: (): void => undefined };

  const finish = (outcome: Outcome | undefined): void => {
    if (isOver) return;
    isOver = true;
    wait.cancel();
    onDone();
    if (outcome === undefined) return;
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
      const { kind, abortable } = temper(command);
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
  /** False when the line ended with it. */
  const performOne = (command: ParsedCommand): boolean => {
    const outcome = deps.perform(() => perform(context, command));
    if (outcome === 'OK') return true;
    finish(outcome);
    return false;
  };

  return {
    start() {
      if (commands.length > 0) step();
      else wait = deps.timers.after(deps.latencyOf('quick'), () => finish('OK'));
    },
    get isAbortable() {
      return isAbortable;
    },
    abort: () => finish('ABORTED'),
    cancel: () => finish(undefined),
  };
}

function specOf(command: ParsedCommand): CommandSpec | undefined {
  return command.is === 'extended' && Object.hasOwn(COMMANDS, command.name) ? COMMANDS[command.name] : undefined;
}

/** How long a command takes and whether it may be broken off. Only the set forms work on the radio. */
function temper(command: ParsedCommand): { kind: LatencyClass; abortable: boolean } {
  const spec = specOf(command);
  if (command.is !== 'extended' || !spec) return { kind: 'quick', abortable: false };
  if (command.name === '+COPS' && command.form === 'test') return { kind: 'scan', abortable: true };
  const isAction = command.form === 'set' || command.form === 'exec';
  if (isAction) return { kind: spec.latency ?? 'quick', abortable: spec.isAbortable === true };
  return { kind: spec.latency === 'card' ? 'card' : 'query', abortable: false };
}

function perform(context: CommandContext, command: ParsedCommand): Outcome {
  switch (command.is) {
    case 'bad':
      return 'ERROR';
    case 'basic': {
      const handler = Object.hasOwn(BASICS, command.name) ? BASICS[command.name] : undefined;
      return handler ? (handler(context, command.n) ?? 'OK') : 'ERROR';
    }
    case 'register':
      return register(context, command.n, command.value);
    case 'extended':
      return extended(context, command);
    default:
      return 'ERROR';
  }
}

function register({ state, info }: CommandContext, n: number, value: number | undefined): Outcome {
  const { sRegisters } = state.session;
  if (value === undefined) {
    info(`${sRegisters.get(n) ?? S_DEFAULTS[n] ?? 0}`.padStart(3, '0'));
    return 'OK';
  }
  if (numberIn(`${value}`, 0, 255) === undefined) return 'ERROR';
  sRegisters.set(n, value);
  return 'OK';
}

function extended(context: CommandContext, command: ParsedCommand & { is: 'extended' }): Outcome {
  const spec = specOf(command);
  if (!spec) return 'ERROR';
  const args = splitArguments(command.text);
  if (command.form === 'test') return test(context, command.name, spec);
  const handler = spec[command.form];
  if (!handler) return 'ERROR';
  if (spec.needsCard === true) {
    const obstacle = cardObstacle(context.state.card);
    if (obstacle !== undefined) return obstacle;
  }
  return handler(context, args, command.text) ?? 'OK';
}

function test(context: CommandContext, name: string, spec: CommandSpec): Outcome {
  if (spec.test === undefined) return 'ERROR';
  if (typeof spec.test === 'function') return spec.test(context, [], '') ?? 'OK';
  if (spec.test !== '') context.info(`${name}: ${spec.test}`);
  return 'OK';
}
