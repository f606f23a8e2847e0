// REST calls that find, make and change devices (rows R20 to R22).
import { isRecord } from '../../fields.js';
import { type LosantDevice, type LosantTag, newDevice } from './account.js';
import { hasTags } from './cloud.js';
import {
  invalid,
  isId,
  iso,
  isTagList,
  isText,
  notFound,
  ok,
  page,
  type RestAnswer,
  type RestCall,
  type RestDeps,
  type RouteEntry,
  strangers,
} from './rest-call.js';

const CLASSES: readonly unknown[] = [
  'standalone',
  'gateway',
  'peripheral',
  'floating',
  'edgeCompute',
  'system',
  'embedded',
];
const MEMBERS = [
  'name',
  'description',
  'deviceClass',
  'tags',
  'attributes',
  'gatewayId',
  'parentId',
  'keepDuplicates',
] as const;

const shown = (device: LosantDevice, applicationId: string): Record<string, unknown> => {
  const { createdMs, isDeleted: _, ...rest } = device;
  return { ...rest, id: device.deviceId, applicationId, creationDate: iso(createdMs), lastUpdated: iso(createdMs) };
};

const isAttributeList = (value: unknown): value is LosantDevice['attributes'] =>
  Array.isArray(value) &&
  value.length <= 256 &&
  value.every(
    (each) =>
      isRecord(each) &&
      typeof each['name'] === 'string' &&
      /^[0-9a-zA-Z_-]{1,255}$/.test(each['name']) &&
      ['boolean', 'gps', 'number', 'string', 'blob'].includes(String(each['dataType'])),
  );

/** What a body asks of a device, or why not. */
function readChanges(body: unknown): Partial<LosantDevice> | RestAnswer {
  if (!isRecord(body)) return invalid('body must be an object');
  const stranger = strangers(body, MEMBERS);
  if (stranger) return stranger;
  const checks: Readonly<Record<(typeof MEMBERS)[number], (value: unknown) => boolean>> = {
    name: (value) => isText(value, 255),
    description: (value) => typeof value === 'string' && value.length <= 32_767,
    deviceClass: (value) => CLASSES.includes(value),
    tags: isTagList,
    attributes: isAttributeList,
    gatewayId: isId,
    parentId: isId,
    keepDuplicates: (value) => typeof value === 'boolean',
  };
  for (const name of MEMBERS) if (body[name] !== undefined && !checks[name](body[name])) return invalid(`bad ${name}`);
  return body;
}

const isAnswer = (value: Partial<LosantDevice> | RestAnswer): value is RestAnswer => 'status' in value;

/** `tagFilter[0][key]=imei&tagFilter[0][value]=…`. */
function tagFilters(query: URLSearchParams): Partial<LosantTag>[] {
  const filters = new Map<string, Partial<LosantTag>>();
  for (const [name, value] of query) {
    const [, at, member] = /^tagFilter\[(\d{1,2})\]\[(key|value)\]$/.exec(name) ?? [];
    if (at === undefined || member === undefined) continue;
    filters.set(at, { ...filters.get(at), [member]: value });
  }
  return [...filters.values()];
}

/** Of the query language: equality of members and of `tags.KEY`, and `$and`. */
function matches(device: LosantDevice, query: Readonly<Record<string, unknown>>): boolean | undefined {
  for (const [name, given] of Object.entries(query)) {
    if (name === '$and' && Array.isArray(given)) {
      const parts = given.map((each) => (isRecord(each) ? matches(device, each) : undefined));
      if (parts.includes(undefined)) return undefined;
      if (parts.includes(false)) return false;
      continue;
    }
    const wanted = isRecord(given) ? given['$eq'] : given;
    if (typeof wanted !== 'string') return undefined;
    const [, key] = /^tags\.(.+)$/.exec(name) ?? [];
    if (key !== undefined) {
      if (!hasTags(device, [{ key, value: wanted }])) return false;
    } else if (name === 'name' || name === 'deviceClass') {
      if (device[name] !== wanted) return false;
    } else if (name === 'id' || name === 'deviceId') {
      if (device.deviceId !== wanted) return false;
    } else return undefined;
  }
  return true;
}

function list({ query, ids }: RestCall, { cloud }: RestDeps): RestAnswer {
  const all = cloud.account.devices.filter((each) => !each.isDeleted);
  const applicationId = ids[0] ?? '';
  let found = all.filter((device) => hasTags(device, tagFilters(query)));
  const text = query.get('query');
  if (text !== null) {
    let wanted: unknown;
    try {
      wanted = JSON.parse(text);
    } catch {
      return invalid('query is not JSON');
    }
    if (!isRecord(wanted)) return invalid('query must be an object');
    const verdicts = all.map((device) => matches(device, wanted));
    if (verdicts.includes(undefined)) return invalid('query is not understood');
    found = all.filter((_, i) => verdicts[i]);
  }
  return page(
    found.map((device) => shown(device, applicationId)),
    query,
    { applicationId },
  );
}

function create({ body, ids }: RestCall, { cloud }: RestDeps): RestAnswer {
  const changes = readChanges(body);
  if (isAnswer(changes)) return changes;
  if (changes.name === undefined) return invalid('name is required');
  const device = newDevice(cloud.clock.wall(), { attributes: [], ...changes });
  cloud.account.devices.push(device);
  cloud.account.save();
  return ok(shown(device, ids[0] ?? ''), 201);
}

function get({ ids }: RestCall, { cloud }: RestDeps): RestAnswer {
  const device = cloud.device(ids[1] ?? '');
  return device ? ok(shown(device, ids[0] ?? '')) : notFound('Device');
}

function patch({ ids, body }: RestCall, { cloud }: RestDeps): RestAnswer {
  const device = cloud.device(ids[1] ?? '');
  if (!device) return notFound('Device');
  const changes = readChanges(body);
  if (isAnswer(changes)) return changes;
  Object.assign(device, changes);
  cloud.account.save();
  return ok(shown(device, ids[0] ?? ''));
}

const ALL = '/applications/:A/devices';

export const DEVICES_ROUTES: readonly RouteEntry[] = [
  { route: 'devices', method: 'GET', path: ALL, action: 'devices.get', answer: list },
  { route: 'devices', method: 'POST', path: ALL, action: 'devices.post', answer: create },
  { route: 'device', method: 'GET', path: `${ALL}/:D`, action: 'device.get', answer: get },
  { route: 'device', method: 'PATCH', path: `${ALL}/:D`, action: 'device.patch', answer: patch },
];
