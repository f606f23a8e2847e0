// Commands to a module, alone or in a world: card, network, faults of the dialogue.
import { type CommandScope, type CommandTable, some } from './command-table.js';
import { mistake, needed } from './fields.js';
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
  /** The connection of the module's own deviceWISE client breaks. */
  | { do: 'devicewise-drop'; code?: number }
  /** The last lines of the dialogue. */
  | { do: 'transcript'; last: number };

const scopes: readonly CommandScope[] = ['world', 'modem'];
const MAX_TRANSCRIPT = 1000;
/** Of the module's client (specs/devicewise.md 1.6). */
const [LOWEST_CODE, HIGHEST_CODE] = [-18_999, -18_000];
const MAX_ABSENT_MS = 3_600_000;

export const MODULE_COMMANDS: CommandTable<ModuleCommand> = {
  pdp: {
    scopes,
    usage: 'pdp on|off',
    what: 'the network gives or takes context 1',
    words: ['active'],
    read: (fields) => ({ do: 'pdp', active: needed(fields.flag('active'), 'active') }),
  },
  card: {
    scopes,
    usage: `card [state=${CARD_STATES.join('|')}] [pin=1234] [puk=12345678] [pinTries=3] [pukTries=10] [isPinEnabled=true] [iccid=…] [imsi=…] [number=…] [lock="PH-NET PIN"] [absentMs=500]`,
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
    scopes,
    usage: `coverage [state=${COVERAGE_STATES.join('|')}] [rejectCause=11] [technology=7] [areaCode=4E20] [cellId=0140A29] [routingCode=01] [isDataOnly=true]`,
    what: 'what the network grants from now on',
    words: ['state'],
    read: (fields) => ({ do: 'coverage', change: some(readCoverage(fields), 'coverage') }),
  },
  signal: {
    scopes,
    usage: 'signal [rssiDbm=-67] [rsrpDbm=-95] [rsrqDb=-10] [sinrDb=12]',
    what: 'levels from now on',
    read: (fields) => ({ do: 'signal', change: some(readSignal(fields), 'signal') }),
  },
  urc: {
    scopes,
    usage: 'urc "+CREG: 2"',
    what: 'an unsolicited line, where one may stand',
    words: ['text'],
    read: (fields) => ({
      do: 'urc',
      text: needed(fields.text('text', { pattern: /^[^\r\n]{1,500}$/, words: 'one line' }), 'text'),
    }),
  },
  fault: {
    scopes,
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
    scopes,
    usage: 'heal [NAME]',
    what: 'take faults of the module away again',
    words: ['name'],
    read(fields) {
      const name = fields.text('name');
      return { do: 'heal', ...(name === undefined ? {} : { name }) };
    },
  },
  'devicewise-drop': {
    scopes,
    usage: 'devicewise-drop [code=-18323]',
    what: 'the connection of the module’s own deviceWISE client breaks, and the module says nothing of it',
    read(fields) {
      const code = fields.whole('code', LOWEST_CODE, HIGHEST_CODE);
      return { do: 'devicewise-drop', ...(code === undefined ? {} : { code }) };
    },
  },
  transcript: {
    scopes,
    usage: 'transcript [last=100]',
    what: 'the last lines of the AT dialogue, secrets removed',
    words: ['last'],
    read: (fields) => ({ do: 'transcript', last: fields.whole('last', 1, MAX_TRANSCRIPT) ?? 100 }),
  },
};
