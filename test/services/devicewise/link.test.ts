// Records over a scripted road: each verdict, what goes together in one request, and what follows a failed batch.
import { describe, expect, test } from 'vitest';
import { createFakeClock, type Tr50Command, type Tr50Outcome, type Verdict } from '../../../src/core/index.js';
import { createDeviceWiseLink, type RoadLimits } from '../../../src/services/index.js';
import { type Answer, failure, GATEWAY, MODULE, never, OK, position, record, scripted } from './service-fakes.js';

const SEND = { signal: never, isReplay: true };

function rig(limits: RoadLimits, answer?: Answer, maxCallsPerSecond = 10) {
  const clock = createFakeClock(Date.UTC(2026, 0, 3));
  const request = scripted(answer);
  const link = createDeviceWiseLink({
    ...{ clock, boot: 3, road: { limits, request }, maxCallsPerSecond },
    trust: { status: () => ({ state: 'trusted', reason: 'plausible' }) },
  });
  return { clock, link, requests: request.requests };
}

const state = (n: number) => record('state', { a: n, b: 2, text: 'x' }, n);
const ack = (n: number) => record('result', { commandId: `m${n}`, name: 'x', end: 'done', message: 'y' }, n);
const namesOf = (requests: Tr50Command[][]) => requests.map((request) => request.map(({ command }) => command));
const corrIds = ({ params }: Tr50Command) =>
  ((params?.['data'] ?? [params]) as { corrId: string }[]).map(({ corrId }) => corrId);
const is = (verdicts: readonly Verdict[]) => verdicts.map((verdict) => verdict.is);

test('a record that is interrupted between its commands goes on there, and stores nothing twice', async () => {
  let answers: Tr50Outcome[] = [OK, { is: 'timeout' }];
  const { link, requests } = rig(MODULE, () => answers.shift() ?? OK);
  expect(is((await link.publishMany?.([state(1)], SEND)) ?? [])).toEqual(['timeout']);
  expect(is((await link.publishMany?.([state(1), state(2)], SEND)) ?? [])).toEqual(['confirmed', 'confirmed']);
  expect(requests.map(([sent]) => `${sent?.command} ${String(sent?.params?.['corrId'])}`)).toEqual([
    ...['property.batch 3-1', 'attribute.batch 3-1', 'attribute.batch 3-1'],
    ...['property.batch 3-2', 'attribute.batch 3-2'],
  ]);
  // Once it is done nothing is remembered of it.
  answers = [];
  expect(await link.publish(state(1), SEND)).toEqual({ is: 'confirmed' });
  expect(namesOf(requests.slice(-2))).toEqual([['property.batch'], ['attribute.batch']]);
});

describe('each verdict', () => {
  test.each<[string, Tr50Outcome, Verdict]>([
    ['ok', OK, { is: 'confirmed' }],
    ['timeout', { is: 'timeout' }, { is: 'timeout' }],
    ['link-lost', { is: 'link-lost' }, { is: 'link-lost' }],
    ['busy', { is: 'busy', retryAfterMs: 250 }, { is: 'busy', retryAfterMs: 250 }],
    [
      'unsendable',
      { is: 'unsendable', reason: 'too long' },
      { is: 'rejected', code: 'devicewise.too-large', reason: 'too long', isLocal: true },
    ],
    [
      'unsendable, whoever is to blame for it',
      { is: 'unsendable', reason: 'refused by the module', mayPass: true },
      { is: 'rejected', code: 'devicewise.not-taken', reason: 'refused by the module' },
    ],
    [
      'permission',
      failure('Permission denied', -90_011),
      {
        is: 'rejected',
        code: 'devicewise.permission',
        reason: 'location.publish: -90011 Permission denied',
      },
    ],
    ['weather', failure('Rate limit exceeded'), { is: 'busy', retryAfterMs: 15_000 }],
    ['session', failure('Session expired', -90_000), { is: 'busy', retryAfterMs: 5000 }],
    [
      'refused, in the cloud’s own words',
      failure('Bad\r\nlat, {"appToken":"Abcd1234Efgh5678"}', -1, -2),
      {
        is: 'rejected',
        code: 'devicewise.rejected',
        reason: 'location.publish: -1, -2 Bad lat, {"appToken":"[secret]"}',
      },
    ],
    [
      'gone',
      failure('Thing not found', -90_008),
      { is: 'rejected', code: 'devicewise.rejected', reason: 'location.publish: -90008 Thing not found' },
    ],
    [
      'refused without a word',
      { is: 'failed', codes: [], messages: [] },
      { is: 'rejected', code: 'devicewise.rejected', reason: 'location.publish: refused without a word' },
    ],
  ])('%s', async (_name, outcome, verdict) => {
    const { link } = rig(GATEWAY, () => outcome);
    expect(await link.publish(position(1), SEND)).toEqual(verdict);
  });

  test('the answer to a call that is over is delivered', async () => {
    const { link, requests } = rig(MODULE, () => failure('Message not found'));
    expect(await link.publish(ack(1), SEND)).toEqual({ is: 'confirmed' });
    expect(namesOf(requests)).toEqual([['mailbox.ack']]);
  });

  test('what cannot be said never reaches the road', async () => {
    const { link, requests } = rig(GATEWAY);
    expect(await link.publish(record('log', {}), SEND)).toMatchObject({ is: 'rejected', isLocal: true });
    expect(requests).toEqual([]);
  });

  test('nothing is begun for whoever has given up', async () => {
    const { link, requests } = rig(GATEWAY);
    const over = AbortSignal.abort();
    expect(await link.publish(position(1), { signal: over, isReplay: false })).toEqual({ is: 'timeout' });
    expect(is((await link.publishMany?.([position(1)], { signal: over, isReplay: true })) ?? [])).toEqual(['busy']);
    expect(requests).toEqual([]);
  });
});

describe('several records', () => {
  const many = [position(1), state(2), position(3), ack(4), record('alarm', { subject: 's', code: 'c' }, 5), state(6)];

  test('one request on a gateway road, answers first', async () => {
    const { link, requests } = rig(GATEWAY);
    expect(is((await link.publishMany?.(many, SEND)) ?? [])).toEqual(many.map(() => 'confirmed'));
    expect(namesOf(requests)).toEqual([
      ['mailbox.ack', 'location.batch', 'property.batch', 'attribute.batch', 'alarm.publish'],
    ]);
    expect(requests[0]?.map(corrIds).slice(1, 4)).toEqual([
      ['3-1', '3-3'],
      ['3-2', '3-2', '3-6', '3-6'],
      ['3-2', '3-6'],
    ]);
    expect(requests[0]?.[1]?.params).toEqual({
      data: [1, 3].map((n) => ({
        ...{ lat: 48 + n / 1000, lng: -9.5, fixType: 'gnss' },
        ...{ ts: '2026-01-02T03:04:05.678Z', corrId: `3-${n}` },
      })),
    });
  });

  test('one command in each request on the module road, consecutive positions together', async () => {
    const { link, requests } = rig(MODULE);
    const some = [position(1), position(2), ack(3), position(4)];
    expect(is((await link.publishMany?.(some, SEND)) ?? [])).toEqual(some.map(() => 'confirmed'));
    expect(namesOf(requests)).toEqual([['mailbox.ack'], ['location.batch']]);
    expect(requests.flat().map(corrIds).at(1)).toEqual(['3-1', '3-2', '3-4']);
    const { link: second, requests: seen } = rig(MODULE);
    await second.publishMany?.([position(1), state(2), position(3)], SEND);
    expect(namesOf(seen)).toEqual([
      ['location.publish'],
      ['property.batch'],
      ['attribute.batch'],
      ['location.publish'],
    ]);
  });

  test.each([
    ['module', MODULE, 1400],
    ['gateway', { ...GATEWAY, maxRequestBytes: 262_144 }, 32_768],
    ['gateway, kept short', { ...GATEWAY, maxRequestBytes: 2000, maxCommands: 3 }, 2000],
  ])('no request is longer than the road takes, and no batch than 100 (%s)', async (_name, limits, maxBytes) => {
    const { clock, link, requests } = rig(limits, undefined, 100);
    const all = Array.from({ length: 400 }, (_, i) => (i % 7 === 3 ? state(i) : position(i)));
    const verdicts = link.publishMany?.(all, SEND);
    await clock.advance(30_000);
    expect(new Set(is((await verdicts) ?? []))).toEqual(new Set(['confirmed']));
    for (const request of requests) {
      const json = JSON.stringify(Object.fromEntries(request.map((command, i) => [i + 1, command])));
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxBytes);
      expect(request.length).toBeLessThanOrEqual(limits.maxCommands);
      for (const command of request) expect(corrIds(command).length).toBeLessThanOrEqual(100);
    }
    const placed = requests.flat().filter(({ command }) => command.startsWith('location.'));
    expect(placed.flatMap(corrIds)).toEqual(all.filter(({ kind }) => kind === 'position').map(({ id }) => id));
  });

  test.each([
    ['gateway', GATEWAY, 1],
    ['module', MODULE, 3],
  ])('after a failed batch each goes alone, as it was (%s)', async (_name, limits, singles) => {
    const bad = (command: Tr50Command) => corrIds(command).includes('3-2');
    const { link, requests } = rig(limits, (command) => (bad(command) ? failure('Bad value') : OK));
    const verdicts = await link.publishMany?.([position(1), position(2), position(3)], SEND);
    expect(is(verdicts ?? [])).toEqual(['confirmed', 'rejected', 'confirmed']);
    expect(requests).toHaveLength(1 + singles);
    const batch = requests[0]?.[0]?.params?.['data'];
    expect(requests.slice(1).flatMap((request) => request.map(({ params }) => params))).toEqual(batch);
  });

  test('a batch that is too slow is not followed by more, and what was in it goes alone the next time', async () => {
    const { clock, link, requests } = rig(MODULE, async (command) => {
      await new Promise<void>((resolve) => clock.after(7000, resolve));
      return command.command === 'location.batch' ? failure('Bad value') : OK;
    });
    const first = link.publishMany?.([position(1), position(2)], SEND);
    await clock.advance(7000);
    expect(await first).toEqual([1, 2].map(() => ({ is: 'busy', retryAfterMs: 1 })));
    const second = link.publishMany?.([position(1), position(2)], SEND);
    await clock.advance(7000);
    expect(is((await second) ?? [])).toEqual(['confirmed', 'busy']);
    expect(namesOf(requests)).toEqual([['location.batch'], ['location.publish']]);
  });

  test.each<[Tr50Outcome, Verdict['is']]>([
    [{ is: 'timeout' }, 'timeout'],
    [{ is: 'link-lost' }, 'link-lost'],
    [{ is: 'busy', retryAfterMs: 9 }, 'busy'],
  ])('after %j nothing more is begun', async (outcome, verdict) => {
    const { link, requests } = rig(MODULE, () => outcome);
    const some = [position(1), state(2), position(3)];
    expect(is((await link.publishMany?.(some, SEND)) ?? [])).toEqual([verdict, 'busy', 'busy']);
    expect(requests).toHaveLength(1);
  });
});

describe('keys the thing definition does not take', () => {
  const answer = (command: Tr50Command): Tr50Outcome => {
    if (JSON.stringify(command.params).includes('"key":"b"')) return failure('Property not defined');
    return command.command.startsWith('attribute') ? failure('Attribute not defined') : OK;
  };

  test.each([
    ['gateway', GATEWAY],
    ['module', MODULE],
  ])('are found once, and left out from then on (%s)', async (_name, limits) => {
    const { link, requests } = rig(limits, answer);
    expect(await link.publish(state(1), SEND)).toEqual({ is: 'confirmed' });
    expect(link.refusedKeys.toSorted()).toEqual(['b', 'text']);
    const before = requests.length;
    expect(await link.publish(state(2), SEND)).toEqual({ is: 'confirmed' });
    expect(namesOf(requests.slice(before))).toEqual([['property.batch']]);
  });

  test('are tried again after an hour: it may have been the cloud’s own trouble', async () => {
    let isTroubled = true;
    const { clock, link, requests } = rig(GATEWAY, (command) => (isTroubled ? answer(command) : OK));
    await link.publish(state(1), SEND);
    isTroubled = false;
    await clock.advance(3_599_000);
    await link.publish(state(2), SEND);
    expect(namesOf(requests.slice(-1))).toEqual([['property.batch']]);
    await clock.advance(1000);
    expect(link.refusedKeys).toEqual([]);
    expect(await link.publish(state(3), SEND)).toEqual({ is: 'confirmed' });
    expect(namesOf(requests.slice(-1))).toEqual([['property.batch', 'attribute.batch']]);
  });

  test('a module that refuses a value by itself says nothing of its key', async () => {
    const { link } = rig(MODULE, ({ command }) =>
      command === 'property.batch'
        ? failure('Property not defined')
        : { is: 'unsendable', reason: 'refused by the module', mayPass: true },
    );
    const both = record('state', { a: 1, b: 2 });
    expect(await link.publish(both, SEND)).toMatchObject({ is: 'rejected', code: 'devicewise.not-taken' });
    expect(link.refusedKeys).toEqual([]);
  });

  test('where none is taken the record is refused', async () => {
    const { link } = rig(GATEWAY, () => failure('Property not defined'));
    expect(await link.publish(record('state', { a: 1, b: 2 }), SEND)).toEqual({
      is: 'rejected',
      code: 'devicewise.rejected',
      reason: 'property.batch: Property not defined',
    });
  });

  test('a role that may not is no key’s fault', async () => {
    const { link, requests } = rig(GATEWAY, () => failure('Permission denied'));
    expect(await link.publish(state(1), SEND)).toMatchObject({ is: 'rejected', code: 'devicewise.permission' });
    expect(requests).toHaveLength(1);
    expect(link.refusedKeys).toEqual([]);
  });

  test('what stays open is asked again, and then the batch goes without what is refused', async () => {
    let isSlow = true;
    const { link, requests } = rig(MODULE, (command) => {
      if (!JSON.stringify(command.params).includes('"key":"b"')) return OK;
      return command.command === 'property.publish' && isSlow
        ? { is: 'timeout' }
        : failure('Property b is not defined', -90_008);
    });
    const both = record('state', { a: 1, b: 2 });
    expect(await link.publish(both, SEND)).toEqual({ is: 'timeout' });
    isSlow = false;
    expect(await link.publish(both, SEND)).toEqual({ is: 'busy', retryAfterMs: 1 });
    expect(await link.publish(both, SEND)).toEqual({ is: 'confirmed' });
    const keysOf = ({ params }: Tr50Command) =>
      ((params?.['data'] ?? [params]) as { key: string }[]).map(({ key }) => key).join();
    expect(requests.flat().map(keysOf)).toEqual(['a,b', 'a', 'b', 'a,b', 'b', 'a']);
  });

  test('a batch that is refused though each of its keys is taken goes in singles', async () => {
    const { link, requests } = rig(GATEWAY, ({ command }) => (command === 'property.batch' ? failure('No batch') : OK));
    for (const n of [1, 2])
      expect(await link.publish(record('state', { a: n, b: n }, n), SEND)).toEqual({ is: 'confirmed' });
    const batchAndSingles = [['property.batch'], ['property.publish', 'property.publish']];
    expect(namesOf(requests)).toEqual([...batchAndSingles, ...batchAndSingles]);
  });
});

test('never more requests in a second than are allowed', async () => {
  const { clock, link, requests } = rig(GATEWAY, undefined, 2);
  expect(link.limits).toMatchObject({ window: 8, pace: { count: 2, perMs: 1000 } });
  const sent = Array.from({ length: 5 }, (_, i) => link.publish(position(i), SEND));
  await clock.advance(0);
  expect(requests).toHaveLength(2);
  await clock.advance(999);
  expect(requests).toHaveLength(2);
  await clock.advance(1);
  expect(requests).toHaveLength(4);
  await clock.advance(1000);
  expect(is(await Promise.all(sent))).toEqual(sent.map(() => 'confirmed'));
});
