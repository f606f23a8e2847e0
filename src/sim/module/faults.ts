// Ready-made faults (specs/modem.md 5.4 to 5.6). Each is pushed with `module.push(...)` and removed with what that
// returns; by name, with arguments from outside, they are in `NAMED_FAULTS`.
import { createFields, type Fields, needed, present } from '../fields.js';
import type { Behaviour } from './behaviour.js';
import * as answers from './faults/answers.js';
import * as bytes from './faults/bytes.js';
import { deviceWiseOf } from './faults/device-wise.js';
import { cellLocate } from './faults/location.js';
import * as ports from './faults/ports.js';
import * as unsolicited from './faults/unsolicited.js';
import type { Outcome } from './results.js';

export * from './faults/answers.js';
export * from './faults/bytes.js';
export { deviceWise } from './faults/device-wise.js';
export * from './faults/location.js';
export * from './faults/ports.js';
export * from './faults/unsolicited.js';

const DAY_MS = 86_400_000;
const MANY = 1_000_000;

/** A command as a prefix behind AT; never a control character. */
const COMMAND = { pattern: /^[\x20-\x7e]{1,100}$/, words: 'the beginning of a command behind AT, such as +CREG?' };
const TEXT = { pattern: /^[^\r\n]{1,500}$/, words: 'one line of text' };

const commandOf = (fields: Fields): string => needed(fields.text('command', COMMAND), 'command');
const ms = (fields: Fields, name: string): number | undefined => fields.whole(name, 1, DAY_MS);

/** As on the wire: `OK`, `ERROR`, `ABORTED`, `NO CARRIER`, `+CME ERROR: 14`, `+CMS ERROR: 302`. */
function outcomeOf(fields: Fields): Outcome {
  const words = 'OK, ERROR, ABORTED, NO CARRIER, +CME ERROR: <n> or +CMS ERROR: <n>';
  const pattern = /^(?:OK|ERROR|ABORTED|NO CARRIER|\+CM[ES] ERROR: ?\d{1,4})$/;
  const text = needed(fields.text('outcome', { pattern, words }), 'outcome');
  const [, kind, number] = /^\+CM([ES]) ERROR: ?(\d+)$/.exec(text) ?? [];
  if (kind === 'E') return { cme: Number(number) };
  return kind === 'S' ? { cms: Number(number) } : (text as 'OK' | 'ERROR' | 'ABORTED' | 'NO CARRIER');
}

/** One or several tokens, separated by commas. */
const TOKENS = { pattern: /^[\x21-\x7e]{1,500}$/, words: 'tokens, separated by commas' };

const cellLocateOf = (fields: Fields): Behaviour =>
  cellLocate(
    present({
      result: fields.whole('result', 0, 99),
      step: fields.whole('step', 0, 9),
      recovers: fields.flag('recovers'),
      isSupported: fields.flag('isSupported'),
      forms: fields.choice('forms', ['short', 'detailed', 'all'] as const),
      acceptsTokens: fields.flag('acceptsTokens'),
      badTokens: fields.text('badTokens', TOKENS)?.split(','),
      minTokenLength: fields.whole('minTokenLength', 1, 256),
      busyTimes: fields.whole('busyTimes', 0, MANY),
      noContextAs: fields.choice('noContextAs', ['error', 'indication'] as const),
      isSilent: fields.flag('isSilent'),
      stepMs: fields.whole('stepMs', 0, DAY_MS),
      latitudeDeg: fields.number('latitudeDeg', -90, 90),
      longitudeDeg: fields.number('longitudeDeg', -180, 180),
      uncertaintyM: fields.whole('uncertaintyM', 1, 20_000_000),
      hypotheses: fields.whole('hypotheses', 1, 16),
      isShuffled: fields.flag('isShuffled'),
      decimals: fields.whole('decimals', 0, 15),
      plusSign: fields.flag('plusSign'),
      quotes: fields.flag('quotes'),
      blanks: fields.flag('blanks'),
      forgetsServers: fields.flag('forgetsServers'),
      masksToken: fields.flag('masksToken'),
      needsGnssOff: fields.flag('needsGnssOff'),
      hasDeepScan: fields.flag('hasDeepScan'),
    }),
  );

const MAKERS: Readonly<Record<string, (fields: Fields) => Behaviour>> = {
  mute: bytes.mute,
  echoStuck: bytes.echoStuck,
  splitAll: bytes.splitAll,
  garbled: bytes.garbled,
  nulBytes: bytes.nulBytes,
  noise: (fields) => bytes.noise(fields.whole('length', 1, 4096), fields.whole('seed', 0, MANY)),
  sloppyLineEnds: (fields) =>
    bytes.sloppyLineEnds(fields.choice('how', ['no-cr', 'double-cr'] as const) ?? 'double-cr'),
  hostileText: (fields) =>
    bytes.hostileText(fields.choice('where', ['answers', 'urcs', 'both'] as const), ms(fields, 'everyMs')),
  rebootDuring: (fields) => answers.rebootDuring(commandOf(fields)),
  rebootMidAnswer: (fields) => answers.rebootMidAnswer(commandOf(fields)),
  lateOk: (fields) => answers.lateOk(commandOf(fields), ms(fields, 'ms') ?? 5000),
  lateFinal: (fields) => answers.lateFinal(commandOf(fields), ms(fields, 'ms') ?? 5000),
  answerWith: (fields) => answers.answerWith(commandOf(fields), outcomeOf(fields), fields.whole('times', 1, MANY)),
  cme: (fields) =>
    answers.cme(commandOf(fields), needed(fields.whole('n', 0, 9999), 'n'), fields.whole('times', 1, MANY)),
  cmeFlood: (fields) => answers.cmeFlood(fields.whole('n', 0, 9999) ?? 14),
  deaf: (fields) => answers.deaf(commandOf(fields), fields.whole('times', 1, MANY)),
  stickyTimeouts: (fields) => answers.stickyTimeouts(fields.text('command', COMMAND)),
  lieAboutDwcfg: answers.lieAboutDwcfg,
  cellLocate: cellLocateOf,
  deviceWise: deviceWiseOf,
  urcStorm: (fields) => {
    const text = fields.text('text', TEXT);
    return unsolicited.urcStorm(
      fields.number('ratePerS', 0.01, 10_000) ?? 100,
      text === undefined ? undefined : [text],
    );
  },
  urcInside: (fields) => unsolicited.urcInside(commandOf(fields), needed(fields.text('text', TEXT), 'text')),
  urcBefore: (fields) => unsolicited.urcBefore(commandOf(fields), needed(fields.text('text', TEXT), 'text')),
  samePrefixUrc: (fields) => unsolicited.samePrefixUrc(commandOf(fields), fields.text('text', TEXT)),
  twoLineUrc: (fields) => unsolicited.twoLineUrc(fields.text('command', COMMAND), fields.text('second', TEXT)),
  lostUrcs: (fields) => unsolicited.lostUrcs(fields.whole('every', 1, MANY) ?? 3),
  stuckPrompt: (fields) => ports.stuckPrompt(fields.text('command', COMMAND)),
  leftOnline: ports.leftOnline,
  hungOnline: ports.hungOnline,
  dropCall: ports.dropCall,
  foreignWriter: (fields) =>
    ports.foreignWriter(
      ms(fields, 'everyMs'),
      fields.text('line', { pattern: /^AT[\x20-\x7e]{0,200}$/, words: 'an AT line' }),
    ),
};

/** For both AT ports unless `port` names one. */
const named =
  (name: string, make: (fields: Fields) => Behaviour) =>
  (args: Readonly<Record<string, unknown>>): Behaviour => {
    const fields = createFields(args, name);
    const port = fields.choice('port', ['primary', 'secondary'] as const);
    const behaviour = make(fields);
    fields.end();
    return port === undefined ? behaviour : { ...behaviour, port };
  };

/**
 * Faults by name, for control sockets. Arguments are those of the functions, by name: `{command: '+CREG?', times: 3}`,
 * and `port` ('primary', 'secondary') for all. Errors: `cli.usage`, as a sentence, for missing, wrong or unknown ones.
 */
export const NAMED_FAULTS: Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => Behaviour>> =
  Object.fromEntries(Object.entries(MAKERS).map(([name, make]) => [name, named(name, make)]));
