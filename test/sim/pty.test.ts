import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClock, createFakeClock, silentLogger, sleep } from '../../src/core/index.js';
import { createPlug } from '../../src/sim/plug.js';
import { openPty } from '../../src/sim/pty.js';

const clock = createClock();
let dir = '';
let link = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-pty-'));
  link = join(dir, 'ttySIM0');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function until(what: string, isTrue: () => boolean, limitMs = 10_000): Promise<void> {
  const end = clock.mono() + limitMs;
  while (!isTrue()) {
    if (clock.mono() > end) throw new Error(`never happened: ${what}`);
    await sleep(clock, 10);
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A program on the other side: what it reads is in `text`. */
async function openSerial(path: string): Promise<{ port: SerialPort; text: () => string; close: () => Promise<void> }> {
  const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false });
  let text = '';
  port.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  port.on('error', () => undefined);
  await new Promise<void>((done, fail) => {
    port.open((error) => (error ? fail(error) : done()));
  });
  return {
    port,
    text: () => text,
    close: () => new Promise((done) => (port.isOpen ? port.close(() => done()) : done())),
  };
}

describe.each(['socat', 'script'] as const)('a pseudo-terminal by %s', (method) => {
  test('carries bytes both ways unchanged, through more than one open of the other side', async () => {
    await using port = await openPty({ link, methods: [method] });
    expect([port.kind, port.method, port.address]).toEqual(['pty', method, link]);
    const received: number[] = [];
    void (async () => {
      for await (const bytes of port.bytes) received.push(...bytes);
    })();
    const every = Array.from({ length: 256 }, (_, i) => i);
    for (let round = 0; round < 2; round++) {
      received.length = 0;
      const other = await openSerial(link);
      other.port.write(Buffer.from(every));
      await until('all bytes in', () => received.length >= 256);
      expect(received).toEqual(every);
      port.write(Buffer.from(every));
      await until('all bytes out', () => other.text().length >= 256);
      expect(Buffer.from(other.text(), 'latin1')).toEqual(Buffer.from(every));
      await other.close();
    }
  });
  test('unplug kills the child and takes the link away', async () => {
    const port = await openPty({ link, methods: [method] });
    const pid = port.childPid!;
    await port.unplug();
    await port.unplug();
    await port.closed;
    expect(existsSync(link)).toBe(false);
    expect(isAlive(pid)).toBe(false);
    port.write(Buffer.from('into the void'));
  });
  test('no child outlives a process that was killed with SIGKILL', async () => {
    const source = resolve('src/sim/pty.ts');
    const program = `import(${JSON.stringify(source)}).then(async ({ openPty }) => {
      const port = await openPty({ link: ${JSON.stringify(link)}, methods: ['${method}'] });
      console.log(port.childPid);
    });`;
    const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout!.on('data', (bytes: Buffer) => {
      printed += bytes.toString();
    });
    await until('the child opened its port', () => printed.includes('\n'), 20_000);
    const pid = Number(printed);
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    // An orphan may stay a zombie where nobody reaps; what counts is that its terminal is gone.
    const terminal = readlinkSync(link, { encoding: 'utf8' });
    await until('the terminal went away', () => !existsSync(terminal));
  });
});

describe('opening', () => {
  test('bytes that nobody reads are dropped after a while, and counted', async () => {
    await using port = await openPty({ link });
    for (let i = 0; i < 100; i++) {
      port.write(new Uint8Array(16_384));
      if (i % 10 === 0) await sleep(clock, 1);
    }
    expect(port.droppedBytes).toBeGreaterThan(0);
  });
  test('an old link is replaced, a real file is not', async () => {
    symlinkSync('/dev/pts/9999', link);
    await using port = await openPty({ link });
    expect(readlinkSync(port.address)).not.toBe('/dev/pts/9999');
    const file = join(dir, 'precious');
    writeFileSync(file, 'data');
    await expect(openPty({ link: file })).rejects.toMatchObject({ code: 'link.busy' });
    expect(lstatSync(file).isFile()).toBe(true);
  });
  test('a path with a meaning to socat is refused', async () => {
    await expect(openPty({ link: `${dir}/a,exec=b` })).rejects.toMatchObject({ code: 'cli.usage' });
  });
  test('without any pseudo-terminal it is a TCP port for one client at a time', async () => {
    await using port = await openPty({ link, methods: ['tcp'] });
    expect(port.kind).toBe('tcp');
    const client = connect(Number(new URL(port.address).port), '127.0.0.1');
    client.on('error', () => undefined);
    client.write('AT\r');
    for await (const bytes of port.bytes) {
      expect(Buffer.from(bytes).toString()).toBe('AT\r');
      break;
    }
    let isHungUp = false;
    client.on('close', () => {
      isHungUp = true;
    });
    const second = connect(Number(new URL(port.address).port), '127.0.0.1');
    second.on('error', () => undefined);
    let isRefused = false;
    second.on('close', () => {
      isRefused = true;
    });
    await until('the second client is refused', () => isRefused);
    expect(isHungUp).toBe(false);
    await port.unplug();
    await until('the client is hung up on', () => isHungUp);
  });
});

describe('plug', () => {
  test.each([['socat'], ['tcp']] as const)('the address is the same after unplug and replug (%s)', async (method) => {
    await using plug = await createPlug({ link, clock, log: silentLogger, methods: [method] });
    const told: boolean[] = [];
    plug.onPlug((isPlugged) => told.push(isPlugged));
    const { address } = plug;
    await plug.unplug();
    await plug.unplug();
    expect(plug.isPlugged).toBe(false);
    plug.write(Buffer.from('lost'));
    await plug.replug();
    await plug.replug();
    expect(plug.isPlugged).toBe(true);
    expect(plug.address).toBe(address);
    expect(told).toEqual([false, true]);
  });
  test('bytes arrive at the same listener before and after a replug', async () => {
    await using plug = await createPlug({ link, clock, log: silentLogger });
    let text = '';
    plug.onBytes((bytes) => {
      text += Buffer.from(bytes).toString('latin1');
    });
    for (const word of ['one', 'two']) {
      const other = await openSerial(plug.address);
      other.port.write(word);
      await until(`heard ${word}`, () => text.endsWith(word));
      await other.close();
      await plug.unplug();
      await plug.replug();
    }
  });
  test('a port whose child somebody killed comes back by itself after five seconds', async () => {
    const fake = createFakeClock();
    await using plug = await createPlug({ link, clock: fake, log: silentLogger });
    const told: boolean[] = [];
    plug.onPlug((isPlugged) => told.push(isPlugged));
    process.kill(plug.childPid!, 'SIGKILL');
    await until('the death is noticed', () => !plug.isPlugged);
    expect(existsSync(link)).toBe(false);
    await fake.advance(4900);
    expect(plug.isPlugged).toBe(false);
    await fake.advance(200);
    await until('it is back', () => plug.isPlugged);
    expect(told).toEqual([false, true]);
  });
  test('an unplug on purpose stays unplugged', async () => {
    const fake = createFakeClock();
    await using plug = await createPlug({ link, clock: fake, log: silentLogger });
    await plug.unplug();
    await fake.advance(60_000);
    expect(plug.isPlugged).toBe(false);
    expect(fake.pending).toBe(0);
  });
});
