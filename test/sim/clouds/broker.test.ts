import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { createClock, createFakeClock } from '../../../src/core/index.js';
import { type CorrectionStream, createCorrectionStream } from '../../../src/sim/cadence.js';
import { CORRECTION_TOPICS, KEY_FRAME_TOPIC, KEY_JSON_TOPIC, REGIONS } from '../../../src/sim/clouds/index.js';
import { createSimKeys } from '../../../src/sim/keys.js';
import { cutSpartn } from '../../../src/sim/spartn.js';
import { type Client, joined, provision, scratch, startClouds, until } from './helpers.js';

const subscribe = async (client: Client, ...topics: string[]): Promise<number[]> =>
  (await client.mqtt.subscribeAsync(topics, { qos: 0 })).map((grant) => grant.qos);

/** A stream that sends nothing by itself and remembers its starts. */
function idleStream(): CorrectionStream & { starts: number; stops: number; emit: (payload: Uint8Array) => void } {
  let send: ((payload: Uint8Array) => void) | undefined;
  const stream = {
    starts: 0,
    stops: 0,
    emit: (payload: Uint8Array) => send?.(payload),
    start(emit: Parameters<CorrectionStream['start']>[0]) {
      stream.starts++;
      send = (payload) => emit({ group: 'ocb', payload });
      return () => {
        stream.stops++;
        send = undefined;
      };
    },
  };
  return stream;
}

describe('what may be asked', () => {
  test('a path outside the account is answered 0x80, the listed one beside it is granted', async () => {
    const clouds = await startClouds({ stream: idleStream() });
    const client = await joined(clouds);
    const granted: number[] = [];
    client.mqtt.on('packetreceive', (packet) => {
      if (packet.cmd === 'suback') granted.push(...(packet.granted as number[]));
    });
    // A refusal rejects the whole request in this client; what counts is the answer.
    await subscribe(client, '/pp/ip/eu', '/pp/Lb/eu', '/pp/#', '/pp/ip/eu;/pp/ip/us').catch(() => undefined);
    await until('SUBACK', () => granted.length > 0);
    expect(granted).toEqual([0, 128, 128, 128]);
    expect([...clouds.broker.stats.subscriptions.values()]).toEqual([['/pp/ip/eu']]);
  });

  test('the refusal may also be a cut connection', async () => {
    const clouds = await startClouds();
    clouds.broker.refuseSubscriptionBy('cut');
    const client = await joined(clouds);
    subscribe(client, '/pp/Lb/eu').catch(() => undefined);
    await until('cut', client.isClosed);
  });

  test('a path the service withdrew is no longer granted', async () => {
    const clouds = await startClouds();
    clouds.broker.withdraw(['/pp/ip/eu']);
    const client = await joined(clouds);
    await expect(subscribe(client, '/pp/ip/eu')).rejects.toThrow();
  });

  test.each([0, 1] as const)('a PUBLISH with QoS %i ends the connection', async (qos) => {
    const clouds = await startClouds({ stream: idleStream() });
    const client = await joined(clouds);
    await subscribe(client, '/pp/ip/eu');
    client.mqtt.publish('/pp/ip/eu', 'x', { qos });
    await until('cut', client.isClosed);
    expect(client.messages).toEqual([]);
  });
});

describe('what is handed out', () => {
  test('both key topics deliver at once, retained', async () => {
    const clouds = await startClouds();
    const client = await joined(clouds);
    await subscribe(client, KEY_FRAME_TOPIC, KEY_JSON_TOPIC);
    await until('both', () => client.messages.length >= 2);
    expect(client.messages.map((m) => [m.topic, m.retain])).toEqual(
      expect.arrayContaining([
        [KEY_FRAME_TOPIC, true],
        [KEY_JSON_TOPIC, true],
      ]),
    );
    const frame = client.messages.find((m) => m.topic === KEY_FRAME_TOPIC)!.payload;
    expect(frame.subarray(0, 6).toString('hex')).toBe('b56202363400');
    const { current, next } = clouds.keys.pair();
    expect(frame.includes(Buffer.from(current.valueHex + next.valueHex, 'hex'))).toBe(true);
    const json = client.messages.find((m) => m.topic === KEY_JSON_TOPIC)!.payload.toString();
    expect(JSON.parse(json)).toEqual({
      current: { start: current.startUtcMs, duration: current.durationMs, value: current.valueHex },
      next: { start: next.startUtcMs, duration: next.durationMs, value: next.valueHex },
    });
  });

  test('every message holds one to four whole correction frames', async () => {
    const clouds = await startClouds();
    const client = await joined(clouds);
    await subscribe(client, '/pp/ip/eu');
    await until('the first burst', () => client.messages.length >= 5);
    for (const { payload, retain } of client.messages) {
      const pieces = cutSpartn(payload);
      expect(retain).toBe(false);
      expect(pieces.every((piece) => piece.is === 'frame')).toBe(true);
      expect(pieces.length).toBeGreaterThanOrEqual(1);
      expect(pieces.length).toBeLessThanOrEqual(4);
    }
  });

  test('every region carries the stream, and its sub-topics carry it by group', async () => {
    const clouds = await startClouds();
    const client = await joined(clouds);
    await subscribe(client, ...CORRECTION_TOPICS);
    const of = (topic: string): string[] =>
      client.messages.filter((m) => m.topic === topic).map((m) => m.payload.toString('hex'));
    await until('every topic', () => CORRECTION_TOPICS.every((topic) => of(topic).length > 0));
    for (const region of REGIONS) {
      await until('all of it', () => of(`/pp/ip/${region}`).length === of('/pp/ip/eu').length);
      const parts = ['gad', 'hpac', 'ocb'].flatMap((group) => of(`/pp/ip/${region}/${group}`));
      expect(parts.sort()).toEqual(of(`/pp/ip/${region}`).sort());
    }
  });

  test('the cycle starts with the first subscriber of a correction topic and rests without any', async () => {
    const stream = idleStream();
    const clouds = await startClouds({ stream });
    const client = await joined(clouds);
    await subscribe(client, KEY_FRAME_TOPIC);
    expect(stream.starts).toBe(0);
    await subscribe(client, '/pp/ip/eu');
    await subscribe(client, '/pp/ip/eu/gad');
    expect(stream.starts).toBe(1);
    await client.mqtt.unsubscribeAsync('/pp/ip/eu');
    expect(stream.stops).toBe(0);
    client.mqtt.end(true);
    await until('nobody left', () => stream.stops === 1);
    await subscribe(await joined(clouds), '/pp/ip/us');
    expect(stream.starts).toBe(2);
  });

  test('a recording is played once, every byte in order, whoever listens first', async () => {
    const recorded: Uint8Array[] = [];
    const clock = createFakeClock();
    const source = createCorrectionStream({ clock, keys: createSimKeys(clock), seed: 'recorded' });
    const stop = source.start(({ payload }) => recorded.push(payload));
    await clock.advance(15_000);
    stop();
    const bytes = Buffer.concat(recorded);
    const file = join(scratch(), 'recording.bin');
    writeFileSync(file, bytes);
    const clouds = await startClouds({ capture: { file, speed: 200 } });
    const client = await joined(clouds);
    await subscribe(client, '/pp/ip/kr');
    const heard = (): Buffer => Buffer.concat(client.messages.map((m) => m.payload));
    await until('all of it', () => heard().length >= bytes.length);
    expect(heard().equals(bytes)).toBe(true);
  });

  test('a silent stall keeps session, pings and SUBACK, but no message comes through', async () => {
    const stream = idleStream();
    const clouds = await startClouds({ stream });
    const client = await joined(clouds, { keepalive: 1 });
    let pings = 0;
    client.mqtt.on('packetreceive', (packet) => (packet.cmd === 'pingresp' ? pings++ : undefined));
    await subscribe(client, '/pp/ip/eu');
    clouds.broker.stall(true);
    stream.emit(Buffer.from('lost'));
    await subscribe(client, KEY_FRAME_TOPIC);
    await until('a ping', () => pings > 0);
    expect(client.messages).toEqual([]);
    clouds.broker.stall(false);
    stream.emit(Buffer.from('seen'));
    await until('data again', () => client.messages.length === 1);
    expect(client.messages[0]!.payload.toString()).toBe('seen');
  });

  test('a client silent for one and a half keep-alives is cut', async () => {
    const clouds = await startClouds();
    const { port, clientId, certFile, keyFile } = clouds.description.pointperfect.mqtt;
    const socket: TLSSocket = connect({
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      ca: readFileSync(clouds.description.caFile),
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
    });
    let isClosed = false;
    let connackAt = 0;
    socket.on('error', () => undefined);
    socket.on('close', () => (isClosed = true));
    socket.on('data', () => (connackAt = createClock().mono()));
    const id = Buffer.from(clientId);
    const rest = Buffer.concat([Buffer.from('00044d5154540402', 'hex'), Buffer.from([0, 1, 0, id.length]), id]);
    socket.write(Buffer.concat([Buffer.from([0x10, rest.length]), rest]));
    await until('CONNACK', () => connackAt > 0);
    await until('cut', () => isClosed);
    expect(createClock().mono() - connackAt).toBeGreaterThan(1000);
  });
});

describe('28-day keys', () => {
  const PERIOD_MS = 28 * 86_400_000;
  interface Shown {
    current: { start: number; duration: number; value: string };
    next: Shown['current'];
  }
  const shown = (client: Client): Shown[] =>
    client.messages.filter((m) => m.topic === KEY_JSON_TOPIC).map((m) => JSON.parse(m.payload.toString()) as Shown);

  const expectChain = (pairs: Shown[]): void => {
    for (const [i, pair] of pairs.entries()) {
      expect(pair.next.start).toBe(pair.current.start + PERIOD_MS);
      if (i > 0) expect(pair.current).toEqual(pairs[i - 1]!.next);
    }
  };

  test('under a clock that runs two weeks a second, each roll-over promotes the next key', async () => {
    const clock = createClock({
      wallMs: Date.now(),
      monoMs: Number(process.hrtime.bigint() / 1_000_000n),
      scale: PERIOD_MS / 2000,
    });
    const clouds = await startClouds({ clock });
    const client = await joined(clouds);
    await subscribe(client, KEY_JSON_TOPIC, KEY_FRAME_TOPIC);
    await until('two roll-overs', () => shown(client).length >= 3);
    expectChain(shown(client));
    expect(client.messages.filter((m) => m.topic === KEY_FRAME_TOPIC).length).toBeGreaterThanOrEqual(2);
  });

  test('the old key holds until the boundary itself', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock, stream: idleStream() });
    const client = await joined(clouds);
    await subscribe(client, KEY_JSON_TOPIC);
    await until('the first pair', () => shown(client).length === 1);
    const boundary = shown(client)[0]!.next.start;
    await clock.advance(boundary - clock.wall() - 1);
    expect((await provision(clouds)).json()['dynamickeys']).toEqual(shown(client)[0]);
    expect(shown(client)).toHaveLength(1);
    await clock.advance(1);
    await until('the roll-over', () => shown(client).length === 2);
    expectChain(shown(client));
    expect((await provision(clouds)).json()['dynamickeys']).toEqual(shown(client)[1]);
  });
});
