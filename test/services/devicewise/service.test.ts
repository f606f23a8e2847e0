// The service over scripted roads: one life after the other, tokens that are refused, replaced and proved.
import { describe, expect, test } from 'vitest';
import { deferred, Secret, type Tr50Outcome, WaymarkError } from '../../../src/core/index.js';
import { failure, hanging, MODULE, never, OK, opener, position, rig } from './service-fakes.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const refused = (): never => {
  throw new WaymarkError('devicewise.refused', 'CONNACK 4', { evidence: { connack: 4 } });
};
const unreachable = (): never => {
  throw new WaymarkError('net.unreachable', 'no route');
};

describe('one life', () => {
  test('records up, methods down one after the other, until it is stopped', async () => {
    const road = opener('mqtt');
    const answered = deferred<undefined>();
    const { clock, service, token, links, methods, lane } = rig([road], {
      onMethod: async ({ id }) => {
        if (id === 'm1') await answered.promise;
      },
    });
    const running = lane();
    await clock.advance(0);
    expect(service.snapshot()).toMatchObject({
      ...{ state: 'online', road: 'mqtt', connects: 1, disconnects: 0, facts: { thing: '…1234' } },
      sentence: 'Connected to deviceWISE by this gateway over MQTT.',
    });
    expect(token.outcomes).toEqual([{ is: 'ok' }]);
    expect(await links[0]?.publish(position(1), { signal: never, isReplay: false })).toEqual({ is: 'confirmed' });
    road.call({ id: 'm1', method: 'report', params: {} });
    road.call({ id: 'm2', method: 'report', params: {} });
    await clock.advance(0);
    expect(methods).toEqual(['m1']);
    answered.resolve(undefined);
    await clock.advance(0);
    expect(methods).toEqual(['m1', 'm2']);
    await running.stop();
    expect(service.snapshot()).toMatchObject({
      state: 'stopped',
      methods: 2,
      requests: 1,
      timeouts: 0,
      disconnects: 1,
    });
    expect([road.count, clock.pending]).toEqual([0, 0]);
  });

  test('a session that ends is made again, later and later until one has lasted', async () => {
    const road = opener('mqtt');
    const { clock, service, lane } = rig([road]);
    const running = lane();
    const waits: (number | undefined)[] = [];
    for (const lastsMs of [1000, 1000, MINUTE, 1000]) {
      await clock.advance(lastsMs);
      road.end();
      await clock.advance(0);
      const { next, state, reason } = service.snapshot();
      expect([state, reason?.code]).toEqual(['waiting-retry', 'devicewise.lost']);
      waits.push(next && next.atMonoMs - clock.mono());
      await clock.advance(waits.at(-1) ?? 0);
      expect(service.snapshot().state).toBe('online');
    }
    expect(waits).toEqual([2000, 4000, 2000, 4000]);
    expect(running.errors.map(({ retryAfterMs }) => retryAfterMs)).toEqual(waits);
    await running.stop();
  });

  test('another token ends it, and it begins again at once', async () => {
    const road = opener('mqtt');
    const { clock, token, service, lane } = rig([road]);
    const running = lane();
    await clock.advance(HOUR);
    token.replace('token-2');
    await clock.advance(0);
    expect([road.opened, road.count, running.errors]).toEqual([['token-1', 'token-2'], 1, []]);
    expect(service.snapshot()).toMatchObject({ state: 'online', connects: 2 });
    await running.stop();
  });

  test('a method that cannot be answered ends nothing', async () => {
    const road = opener('mqtt');
    const { clock, methods, service, lane } = rig([road], { onMethod: () => Promise.reject(new Error('odd')) });
    const running = lane();
    await clock.advance(0);
    road.call({ id: 'm1', method: 'x', params: {} });
    road.call({ id: 'm2', method: 'x', params: {} });
    await clock.advance(0);
    expect([methods, service.snapshot().state]).toEqual([['m1', 'm2'], 'online']);
    await running.stop();
  });
});

describe('refused', () => {
  test('a wrong token over a day opens the road eight times, and the first right one at once', async () => {
    const road = opener('mqtt', { open: (value) => (value === 'token-1' ? refused() : undefined) });
    const { clock, token, service, lane } = rig([road]);
    const running = lane();
    for (let hour = 0; hour < 24; hour++) await clock.advance(HOUR);
    expect(road.opened).toHaveLength(8);
    expect(service.snapshot()).toMatchObject({
      ...{ state: 'auth-rejected', reason: { code: 'devicewise.refused', evidence: { connack: 4 } }, connects: 0 },
      sentence: 'deviceWISE does not accept the app token, or the application id: CONNACK 4.',
    });
    expect(token.outcomes.at(0)).toEqual({
      ...{ is: 'refused', state: 'rejected', reason: 'refused', evidence: { connack: 4 } },
      retryAtMonoMs: 15 * MINUTE,
    });
    token.replace('token-2');
    running.wake();
    await clock.advance(0);
    expect([service.snapshot().state, road.opened.at(-1)]).toEqual(['online', 'token-2']);
    await running.stop();
  });

  test('a file that goes back and forth between two wrong tokens gives each its rest', async () => {
    const road = opener('mqtt', { open: (value) => (value === 'token-3' ? undefined : refused()) });
    const { clock, token, service, lane } = rig([road]);
    const running = lane();
    await clock.advance(1000);
    // Six hours, every ten seconds.
    for (let n = 0; n < 2160; n++) {
      token.replace(`token-${1 + ((n + 1) % 2)}`);
      running.wake();
      await clock.advance(10_000);
    }
    expect(road.opened.length).toBeLessThanOrEqual(12);
    expect(service.snapshot().state).toBe('auth-rejected');
    token.replace('token-3');
    running.wake();
    await clock.advance(0);
    expect(service.snapshot().state).toBe('online');
    await running.stop();
  });

  test('woken too early it asks nobody', async () => {
    const road = opener('mqtt', { open: refused });
    const { clock, service, lane } = rig([road]);
    const running = lane();
    await clock.advance(MINUTE);
    running.wake();
    await clock.advance(0);
    expect(road.opened).toHaveLength(1);
    const { state, next } = service.snapshot();
    expect([state, next?.atMonoMs]).toEqual(['auth-rejected', 15 * MINUTE]);
    await running.stop();
  });

  test('a session that has worked is refused: the token is to blame', async () => {
    const road = opener('http');
    const { clock, token, service, lane } = rig([road], { transport: 'http' });
    const running = lane();
    await clock.advance(HOUR);
    road.end(new WaymarkError('devicewise.refused', 'auth failed', { evidence: { code: -18_207 } }));
    await clock.advance(0);
    expect(token.outcomes.map(({ is }) => is)).toEqual(['ok', 'refused']);
    expect(service.snapshot()).toMatchObject({ state: 'auth-rejected', next: { atMonoMs: HOUR + 15 * MINUTE } });
    await running.stop();
  });
});

describe('which road', () => {
  test('the module is waited for, and its client taken', async () => {
    const [module, mqtt] = [opener('module', { limits: MODULE }), opener('mqtt')];
    let support: 'unknown' | 'supported' = 'unknown';
    const { clock, service, lane } = rig([module, mqtt], { road: 'auto', support: () => support });
    const running = lane();
    await clock.advance(MINUTE);
    expect(service.snapshot()).toMatchObject({
      state: 'connecting',
      sentence: 'Not connected to deviceWISE yet: the module has not said yet whether it has a client.',
    });
    support = 'supported';
    await clock.advance(1000);
    expect(service.snapshot()).toMatchObject({
      ...{ state: 'online', road: 'module' },
      sentence: 'Connected to deviceWISE by the module’s own client.',
    });
    expect(mqtt.opened).toEqual([]);
    await running.stop();
  });

  test('a module whose client turns out to be none leaves the gateway’s road', async () => {
    const denied = (): never => {
      throw new WaymarkError('devicewise.no-client', 'no such command');
    };
    const [module, mqtt] = [opener('module', { open: denied }), opener('mqtt')];
    const { clock, service, lane } = rig([module, mqtt], { road: 'auto', support: () => 'supported' });
    const running = lane();
    await clock.advance(0);
    expect([running.errors, module.opened.length, mqtt.opened.length]).toEqual([[], 1, 1]);
    expect(service.snapshot().sentence).toBe(
      'Connected to deviceWISE by this gateway over MQTT, because the module has no client of its own.',
    );
    await running.stop();
  });

  test('a module that shall and cannot is for a person', async () => {
    const { clock, service, lane } = rig([opener('mqtt')], { road: 'module', support: () => 'unsupported' });
    const running = lane();
    await clock.advance(0);
    expect(service.snapshot()).toMatchObject({
      ...{ state: 'unconfigured', reason: { code: 'devicewise.no-client' } },
      next: { atMonoMs: HOUR },
    });
    await running.stop();
  });

  test('without a bearer the module says so', async () => {
    const open = (): never => {
      throw new WaymarkError('network.no-bearer', 'no context');
    };
    const { clock, service, token, lane } = rig([opener('module', { open })], {
      road: 'auto',
      support: () => 'supported',
    });
    const running = lane();
    await clock.advance(0);
    expect(service.snapshot()).toMatchObject({ state: 'no-bearer', next: { atMonoMs: 5000 } });
    expect(token.outcomes).toEqual([{ is: 'weather' }]);
    await running.stop();
  });

  test('MQTT that does not get through leaves HTTPS for a quarter of an hour, and is tried again', async () => {
    let isBlocked = true;
    const mqtt = opener('mqtt', { open: () => (isBlocked ? unreachable() : undefined) });
    const http = opener('http');
    const { clock, service, lane } = rig([mqtt, http], { transport: 'auto' });
    const running = lane();
    await clock.advance(2000 + 4000 + 8000);
    expect([mqtt.opened.length, http.opened.length]).toEqual([3, 1]);
    expect(service.snapshot()).toMatchObject({
      road: 'http',
      sentence: 'Connected to deviceWISE by this gateway over HTTPS, because MQTT does not get through.',
    });
    await clock.advance(15 * MINUTE);
    expect([mqtt.opened.length, http.opened.length]).toEqual([4, 1]);
    await clock.advance(2000);
    expect([http.opened.length, http.count]).toEqual([2, 1]);
    isBlocked = false;
    await clock.advance(15 * MINUTE);
    expect(service.snapshot()).toMatchObject({ state: 'online', road: 'mqtt' });
    expect([mqtt.count, http.count]).toEqual([1, 0]);
    await running.stop();
  });

  test('MQTT that is refused is not the port’s fault', async () => {
    const [mqtt, http] = [opener('mqtt', { open: refused }), opener('http')];
    const { clock, lane } = rig([mqtt, http], { transport: 'auto' });
    const running = lane();
    await clock.advance(4 * HOUR);
    expect([mqtt.opened.length, http.opened.length]).toEqual([5, 0]);
    await running.stop();
  });
});

describe('another token is tried', () => {
  const next = new Secret('app-token', 'token-2');

  test('the life ends for it, and goes on when it is good', async () => {
    let most = 0;
    const road = opener('mqtt', { open: () => void (most = Math.max(most, road.count)) });
    const { clock, service, token, lane } = rig([road]);
    const running = lane();
    await clock.advance(MINUTE);
    const proved = service.prove(next, { signal: never });
    await clock.advance(0);
    await proved;
    expect(road.opened).toEqual(['token-1', 'token-2']);
    expect(road.requests).toEqual([[{ command: 'diag.ping' }]]);
    // It comes into force right after, and the life need not begin with the old one.
    token.replace('token-2');
    await clock.advance(0);
    expect([road.opened, road.count, most]).toEqual([['token-1', 'token-2', 'token-2'], 1, 0]);
    expect(service.snapshot().state).toBe('online');
    expect([running.errors, token.outcomes.map(({ is }) => is)]).toEqual([[], ['ok', 'ok']]);
    await running.stop();
  });

  test('the life goes on with the old one when it is refused, which is nobody’s fault', async () => {
    const road = opener('mqtt', { open: (value) => (value === 'token-2' ? refused() : undefined) });
    const { clock, service, token, lane } = rig([road]);
    const running = lane();
    await clock.advance(MINUTE);
    const proved = service.prove(next, { signal: never });
    proved.catch(() => undefined);
    await clock.advance(0);
    await expect(proved).rejects.toMatchObject({ code: 'devicewise.refused' });
    expect(road.opened).toEqual(['token-1', 'token-2', 'token-1']);
    expect([service.snapshot().state, token.outcomes]).toEqual(['online', [{ is: 'ok' }, { is: 'ok' }]]);
    await running.stop();
  });

  test.each<[string, Tr50Outcome, string | undefined]>([
    ['timeout', { is: 'timeout' }, 'core.timeout'],
    ['link-lost', { is: 'link-lost' }, 'devicewise.lost'],
    ['busy', { is: 'busy', retryAfterMs: 1 }, 'devicewise.unreachable'],
    ['no session', failure('Session expired', -90_000), 'devicewise.session-refused'],
    ['weather', failure('Service unavailable'), 'devicewise.unreachable'],
    ['a role that may not ping', failure('Permission denied'), undefined],
    ['good', OK, undefined],
  ])('a ping that ends with %s', async (_name, outcome, code) => {
    const road = opener('mqtt', { answer: () => outcome });
    const { clock, service } = rig([road]);
    const proved = service.prove(next, { signal: never }).then(
      () => undefined,
      (error: unknown) => (error as WaymarkError).code,
    );
    await clock.advance(0);
    expect([await proved, road.count]).toEqual([code, 0]);
  });

  test('while the lane waits it is tried all the same, and a life that hangs gives way', async () => {
    const road = opener('mqtt', {
      open: (value, signal) => (value === 'token-1' ? hanging(value, signal) : undefined),
    });
    const { clock, service, lane } = rig([road]);
    const running = lane();
    await clock.advance(5000);
    expect(service.snapshot().state).toBe('connecting');
    const proved = service.prove(next, { signal: never });
    expect(service.snapshot().sentence).toBe('Trying another app token at deviceWISE.');
    await clock.advance(0);
    await proved;
    expect(running.errors).toEqual([]);
    await running.stop();
  });

  test('who gives up waiting leaves nothing behind', async () => {
    const road = opener('mqtt', {
      open: (value, signal) => (value === 'token-2' ? hanging(value, signal) : undefined),
    });
    const { clock, service, lane } = rig([road]);
    const running = lane();
    await clock.advance(0);
    const gone = new AbortController();
    const both = [service.prove(next, { signal: gone.signal }), service.prove(next, { signal: gone.signal })];
    const settled = Promise.allSettled(both);
    await clock.advance(0);
    gone.abort();
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await clock.advance(0);
    expect([service.snapshot().state, road.opened]).toEqual(['online', ['token-1', 'token-2', 'token-1']]);
    await running.stop();
  });

  test('while the road is not known nothing can be tried', async () => {
    const { service } = rig([], { road: 'auto', support: () => 'unknown' });
    await expect(service.prove(next, { signal: never })).rejects.toMatchObject({ code: 'devicewise.unreachable' });
  });
});

describe('the token in force is tested', () => {
  test('over the session that is up, which stays', async () => {
    const road = opener('mqtt');
    const { clock, service, token, lane } = rig([road]);
    const running = lane();
    await clock.advance(0);
    await service.test({ signal: never });
    expect([road.opened, road.count, road.requests]).toEqual([['token-1'], 1, [[{ command: 'diag.ping' }]]]);
    expect(token.outcomes).toEqual([{ is: 'ok' }, { is: 'ok' }]);
    await running.stop();
  });

  test('without one the road is opened for it', async () => {
    const road = opener('mqtt', { open: refused });
    const { clock, service, token } = rig([road]);
    await expect(service.test({ signal: never })).rejects.toMatchObject({ code: 'devicewise.refused' });
    expect(token.outcomes).toMatchObject([{ is: 'refused', evidence: { connack: 4 }, retryAtMonoMs: 15 * MINUTE }]);
    // Refused before it is not lent: whoever asks brings it along.
    await expect(service.test({ signal: never, value: new Secret('app-token', 'token-1') })).rejects.toMatchObject({
      code: 'devicewise.refused',
    });
    expect([road.opened.length, token.outcomes.length, clock.pending]).toEqual([2, 1, 0]);
  });
});
