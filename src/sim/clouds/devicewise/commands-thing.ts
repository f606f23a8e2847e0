// thing.*, and the small ones: diag.*, session.*, module.register, file.* (specs/devicewise.md 2.5).
import { THING_IDS, type Thing } from './account.js';
import { failed, OK } from './answers.js';
import { type Command, type CommandGroup, given, isoOf, paramsOf } from './command.js';
import { MAX_TAGS } from './params.js';

const find: Command = ({ cloud, thing }) => {
  const { current } = cloud.shelf(thing.key);
  const { lastSeenMs, calls } = cloud.contact(thing.key);
  const byKey = <T extends { key: string; tsMs: number }>(
    records: ReadonlyMap<string, T>,
    pick: (record: T) => object,
  ): object =>
    Object.fromEntries([...records.values()].map((each) => [each.key, { ...pick(each), ts: isoOf(each.tsMs) }]));
  const location = current.location();
  return {
    is: 'ok',
    params: {
      ...{ id: thing.id, orgId: cloud.account.orgId, name: thing.name, key: thing.key, desc: thing.desc },
      ...{ defId: thing.defKey, defKey: thing.defKey, tags: thing.tags, secTags: [], ...thing.ids },
      ...(lastSeenMs > 0 ? { lastSeen: isoOf(lastSeenMs), lastCommunication: isoOf(lastSeenMs) } : {}),
      ...(location ? { loc: { lat: location.lat, lng: location.lng, ts: isoOf(location.tsMs) } } : {}),
      attrs: byKey(current.attributes, ({ name, value }) => ({ name, value })),
      properties: byKey(current.properties, ({ name, value }) => ({ name, value })),
      alarms: byKey(current.alarms, ({ state, msg }) => given({ state, msg })),
      apiCounts: { daily: calls, monthToDate: calls, total: calls },
      storage: 0,
      ...{ createdBy: thing.createdBy, createdOn: isoOf(thing.createdMs), updatedOn: isoOf(thing.updatedMs) },
      ...{ connected: cloud.isConnected(thing.key), appId: thing.boundTo !== undefined },
    },
  };
};

const TEXTS = ['name', 'desc'] as const;

const update: Command = (call) => {
  const { cloud, thing, nowMs } = call;
  const params = paramsOf(call);
  const texts = given({ name: params.maybeText('name'), desc: params.maybeText('desc') });
  const ids = given(Object.fromEntries(THING_IDS.map((name) => [name, params.maybeText(name)])));
  const unset = params.has('unset') ? params.texts('unset') : [];
  if (params.failure) return params.failure;
  const taken = THING_IDS.find((name) =>
    cloud.account.things.some((other) => other !== thing && ids[name] !== undefined && other.ids[name] === ids[name]),
  );
  if (taken !== undefined) return failed('parameter', `${taken} belongs to another thing`);
  Object.assign(thing, texts);
  thing.ids = Object.fromEntries(Object.entries({ ...thing.ids, ...ids }).filter(([name]) => !unset.includes(name)));
  for (const name of TEXTS) if (unset.includes(name)) thing[name] = '';
  thing.updatedMs = nowMs;
  cloud.account.save();
  return OK;
};

const changeTags =
  (change: (thing: Thing, tags: readonly string[]) => string[]): Command =>
  (call) => {
    const { cloud, thing } = call;
    const params = paramsOf(call);
    const tags = params.texts('tags');
    if (params.failure) return params.failure;
    thing.tags = change(thing, tags).slice(0, MAX_TAGS);
    cloud.account.save();
    return OK;
  };

const register: Command = (call) => {
  const { cloud, thing } = call;
  const params = paramsOf(call);
  const texts = { make: params.maybeText('make'), model: params.maybeText('model') };
  const module = given({ ...texts, fwVersion: params.maybeText('fwVersion') });
  const remAt = params.flag('remAt');
  if (params.failure) return params.failure;
  thing.module = { ...module, remAt };
  cloud.account.save();
  return OK;
};

const session: Command = ({ cloud, speaker }) => ({
  is: 'ok',
  params: { thingKey: speaker.key, thingId: speaker.id, orgId: cloud.account.orgId },
});

const noFiles =
  (name: string): Command =>
  () =>
    failed('not-here', name);

export const THING_COMMANDS: CommandGroup = {
  'thing.find': { run: find, target: 'thing' },
  'thing.update': { run: update, target: 'thing' },
  'thing.tag.add': { run: changeTags((thing, tags) => [...new Set([...thing.tags, ...tags])]), target: 'thing' },
  'thing.tag.delete': {
    run: changeTags((thing, tags) => thing.tags.filter((tag) => !tags.includes(tag))),
    target: 'thing',
  },
  'module.register': { run: register, target: 'own', isFree: true },
  'diag.ping': { run: () => OK, target: 'own', isFree: true },
  'diag.time': {
    run: ({ nowMs }) => ({ is: 'ok', params: { time: Math.floor(nowMs) } }),
    target: 'own',
    isFree: true,
  },
  'diag.echo': { run: ({ raw }) => ({ is: 'ok', params: raw }), target: 'own', isFree: true },
  'session.info': { run: session, target: 'own', isFree: true },
  // The front that keeps the session ends it.
  'session.end': { run: () => OK, target: 'own', isFree: true },
  'file.get': { run: noFiles('file.get'), target: 'own' },
  'file.put': { run: noFiles('file.put'), target: 'own' },
};
