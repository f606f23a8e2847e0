// The answers of the doors as schemas; the parts of the status object are in openapi-views.ts.
import { LOG_LEVELS } from '../core/index.js';
import type { AtAnswer, AtRequest } from './actions.js';
import { HISTORY_SERIES, type History, type HistoryPosition } from './history-shape.js';
import { MAX_LEASE_SECONDS } from './level-lease.js';
import type { LogEntry } from './log-shape.js';
import { VIEW_SCHEMAS } from './openapi-views.js';
import { PERSON_ACTIONS, type PersonAction, type PersonActionResult } from './person-actions.js';
import {
  anyObject,
  count,
  flag,
  list,
  mapOf,
  maybe,
  number,
  object,
  oneOf,
  orNull,
  ref,
  type Schema,
  said,
  text,
  time,
} from './schema-words.js';
import { AGENT_STATES, type StatusSnapshot } from './snapshot.js';

const part = ref('Part');
const ms = said(number, 'Milliseconds.');
const wallMs = said(number, 'Milliseconds since 1970.');
const version1: Schema = { const: 1 };
const level = oneOf(LOG_LEVELS);
const actionName = oneOf(Object.keys(PERSON_ACTIONS));

const STATUS = object<StatusSnapshot>({
  schemaVersion: version1,
  ...{ version: text, bootId: text, startedAt: time, uptimeMs: ms, overall: oneOf(['ok', 'degraded', 'failed']) },
  state: oneOf(AGENT_STATES),
  grade: maybe(oneOf(['corrected', 'aided', 'connected-only'])),
  since: time,
  why: said(text, 'One sentence.'),
  next: said(text, 'What happens next, one sentence.'),
  lamps: said(list(ref('Lamp')), 'In the order of the chain: the first that is not lit carries the reason.'),
  parts: mapOf(part),
  clock: anyObject,
  modem: maybe(ref('Modem')),
  identity: { type: 'object', required: ['state', 'source', 'ztpCallsToday'] },
  session: {
    type: 'object',
    properties: { state: text, connects: count, disconnects: count, lastReason: text, topics: list(text) },
    required: ['state', 'connects', 'disconnects', 'topics'],
  },
  corrections: {
    type: 'object',
    properties: {
      ...{ source: oneOf(['mqtt', 'ntrip', 'none']), detail: text, bytesIn: count, framesIn: count },
      ...{ framesToReceiver: count, bytesToReceiver: count, dropped: count, ageMs: ms, badBytes: count },
      ...{ usedByReceiver: count, notDecrypted: count, verdict: text, use: ref('CorrectionUse') },
    },
    required: ['source', 'bytesIn', 'framesIn', 'framesToReceiver', 'verdict', 'use'],
  },
  fix: {
    type: 'object',
    properties: {
      ...{ quality: text, latitudeDeg: number, longitudeDeg: number, altitudeMslM: number },
      ...{ horizontalAccuracyM: number, verticalAccuracyM: number, satellites: count, hdop: number },
      ...{ correctionAgeS: number, utcMs: wallMs, source: text, ageMs: ms },
    },
    required: ['quality'],
  },
  receiver: maybe(ref('Receiver')),
  position: maybe(ref('Position')),
  assistance: maybe(ref('Assistance')),
  cellLocate: maybe(ref('CellLocate')),
  located: maybe(ref('Located')),
  clouds: maybe(list(ref('Cloud'))),
  outputs: maybe(list(ref('Output'))),
  commands: maybe(ref('Commands')),
  credentials: list(ref('Credential')),
  bytes: mapOf({ type: 'object', properties: { in: count, out: count }, required: ['in', 'out'] }),
  data: maybe({
    type: 'object',
    description: 'This billing month’s data and its budget.',
    properties: {
      ...{ monthBytes: count, budgetBytes: count, percent: number, since: time, resetsAt: time },
      ...{ byPurpose: mapOf(count), profile: oneOf(['normal', 'metered']), reason: text, hint: text, sentence: text },
    },
    required: ['monthBytes', 'byPurpose', 'profile', 'sentence'],
  }),
  config: maybe({
    type: 'object',
    description: 'How the last reading of the configuration went; with refused the one before stays in force.',
    properties: {
      ...{ state: oneOf(['ok', 'refused']), since: time, file: text, reloads: count },
      problems: list({
        type: 'object',
        properties: { file: text, line: count, column: count, path: text, message: text },
      }),
    },
    required: ['state', 'since', 'file', 'reloads', 'problems'],
  }),
  latency: maybe(ref('Latency')),
  page: maybe({ type: 'object', properties: { url: text, tokenFile: text }, required: ['url', 'tokenFile'] }),
  loopLagMs: { type: 'object', properties: { p50: number, p99: number, max: number } },
  rssBytes: count,
});

const series = (values: Schema): Schema => ({
  type: 'object',
  properties: Object.fromEntries(HISTORY_SERIES.map((name) => [name, values])),
  required: [...HISTORY_SERIES],
});

export const SCHEMAS = {
  ...VIEW_SCHEMAS,
  StatusSnapshot: STATUS,
  History: object<History>({
    schemaVersion: version1,
    stepMs: said(number, 'Milliseconds between two rows.'),
    atMs: list(wallMs),
    series: series(list(orNull(number))),
    positions: list(ref('HistoryPosition')),
  }),
  HistoryPosition: object<HistoryPosition>({
    ...{ atMs: wallMs, latitudeDeg: number, longitudeDeg: number, altitudeM: maybe(number) },
    ...{ accuracyM: maybe(number), quality: text },
  }),
  LogEntry: object<LogEntry>({
    id: said(count, 'Counts up by one; a gap means that lines were lost.'),
    ...{ atMs: wallMs, level, component: maybe(text), event: text, message: maybe(text), fields: anyObject },
  }),
  LogLines: object<{ schemaVersion: 1; entries: unknown }>({ schemaVersion: version1, entries: list(ref('LogEntry')) }),
  ConfigAnswer: object<{ schemaVersion: 1; file?: string; config: unknown }>({
    schemaVersion: version1,
    file: maybe(text),
    config: anyObject,
  }),
  Action: object<PersonAction & { name: string }>({
    name: actionName,
    label: text,
    description: text,
    interrupts: flag,
  }),
  ActionList: object<{ schemaVersion: 1; actions: unknown }>({ schemaVersion: version1, actions: list(ref('Action')) }),
  ActionRequest: object<{ name: string }>({ name: actionName }),
  ActionAnswer: object<PersonActionResult>({ message: said(text, 'What came of it.') }),
  LogLevelRequest: object<{ level: string; forSeconds?: number }>({
    level,
    forSeconds: maybe(
      said(
        { ...count, maximum: MAX_LEASE_SECONDS },
        'After so long the level before it is in force again, unless it was changed meanwhile; asked again it lasts anew. 0 ends that now. Without: for good.',
      ),
    ),
  }),
  LogLevelAnswer: object<{ level: string; before: string }>({ level, before: level }),
  AtRequest: object<AtRequest>({ command: text, unsafe: flag, timeoutMs: maybe(ms) }),
  AtAnswer: object<AtAnswer>({ lines: list(text), final: text }),
  TokenRequest: object<{ id: string }>({ id: text }),
  TokenAnswer: object<{ id: string; result: string }>({ id: text, result: oneOf(['works', 'in-force']) }),
  Health: object<{ alive: true }>({ alive: { const: true } }),
  Readiness: object<{ ready: boolean; state: string; connected: boolean }>({
    ...{ ready: flag, state: oneOf(AGENT_STATES), connected: flag },
  }),
  Refusal: object<{ error: unknown }>({
    error: object<{ code: string; message: string; hint: string }>({
      code: said(text, 'Stable code from the error table.'),
      message: text,
      hint: said(text, 'What cures it.'),
    }),
  }),
  AnyObject: anyObject,
} satisfies Readonly<Record<string, Schema>>;

export type SchemaName = keyof typeof SCHEMAS;
