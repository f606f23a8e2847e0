import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createClock, createFakeClock, silentLogger, WaymarkError } from '../../src/core/index.js';
import { createLinkOver } from '../../src/link/base.js';
import { createLinkOpener, memoryLinkPair } from '../../src/link/index.js';

const open = createLinkOpener({ clock: createClock(), log: silentLogger });

async function server(): Promise<{ address: string; accepted: Promise<Socket>; close: () => void }> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const accepted = once(listener, 'connection').then(([socket]) => socket as Socket);
  return {
    address: `tcp://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    accepted,
    close: () => void listener.close(),
  };
}

describe('tcp link', () => {
  test('bytes go both ways, and the far side closing is a hang-up', async () => {
    const far = await server();
    const link = await open({ address: far.address, baudRate: 0 }, {});
    const socket = await far.accepted;
    await link.write(Buffer.from('AT\r'));
    const [heard] = (await once(socket, 'data')) as [Buffer];
    expect(heard.toString()).toBe('AT\r');
    socket.end('OK');
    let text = '';
    for await (const chunk of link.bytes) text += Buffer.from(chunk).toString();
    expect(text).toBe('OK');
    expect((await link.closed).is).toBe('hangup');
    await expect(link.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'link.closed' });
    far.close();
  });

  test('nobody listening and malformed addresses are link.absent', async () => {
    const far = await server();
    far.close();
    await expect(open({ address: far.address, baudRate: 0 }, {})).rejects.toMatchObject({ code: 'link.absent' });
    for (const address of ['tcp://', 'tcp://host', 'tcp://host:0', 'tcp://host:99999', 'tcp://a b:1'])
      await expect(open({ address, baudRate: 0 }, {})).rejects.toMatchObject({ code: 'link.absent' });
  });
});

describe('memory link pair', () => {
  test('what one writes the other reads, and disposing one hangs up the other', async () => {
    const [a, b] = memoryLinkPair();
    const bytes = Buffer.from('hello');
    await a.write(bytes);
    bytes.fill(0);
    await a[Symbol.asyncDispose]();
    let text = '';
    for await (const chunk of b.bytes) text += Buffer.from(chunk).toString();
    expect(text).toBe('hello');
    expect((await a.closed).is).toBe('closed');
    expect((await b.closed).is).toBe('hangup');
    await expect(b.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'link.closed' });
  });
});

describe('any link', () => {
  test('a reader that falls 4 MiB behind loses whole chunks, never parts of one, and is not paused', async () => {
    const driven = createLinkOver({
      name: 'x',
      clock: createFakeClock(),
      log: silentLogger,
      baudRate: 9600,
      transport: { write: (_, done) => done(), close: () => Promise.resolve() },
    });
    for (let i = 0; i < 100; i++) driven.arrived(new Uint8Array(65_536).fill(i));
    driven.gone(new WaymarkError('link.closed', 'gone'));
    let total = 0;
    for await (const chunk of driven.link.bytes) {
      expect(chunk.length).toBe(65_536);
      total += chunk.length;
    }
    expect(total).toBe(4 * 1024 * 1024);
  });

  test('a device that never finishes closing is abandoned after 3 s', async () => {
    const clock = createFakeClock();
    const { link } = createLinkOver({
      name: 'x',
      clock,
      log: silentLogger,
      baudRate: 9600,
      transport: { write: () => undefined, close: () => new Promise(() => undefined) },
    });
    let freed = false;
    void link[Symbol.asyncDispose]().then(() => {
      freed = true;
    });
    await clock.advance(2999);
    expect(freed).toBe(false);
    await clock.advance(1);
    expect(freed).toBe(true);
  });

  test('a write whose signal aborts rejects with the reason at once', async () => {
    const { link } = createLinkOver({
      name: 'x',
      clock: createFakeClock(),
      log: silentLogger,
      baudRate: 9600,
      transport: { write: () => undefined, close: () => Promise.resolve() },
    });
    const stop = new AbortController();
    const write = link.write(new Uint8Array(3), { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(write).rejects.toThrow('enough');
    await expect(link.write(new Uint8Array(3), { signal: stop.signal })).rejects.toThrow('enough');
  });
});
