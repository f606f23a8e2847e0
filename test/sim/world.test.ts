import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anchorNow, createClock, silentLogger } from '../../src/core/index.js';
import {
  type CloudsDescription,
  createWorld,
  parseWorldCommand,
  runWorld,
  sealSpartn,
  spartnHeader,
  timeTagFor,
  type WorldEvent,
  type WorldOptions,
} from '../../src/sim/index.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-world-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const options = (): WorldOptions => ({
  clock: createClock(anchorNow(20)),
  log: silentLogger,
  stateDir: dir,
  links: { modem: join(dir, 'modem'), receiver: join(dir, 'receiver') },
});

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const endMs = Date.now() + 20_000;
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error(`${what}: not within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Collects what the spare identity receives on `topics`. */
async function listen(clouds: CloudsDescription, topics: string[]) {
  const { host, port, clientId, certFile, keyFile } = clouds.pointperfect.mqtt;
  const client = await mqtt.connectAsync({
    protocol: 'mqtts',
    host,
    port,
    clientId,
    reconnectPeriod: 0,
    ca: readFileSync(clouds.caFile),
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
  });
  const received: Buffer[] = [];
  client.on('message', (_topic, payload) => received.push(payload));
  client.on('error', () => {});
  await client.subscribeAsync(topics);
  return { client, bytes: () => Buffer.concat(received) };
}

describe('the wiring', () => {
  test('the clouds are reachable exactly while the plugged module has its data connection', async () => {
    const events: WorldEvent[] = [];
    await using world = await createWorld(options(), (event) => events.push(event));
    expect(world.clouds.isReachable).toBe(false);
    await until('reachable', () => world.clouds.isReachable);
    expect(world.module.pdpActive).toBe(true);

    await world.perform({ do: 'pdp', active: false });
    expect(world.clouds.isReachable).toBe(false);
    await world.perform({ do: 'pdp', active: true });
    expect(world.clouds.isReachable).toBe(true);

    await world.perform({ do: 'unplug', device: 'modem' });
    expect(world.clouds.isReachable).toBe(false);
    expect(existsSync(join(dir, 'modem'))).toBe(false);
    await world.perform({ do: 'replug', device: 'modem' });
    expect(world.clouds.isReachable).toBe(false);
    await until('reachable again', () => world.clouds.isReachable);
    expect(events).toContainEqual({ event: 'unplugged', device: 'modem' });
    expect(events).toContainEqual({ event: 'replugged', device: 'modem' });
    expect(events.at(-1)).toEqual({ event: 'pdp', active: true });
  });

  test('a session is cut when the modem is unplugged', async () => {
    await using world = await createWorld(options(), () => {});
    await until('reachable', () => world.clouds.isReachable);
    const { client } = await listen(world.ready.clouds, ['/pp/ip/eu']);
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    await world.perform({ do: 'unplug', device: 'modem' });
    await closed;
    await client.endAsync(true);
  });

  test('the caster stands behind the same network, and off by hand stays off', async () => {
    await using world = await createWorld({ ...options(), plan: 'ntrip' }, () => {});
    const { caster, ztp } = world.clouds;
    expect(ztp.profile.plan).toBe('ntrip');
    await until('reachable', () => world.clouds.isReachable);
    const connect = async () => {
      const rover = createConnection({ host: '127.0.0.1', port: world.clouds.ports.caster });
      rover.on('error', () => {});
      rover.on('close', () => void (isCut = true));
      let isCut = false;
      const before = caster.door.connections;
      await until('a connection', () => caster.door.connections > before);
      return () => isCut;
    };
    const isCut = await connect();
    expect(caster.door.live).toBe(1);
    await world.perform({ do: 'unplug', device: 'modem' });
    await until('cut', isCut);
    await world.perform({ do: 'reachable', reachable: false });
    await world.perform({ do: 'replug', device: 'modem' });
    await until('the module is back', () => world.module.pdpActive);
    expect(world.clouds.isReachable).toBe(false);
    await until('cut again', await connect());
    expect(await world.perform({ do: 'reachable', reachable: true })).toEqual({ isReachable: true });
    expect(await world.perform({ do: 'state' })).toMatchObject({
      clouds: { isReachable: true, sessions: 0, ztp: { plan: 'ntrip' }, caster: { connects: 0 } },
    });
  });

  test('every port of the clouds is the same at the next start', async () => {
    const ports = async () => {
      await using world = await createWorld(options(), () => {});
      return world.clouds.ports;
    };
    const first = await ports();
    expect(Object.keys(first)).toEqual([
      'ztp',
      'broker',
      'caster',
      'casterTls',
      'assistnow',
      'thingspace',
      'losantRest',
      'losantBroker',
      'losantPlain',
      'devicewiseBroker',
      'devicewisePlain',
      'devicewiseHttp',
    ]);
    expect(await ports()).toEqual(first);
  });

  test('the network operator knows the module and the card that are there', async () => {
    const module = { identity: { imei: '001017000000427' }, card: { iccid: '8988010000000000427' } };
    await using world = await createWorld({ ...options(), module }, () => {});
    expect(world.ready.clouds.thingspace.imei).toBe(module.identity.imei);
    expect(world.clouds.thingspace.devices).toMatchObject([
      { imei: module.identity.imei, iccid: module.card.iccid, mdn: world.ready.clouds.thingspace.mdn },
    ]);
  });

  test('a restart, by command or by cable, takes the receiver’s fix', async () => {
    await using world = await createWorld(options(), () => {});
    await until('a fix', () => world.receiver.quality === '3d');
    await world.perform({ do: 'reset', device: 'receiver' });
    expect(world.receiver.quality).toBe('none');
    await until('a fix again', () => world.receiver.quality === '3d');
    await world.perform({ do: 'unplug', device: 'receiver' });
    await world.perform({ do: 'replug', device: 'receiver' });
    expect(world.receiver.quality).toBe('none');
  });

  test('two ports are open at the addresses asked for and gone after the end', async () => {
    const world = await createWorld(options(), () => {});
    expect(existsSync(world.ready.modem.address)).toBe(true);
    expect(existsSync(world.ready.receiver.address)).toBe(true);
    await world[Symbol.asyncDispose]();
    expect(existsSync(join(dir, 'modem'))).toBe(false);
    expect(existsSync(join(dir, 'receiver'))).toBe(false);
  });
});

describe('a recording', () => {
  /** Half a minute of all three groups with one damaged frame. */
  function recording(): Buffer {
    const frames: Uint8Array[] = [];
    for (let i = 0; i < 7; i++)
      for (const [type, size] of [
        [2, 80],
        [1, 500],
        [1, 480],
        [1, 60],
        [1, 70],
        [0, 250],
        [0, 40],
      ] as const) {
        const timeTag = timeTagFor(1_460_000_000 + 5 * i, 0, 16);
        const header = spartnHeader({ type, subtype: 0, timeTagBits: 16, timeTag, sequence: i }, size);
        frames.push(sealSpartn(header, new Uint8Array(size).fill(frames.length)));
      }
    const all = Buffer.concat(frames);
    all.writeUInt8(all.readUInt8(3333) ^ 1, 3333);
    return all;
  }

  test.each([
    ['the region topic', ['/pp/ip/eu']],
    ['the three split topics', ['/pp/ip/eu/ocb', '/pp/ip/eu/hpac', '/pp/ip/eu/gad']],
  ])('reaches the subscriber of %s byte for byte, once', async (_, topics) => {
    const capture = join(dir, 'capture.bin');
    const bytes = recording();
    writeFileSync(capture, bytes);
    await using world = await createWorld({ ...options(), capture, speed: 10 }, () => {});
    await until('reachable', () => world.clouds.isReachable);
    const listener = await listen(world.ready.clouds, topics);
    await until('all of it', () => listener.bytes().length >= bytes.length);
    expect(listener.bytes().equals(bytes)).toBe(true);
    await listener.client.endAsync(true);
    const later = await listen(world.ready.clouds, topics);
    expect(later.bytes().length).toBe(0);
    await later.client.endAsync(true);
  });
});

describe('commands', () => {
  test.each([
    [{ do: 'unplug', device: 'modem' }, true],
    [{ do: 'replug', device: 'receiver' }, true],
    [{ do: 'reset', device: 'modem' }, true],
    [{ do: 'pdp', active: false }, true],
    [{ do: 'state' }, true],
    [{ do: 'stop' }, true],
    [{ do: 'unplug' }, false],
    [{ do: 'unplug', device: 'door' }, false],
    [{ do: 'pdp', active: 'no' }, false],
    [{ do: 'fly' }, false],
    [{}, false],
    [null, false],
    ['stop', false],
  ])('%j is understood: %s', (data, isUnderstood) => {
    expect(typeof parseWorldCommand(data) !== 'string').toBe(isUnderstood);
  });

  /** Runs a world on pipes; `lines` is what it has said. */
  function start() {
    const input = new PassThrough();
    const output = new PassThrough();
    let text = '';
    output.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const lines = (): Record<string, unknown>[] =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    let hasEnded = false;
    const ended = runWorld(options(), { input, output }).finally(() => (hasEnded = true));
    return { input, lines, ended, hasEnded: () => hasEnded };
  }

  test('the first line says where everything is, and each command is answered in order', async () => {
    const world = start();
    await until('ready', () => world.lines().length > 0);
    expect(world.lines()[0]).toMatchObject({
      ready: { modem: { address: join(dir, 'modem') }, receiver: { address: join(dir, 'receiver') }, clouds: {} },
    });
    world.input.write('{"do":"unplug","device":"receiver"}\nnonsense\n\n{"do":"fly"}\n{"do":"st');
    world.input.write('op"}\n');
    await world.ended;
    const said = world.lines().filter((line) => 'ok' in line);
    expect(said.map((line) => line['ok'])).toEqual([true, false, false, true]);
    expect(world.lines()).toContainEqual({ event: 'unplugged', device: 'receiver' });
  });

  test('the control socket takes the same commands and is private', async () => {
    const world = start();
    await until('ready', () => world.lines().length > 0);
    const socket = createConnection(join(dir, 'sim', 'control.sock'));
    socket.write('{"do":"unplug","device":"modem"}\n{"do":"stop"}\n');
    let answers = '';
    socket.on('data', (chunk) => (answers += chunk.toString()));
    await world.ended;
    await until('both answers', () => answers === '{"ok":true}\n{"ok":true}\n');
    expect(existsSync(join(dir, 'sim', 'control.sock'))).toBe(false);
  });

  test('the end of its input is the end of the world', async () => {
    const world = start();
    await until('ready', () => world.lines().length > 0);
    world.input.end();
    await world.ended;
    expect(existsSync(join(dir, 'modem'))).toBe(false);
  });

  test('an endless line does not grow in memory and is refused', async () => {
    const world = start();
    await until('ready', () => world.lines().length > 0);
    for (let i = 0; i < 50; i++) world.input.write('x'.repeat(10_000));
    world.input.write('\n{"do":"stop"}\n');
    await world.ended;
    expect(world.lines().filter((line) => 'ok' in line)).toEqual([{ ok: false, error: 'not JSON' }, { ok: true }]);
  });
});
