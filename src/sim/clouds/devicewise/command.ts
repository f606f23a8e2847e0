// What a command of a thing is given and gives; and what the batches have in common.
import { type Clock } from '../../../core/index.js';
import { isRecord } from '../../fields.js';
import type { Definition, DeviceWiseAccount, Thing } from './account.js';
import { type Failure, failed, OK, type Outcome } from './answers.js';
import type { Mailbox } from './mailbox.js';
import { createParams, type Params } from './params.js';
import type { DeviceWiseSettings } from './settings.js';
import type { Shelf } from './shelf.js';
import type { Json } from './types.js';

/** What all commands work on. */
export interface Cloud {
  readonly clock: Clock;
  readonly account: DeviceWiseAccount;
  readonly mailbox: Mailbox;
  settings(): DeviceWiseSettings;
  shelf(thingKey: string): Shelf;
  isConnected(thingKey: string): boolean;
  /** When it last sent a command, and how many. */
  contact(thingKey: string): { lastSeenMs: number; calls: number };
}

export interface CommandCall {
  cloud: Cloud;
  /** The thing it is about, and the one that speaks. */
  thing: Thing;
  speaker: Thing;
  raw: Json;
  nowMs: number;
}

export type Command = (call: CommandCall) => Outcome;

/**
 * How a command says what thing it is about: `any`: thingKey, thingId, imei …, otherwise the thing that speaks; `thing`:
 * by key or id as well; `own`: always the thing that speaks.
 */
export type Target = 'any' | 'thing' | 'own';

export interface CommandEntry {
  run: Command;
  target: Target;
  /** No role needs to allow it. */
  isFree?: boolean;
}

export type CommandGroup = Readonly<Record<string, CommandEntry>>;

export const paramsOf = ({ cloud, raw, nowMs }: CommandCall): Params =>
  createParams(raw, { settings: cloud.settings(), nowMs });

export const definitionOf = ({ cloud, thing }: CommandCall): Definition | undefined =>
  cloud.account.definitions.find(({ key }) => key === thing.defKey);

export const isoOf = (ms: number): string => new Date(ms).toISOString();

/** Time, correlation and arrival, which every record has. Coercions are read last: the other params come first. */
export function baseOf(
  params: Params,
  nowMs: number,
): { tsMs: number; isTimed: boolean; corrId?: string; arrivedMs: number; coerced: readonly string[] } {
  const time = params.time();
  const corrId = params.corrId();
  return { ...time, ...corrId, arrivedMs: nowMs, coerced: [...params.coerced] };
}

export const okFrom = (params: Params, ...notes: string[]): Outcome => {
  const all = params.coerced.length > 0 ? [...notes, 'coerced'] : notes;
  return all.length > 0 ? { ...OK, notes: all } : OK;
};

/** What is not undefined. */
export const given = <T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

const MAX_ITEMS = 5000;

/** Items are carried out in order until one fails; what came before it stays stored. */
export function batchOf(publish: Command, defaults: readonly string[]): Command {
  return (call) => {
    const { data } = call.raw;
    if (!Array.isArray(data) || data.length === 0 || data.length > MAX_ITEMS)
      return failed('parameter', `data must be a list of 1 to ${MAX_ITEMS} items`);
    const header = Object.fromEntries(
      defaults.filter((name) => Object.hasOwn(call.raw, name)).map((name) => [name, call.raw[name]]),
    );
    const notes = new Set<string>();
    for (const [at, item] of data.entries()) {
      const outcome = isRecord(item)
        ? publish({ ...call, raw: { ...header, ...item } })
        : failed('parameter', 'an item must be an object');
      if (outcome.is === 'failed') return atItem(outcome, at);
      for (const note of outcome.notes ?? []) notes.add(note);
    }
    return notes.size > 0 ? { ...OK, notes: [...notes] } : OK;
  };
}

const atItem = (failure: Failure, at: number): Failure => ({ ...failure, detail: `${failure.detail} (item ${at})` });
