// location.*, alarm.* and log.publish (specs/devicewise.md 2.5).
import { failed } from './answers.js';
import {
  baseOf,
  batchOf,
  type Command,
  type CommandGroup,
  definitionOf,
  given,
  isoOf,
  okFrom,
  paramsOf,
} from './command.js';
import type { LocationRecord } from './control.js';
import type { Params } from './params.js';
import { MAX_KEYS } from './shelf.js';

const FIX_TYPES: readonly string[] = ['gps', 'gnss', 'manual', 'm2m_locate', 'coarse'];
/** What a cell is good for. */
const CELL_ACCURACY_M = 1500;

type Cell = NonNullable<LocationRecord['cell']>;

function readCell(params: Params): Cell {
  const whole = { min: 0, max: 0xff_ff_ff_ff, isWhole: true };
  const cell = {
    mcc: params.number('mcc', { ...whole, max: 999 }),
    mnc: params.number('mnc', { ...whole, max: 999 }),
    lac: params.number('lac', whole),
    cellId: params.number('cellId', whole),
  };
  params.maybeNumber('rssi');
  return cell;
}

/** The same cell is always at the same place, and every cell somewhere else. */
export function placeOfCell({ mcc, mnc, lac, cellId }: Cell): { lat: number; lng: number } {
  const mixed = (mcc * 7919 + mnc * 104_729 + lac * 611_953 + (cellId % 1_000_003) * 13) % 1_000_000_007;
  const lat = ((mixed % 120_001) / 120_001) * 120 - 60;
  const lng = (((mixed * 31) % 360_007) / 360_007) * 360 - 180;
  return { lat: Number(lat.toFixed(6)), lng: Number(lng.toFixed(6)) };
}

const publishLocation: Command = (call) => {
  const { cloud, thing, nowMs } = call;
  const params = paramsOf(call);
  const isFromCells = !params.has('lat') && !params.has('lng') && ['mcc', 'cellId'].some((name) => params.has(name));
  const cell = isFromCells ? readCell(params) : undefined;
  const place = cell
    ? placeOfCell(cell)
    : { lat: params.number('lat', { min: -90, max: 90 }), lng: params.number('lng', { min: -180, max: 180 }) };
  const more = given({
    heading: params.maybeNumber('heading'),
    altitude: params.maybeNumber('altitude'),
    speed: params.maybeNumber('speed'),
    fixAcc: params.maybeNumber('fixAcc', { min: 0 }),
    fixType: params.maybeText('fixType'),
  });
  const base = baseOf(params, nowMs);
  if (params.failure) return params.failure;
  if (more.fixType !== undefined && !FIX_TYPES.includes(more.fixType))
    return failed('parameter', `fixType must be one of ${FIX_TYPES.join(', ')}`);
  const looked = cell ? { cell, fixType: 'coarse', fixAcc: CELL_ACCURACY_M } : {};
  cloud.shelf(thing.key).addLocation({ ...base, ...place, ...more, ...looked, isFromCells });
  return okFrom(params);
};

const currentLocation: Command = ({ cloud, thing }) => {
  const record = cloud.shelf(thing.key).current.location();
  if (!record) return failed('not-found', 'Thing has no location');
  const { lat, lng, heading, altitude, speed, fixAcc, fixType } = record;
  const place = given({ lat, lng, heading, altitude, speed, fixAcc, fixType });
  return { is: 'ok', params: { ...place, ts: isoOf(record.tsMs) } };
};

/** A repeat of the current state is suppressed unless `republish` says otherwise. */
const publishAlarm: Command = (call) => {
  const { cloud, thing, nowMs } = call;
  const params = paramsOf(call);
  const key = params.key('key');
  const state = params.number('state', { min: 0, max: 1000, isWhole: true });
  const more = given({
    msg: params.maybeText('msg'),
    lat: params.maybeNumber('lat', { min: -90, max: 90 }),
    lng: params.maybeNumber('lng', { min: -180, max: 180 }),
  });
  const isRepublished = params.flag('republish');
  const base = baseOf(params, nowMs);
  if (params.failure) return params.failure;

  const shelf = cloud.shelf(thing.key);
  const states = new Map(Object.entries(definitionOf(call)?.alarms ?? {})).get(key);
  const isTaken = cloud.settings().undeclaredAlarms === 'accept' && shelf.current.alarms.size < MAX_KEYS;
  if (!states && !isTaken) return failed('not-found', `Alarm ${key} is not defined`);
  if (states && state >= states.length) return failed('parameter', `state must be below ${states.length}`);

  if (shelf.current.alarms.get(key)?.state === state && !isRepublished) return okFrom(params, 'unchanged');
  shelf.addAlarm({ ...base, ...more, key, state });
  return okFrom(params);
};

const LEVELS = [0, 1, 2] as const;

const publishLog: Command = (call) => {
  const params = paramsOf(call);
  const msg = params.text('msg');
  const number = params.maybeNumber('level', { min: 0, max: 2, isWhole: true });
  const level = LEVELS.find((each) => each === number) ?? 2;
  const isGlobal = params.flag('global');
  const base = baseOf(params, call.nowMs);
  if (params.failure) return params.failure;
  call.cloud.shelf(call.thing.key).addLog({ ...base, msg, level, isGlobal });
  return okFrom(params);
};

export const EVENT_COMMANDS: CommandGroup = {
  'location.publish': { run: publishLocation, target: 'any' },
  'location.batch': { run: batchOf(publishLocation, ['ts', 'corrId']), target: 'any' },
  'location.current': { run: currentLocation, target: 'any' },
  'alarm.publish': { run: publishAlarm, target: 'any' },
  'alarm.batch': { run: batchOf(publishAlarm, ['key', 'ts', 'corrId', 'republish']), target: 'any' },
  'log.publish': { run: publishLog, target: 'any' },
};
