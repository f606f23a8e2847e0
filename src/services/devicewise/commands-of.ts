// A record as commands of TR50 (specs/devicewise.md 2.5):
//
//   kind      command
//   position  location.publish; with a cell instead of a place the cloud looks the place up
//   state     property.batch for numbers and attribute.batch for the rest; an event: log.publish
//   alarm     alarm.publish, state 1 while it lasts and 0 when it is over
//   log, gap  log.publish
//   result    mailbox.ack (result-ack.ts)
//
// `ts` is the same at each try where it is known, and `corrId` is the record's id: so a thing definition that drops
// duplicates drops what had to be sent twice. The key of a property is that of the record's body.
import type { CloudRecord, Tr50Command } from '../../core/index.js';
import { resultAck } from './result-ack.js';
import { cutText, jsonBytes } from './text.js';
import { type SendFacts, timestampOf } from './times.js';

export interface CommandFacts extends SendFacts {
  /** Of one request as JSON. */
  maxRequestBytes: number;
  /** Keys the thing definition does not take: they are left out while something remains. */
  refusedKeys?: ReadonlySet<string>;
}

export type CommandsAnswer =
  | { is: 'commands'; commands: readonly Tr50Command[] }
  | { is: 'rejected'; code: string; reason: string };

type Params = Record<string, unknown>;
type Body = CloudRecord['body'];
/** What every command carries, known once a record. */
type Stamp = { ts?: string; corrId: string };

const KEY = /^[A-Za-z0-9_-]{1,64}$/;
const NOT_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];
/** 64-bit numbers are limited to what a double holds exactly. */
const MAX_VALUE = Number.MAX_SAFE_INTEGER;
const MAX_TEXT_BYTES = 500;
const MAX_CELL_ID = 0xffff_ffff;
/** Of log.publish. */
const LEVELS: Readonly<Record<string, number>> = { error: 0, warn: 1, warning: 1, info: 2 };
const [WARNING, INFO] = [1, 2];

const rejected = (code: string, reason: string): CommandsAnswer => ({ is: 'rejected', code, reason });
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const joined = (...parts: string[]): string => parts.filter((part) => part !== '').join(': ');

/** @param facts the moment of sending, not that of queueing. */
export function commandsOf(record: CloudRecord, facts: CommandFacts): CommandsAnswer {
  const ts = timestampOf(record, facts);
  const isDated = record.kind === 'position' || record.kind === 'state';
  // Stored as of now it would be wrong by nobody knows how much.
  if (isDated && ts === undefined && record.boot !== facts.boot)
    return rejected('devicewise.time', 'of an earlier boot, without a time that could be believed');
  const stamp: Stamp = { ...(ts === undefined ? {} : { ts }), corrId: record.id };
  const commands = build(record, stamp, facts);
  if (commands.length === 0) return rejected('devicewise.empty', `${record.kind}: nothing deviceWISE could store`);
  // The id around it.
  const bytes = Math.max(...commands.map((command) => jsonBytes({ 1: command })));
  if (bytes > facts.maxRequestBytes)
    return rejected(
      'devicewise.too-large',
      `a command of ${bytes} bytes, of which ${facts.maxRequestBytes} can be sent`,
    );
  return { is: 'commands', commands };
}

function build({ kind, body }: CloudRecord, stamp: Stamp, facts: CommandFacts): readonly Tr50Command[] {
  switch (kind) {
    case 'position':
      return one('location.publish', placeOf(body) ?? cellOf(body), stamp);
    case 'state':
      return typeof body['event'] === 'string' ? one('log.publish', eventOf(body), stamp) : stateOf(body, stamp, facts);
    case 'alarm':
      return one('alarm.publish', alarmOf(body), stamp);
    case 'log':
      return one('log.publish', logOf(body), stamp);
    case 'gap':
      return one('log.publish', gapOf(body), stamp);
    case 'result': {
      const ack = resultAck(body, facts.maxRequestBytes);
      return ack === undefined ? [] : [ack];
    }
  }
}

const one = (command: string, params: Params | undefined, stamp: Stamp): readonly Tr50Command[] =>
  params === undefined ? [] : [{ command, params: { ...params, ...stamp } }];

function placeOf(body: Body): Params | undefined {
  const { latitudeDeg, longitudeDeg } = body;
  if (!isNumber(latitudeDeg) || !isNumber(longitudeDeg)) return undefined;
  if (Math.abs(latitudeDeg) > 90 || Math.abs(longitudeDeg) > 180) return undefined;
  return {
    lat: rounded(latitudeDeg, 7),
    lng: rounded(longitudeDeg, 7),
    ...numbers({
      altitude: body['altitudeMslM'],
      heading: body['headingDeg'],
      speed: body['speedMps'],
      fixAcc: body['accuracyM'],
    }),
    ...fixTypeOf(textOf(body['source'])),
  };
}

const numbers = (of: Readonly<Record<string, unknown>>): Params =>
  Object.fromEntries(Object.entries(of).flatMap(([key, value]) => (isNumber(value) ? [[key, rounded(value, 2)]] : [])));

function fixTypeOf(source: string): Params {
  if (['receiver-rtk', 'receiver', 'module-gnss'].includes(source)) return { fixType: 'gnss' };
  return source === 'cell' || source === 'carrier' ? { fixType: 'coarse' } : {};
}

/** Numbers with an exponent are read differently by everybody on the way. */
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits)) + 0;

function cellOf(body: Body): Params | undefined {
  const cell = body['cell'];
  if (typeof cell !== 'object' || cell === null) return undefined;
  const { mcc, mnc, lac, cellId, rssi } = cell as Params;
  const ids = { mcc, mnc, lac, cellId };
  const isWhole = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
  if (!Object.values(ids).every((value) => isWhole(value) && Number(value) <= MAX_CELL_ID)) return undefined;
  return { ...ids, ...(isNumber(rssi) ? { rssi: Math.round(rssi) } : {}) };
}

function stateOf(body: Body, { ts, corrId }: Stamp, { refusedKeys, maxRequestBytes }: CommandFacts): Tr50Command[] {
  const known = Object.entries(body).filter(([key]) => KEY.test(key) && !NOT_KEYS.includes(key));
  const taken = known.filter(([key]) => !refusedKeys?.has(key));
  // Where none is taken the cloud shall say so again.
  const entries = taken.length > 0 ? taken : known;
  const stamp = { ...(ts === undefined ? {} : { ts }), corrId };
  const properties = entries.flatMap(([key, value]) =>
    isNumber(value) && Math.abs(value) <= MAX_VALUE ? [{ key, value }] : [],
  );
  const attributes = entries.flatMap(([key, value]) => {
    if (typeof value === 'boolean') return [{ key, value: String(value) }];
    return typeof value === 'string' ? [{ key, value: cutText(value, MAX_TEXT_BYTES) }] : [];
  });
  return [
    ...batchesOf('property.batch', properties, stamp, maxRequestBytes),
    ...batchesOf('attribute.batch', attributes, stamp, maxRequestBytes),
  ];
}

/** As few commands as the road's size allows. */
function batchesOf(command: string, data: readonly Params[], stamp: Params, maxBytes: number): Tr50Command[] {
  if (data.length === 0) return [];
  const whole: Tr50Command = { command, params: { ...stamp, data } };
  if (data.length === 1 || jsonBytes({ 1: whole }) <= maxBytes) return [whole];
  const half = Math.ceil(data.length / 2);
  return [data.slice(0, half), data.slice(half)].flatMap((part) => batchesOf(command, part, stamp, maxBytes));
}

function alarmOf(body: Body): Params | undefined {
  const key = textOf(body['subject'])
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 64);
  if (key === '') return undefined;
  const msg = joined(textOf(body['code']), textOf(body['message']));
  return {
    key,
    state: body['isOver'] === true ? 0 : 1,
    ...(msg === '' ? {} : { msg: cutText(msg, MAX_TEXT_BYTES) }),
  };
}

function logOf(body: Body): Params | undefined {
  const msg = joined(textOf(body['code']), textOf(body['message']));
  if (msg === '') return undefined;
  const level = body['level'];
  const number = typeof level === 'string' && Object.hasOwn(LEVELS, level) ? LEVELS[level] : level;
  return {
    msg: cutText(msg, MAX_TEXT_BYTES),
    level: number === 0 || number === WARNING ? number : INFO,
  };
}

function eventOf(body: Body): Params {
  const before = textOf(body['previousSource']);
  const msg = joined('event', textOf(body['event'])) + (before === '' ? '' : ` (before: ${before})`);
  return { msg: cutText(msg, MAX_TEXT_BYTES), level: INFO };
}

function gapOf({ count, reason, firstId, lastId }: Body): Params | undefined {
  if (!isNumber(count)) return undefined;
  const ids = [textOf(firstId), textOf(lastId)].filter((id) => id !== '').join(' to ');
  const why = textOf(reason);
  const msg = `${count} records are lost or put aside${ids === '' ? '' : `: ${ids}`}${why === '' ? '' : ` (${why})`}`;
  return { msg: cutText(msg, MAX_TEXT_BYTES), level: WARNING };
}
