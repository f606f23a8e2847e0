import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { createClock, type Logger, silentLogger } from '../../../src/core/index.js';
import { createSimClouds, runSimClouds } from '../../../src/sim/clouds/index.js';
import { connectClient, joined, provision, scratch, startClouds, until } from './helpers.js';

describe('the network in between', () => {
  test('while unreachable, live sessions are cut and new connections get nothing', async () => {
    const clouds = await startClouds();
    const client = await joined(clouds);
    clouds.setReachable(false);
    await until('cut', client.isClosed);
    await expect(provision(clouds)).rejects.toThrow();
    const second = connectClient(clouds);
    await until('cut', second.isClosed);
    expect(second.isUp()).toBe(false);
    expect(clouds.broker.stats.sessions).toEqual([]);
  });

  test('reachable again, both serve on the same ports', async () => {
    const clouds = await startClouds({ reachable: false });
    expect(clouds.isReachable).toBe(false);
    await expect(provision(clouds)).rejects.toThrow();
    clouds.setReachable(true);
    expect((await provision(clouds)).status).toBe(200);
    await joined(clouds);
  });
});

describe('the broker alone', () => {
  test('killed it refuses connections, started it serves on the same port with its retained keys', async () => {
    const clouds = await startClouds();
    const client = await joined(clouds);
    await clouds.killBroker();
    await until('cut', client.isClosed);
    const refused = connectClient(clouds);
    await until('refused', refused.isClosed);
    expect(refused.errors[0]).toMatchObject({ code: 'ECONNREFUSED' });
    expect((await provision(clouds)).status).toBe(200);
    await clouds.startBroker();
    const again = await joined(clouds);
    await again.mqtt.subscribeAsync('/pp/key/ip');
    await until('the keys', () => again.messages.length === 1);
    expect(again.messages[0]!.retain).toBe(true);
  });

  test('killing twice and starting twice are harmless', async () => {
    const clouds = await startClouds();
    await clouds.killBroker();
    await clouds.killBroker();
    await clouds.startBroker();
    await clouds.startBroker();
    await joined(clouds);
  });

  test('cut sessions may come back at once', async () => {
    const clouds = await startClouds();
    const client = await joined(clouds);
    clouds.broker.cutSessions();
    await until('cut', client.isClosed);
    await joined(clouds);
  });
});

describe('ports', () => {
  test('a port in use is a clear error, and nothing stays open', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as AddressInfo;
    const options = { clock: createClock(), log: silentLogger, stateDir: scratch() };
    for (const name of ['broker', 'ztp'] as const) {
      const failing = createSimClouds({ ...options, ports: { [name]: port } });
      await expect(failing).rejects.toMatchObject({
        code: 'demo.port',
        message: `simulated ${name}: port ${port} is in use`,
      });
    }
    await new Promise((resolve) => blocker.close(resolve));
    const clouds = await startClouds({ stateDir: options.stateDir, ports: { broker: port } });
    expect(clouds.description.pointperfect.mqtt.port).toBe(port);
  });
});

describe('waymark sim clouds', () => {
  test.each(['SIGTERM', 'SIGINT', 'its signal'] as const)(
    'prints the description as one line and runs until %s',
    async (end) => {
      const lines: string[] = [];
      const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
      const stop = new AbortController();
      const listeners = process.listenerCount('SIGTERM');
      // Emitting a signal must reach nobody else.
      expect(listeners + process.listenerCount('SIGINT')).toBe(0);
      try {
        const run = runSimClouds(
          { clock: createClock(), log: silentLogger, stateDir: scratch() },
          { signal: stop.signal },
        );
        await until('the description', () => lines.length > 0);
        if (end === 'its signal') stop.abort();
        else process.emit(end);
        await run;
      } finally {
        write.mockRestore();
      }
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^\{.*\}\n$/);
      expect(JSON.parse(lines[0]!)).toMatchObject({
        caFile: expect.any(String),
        ztp: {
          url: expect.stringMatching(/^https:\/\/localhost:\d+\/ztp\/pointperfect\/credentials$/),
          token: expect.any(String),
        },
        pointperfect: {
          mqtt: { host: 'localhost', port: expect.any(Number), topics: expect.arrayContaining(['/pp/ip/eu']) },
        },
      });
      expect(process.listenerCount('SIGTERM')).toBe(listeners);
    },
  );

  test('no token, key or certificate ever reaches the log', async () => {
    const lines: string[] = [];
    const note = (event: string, fields?: unknown): void => void lines.push(`${event} ${JSON.stringify(fields ?? {})}`);
    const log: Logger = {
      trace: note,
      debug: note,
      info: note,
      warn: note,
      error: note,
      child: () => log,
      enabled: () => true,
    };
    const clouds = await startClouds({ log });
    const answer = await provision(clouds);
    await provision(clouds, { token: 'WRONG-TOKEN-1234' });
    clouds.ztp.pushFault({ is: 'wrong-key' });
    await provision(clouds);
    await joined(clouds);
    clouds.setReachable(false);
    const text = lines.join('\n');
    expect(lines.length).toBeGreaterThan(2);
    const keyBody = String(answer.json()['privateKey']).split('\n')[1]!;
    for (const secret of [clouds.description.ztp.token, 'WRONG-TOKEN', keyBody, clouds.keys.pair().current.valueHex])
      expect(text).not.toContain(secret);
  });
});
