// What may be told to a running world, to a module alone or to the clouds alone, over its control socket or its parent's
// pipe. The table is the only place that knows the commands: it reads them, and `waymark sim ctl --help` prints it. Its
// parts are here (cables, receiver, runner) and in the files commands-*.ts.
//
// On the wire a command is one JSON object, `{"do":"fault","name":"mute"}`. A shell's words come as
// `{"do":"fault","words":["urcStorm","ratePerS=100"]}`: a word with `=` is a field, others fill `words` of the entry.
import { WORLD_DEVICES, type WorldDevice } from './cables.js';
import type { CommandEntry, CommandScope, CommandTable } from './command-table.js';
import { ASSIST_COMMANDS, type AssistCommand } from './commands-assistnow.js';
import { CLOUDS_COMMANDS, type CloudsCommand } from './commands-clouds.js';
import { DEVICEWISE_COMMANDS, type DeviceWiseCommand } from './commands-devicewise.js';
import { LOSANT_COMMANDS, type LosantCommand } from './commands-losant.js';
import { MODULE_COMMANDS, type ModuleCommand } from './commands-module.js';
import { THINGSPACE_COMMANDS, type ThingSpaceCommand } from './commands-thingspace.js';
import { createFields, type Fields, isRecord, mistake, needed } from './fields.js';
import { NAMED_FAULTS } from './module/faults.js';
import { RECEIVER_USAGE, type ReceiverCommand, readReceiverCommand } from './receiver/index.js';

export type { CommandScope } from './command-table.js';
export type { AssistCommand } from './commands-assistnow.js';
export type { CloudsCommand } from './commands-clouds.js';
export type { DeviceWiseCommand } from './commands-devicewise.js';
export type { LosantCommand } from './commands-losant.js';
export type { ModuleCommand } from './commands-module.js';
export type { ThingSpaceCommand } from './commands-thingspace.js';

/** What is done to the cables and to the machine they hang on. */
export type CableCommand =
  | { do: 'unplug' | 'replug'; device: WorldDevice }
  /** `renumber`: its ports come back under other numbers (only in a tree; default: as the world was started). */
  | { do: 'reset'; device: WorldDevice; renumber?: boolean }
  | { do: 'renumber'; device: WorldDevice }
  | { do: 'swap' };

export type StateCommand = { do: 'state' };
/** Everything the clouds can be told. */
export type CloudsOrder = CloudsCommand | AssistCommand | ThingSpaceCommand | LosantCommand | DeviceWiseCommand;
/** What is done to the receiver. */
export type ReceiverOrder = { do: 'receiver'; command: ReceiverCommand };
export type WorldCommand = ModuleCommand | CloudsOrder | CableCommand | ReceiverOrder | StateCommand;

/** Commands of the runner itself. */
export type RunnerCommand = { do: 'stop' } | { do: 'help' };

/** What each scope can be told. */
export interface CommandsOf {
  world: WorldCommand;
  modem: ModuleCommand | Extract<CableCommand, { do: 'unplug' | 'replug' | 'reset' }> | StateCommand;
  clouds: CloudsOrder | StateCommand;
}

const device = (fields: Fields): WorldDevice => needed(fields.choice('device', WORLD_DEVICES), 'device');
const DEVICE = WORLD_DEVICES.join('|');
const withCable: readonly CommandScope[] = ['world', 'modem'];
const inWorld: readonly CommandScope[] = ['world'];
const everywhere: readonly CommandScope[] = ['world', 'modem', 'clouds'];

const CABLE_COMMANDS: CommandTable<CableCommand> = {
  unplug: {
    scopes: withCable,
    usage: `unplug ${DEVICE}`,
    what: 'pull the cable; power goes with it',
    words: ['device'],
    read: (fields) => ({ do: 'unplug', device: device(fields) }),
  },
  replug: {
    scopes: withCable,
    usage: `replug ${DEVICE}`,
    what: 'put it back',
    words: ['device'],
    read: (fields) => ({ do: 'replug', device: device(fields) }),
  },
  reset: {
    scopes: withCable,
    usage: `reset ${DEVICE} [renumber=true]`,
    what: 'restart it; a module in a tree takes its ports away for 0.5 to 3 s',
    words: ['device'],
    read(fields) {
      const renumber = fields.flag('renumber');
      return { do: 'reset', device: device(fields), ...(renumber === undefined ? {} : { renumber }) };
    },
  },
  renumber: {
    scopes: inWorld,
    usage: `renumber ${DEVICE}`,
    what: 'gone and back under other numbers, powered all the time, same by-id and by-path names (tree)',
    words: ['device'],
    read: (fields) => ({ do: 'renumber', device: device(fields) }),
  },
  swap: {
    scopes: inWorld,
    usage: 'swap',
    what: 'receiver and first AT port change places behind their names; again: back (tree)',
    read: () => ({ do: 'swap' }),
  },
};

const RECEIVER_COMMANDS: CommandTable<ReceiverOrder> = {
  receiver: {
    scopes: inWorld,
    usage: RECEIVER_USAGE,
    what: 'what the receiver is, and what is wrong with it',
    read: (fields) => ({ do: 'receiver', command: readReceiverCommand(fields) }),
  },
};

const RUNNER_COMMANDS: CommandTable<StateCommand | RunnerCommand> = {
  state: { scopes: everywhere, usage: 'state', what: 'how everything is', read: () => ({ do: 'state' }) },
  stop: { scopes: everywhere, usage: 'stop', what: 'end it', read: () => ({ do: 'stop' }) },
  help: { scopes: everywhere, usage: 'help', what: 'this list', read: () => ({ do: 'help' }) },
};

const CLOUDS_ORDERS: CommandTable<CloudsOrder> = {
  ...CLOUDS_COMMANDS,
  ...ASSIST_COMMANDS,
  ...THINGSPACE_COMMANDS,
  ...LOSANT_COMMANDS,
  ...DEVICEWISE_COMMANDS,
};

/** Is it for the clouds? */
export const isCloudsOrder = (command: WorldCommand): command is CloudsOrder =>
  Object.hasOwn(CLOUDS_ORDERS, command.do);

type AnyCommand = WorldCommand | RunnerCommand;
const ENTRIES: readonly (readonly [name: string, entry: CommandEntry<AnyCommand>])[] = [
  ...Object.entries(CABLE_COMMANDS),
  ...Object.entries(MODULE_COMMANDS),
  ...Object.entries(CLOUDS_ORDERS),
  ...Object.entries(RECEIVER_COMMANDS),
  ...Object.entries(RUNNER_COMMANDS),
];

const entriesFor = (scope: CommandScope): typeof ENTRIES => ENTRIES.filter(([, { scopes }]) => scopes.includes(scope));

/** Words as typed, as fields. */
function fromWords(words: readonly unknown[], entry: CommandEntry<AnyCommand>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const places = [...(entry.words ?? [])];
  for (const word of words) {
    if (typeof word !== 'string') throw mistake('words must be texts');
    const [, key, value] = /^([A-Za-z]\w*)=(.*)$/s.exec(word) ?? [];
    if (key !== undefined) fields[key] = value;
    else {
      const place = places.shift();
      if (place === undefined) throw mistake(`${word} is one word too many; it is: ${entry.usage}`);
      fields[place] = word;
    }
  }
  return fields;
}

/** A command as it came from outside. Errors: `cli.usage`, as sentences. */
export function readCommand<Scope extends CommandScope>(
  data: unknown,
  scope: Scope,
): CommandsOf[Scope] | RunnerCommand {
  if (!isRecord(data)) throw mistake('a command is a JSON object');
  const { do: verb, words, ...given } = data;
  const entries = entriesFor(scope);
  const entry = entries.find(([name]) => name === verb)?.[1];
  if (!entry) throw mistake(`do must be one of ${entries.map(([name]) => name).join(', ')}`);
  if (words !== undefined && !Array.isArray(words)) throw mistake('words must be a list of texts');
  // A module alone is the only device there is.
  const implied = scope === 'modem' && entry.words?.[0] === 'device' ? { device: 'modem' } : {};
  const typed = words === undefined ? {} : fromWords(words, entry);
  const fields = createFields({ ...implied, ...given, ...typed }, String(verb), words !== undefined);
  const command = entry.read(fields);
  fields.end();
  // Only entries of the scope are read, and those give the commands of the scope.
  return command as CommandsOf[Scope] | RunnerCommand;
}

/** The table for people, one line a command, and the names of the faults. */
export function commandHelp(scope: CommandScope = 'world'): string[] {
  const blank = ' '.repeat(36);
  const lines = entriesFor(scope).flatMap(([, { usage, what }]) =>
    usage.length > 36 ? [`  ${usage}`, `  ${blank} ${what}`] : [`  ${usage.padEnd(36)} ${what}`],
  );
  if (scope === 'clouds') return lines;
  return [...lines, '', `Faults: ${Object.keys(NAMED_FAULTS).join(', ')}`];
}
