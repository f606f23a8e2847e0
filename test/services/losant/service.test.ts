// The service against a broker in this process and a scripted REST API: a life up to its end, and what is said of it.
import { describe, expect, test } from 'vitest';
import { aborted, type CloudLink, deferred, type Verdict, WaymarkError } from '../../../src/core/index.js';
import {
  createLosant,
  type LosantOptions,
  type LosantOutbox,
  type LosantService,
} from '../../../src/services/index.js';
import { aedesBroker, CONNACK, type RawBroker, rawBroker, tcp } from '../../mqtt/fakes.js';
import {
  APP,
  base,
  credential,
  DEVICE,
  goodApi,
  type Reply,
  record,
  type Seen,
  scriptedHttp,
  UNAUTHORISED,
} from './fakes.js';

/** Hands over its link and waits for the end, as the outbox does. */
function outbox(): LosantOutbox & { link: Promise<CloudLink>; links: number } {
  let give: (link: CloudLink) => void = () => undefined;
  const self = {
    links: 0,
    link: new Promise<CloudLink>((resolve) => (give = resolve)),
    async drain(link: CloudLink, { signal }: { signal: AbortSignal }) {
      self.links++;
      give(link);
      await aborted(signal);
    },
  };
  return self;
}

interface RigOptions extends Partial<LosantOptions> {
  port?: number;
  script?: (seen: Seen) => Reply | undefined;
  connect?: () => Promise<never>;
  /** Each command waits for it. */
  answered?: Promise<unknown>;
}

function rig({ port = 0, script = goodApi, connect, answered, ...options }: RigOptions = {}) {
  const { clock, log, random, accessKey, accessSecret } = base();
  const http = scriptedHttp(script);
  const box = outbox();
  const commands: [string, boolean][] = [];
  const ups: unknown[] = [];
  const said: string[] = [];
  let roads = 0;
  const stop = new AbortController();
  const losant: LosantService = createLosant(
    {
      clock,
      log,
      random,
      trust: { status: () => ({ state: 'trusted', reason: 'plausible' }) },
      http,
      connect() {
        roads++;
        return connect ? connect() : tcp(port);
      },
      credentials: { accessKey, accessSecret },
      outbox: box,
      boot: 1,
      async onCommand(payload, isRetained) {
        commands.push([payload.toString(), isRetained]);
        await answered;
      },
      onUp: async (ids) => void ups.push(ids),
    },
    { apiUrl: 'https://api.example', deviceId: DEVICE, transport: 'mqtt', keepaliveSeconds: 60, ...options },
  );
  const run = (): Promise<unknown> =>
    losant
      .run({ signal: stop.signal, ok: () => said.push('ok'), doing: (state) => said.push(state) })
      .catch((error: unknown) => error);
  return { clock, http, box, commands, ups, said, stop, losant, run, accessKey, accessSecret, roads: () => roads };
}

/** Refuses each CONNECT that way; without a code it hangs up. */
const refusing = (code?: number): Promise<RawBroker> =>
  rawBroker((socket) => {
    if (code === undefined) socket.destroy();
    else socket.end(CONNACK(code));
  });

describe('a life over MQTT', () => {
  test('state goes up by QoS 1, commands come down, and the abort ends it', async () => {
    await using broker = await aedesBroker();
    const logins: unknown[] = [];
    broker.aedes.authenticate = (client, user, password, done) => {
      logins.push([client.id, user, password?.toString()]);
      done(null, true);
    };
    const published = new Promise((resolve) =>
      broker.aedes.on('publish', (packet, client) => {
        if (client) resolve([packet.topic, packet.qos, packet.retain, JSON.parse(packet.payload.toString())]);
      }),
    );
    const subscribed = new Promise((resolve) => broker.aedes.on('subscribe', (topics) => resolve(topics)));
    const r = rig({ port: broker.port });
    const ended = r.run();
    const link = await r.box.link;
    expect(await link.publish(record(1), { signal: r.stop.signal, isReplay: false })).toEqual({ is: 'accepted' });
    expect(await published).toEqual([
      `losant/${DEVICE}/state`,
      1,
      false,
      { data: { gap_count: 1, record_id: '1-1' }, time: Date.UTC(2026, 0, 1) },
    ]);
    expect(await subscribed).toMatchObject([{ topic: `losant/${DEVICE}/command`, qos: 0 }]);
    const payload = '{"name":"x"}';
    broker.aedes.publish(
      { cmd: 'publish', topic: `losant/${DEVICE}/command`, payload, qos: 0, retain: false, dup: false },
      () => undefined,
    );
    await expect.poll(() => r.commands).toEqual([[payload, false]]);
    expect(logins).toEqual([[DEVICE, 'key-1', 'secret-1']]);
    expect(r.losant.snapshot()).toMatchObject({
      state: 'connected',
      connects: 1,
      disconnects: 0,
      messagesInWindow: 1,
      bans: 0,
    });
    expect(link.limits).toEqual({ window: 20, pace: { count: 24, perMs: 15_000 } });
    r.stop.abort();
    await ended;
    expect(r.losant.snapshot()).toMatchObject({ state: 'idle', disconnects: 1 });
    expect(r.said).toEqual(['connecting', 'connected', 'ok']);
    expect([r.ups, r.accessSecret.outcomes, r.accessKey.outcomes]).toEqual([
      [{ deviceId: DEVICE }],
      [{ is: 'ok' }],
      [{ is: 'ok' }],
    ]);
  });

  test('the next command is handed on when the one before has been answered', async () => {
    await using broker = await aedesBroker();
    const subscribed = new Promise((resolve) => broker.aedes.on('subscribe', resolve));
    const first = deferred<undefined>();
    const r = rig({ port: broker.port, answered: first.promise });
    const ended = r.run();
    await subscribed;
    for (const payload of ['1', '2', '3'])
      broker.aedes.publish(
        { cmd: 'publish', topic: `losant/${DEVICE}/command`, payload, qos: 0, retain: false, dup: false },
        () => undefined,
      );
    const link = await r.box.link;
    await expect.poll(() => r.commands.length).toBeGreaterThan(0);
    // By its answer all three have come.
    expect(await link.publish(record(1), { signal: r.stop.signal, isReplay: false })).toEqual({ is: 'accepted' });
    expect(r.commands).toEqual([['1', false]]);
    first.resolve(undefined);
    await expect.poll(() => r.commands.map(([payload]) => payload)).toEqual(['1', '2', '3']);
    r.stop.abort();
    await ended;
  });

  test('with a known application a backlog goes in arrays; after REST has failed, singly', async () => {
    await using broker = await aedesBroker();
    let isDown = false;
    const r = rig({ port: broker.port, applicationId: APP, script: (seen) => (isDown ? [502, {}] : goodApi(seen)) });
    const ended = r.run();
    const link = await r.box.link;
    const many = (): Promise<readonly Verdict[]> | undefined =>
      link.publishMany?.([record(1), record(2)], { signal: r.stop.signal, isReplay: true });
    expect(link.limits.batch).toEqual({ fromBacklog: 200, maxRecords: 100, maxBytes: 200_000, everyMs: 1000 });
    expect(await many()).toEqual([{ is: 'accepted' }, { is: 'accepted' }]);
    isDown = true;
    expect(await many()).toEqual([
      { is: 'busy', retryAfterMs: 1000 },
      { is: 'busy', retryAfterMs: 1000 },
    ]);
    expect(link.limits.batch).toBeUndefined();
    r.stop.abort();
    await ended;
  });

  test('a new key begins a new connection, once both halves had time to change', async () => {
    await using broker = await aedesBroker();
    const logins: (string | undefined)[] = [];
    broker.aedes.authenticate = (_client, user, password, done) => {
      logins.push(`${user} ${password?.toString()}`);
      done(null, true);
    };
    const r = rig({ port: broker.port });
    const ended = r.run();
    await r.box.link;
    r.accessSecret.replace('secret-2');
    r.accessKey.replace('key-2');
    await r.clock.advance(3000);
    await expect.poll(() => r.losant.snapshot().connects).toBe(2);
    expect(logins).toEqual(['key-1 secret-1', 'key-2 secret-2']);
    r.stop.abort();
    await ended;
  });
});

describe('the end of it', () => {
  test.each([1, 2, 4, 5])('CONNACK %i with a good key: kept out for a while', async (code) => {
    await using broker = await refusing(code);
    const r = rig({ port: broker.port });
    expect(await r.run()).toMatchObject({
      code: 'losant.banned',
      retryAfterMs: 30_000,
      evidence: { connack: code, oracle: 'good' },
    });
    expect(r.losant.snapshot()).toMatchObject({
      state: 'waiting',
      bans: 1,
      lastReason: { code: 'losant.banned' },
      next: { atMonoMs: 30_000 },
    });
    expect(r.accessSecret.status().state).toBe('valid');
  });

  test('hung up before CONNACK with a good key: the same', async () => {
    await using broker = await refusing();
    const r = rig({ port: broker.port });
    expect(await r.run()).toMatchObject({ code: 'losant.banned', evidence: { connack: 'none', oracle: 'good' } });
  });

  test('CONNACK 3 is weather, and nobody is asked', async () => {
    await using broker = await refusing(3);
    const r = rig({ port: broker.port });
    expect(await r.run()).toMatchObject({ code: 'mqtt.unavailable' });
    expect(r.http.seen).toEqual([]);
  });

  test('a bad key is parked, and the broker left alone until the API takes it again', async () => {
    await using broker = await refusing(5);
    let isGood = false;
    const r = rig({ port: broker.port, script: (seen) => (isGood ? goodApi(seen) : UNAUTHORISED) });
    expect(await r.run()).toMatchObject({ code: 'losant.refused', retryAfterMs: 900_000 });
    expect(r.accessSecret.outcomes).toMatchObject([
      { is: 'refused', state: 'rejected', reason: 'refused', evidence: { connack: 5, oracle: 'refused' } },
    ]);
    expect(await r.run()).toMatchObject({ code: 'credential.refused', retryAfterMs: 900_000 });
    await r.clock.advance(900_000);
    expect(await r.run()).toMatchObject({ code: 'losant.refused', retryAfterMs: 3_600_000 });
    expect(r.roads()).toBe(1);
    isGood = true;
    await r.clock.advance(3_600_000);
    expect(await r.run()).toMatchObject({ code: 'losant.banned' });
    expect(r.roads()).toBe(2);
  });

  test('an unknown device is a matter of configuration', async () => {
    await using broker = await refusing(2);
    const r = rig({ port: broker.port, script: () => undefined });
    expect(await r.run()).toMatchObject({ code: 'losant.config', retryAfterMs: 3_600_000 });
  });

  test('thrown out after a flood: banned, and nobody is asked', async () => {
    await using broker = await aedesBroker();
    const r = rig({ port: broker.port });
    const ended = r.run();
    const link = await r.box.link;
    await Promise.all(
      Array.from({ length: 25 }, (_, n) => link.publish(record(n), { signal: r.stop.signal, isReplay: false })),
    );
    for (const socket of broker.sockets) socket.destroy();
    expect(await ended).toMatchObject({ code: 'losant.banned', retryAfterMs: 30_000, evidence: { messages: 25 } });
    expect(r.http.seen).toEqual([]);
    expect(await link.publish(record(1), { signal: r.stop.signal, isReplay: false })).toEqual({ is: 'link-lost' });
  });

  test('five short lives: another client has the same id', async () => {
    await using broker = await aedesBroker();
    broker.aedes.on('clientReady', (client) => client.close());
    const r = rig({ port: broker.port });
    const codes: unknown[] = [];
    for (let life = 0; life < 5; life++) {
      const error = (await r.run()) as WaymarkError;
      codes.push(error.code);
    }
    expect(codes.slice(0, 4).every((code) => code === 'mqtt.closed' || code === 'net.closed')).toBe(true);
    expect(codes[4]).toBe('losant.twin');
  });

  test('without a road the error stands as it is, and 60 connections within the hour are enough', async () => {
    const r = rig({ connect: () => Promise.reject(new WaymarkError('net.closed', 'no road')) });
    for (let n = 0; n < 60; n++) expect(await r.run()).toMatchObject({ code: 'net.closed' });
    expect(await r.run()).toMatchObject({ code: 'losant.weather', retryAfterMs: 3_600_000 });
    expect([r.roads(), r.http.seen]).toEqual([60, []]);
    const policy = r.losant.backoff(new WaymarkError('net.closed', ''));
    expect([policy.baseMs / 2, policy.capMs]).toEqual([5000, 300_000]);
  });
});

describe('single requests', () => {
  test('a cycle says it is there, sends what waits, fetches commands; the next one comes in time', async () => {
    const r = rig({ transport: 'rest', reportEveryMs: 60_000 });
    const ended = r.run();
    const link = await r.box.link;
    expect(link.limits).toMatchObject({ window: 1, batch: { fromBacklog: 1 } });
    expect(await link.publishMany?.([record(1), record(2)], { signal: r.stop.signal, isReplay: true })).toHaveLength(2);
    await r.clock.advance(10_000);
    expect(r.http.seen.map(({ path }) => path)).toEqual(['/auth/device', '/setConnectionStatus', '/state']);
    expect(r.losant.snapshot()).toMatchObject({ state: 'connected', next: { what: 'reports', atMonoMs: 60_000 } });
    await r.clock.advance(60_000);
    expect([r.box.links, r.ups]).toEqual([
      2,
      [
        { applicationId: APP, deviceId: DEVICE },
        { applicationId: APP, deviceId: DEVICE },
      ],
    ]);
    r.stop.abort();
    await ended;
    expect(r.roads()).toBe(0);
  });

  test('a refusal of the records’ bearer ends the cycle with its reason, and holds the records', async () => {
    const r = rig({ transport: 'rest', script: (seen) => (seen.path === '/state' ? [403, {}] : goodApi(seen)) });
    const ended = r.run();
    const link = await r.box.link;
    expect(await link.publish(record(1), { signal: r.stop.signal, isReplay: false })).toMatchObject({ is: 'busy' });
    expect(await ended).toMatchObject({ code: 'losant.scope', retryAfterMs: 3_600_000 });
  });

  test('a token that may not say "connected" still sends', async () => {
    const r = rig({
      transport: 'rest',
      reportEveryMs: 10_000,
      script: (seen) => (seen.path === '/setConnectionStatus' ? [403, {}] : goodApi(seen)),
    });
    const ended = r.run();
    await r.clock.advance(25_000);
    expect(r.box.links).toBe(3);
    expect(r.http.seen.filter(({ path }) => path === '/setConnectionStatus')).toHaveLength(1);
    r.stop.abort();
    await ended;
  });
});

describe('trying credentials', () => {
  const { signal } = new AbortController();

  test('a candidate is tried with what stays, or with all that change, and nothing is reported', async () => {
    const r = rig();
    const [two] = await Promise.all([credential('access-secret', 'secret-2').get()]);
    const key = (await credential('access-key', 'key-2').get()).value;
    await r.losant.prove('accessSecret', two.value, { signal });
    await r.losant.prove('accessSecret', two.value, { signal, all: { accessKey: key } });
    expect(r.http.seen.map(({ body }) => body)).toMatchObject([
      { key: 'key-1', secret: 'secret-2' },
      { key: 'key-2', secret: 'secret-2' },
    ]);
    expect(r.accessSecret.outcomes).toEqual([]);
  });

  test('a refused candidate rejects, and leaves the one in force alone', async () => {
    const r = rig({ script: () => UNAUTHORISED });
    const candidate = (await credential('access-key', 'key-2').get()).value;
    await expect(r.losant.prove('accessKey', candidate, { signal })).rejects.toMatchObject({ code: 'losant.refused' });
    expect(r.accessSecret.status().state).toBe('valid');
  });

  test('a test of the pair in force is reported', async () => {
    const r = rig({ script: () => UNAUTHORISED });
    await expect(r.losant.test('accessKey', { signal })).rejects.toMatchObject({ code: 'losant.refused' });
    expect(r.accessSecret.status().state).toBe('rejected');
    await expect(r.losant.test('applicationToken', { signal })).rejects.toMatchObject({ code: 'secret.absent' });
  });

  test('an application token is tried by the cheapest read', async () => {
    const r = rig({ applicationId: APP });
    const candidate = (await credential('application-token', 'app-2').get()).value;
    await r.losant.prove('applicationToken', candidate, { signal });
    expect(r.http.seen).toMatchObject([{ method: 'GET', path: '/command?limit=1', bearer: 'Bearer app-2' }]);
  });
});
