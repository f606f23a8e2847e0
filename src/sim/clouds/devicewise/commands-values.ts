// property.*, attribute.* and the older thing.attr.*: numbers and texts by key (specs/devicewise.md 2.5).
import { failed, type Outcome } from './answers.js';
import {
  baseOf,
  batchOf,
  type Command,
  type CommandCall,
  type CommandGroup,
  definitionOf,
  isoOf,
  okFrom,
  paramsOf,
} from './command.js';
import type { AttributeRecord } from './control.js';
import { MAX_KEYS } from './shelf.js';

type Kind = 'properties' | 'attributes';

/** The name a key is shown by; undefined when the thing definition takes no such key. */
function nameOf(call: CommandCall, kind: Kind, key: string): string | undefined {
  const definition = definitionOf(call);
  if (!definition) return undefined;
  if (definition[kind].includes(key)) return key;
  const isFree = kind === 'properties' ? definition.autoDefProps : definition.autoDefAttrs;
  const { current } = call.cloud.shelf(call.thing.key);
  const hasRoom = current[kind].has(key) || current[kind].size < MAX_KEYS;
  return isFree && hasRoom ? `auto:${key}` : undefined;
}

const notDefined = (kind: Kind, key: string): Outcome =>
  failed('not-found', `${kind === 'properties' ? 'Property' : 'Attribute'} ${key} is not defined`);

const publishProperty: Command = (call) => {
  const { cloud, thing, nowMs } = call;
  const params = paramsOf(call);
  const key = params.key('key');
  const value = params.number('value');
  params.flag('aggregate');
  const base = baseOf(params, nowMs);
  if (params.failure) return params.failure;
  const name = nameOf(call, 'properties', key);
  if (name === undefined) return notDefined('properties', key);
  const shelf = cloud.shelf(thing.key);
  if (cloud.settings().deDuplicate === 'on') {
    const hasIt = shelf.stored.properties.some((record) => record.key === key && record.tsMs === base.tsMs);
    if (hasIt) return okFrom(params, 'duplicate');
  }
  shelf.addProperty({ ...base, key, name, value });
  return okFrom(params);
};

/** Null unsets; the value that is there already is not recorded again unless `republish` says so. */
function storeAttribute(call: CommandCall, isUnset: boolean): Outcome {
  const { cloud, thing, nowMs } = call;
  const params = paramsOf(call);
  const key = params.key('key');
  const value = isUnset ? null : params.text('value');
  const isRepublished = params.flag('republish');
  const base = baseOf(params, nowMs);
  if (params.failure) return params.failure;
  const name = nameOf(call, 'attributes', key);
  if (name === undefined) return notDefined('attributes', key);
  const shelf = cloud.shelf(thing.key);
  const before = shelf.current.attributes.get(key)?.value ?? null;
  if (before === value && !isRepublished) return okFrom(params, 'unchanged');
  shelf.addAttribute({ ...base, key, name, value });
  return okFrom(params);
}

const publishAttribute: Command = (call) => storeAttribute(call, call.raw['value'] === null);

const currentProperty: Command = (call) => {
  const params = paramsOf(call);
  const key = params.key('key');
  if (params.failure) return params.failure;
  const record = call.cloud.shelf(call.thing.key).current.properties.get(key);
  if (!record) return failed('not-found', `Property ${key} has no value`);
  return { is: 'ok', params: { value: record.value, ts: isoOf(record.tsMs) } };
};

const isSet = (record: AttributeRecord | undefined): record is AttributeRecord & { value: string } =>
  record !== undefined && record.value !== null;

const currentAttribute: Command = (call) => {
  const params = paramsOf(call);
  const key = params.key('key');
  if (params.failure) return params.failure;
  const record = call.cloud.shelf(call.thing.key).current.attributes.get(key);
  if (!isSet(record)) return failed('not-found', `Attribute ${key} has no value`);
  return { is: 'ok', params: { value: record.value, ts: isoOf(record.tsMs) } };
};

export const VALUE_COMMANDS: CommandGroup = {
  'property.publish': { run: publishProperty, target: 'any' },
  'property.batch': { run: batchOf(publishProperty, ['key', 'ts', 'corrId', 'aggregate']), target: 'any' },
  'property.current': { run: currentProperty, target: 'any' },
  'attribute.publish': { run: publishAttribute, target: 'any' },
  'attribute.batch': { run: batchOf(publishAttribute, ['key', 'ts', 'corrId', 'republish']), target: 'any' },
  'attribute.current': { run: currentAttribute, target: 'any' },
  'thing.attr.set': { run: publishAttribute, target: 'any' },
  'thing.attr.get': { run: currentAttribute, target: 'any' },
  'thing.attr.unset': { run: (call) => storeAttribute(call, true), target: 'any' },
};
