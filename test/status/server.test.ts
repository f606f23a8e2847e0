import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStatusServer, type StatusSnapshot } from '../../src/status/index.js';

function runtimeDir(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'waymark-door-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const nothing = () => ({}) as StatusSnapshot;

const rawBody = (socketPath: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/api/v1/status' }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve(text));
    });
    asked.on('error', reject);
    asked.end();
  });

test('terminal controls in a value reach nobody who prints the answer, and it stays the same value', async () => {
  using dir = runtimeDir();
  const model = 'LE\u001b]0;x\u0007\u009b31m\u202eevil';
  await using door = await openStatusServer(() => ({ modem: { model } }) as unknown as StatusSnapshot, {
    runtimeDir: dir.path,
    socketMode: 0o600,
  });
  const text = await rawBody(door.socketPath);
  expect(text).toMatch(/^[ -~]+\n$/);
  expect(JSON.parse(text)).toEqual({ modem: { model } });
});

test('what stands in the place of the socket is named, not a defect', async () => {
  using dir = runtimeDir();
  mkdirSync(join(dir.path, 'status.sock'));
  await expect(openStatusServer(nothing, { runtimeDir: dir.path, socketMode: 0o600 })).rejects.toMatchObject({
    code: 'link.busy',
    message: expect.stringContaining('status.sock'),
  });
});

test('a TCP port in use is named, not a defect, and leaves no door open', async () => {
  using dir = runtimeDir();
  const other = createServer();
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
  });
  try {
    await expect(
      openStatusServer(nothing, { runtimeDir: dir.path, socketMode: 0o600, http: { host: '127.0.0.1', port } }),
    ).rejects.toMatchObject({ code: 'link.busy', message: expect.stringContaining(String(port)) });
    expect(() => statSync(join(dir.path, 'status.sock'))).toThrow('ENOENT');
  } finally {
    other.close();
  }
});

const BUSY_AGENT = `require('node:net').createServer().listen({ path: process.argv[1], backlog: 1 }, () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
})`;

test('the door of an agent too busy to answer is not taken from it', async () => {
  using dir = runtimeDir();
  const path = join(dir.path, 'status.sock');
  const busy = spawn(process.execPath, ['-e', BUSY_AGENT, path], { stdio: 'ignore' });
  const callers: Socket[] = [];
  try {
    const end = performance.now() + 5000;
    while (!existsSync(path) && performance.now() < end) await new Promise((done) => setTimeout(done, 20));
    // Its queue is full when a caller is turned away.
    let isFull = false;
    while (!isFull && callers.length < 50) {
      const caller = connect(path);
      callers.push(caller);
      isFull = await new Promise((done) => {
        caller.once('connect', () => done(false));
        // Between its name and its listening it refuses: that is not full yet.
        caller.once('error', (error: NodeJS.ErrnoException) =>
          error.code === 'ECONNREFUSED' ? setTimeout(() => done(false), 20) : done(true),
        );
      });
    }
    expect(isFull).toBe(true);
    const { ino } = statSync(path);
    await expect(openStatusServer(nothing, { runtimeDir: dir.path, socketMode: 0o600 })).rejects.toMatchObject({
      code: 'link.busy',
    });
    expect(statSync(path).ino).toBe(ino);
  } finally {
    for (const caller of callers) caller.destroy();
    busy.kill('SIGKILL');
  }
});
