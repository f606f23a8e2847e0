// What may be told to a running world or to a module alone, over its control socket or its parent's pipe. This table is
// the only place that knows the commands: it reads them, and `waymark sim ctl --help` prints it.
//
// On the wire a command is one JSON object, `{"do":"fault","name":"mute"}`. A shell's words come as
// `{"do":"fault","words":["urcStorm","ratePerS=100"]}`: a word with `=` is a field, others fill `words` of the entry.
import { WORLD_DEVICES, type WorldDevice } from './cables.js';
import { createFields, type Fields, isRecord, mistake, needed } from './fields.js';
import { NAMED_FAULTS } from './module/faults.js';
import type { Coverage, Signal, SimCard } from './module/state.js';
import { CARD_STATES, COVERAGE_STATES, readCard, readCoverage, readSignal } from './module-options.js';

/** What a module can be told, alone or in a world. */
export type ModuleCommand =
  | { do: 'pdp'; active: boolean }
  /** With `absentMs` the card is pulled and another one is in after that clock time. */
  | { do: 'card'; change: Partial<SimCard>; absentMs?: number }
  | { do: 'coverage'; change: Partial<Coverage> }
  | { do: 'signal'; change: Partial<Signal> }
  | { do: 'urc'; text: string }
  | { do: 'fault'; name: string; args: Readonly<Record<string, unknown>> }
  /** Without a name: everything. */
  | { do: 'heal'; name?: string }
  /** The last lines of the dialogue. */
  | { do: 'transcript'; last: number };

export type WorldCommand =
  | ModuleCommand
  | { do: 'unplug' | 'replug'; device: WorldDevice }
  /** `renumber`: its ports come back under other numbers (only in a tree; default: as the world was started). */
  | { do: 'reset'; device: WorldDevice; renumber?: boolean }
  | { do: 'renumber'; device: WorldDevice }
  | { do: 'swap' }
  | { do: 'state' };

/** Commands of the runner itself. */
export type RunnerCommand = { do: 'stop' } | { do: 'help' };

interface Entry {
  /** As typed behind `sim ctl`. */
  usage: string;
  what: string;
  /** Fields that words without `=` fill, in turn. */
  words?: readonly string[];
  /** Understood by a world only, not by a module alone. */
  isWorldOnly?: boolean;
  read(fields: Fields): WorldCommand | RunnerCommand;
}

const device = (fields: Fields): WorldDevice => needed(fields.choice('device', WORLD_DEVICES), 'device');
const DEVICE = WORLD_DEVICES.join('|');
const MAX_TRANSCRIPT = 1000;
const MAX_ABSENT_MS = 3_600_000;

const ENTRIES: Readonly<Record<WorldCommand['do'] | RunnerCommand['do'], Entry>> = {
  unplug: {
    usage: `unplug ${DEVICE}`,
    what: 'pull the cable; power goes with it',
    words: ['device'],
    read: (fields) => ({ do: 'unplug', device: device(fields) }),
  },
  replug: {
    usage: `replug ${DEVICE}`,
    what: 'put it back',
    words: ['device'],
    read: (fields) => ({ do: 'replug', device: device(fields) }),
  },
  reset: {
    usage: `reset ${DEVICE} [renumber=true]`,
    what: 'restart it; a module in a tree takes its ports away for 0.5 to 3 s',
    words: ['device'],
    read(fields) {
      const renumber = fields.flag('renumber');
      return { do: 'reset', device: device(fields), ...(renumber === undefined ? {} : { renumber }) };
    },
  },
  renumber: {
    usage: `renumber ${DEVICE}`,
    what: 'gone and back under other numbers, powered all the time, same by-id and by-path names (tree)',
    words: ['device'],
    isWorldOnly: true,
    read: (fields) => ({ do: 'renumber', device: device(fields) }),
  },
  swap: {
    usage: 'swap',
    what: 'receiver and first AT port change places behind their names; again: back (tree)',
    isWorldOnly: true,
    read: () => ({ do: 'swap' }),
  },
  pdp: {
    usage: 'pdp on|off',
    what: 'the network gives or takes context 1',
    words: ['active'],
    read: (fields) => ({ do: 'pdp', active: needed(fields.flag('active'), 'active') }),
  },
  card: {
    usage: `card [state=${CARD_STATES.join('|')}] [pin=1234] [puk=12345678] [pinTries=3] [pukTries=10] [isPinEnabled=true] [iccid=…] [imsi=…] [lock="PH-NET PIN"] [absentMs=500]`,
    what: 'another state of the SIM card; with absentMs it is pulled, and another one put in after that time',
    words: ['state'],
    read(fields) {
      const absentMs = fields.whole('absentMs', 1, MAX_ABSENT_MS);
      const change = readCard(fields);
      if (absentMs === undefined) return { do: 'card', change: some(change, 'card') };
      if (change.state !== undefined) throw mistake('state: a card put in says itself what it asks for');
      return { do: 'card', change, absentMs };
    },
  },
  coverage: {
    usage: `coverage [state=${COVERAGE_STATES.join('|')}] [rejectCause=11] [technology=7] [areaCode=4E20] [cellId=0140A29] [routingCode=01] [isDataOnly=true]`,
    what: 'what the network grants from now on',
    words: ['state'],
    read: (fields) => ({ do: 'coverage', change: some(readCoverage(fields), 'coverage') }),
  },
  signal: {
    usage: 'signal [rssiDbm=-67] [rsrpDbm=-95] [rsrqDb=-10] [sinrDb=12]',
    what: 'levels from now on',
    read: (fields) => ({ do: 'signal', change: some(readSignal(fields), 'signal') }),
  },
  urc: {
    usage: 'urc "+CREG: 2"',
    what: 'an unsolicited line, where one may stand',
    words: ['text'],
    read: (fields) => ({
      do: 'urc',
      text: needed(fields.text('text', { pattern: /^[^\r\n]{1,500}$/, words: 'one line' }), 'text'),
    }),
  },
  fault: {
    usage: 'fault NAME [key=value …]',
    what: 'push a fault in front of the module: `fault mute`, `fault urcStorm ratePerS=100`',
    words: ['name'],
    read(fields) {
      const name = needed(fields.text('name'), 'name');
      const given = fields.group('args');
      return { do: 'fault', name, args: given ? given.rest() : fields.rest() };
    },
  },
  heal: {
    usage: 'heal [NAME]',
    what: 'take faults away again',
    words: ['name'],
    read(fields) {
      const name = fields.text('name');
      return { do: 'heal', ...(name === undefined ? {} : { name }) };
    },
  },
  transcript: {
    usage: 'transcript [last=100]',
    what: 'the last lines of the AT dialogue, secrets removed',
    words: ['last'],
    read: (fields) => ({ do: 'transcript', last: fields.whole('last', 1, MAX_TRANSCRIPT) ?? 100 }),
  },
  state: { usage: 'state', what: 'how everything is', read: () => ({ do: 'state' }) },
  stop: { usage: 'stop', what: 'end it', read: () => ({ do: 'stop' }) },
  help: { usage: 'help', what: 'this list', read: () => ({ do: 'help' }) },
};

function some<T extends object>(change: T, name: string): T {
  if (Object.keys(change).length === 0) throw mistake(`${name}: nothing to change`);
  return change;
}

const entriesFor = (scope: 'world' | 'modem'): [string, Entry][] =>
  Object.entries(ENTRIES).filter(([, entry]) => scope === 'world' || entry.isWorldOnly !== true);

/** Words as typed, as fields. */
function fromWords(words: readonly unknown[], entry: Entry): Record<string, unknown> {
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

/** A command as it came from outside. `modem`: from a module alone. Errors: `cli.usage`, as sentences. */
export function readCommand(data: unknown, scope: 'world' | 'modem'): WorldCommand | RunnerCommand {
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
  return command;
}

/** The table for people, one line a command, and the names of the faults. */
export function commandHelp(scope: 'world' | 'modem' = 'world'): string[] {
  const blank = ' '.repeat(36);
  const lines = entriesFor(scope).flatMap(([, { usage, what }]) =>
    usage.length > 36 ? [`  ${usage}`, `  ${blank} ${what}`] : [`  ${usage.padEnd(36)} ${what}`],
  );
  return [...lines, '', `Faults: ${Object.keys(NAMED_FAULTS).join(', ')}`];
}
