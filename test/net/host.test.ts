import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createClock, createFakeClock } from '../../src/core/index.js';
import { createHostDialer, mapNetError, type Resolver } from '../../src/net/index.js';
import { tcpFake } from './fakes.js';

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code: string }).code,
  );
const here: Resolver = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
const notFound: Resolver = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

describe('names', () => {
  test('a name is looked up and dialled', async () => {
    await using fake = await tcpFake((socket) => socket.end('hi'));
    const dial = createHostDialer({ clock: createClock() }, { resolve: here });
    const stream = await dial({ host: 'gateway.test', port: fake.port }, {});
    expect(String(await new Promise((resolve) => stream.once('data', resolve)))).toBe('hi');
    stream.destroy();
  });

  test('an address is never looked up', async () => {
    await using fake = await tcpFake(() => undefined);
    const dial = createHostDialer({ clock: createClock() }, { resolve: notFound });
    (await dial({ host: '127.0.0.1', port: fake.port }, {})).destroy();
  });

  test('an unknown name is net.dns', async () => {
    const dial = createHostDialer({ clock: createClock() }, { resolve: notFound });
    expect(await code(dial({ host: 'nowhere.test', port: 1 }, {}))).toBe('net.dns');
  });

  test('a resolver that hangs is given up after 8 s, and asked once for all who wait', async () => {
    const clock = createFakeClock();
    let asked = 0;
    const dial = createHostDialer(
      { clock },
      {
        resolve: () => {
          asked++;
          return new Promise(() => undefined);
        },
      },
    );
    const both = [code(dial({ host: 'slow.test', port: 1 }, {})), code(dial({ host: 'slow.test', port: 1 }, {}))];
    await clock.advance(8001);
    expect(await Promise.all(both)).toEqual(['net.dns', 'net.dns']);
    expect(asked).toBe(1);
  });

  test('the last good address stands in for a dead resolver only where that was asked for, and for a day', async () => {
    const clock = createFakeClock();
    await using fake = await tcpFake((socket) => socket.destroy());
    let isDead = false;
    const resolve: Resolver = (host) => (isDead ? notFound(host) : here(host));
    const careless = createHostDialer({ clock }, { resolve, useRememberedAddresses: true });
    const strict = createHostDialer({ clock }, { resolve });
    const target = { host: 'gateway.test', port: fake.port };
    for (const dial of [careless, strict]) (await dial(target, {})).destroy();
    isDead = true;
    (await careless(target, {})).destroy();
    expect(await code(strict(target, {}))).toBe('net.dns');
    await clock.advance(86_400_001);
    expect(await code(careless(target, {}))).toBe('net.dns');
  });
});

describe('connections', () => {
  test('a closed port is net.refused', async () => {
    const dial = createHostDialer({ clock: createClock() });
    expect(await code(dial({ host: '127.0.0.1', port: await closedPort() }, {}))).toBe('net.refused');
  });

  test('all addresses refusing is net.refused too', async () => {
    const resolve: Resolver = () =>
      Promise.resolve([
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ]);
    const dial = createHostDialer({ clock: createClock() }, { resolve });
    expect(await code(dial({ host: 'two.test', port: await closedPort() }, {}))).toBe('net.refused');
  });

  test('an abort ends a look-up and a connection attempt with its reason', async () => {
    const controller = new AbortController();
    const dial = createHostDialer({ clock: createClock() }, { resolve: () => new Promise(() => undefined) });
    const result = dial({ host: 'slow.test', port: 1 }, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    await expect(dial({ host: '127.0.0.1', port: 1 }, { signal: controller.signal })).rejects.toThrow('enough');
  });
});

test('what kind of loss it was is kept', () => {
  const of = (name: string): string => mapNetError(Object.assign(new Error('x'), { code: name }), 'h').code;
  expect(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'EPIPE', 'EAI_AGAIN'].map(of)).toEqual([
    'net.unreachable',
    'net.unreachable',
    'net.unreachable',
    'net.closed',
    'net.closed',
    'net.dns',
  ]);
});
