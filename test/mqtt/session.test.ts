import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createClock, createFakeClock, Secret, type WaymarkError } from '../../src/core/index.js';
import { connectTls } from '../../src/net/index.js';
import { createAuthority } from '../helpers/pki.js';
import { tlsFake } from '../net/fakes.js';
import { aedesBroker, CONNACK, open, rawBroker, tcp } from './fakes.js';

const failure = (promise: Promise<unknown>): Promise<WaymarkError> =>
  promise.then(
    () => {
      throw new Error('resolved');
    },
    (error: unknown) => error as WaymarkError,
  );

describe('getting in', () => {
  test('client id, user, password and will reach the broker; the session is clean', async () => {
    let seen: unknown;
    let password = '';
    await using broker = await aedesBroker({
      authenticate: (client, user, secret, done) => {
        seen = { id: client.id, user, clean: client.clean };
        password = String(secret);
        done(null, true);
      },
    });
    const session = await open(broker.port, {
      username: 'u',
      password: new Secret('password', 'pass-word-1'),
      will: { topic: 'gone', payload: Buffer.from('x'), qos: 0, retain: false },
    });
    expect(seen).toEqual({ id: 'gateway-1', user: 'u', clean: true });
    expect(password).toBe('pass-word-1');
    await session.close();
  });

  test.each([
    [1, 'mqtt.refused'],
    [2, 'mqtt.refused'],
    [3, 'mqtt.unavailable'],
    [4, 'mqtt.refused'],
    [5, 'mqtt.refused'],
    [99, 'mqtt.refused'],
  ])('CONNACK %i is %s, with the code as evidence', async (connack, code) => {
    await using broker = await rawBroker((socket) => socket.write(CONNACK(connack)));
    const error = await failure(open(broker.port));
    expect(error.code).toBe(code);
    expect(error.evidence).toMatchObject({ connack });
    await expect.poll(() => broker.sockets.size).toBe(0);
  });

  test('a broker that hangs up instead of CONNACK is mqtt.closed', async () => {
    await using broker = await rawBroker((socket) => socket.end());
    expect((await failure(open(broker.port))).code).toBe('mqtt.closed');
  });

  test('a client certificate refused after the handshake is tls.client-refused', async () => {
    await using broker = await rawBroker(() => undefined);
    const stream = await tcp(broker.port);
    const result = failure(open(broker.port, { connect: () => Promise.resolve(stream) }));
    await expect.poll(() => broker.sockets.size).toBe(1);
    stream.destroy(Object.assign(new Error('alert'), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }));
    expect((await result).code).toBe('tls.client-refused');
  });

  test('an alert that came before anybody listened is not lost', async () => {
    const stream = new PassThrough();
    stream.on('error', () => undefined);
    stream.destroy(Object.assign(new Error('alert'), { code: 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE' }));
    await expect.poll(() => stream.closed).toBe(true);
    expect((await failure(open(1, { connect: () => Promise.resolve(stream) }))).code).toBe('tls.client-refused');
  });

  test('a broker that takes the connection and says nothing is given up', async () => {
    const clock = createFakeClock();
    let reached: () => void = () => undefined;
    const connected = new Promise<void>((resolve) => (reached = resolve));
    await using broker = await rawBroker(() => reached());
    const result = failure(open(broker.port, {}, clock));
    await connected;
    await clock.advance(15_001);
    expect((await result).code).toBe('core.timeout');
    await expect.poll(() => broker.sockets.size).toBe(0);
  });

  test('an abort before CONNACK closes the stream and carries its reason', async () => {
    const controller = new AbortController();
    await using broker = await rawBroker(() => controller.abort(new Error('enough')));
    await expect(open(broker.port, {}, createClock(), controller.signal)).rejects.toThrow('enough');
    await expect.poll(() => broker.sockets.size).toBe(0);
  });

  test('it works over TLS with a client certificate', async () => {
    const authority = await createAuthority();
    const server = await authority.issue({ name: 'broker', hosts: ['broker.test'] });
    const client = await authority.issue({ name: 'gateway-1' });
    await using broker = await aedesBroker();
    await using fake = await tlsFake(
      { ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
      (socket) => broker.aedes.handle(socket),
    );
    const session = await open(0, {
      connect: async () =>
        connectTls(await tcp(fake.port), {
          host: 'broker.test',
          ca: [authority.ca],
          cert: client.cert,
          key: new Secret('client-key', client.key),
          clock: createClock(),
        }),
    });
    expect(await session.want(['t'])).toEqual({ granted: ['t'], refused: [] });
    await session.close();
  });

  test('a broker that does not know our certificate refuses the session', async () => {
    const [authority, foreign] = [await createAuthority(), await createAuthority('Foreign')];
    const server = await authority.issue({ name: 'broker', hosts: ['broker.test'] });
    const client = await foreign.issue({ name: 'gateway-1' });
    await using broker = await aedesBroker();
    await using fake = await tlsFake(
      { ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
      (socket) => broker.aedes.handle(socket),
    );
    const error = await failure(
      open(0, {
        connect: async () =>
          connectTls(await tcp(fake.port), {
            host: 'broker.test',
            ca: [authority.ca],
            cert: client.cert,
            key: new Secret('client-key', client.key),
            clock: createClock(),
          }),
      }),
    );
    // This kind of server hangs up without an alert, so more than "closed" cannot be known.
    expect(['mqtt.closed', 'net.closed', 'tls.client-refused']).toContain(error.code);
  });
});

describe('topics', () => {
  test('wanted topics are reconciled: asked for, kept, given up', async () => {
    await using broker = await aedesBroker();
    const asked: string[] = [];
    broker.aedes.on('subscribe', (list) => asked.push(...list.map((s) => `+${s.topic}`)));
    broker.aedes.on('unsubscribe', (list) => asked.push(...list.map((t) => `-${t}`)));
    const session = await open(broker.port);
    expect(await session.want(['a', 'b'])).toEqual({ granted: ['a', 'b'], refused: [] });
    expect(await session.want(['b', 'c'])).toEqual({ granted: ['b', 'c'], refused: [] });
    expect(asked).toEqual(['+a', '+b', '-a', '+c']);
    await session.want(['b', 'c'], { again: true });
    expect(asked.slice(4)).toEqual(['+b', '+c']);
    await session.close();
  });

  test('a topic refused by SUBACK 0x80 is listed, the others are granted', async () => {
    await using broker = await aedesBroker({
      authorizeSubscribe: (_client, subscription, done) =>
        done(null, subscription.topic === 'forbidden' ? null : subscription),
    });
    const session = await open(broker.port);
    expect(await session.want(['ok', 'forbidden', 'a;b'])).toEqual({ granted: ['ok'], refused: ['forbidden', 'a;b'] });
    await session.close();
  });

  test('a long list goes out in several requests', async () => {
    const packets: number[] = [];
    await using broker = await aedesBroker();
    broker.aedes.on('subscribe', (list) => packets.push(list.length));
    const session = await open(broker.port);
    const topics = Array.from({ length: 20 }, (_, i) => `t/${i}`);
    expect((await session.want(topics)).granted).toHaveLength(20);
    expect(packets).toEqual([8, 8, 4]);
    await session.close();
  });

  test('a broker silent after CONNACK ends a subscription after 30 s', async () => {
    const clock = createFakeClock();
    await using broker = await rawBroker((socket) => socket.write(CONNACK()));
    const session = await open(broker.port, {}, clock);
    const result = failure(session.want(['a']));
    await clock.advance(30_001);
    expect((await result).code).toBe('core.timeout');
    const closing = session.close();
    await clock.advance(1001);
    await closing;
  });
});

describe('messages', () => {
  test('arrive in order with topic, payload and retain flag', async () => {
    await using broker = await aedesBroker();
    const publish = (topic: string, text: string, retain = false) =>
      new Promise<void>((resolve, reject) => {
        broker.aedes.publish(
          { cmd: 'publish', topic, payload: Buffer.from(text), qos: 0, dup: false, retain },
          (error) => (error ? reject(error) : resolve()),
        );
      });
    await publish('k', 'kept', true);
    const session = await open(broker.port);
    await session.want(['k', 'c']);
    await publish('c', 'fresh');
    const got: string[] = [];
    for await (const { topic, payload, retain } of session.messages) {
      got.push(`${topic} ${String(payload)} ${String(retain)}`);
      if (got.length === 2) break;
    }
    expect(got).toEqual(['k kept true', 'c fresh false']);
    await session.close();
  });

  test('a slow reader holds the broker back instead of filling memory, and loses nothing', async () => {
    let socket: Socket | undefined;
    await using broker = await rawBroker((s) => {
      socket = s;
      s.write(CONNACK());
    });
    const session = await open(broker.port);
    const body = Buffer.alloc(10_000, 1);
    const total = 2000;
    const packet = (n: number): Buffer => {
      const payload = Buffer.concat([Buffer.from([0, 1, 0x74]), Buffer.from(String(n).padStart(6, '0')), body]);
      return Buffer.concat([
        Buffer.from([0x30, (payload.length % 128) | 0x80, Math.floor(payload.length / 128)]),
        payload,
      ]);
    };
    for (let n = 0; n < total; n++) socket?.write(packet(n));
    // The pipes between fill up; the rest of the 20 MB has to wait on the broker's side.
    await expect.poll(() => socket?.writableLength ?? 0, { interval: 20 }).toBeGreaterThan(1_000_000);
    let next = 0;
    for await (const { payload } of session.messages) {
      expect(Number(payload.subarray(0, 6).toString())).toBe(next++);
      if (next === total) break;
    }
    await session.close();
  });

  test('a 200 MB announcement ends the session before it is collected; 200 kB passes', async () => {
    const header = (length: number): Buffer =>
      Buffer.from([
        0x30,
        (length & 127) | 128,
        ((length >> 7) & 127) | 128,
        ((length >> 14) & 127) | 128,
        length >> 21,
      ]);
    let socket: Socket | undefined;
    await using broker = await rawBroker((s) => {
      socket = s;
      s.write(CONNACK());
    });
    const session = await open(broker.port);
    const payload = Buffer.alloc(200_000, 7);
    payload.set([0, 1, 0x74]);
    socket?.write(header(payload.length));
    socket?.write(payload);
    for await (const message of session.messages) {
      expect(message.payload.length).toBe(199_997);
      break;
    }
    socket?.write(Buffer.concat([header(200 * 1024 * 1024), Buffer.alloc(100)]));
    expect((await session.closed).code).toBe('mqtt.packet-too-large');
  });

  test('garbage from the broker ends the session, never the process', async () => {
    let socket: Socket | undefined;
    await using broker = await rawBroker((s) => {
      socket = s;
      s.write(CONNACK());
    });
    const session = await open(broker.port);
    socket?.write(Buffer.from([0xf0, 3, 1, 2, 3, 0x00, 0x00, 0x00]));
    expect((await session.closed).code).toBe('mqtt.closed');
  });
});

describe('publishing', () => {
  test('QoS 1 resolves at PUBACK', async () => {
    await using broker = await aedesBroker();
    const got = new Promise<string>((resolve) => {
      broker.aedes.on('publish', (packet) => {
        if (packet.topic === 'up') resolve(String(packet.payload));
      });
    });
    const session = await open(broker.port);
    await session.publish('up', 'hello', { qos: 1 });
    expect(await got).toBe('hello');
    await session.close();
  });

  test('one never acked is given up after 30 s, and the next goes out', async () => {
    const clock = createFakeClock();
    const seen: Buffer[] = [];
    await using broker = await rawBroker((socket) => {
      socket.write(CONNACK());
      socket.on('data', (chunk: Buffer) => seen.push(chunk));
    });
    const session = await open(broker.port, {}, clock);
    const result = failure(session.publish('up', 'poison', { qos: 1 }));
    await clock.advance(30_001);
    expect((await result).code).toBe('core.timeout');
    await session.publish('up', 'next', { qos: 0 });
    await expect.poll(() => Buffer.concat(seen).includes('next')).toBe(true);
    const closing = session.close();
    await clock.advance(1001);
    await closing;
  });

  test('never acked, then close() is still bounded and tells the waiting publish', async () => {
    await using broker = await rawBroker((socket) => {
      socket.write(CONNACK());
      socket.on('data', () => undefined);
    });
    const session = await open(broker.port);
    const result = failure(session.publish('up', 'x', { qos: 1 }));
    const startedAt = performance.now();
    await session.close();
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect((await result).code).toBe('mqtt.closed');
    expect((await failure(session.publish('up', 'y', { qos: 0 }))).code).toBe('mqtt.closed');
    expect((await failure(session.want(['a']))).code).toBe('mqtt.closed');
  });
});

describe('the end', () => {
  test('a broker killed in mid-session ends the messages and says how long it lived', async () => {
    await using broker = await aedesBroker();
    const session = await open(broker.port);
    const reading = (async () => {
      for await (const _message of session.messages);
      return 'ended';
    })();
    for (const socket of broker.sockets) socket.resetAndDestroy();
    expect(await reading).toBe('ended');
    const reason = await session.closed;
    expect(['mqtt.closed', 'net.closed']).toContain(reason.code);
    expect(reason.evidence?.['aliveMs']).toBeGreaterThanOrEqual(0);
  });

  test('a polite close says goodbye, so that the will is not published', async () => {
    await using broker = await aedesBroker();
    let willed = false;
    broker.aedes.on('publish', (packet) => (willed ||= packet.topic === 'gone'));
    const will = { topic: 'gone', payload: Buffer.from('x'), qos: 0 as const, retain: false };
    const session = await open(broker.port, { will });
    await session.close();
    await session.close();
    await expect.poll(() => broker.aedes.connectedClients).toBe(0);
    expect(willed).toBe(false);
    const rude = await open(broker.port, { will });
    for (const socket of broker.sockets) socket.destroy();
    await rude.closed;
    await expect.poll(() => willed).toBe(true);
  });

  test('a second client with our id throws the first out', async () => {
    await using broker = await aedesBroker();
    const first = await open(broker.port);
    const second = await open(broker.port);
    expect((await first.closed).evidence?.['aliveMs']).toBeLessThan(5000);
    await second.close();
  });

  test('a dead link does not hold close() beyond a second', async () => {
    const clock = createFakeClock();
    await using broker = await rawBroker((socket) => {
      socket.write(CONNACK());
      socket.pause();
    });
    const session = await open(broker.port, {}, clock);
    // Fill every buffer on the way so that the goodbye cannot leave.
    void session.publish('up', Buffer.alloc(20_000_000), { qos: 0 }).catch(() => undefined);
    let isClosed = false;
    const closing = session.close().then(() => (isClosed = true));
    await clock.advance(900);
    expect(isClosed).toBe(false);
    await clock.advance(200);
    await closing;
    expect(isClosed).toBe(true);
  });
});
