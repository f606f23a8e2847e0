import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hardenPort, type RawPort } from '../../src/link/binding.js';

type Wait = { event: string; callback: (error: Error | null) => void };

/** A port on a FIFO, and a poller that, like the real one, watches only what it was asked for last. */
function fakePort(fd: number) {
  const waits: Wait[] = [];
  let watched = 0;
  const port = {
    fd: fd as number | null,
    isOpen: true,
    poller: {
      once(event: 'readable' | 'writable', callback: (error: Error | null) => void) {
        waits.push({ event, callback });
        watched = event === 'readable' ? 1 : 2;
      },
      poll(flags: number) {
        watched = flags;
      },
    },
    read: () => Promise.reject(new Error('stock read')),
    write: () => Promise.reject(new Error('stock write')),
    close: () => Promise.resolve(),
  };
  const fire = (event: string, error: Error | null = null): void => {
    for (const wait of waits.splice(0)) {
      if (wait.event === event) wait.callback(error);
      else waits.push(wait);
    }
  };
  return { port: port as typeof port & RawPort, fire, watched: () => watched };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('hardened binding', () => {
  let folder: string;
  let fd: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'waymark-fifo-'));
    execFileSync('mkfifo', [join(folder, 'f')]);
    fd = openSync(join(folder, 'f'), constants.O_RDWR | constants.O_NONBLOCK);
  });
  afterEach(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  test('waiting for room does not make the poller forget to look for bytes, nor the other way round', async () => {
    const { port, fire, watched } = fakePort(fd);
    hardenPort(port);
    const read = port.read(Buffer.alloc(10), 0, 10);
    await settle();
    expect(watched()).toBe(1);
    const write = port.write(Buffer.alloc(100_000, 0x41));
    await settle();
    expect(watched()).toBe(3);
    fire('readable');
    expect((await read).bytesRead).toBe(10);
    expect(watched()).toBe(2);
    void port.read(Buffer.alloc(10), 0, 10).catch(() => undefined);
    await settle();
    expect(watched()).toBe(3);
    readSync(fd, Buffer.alloc(65_526));
    fire('writable');
    await write;
    expect(watched()).toBe(1);
  });

  test('zero bytes are a hang-up, and a closed port is not', async () => {
    const empty = openSync('/dev/null', constants.O_RDWR | constants.O_NONBLOCK);
    const { port, fire } = fakePort(empty);
    hardenPort(port);
    const read = port.read(Buffer.alloc(10), 0, 10);
    await settle();
    fire('readable');
    await expect(read).rejects.toMatchObject({ disconnect: true });
    const second = port.read(Buffer.alloc(10), 0, 10);
    await settle();
    port.fd = null;
    fire('readable', new Error('Canceled'));
    await expect(second).rejects.toMatchObject({ canceled: true });
    closeSync(empty);
  });

  test('a descriptor that would block is read in the thread pool', async () => {
    const blocking = openSync('/dev/zero', constants.O_RDWR);
    const { port } = fakePort(blocking);
    hardenPort(port);
    expect((await port.read(Buffer.alloc(10), 0, 10)).bytesRead).toBe(10);
    await port.write(Buffer.alloc(10));
    closeSync(blocking);
  });
});
