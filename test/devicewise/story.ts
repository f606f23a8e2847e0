// One story of a gateway and its cloud, told the same way whatever the road and whatever the position of a knob. What
// differs by a knob is said by the test, everything else must end right: what was accepted is at the cloud exactly once.
import { expect } from 'vitest';
import { type Tr50Command, WaymarkError } from '../../src/core/index.js';
import { type Line, until, type Way } from './lines.js';

export interface Expected {
  /** Opening fails so, and that is all. */
  open?: string;
  /** Of a wrong token. */
  refusal?: Readonly<Record<string, unknown>>;
  /** Methods without parameters never come. */
  isParamlessLost?: boolean;
  /** A method called while nobody was there is not heard of in this connection. */
  isOfflineLost?: boolean;
  /** Nobody tells of mail: only the next connection brings it. */
  isMailLost?: boolean;
  /** Codes of a refused command reach us. */
  failure?: { codes?: readonly number[]; messages?: readonly string[] };
  /** The second value of the same moment is not kept. */
  isDeDuplicated?: boolean;
  isAlarmRefused?: boolean;
  /** The ack of a call that is over. */
  lateAck?: 'ok' | 'failed';
  /** A request whose answer takes 32 s. */
  late?: 'timeout' | 'ok';
  /** How long mail may take that nobody tells of. */
  mailMs?: number;
}

export const OK = { is: 'ok', params: {} };
const MAIL_MS = 8000;

async function opened(way: Way): Promise<Line> {
  const end = await way.open();
  if (end instanceof WaymarkError) throw end;
  return end;
}

const property = (key: string, value: number, ts?: string): Tr50Command => ({
  command: 'property.publish',
  params: { key, value, ...(ts === undefined ? {} : { ts }) },
});

/** How often the cloud has carried it out. */
const times = (way: Way, command: string, isOk = true): number =>
  way.cloud.platform.ledger.outcomes.filter((each) => each.command === command && each.isOk === isOk).length;

async function publishing(way: Way, line: Line, expected: Expected): Promise<void> {
  const { clock, cloud, thing } = way;
  const ts = new Date(clock.wall()).toISOString();
  const places = [
    { lat: -33.456789, lng: -70.650001, altitude: -12.5, fixType: 'gnss', ts },
    { lat: 48.137, lng: 11.575, fixType: 'gnss' },
    { lat: 0, lng: -0.000001 },
  ];
  for (const params of places) expect(await line.ask({ command: 'location.publish', params })).toEqual(OK);
  const stored = cloud.platform.stored(thing);
  expect(stored.locations).toMatchObject(places.map(({ ts: _, ...place }) => ({ ...place, coerced: [] })));

  const state = 'up, "fine"; -1';
  expect(await line.ask({ command: 'attribute.publish', params: { key: 'state', value: state } })).toEqual(OK);
  expect(await line.ask(property('temp', 22.5, ts))).toEqual(OK);
  expect(await line.ask(property('temp', -3, ts))).toEqual(OK);
  const alarm = await line.ask({ command: 'alarm.publish', params: { key: 'door', state: 1, msg: 'open' } });
  expect(alarm.is).toBe(expected.isAlarmRefused === true ? 'failed' : 'ok');
  expect(stored.attributes).toMatchObject([{ key: 'state', value: state, coerced: [] }]);
  expect(stored.properties.map(({ value }) => value)).toEqual(expected.isDeDuplicated === true ? [22.5] : [22.5, -3]);
  expect(stored.alarms).toHaveLength(expected.isAlarmRefused === true ? 0 : 1);

  const before = cloud.platform.ledger.outcomes.length;
  const long = await line.ask({ command: 'log.publish', params: { msg: 'x'.repeat(40_000) } });
  expect(long.is).toBe('unsendable');
  const refused = await line.ask({ command: 'no.such', params: { text: 'a, b' } });
  expect(refused).toEqual({ is: 'failed', codes: [], messages: [], ...expected.failure });
  expect(cloud.platform.ledger.outcomes.slice(before).filter(({ command }) => command === 'no.such')).toHaveLength(1);
  expect(times(way, 'location.publish')).toBe(3);
  expect(times(way, 'property.publish')).toBe(2);
}

async function calling(way: Way, line: Line, expected: Expected): Promise<void> {
  const { clock, cloud, thing, calls } = way;
  const { platform } = cloud;
  const { mailMs = MAIL_MS } = expected;
  const stateOf = (id: string) => platform.methodsOf(thing).find((each) => each.id === id);
  const isAcked = (id: string): boolean => stateOf(id)?.state === 'acked';
  const patient = { ackTimeoutS: 300, ttlS: 7200 };
  const bare = platform.method(thing, 'report', undefined, patient);
  const full = platform.method(thing, 'set_rate', { seconds: 30, note: 'Hello, world' }, patient);
  expect(await until(clock, () => isAcked(full) && (expected.isParamlessLost === true || isAcked(bare)), mailMs)).toBe(
    true,
  );
  expect(stateOf(full)?.acked).toMatchObject({ errorCode: 0, params: { applied: 30 } });
  expect(calls.find(({ id }) => id === full)).toMatchObject({
    method: 'set_rate',
    params: { seconds: 30, note: 'Hello, world' },
    thingDefKey: 'gw_def',
  });
  expect(isAcked(bare)).toBe(expected.isParamlessLost !== true);

  const slow = platform.method(thing, 'slow', { n: 1 }, { ackTimeoutS: mailMs / 1000, ttlS: mailMs / 1000 });
  expect(await until(clock, () => calls.some(({ id }) => id === slow), mailMs)).toBe(true);
  // Whoever looks into the mailbox for this one may find the slow one again.
  const next = platform.method(thing, 'report', { n: 2 }, patient);
  expect(await until(clock, () => isAcked(next), mailMs)).toBe(true);
  await clock.advance(mailMs);
  const ack = await line.ask({ command: 'mailbox.ack', params: { id: slow, errorCode: 0 } });
  expect(ack.is).toBe(expected.lateAck ?? 'failed');
  const ids = calls.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
}

async function waiting(way: Way, line: Line, expected: Expected): Promise<void> {
  const { clock, cloud, thing } = way;
  const { replyMs } = cloud.platform.settings;
  cloud.configure({ replyMs: 32_000 });
  clock.after(2000, () => cloud.configure({ replyMs }));
  expect((await line.ask(property('late', 1))).is).toBe(expected.late ?? 'timeout');
  await clock.advance(6000);
  expect(await line.ask(property('after', 2))).toEqual(OK);
  const keys = cloud.platform.stored(thing).properties.map(({ key }) => key);
  expect(keys.filter((key) => key === 'late' || key === 'after')).toEqual(['late', 'after']);
}

/** Tells it. Throws where it does not end right. */
export async function story(way: Way, expected: Expected = {}): Promise<void> {
  const { clock, cloud, thing, calls, module } = way;
  const first = await way.open();
  if (expected.open !== undefined) {
    expect(first).toMatchObject({ code: expected.open });
    return;
  }
  if (first instanceof WaymarkError) throw first;
  await publishing(way, first, expected);
  if (expected.isMailLost === true) {
    cloud.platform.method(thing, 'offline', { n: 0 }, { ackTimeoutS: 300, ttlS: 7200 });
    await clock.advance(MAIL_MS);
    expect(calls).toEqual([]);
  } else await calling(way, first, expected);
  if (expected.late !== undefined) await waiting(way, first, expected);
  await first.close();
  expect(await first.road.request([{ command: 'diag.ping' }], { signal: new AbortController().signal })).toEqual([
    { is: 'link-lost' },
  ]);
  if (module) expect(module.sim.deviceWise.state()).toMatchObject({ isStarted: false });

  const offline = cloud.platform.method(thing, 'offline', { n: 1 }, { ackTimeoutS: 300, ttlS: 7200 });
  expect(await way.open('Wrong1234Token56')).toMatchObject({ code: 'devicewise.refused', ...expected.refusal });
  if (module) expect(module.sim.deviceWise.state()).toMatchObject({ isStarted: false });

  const second = await opened(way);
  expect(await second.ask(property('again', 4))).toEqual(OK);
  const isHeard = await until(clock, () => calls.some(({ id }) => id === offline), expected.mailMs ?? MAIL_MS);
  expect(isHeard).toBe(expected.isOfflineLost !== true);
  await second.close();
  expect(cloud.platform.stored(thing).properties.filter(({ key }) => key === 'again')).toHaveLength(1);
  if (module) expect(module.sim.deviceWise.state()).toMatchObject({ isStarted: false });
}
