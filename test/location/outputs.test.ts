// The outputs on real sockets; time is the test's own.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { type ClockTrustStatus, createFakeClock, type Fix, silentLogger, WaymarkError } from '../../src/core/index.js';
import {
  createBestLocation,
  createJsonOutput,
  createRawOutput,
  MAX_CLIENTS,
  type Output,
} from '../../src/location/index.js';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const HOST = '127.0.0.1';

/** Runs it until the test ends; resolves with its port. */
async function serve(output: Output): Promise<number> {
  const stop = new AbortController();
  const ended = output.serve({ signal: stop.signal, onListening: () => listening() });
  ended.catch(() => undefined);
  let listening!: () => void;
  await Promise.race([new Promise<void>((resolve) => (listening = resolve)), ended]);
  closers.push(async () => {
    stop.abort(new WaymarkError('core.cancelled', 'the test ends'));
    await expect(ended).rejects.toThrow('the test ends');
    expect(output.status()).toMatchObject({ clients: 0 });
    expect(output.status().port).toBeUndefined();
  });
  return output.status().port ?? 0;
}

async function visit(port: number): Promise<Socket> {
  const socket = connect(port, HOST);
  closers.push(() => void socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

function rawScene({ writable = false } = {}) {
  const clock = createFakeClock();
  const cbs = new Set<(chunk: Uint8Array) => void>();
  const written: string[] = [];
  let writers = 0;
  const output = createRawOutput(
    {
      clock,
      log: silentLogger,
      receiver: {
        onBytes(cb) {
          cbs.add(cb);
          return () => void cbs.delete(cb);
        },
        localWriter() {
          const id = ++writers;
          return { write: (bytes) => void written.push(`${id}:${Buffer.from(bytes).toString()}`) };
        },
      },
    },
    { host: HOST, port: 0, writable },
  );
  const say = (bytes: Uint8Array): void => {
    for (const cb of cbs) cb(bytes);
  };
  return { clock, output, written, say, listeners: () => cbs.size };
}

const until = (condition: () => boolean): Promise<void> => expect.poll(condition, { interval: 2 }).toBe(true);

test('everybody gets every byte, and the receiver is listened to only meanwhile', async () => {
  const { output, say, listeners } = rawScene();
  const port = await serve(output);
  expect(listeners()).toBe(0);
  const [a, b] = [await visit(port), await visit(port)];
  await until(() => output.status().clients === 2);
  expect(listeners()).toBe(1);
  const got = [a, b].map((socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString('hex');
  });
  say(Buffer.from('b56200ff', 'hex'));
  say(Buffer.from('24474e', 'hex'));
  await until(() => got.every((text) => text() === 'b56200ff24474e'));
  expect(output.status().counters).toMatchObject({ accepted: 2, bytesOut: 14, droppedChunks: 0 });
  a.destroy();
  b.destroy();
  await until(() => output.status().clients === 0);
  expect(listeners()).toBe(0);
});

test('what a program says is counted and dropped unless it may write', async () => {
  const { output, written } = rawScene();
  const socket = await visit(await serve(output));
  socket.write('?DEVICES;');
  await until(() => output.status().counters.ignoredBytes === 9);
  expect(written).toEqual([]);

  const open = rawScene({ writable: true });
  const port = await serve(open.output);
  const [a, b] = [await visit(port), await visit(port)];
  a.write('one');
  await until(() => open.written.length === 1);
  b.write('two');
  await until(() => open.written.length === 2);
  expect(open.written).toEqual(['1:one', '2:two']);
  expect(open.output.status()).toMatchObject({ writable: true, counters: { ignoredBytes: 0 } });
});

test('a ninth program is refused', async () => {
  const { output } = rawScene();
  const port = await serve(output);
  for (let i = 0; i < MAX_CLIENTS; i++) await visit(port);
  await until(() => output.status().clients === MAX_CLIENTS);
  const late = connect(port, HOST);
  closers.push(() => void late.destroy());
  late.on('error', () => undefined);
  await once(late, 'close');
  expect(output.status()).toMatchObject({ clients: MAX_CLIENTS, counters: { refused: 1 } });
});

test('a slow one loses whole pieces, is cut in the end, and slows nobody', async () => {
  const { clock, output, say } = rawScene();
  const port = await serve(output);
  const slow = await visit(port);
  slow.pause();
  const quick = await visit(port);
  let got = 0;
  quick.on('data', (chunk) => (got += chunk.length));
  await until(() => output.status().clients === 2);
  const piece = Buffer.alloc(65_536, 1);
  let sent = 0;
  const feed = async (): Promise<void> => {
    say(piece);
    sent += piece.length;
    await until(() => got === sent);
  };
  for (let i = 0; i < 400 && output.status().counters.droppedChunks === 0; i++) await feed();
  const { droppedChunks, droppedBytes } = output.status().counters;
  expect([droppedChunks, droppedBytes]).toEqual([1, piece.length]);
  await clock.advance(29_999);
  await feed();
  expect(output.status().clients).toBe(2);
  await clock.advance(1);
  await feed();
  await until(() => output.status().clients === 1);
  expect(output.status().counters.cut).toBe(1);
});

test('one that takes a little now and then is cut as well, and nine slow ones do not shut a new one out', async () => {
  const { clock, output, say } = rawScene();
  const port = await serve(output);
  const slow = await Promise.all(Array.from({ length: MAX_CLIENTS }, () => visit(port)));
  for (const socket of slow) socket.pause();
  await until(() => output.status().clients === MAX_CLIENTS);
  const piece = Buffer.alloc(65_536, 1);
  const lost = (): number => output.status().counters.droppedChunks;
  for (let i = 0; i < 400 && lost() < 2 * MAX_CLIENTS; i++) {
    say(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const late = await visit(port);
  let got = 0;
  late.on('data', (chunk) => (got += chunk.length));
  await until(() => output.status().counters.accepted === MAX_CLIENTS + 1);
  expect(output.status()).toMatchObject({ clients: MAX_CLIENTS, counters: { cut: 1, refused: 0 } });
  say(Buffer.from('new'));
  await until(() => got === 3);
  // Each second it loses a large piece and is given a small one.
  for (let second = 0; second < 31; second++) {
    await clock.advance(1000);
    say(piece);
    say(Buffer.alloc(1));
    const sent = 3 + (second + 1) * (piece.length + 1);
    await until(() => got === sent);
  }
  expect(output.status()).toMatchObject({ clients: 1, counters: { cut: MAX_CLIENTS } });
});

test('a port that cannot be had is said with what to do', async () => {
  const { output } = rawScene();
  const port = await serve(output);
  const { clock } = rawScene();
  const raw = (address: { host: string; port: number }) =>
    createRawOutput(
      { clock, log: silentLogger, receiver: { onBytes: () => () => undefined, localWriter: () => ({ write() {} }) } },
      { ...address, writable: false },
    ).serve({ signal: new AbortController().signal });
  await expect(raw({ host: HOST, port })).rejects.toMatchObject({
    code: 'link.busy',
    hint: expect.stringContaining('location.raw.port'),
  });
  await expect(raw({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'link.absent' });
  const stopped = AbortSignal.abort(new WaymarkError('core.cancelled', 'stopped'));
  await expect(output.serve({ signal: stopped })).rejects.toThrow('stopped');
});

const fix = (atMonoMs: number, over: Partial<Fix> = {}): Fix => ({
  quality: 'rtk_fixed',
  latitudeDeg: 47.28,
  longitudeDeg: 8.56,
  horizontalAccuracyM: 0.02,
  atMonoMs,
  source: 'nav-pvt',
  ...over,
});

test('JSON lines: each position, and what is known once a second', async () => {
  const clock = createFakeClock(Date.UTC(2026, 0, 31, 12));
  let state: ClockTrustStatus['state'] = 'untrusted';
  const best = createBestLocation({ clock, log: silentLogger });
  const trust = { status: () => ({ state, reason: 'plausible' as const }) };
  const output = createJsonOutput({ clock, log: silentLogger, trust, best }, { host: HOST, port: 0 });
  const port = await serve(output);
  expect(clock.pending).toBe(0);
  const socket = await visit(port);
  const lines: unknown[] = [];
  createInterface({ input: socket }).on('line', (line) => lines.push(JSON.parse(line)));
  const next = async (): Promise<unknown> => {
    await until(() => lines.length > 0);
    return lines.shift();
  };
  expect(await next()).toEqual({ schemaVersion: 1, time: null, quality: 'none', source: 'none' });
  state = 'trusted';
  await clock.advance(1000);
  expect(await next()).toEqual({
    schemaVersion: 1,
    time: '2026-01-31T12:00:01.000Z',
    quality: 'none',
    source: 'none',
  });
  best.offerFix(fix(1000));
  expect(await next()).toEqual({
    schemaVersion: 1,
    time: '2026-01-31T12:00:01.000Z',
    latitudeDeg: 47.28,
    longitudeDeg: 8.56,
    accuracyM: 0.02,
    quality: 'rtk_fixed',
    source: 'receiver-rtk',
    ageMs: 0,
  });
  await clock.advance(999);
  expect(lines).toEqual([]);
  await clock.advance(1);
  expect(await next()).toMatchObject({ time: '2026-01-31T12:00:01.000Z', ageMs: 1000 });
  best.offerFix(fix(2000, { utcMs: Date.UTC(2026, 0, 31, 12, 0, 5) }));
  expect(await next()).toMatchObject({ time: '2026-01-31T12:00:05.000Z', ageMs: 0 });
  best.offerFix(fix(2000, { utcMs: Number.POSITIVE_INFINITY }));
  expect(await next()).toMatchObject({ time: null });
  socket.destroy();
  await until(() => output.status().clients === 0);
  // Only the position's own timer is left.
  expect(clock.pending).toBe(1);
});
