import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createClock, createFakeClock, isWaymarkError, silentLogger } from '../../src/core/index.js';
import { createLinkOpener, type Link } from '../../src/link/index.js';
import { figure, median, quantile } from '../helpers/figures.js';
import { openPty, until } from './pty.js';

/** A tenth of the proof's count unless told. */
const COUNT = Number(process.env['WAYMARK_LONG'] ?? 20);
const open = createLinkOpener({ clock: createClock(), log: silentLogger });
const at = (address: string) => open({ address, baudRate: 115_200 }, {});

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'fulfilled',
    (error: unknown) => (isWaymarkError(error) ? error.code : String(error)),
  );

function collect(link: Link): { text: () => string; ended: () => boolean } {
  let text = '';
  let ended = false;
  void (async () => {
    for await (const chunk of link.bytes) text += Buffer.from(chunk).toString('latin1');
    ended = true;
  })();
  return { text: () => text, ended: () => ended };
}

const within = <T>(promise: Promise<T>, ms: number): Promise<T | 'too late'> =>
  Promise.race([promise, new Promise<'too late'>((resolve) => setTimeout(() => resolve('too late'), ms).unref())]);

describe('serial link', () => {
  test('bytes go both ways unchanged, all 256 values', async () => {
    using pty = await openPty();
    const heard: Buffer[] = [];
    pty.onBytes((b) => heard.push(b));
    await using link = await at(pty.path);
    const reader = collect(link);
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await link.write(all);
    pty.send(all);
    await until('both sides have 256 bytes', () => reader.text().length === 256 && Buffer.concat(heard).length === 256);
    expect(reader.text()).toBe(all.toString('latin1'));
    expect(Buffer.concat(heard)).toEqual(all);
  });

  test('a link closed while its node is being looked at leaves no timer behind', async () => {
    using pty = await openPty();
    const clock = createClock();
    const looks: (() => void)[] = [];
    const counting = {
      ...clock,
      deadline(ms: number, fn: () => void) {
        if (ms === 2000) looks.push(fn);
        return clock.deadline(ms, fn);
      },
    };
    const link = await createLinkOpener({ clock: counting, log: silentLogger })(
      { address: pty.path, baudRate: 115_200 },
      {},
    );
    expect(looks.length).toBe(1);
    looks[0]?.();
    await link[Symbol.asyncDispose]();
    // The look is a stat on the thread pool; another one after it has had the same way to go.
    for (let turn = 0; turn < 5; turn++) await stat(pty.path);
    expect(looks.length).toBe(1);
  });

  test(`no hang-up is missed under 10 kB/s of traffic (${COUNT} unplugs)`, {
    timeout: 20_000 + COUNT * 2000,
  }, async () => {
    let missed = 0;
    const noticedMs: number[] = [];
    const cpuBefore = process.cpuUsage();
    for (let round = 0; round < COUNT; round++) {
      using pty = await openPty();
      const link = await at(pty.path);
      const reader = collect(link);
      const line = Buffer.from(`${'x'.repeat(98)}\r\n`);
      const traffic = setInterval(() => pty.send(line), 10);
      await until('traffic flows', () => reader.text().length > 200);
      await new Promise((resolve) => setTimeout(resolve, (round * 7) % 23));
      const unplugged = performance.now();
      pty.unplug();
      const reason = await within(link.closed, 1500);
      noticedMs.push(performance.now() - unplugged);
      clearInterval(traffic);
      if (reason === 'too late' || reason.is !== 'hangup' || reason.error.code !== 'link.closed') missed++;
      else await until('the reader ends', reader.ended);
      await link[Symbol.asyncDispose]();
    }
    figure(
      `hang-up under 10 kB/s noticed in ${median(noticedMs).toFixed(1)} ms (median), ` +
        `${quantile(noticedMs, 0.99).toFixed(1)} ms (p99), ${missed} of ${COUNT} missed`,
    );
    expect(missed).toBe(0);
    expect(median(noticedMs)).toBeLessThanOrEqual(50);
    expect(quantile(noticedMs, 0.99)).toBeLessThanOrEqual(1000);
    // A spinning read loop would burn most of a core for as long as it is missed.
    expect(process.cpuUsage(cpuBefore).user / 1000 / COUNT).toBeLessThan(1000);
  });

  test('a write after the unplug rejects with link.closed and never reaches the next device', async () => {
    using pty = await openPty();
    const link = await at(pty.path);
    pty.unplug();
    await link.closed;
    expect(await codeOf(link.write(Buffer.from('AT\r')))).toBe('link.closed');
  });

  test('a stalled far side ends the write with link.stalled and closes the link', async () => {
    const clock = createFakeClock();
    using pty = await openPty();
    const link = await createLinkOpener({ clock, log: silentLogger })({ address: pty.path, baudRate: 921_600 }, {});
    pty.child.kill('SIGSTOP');
    const write = codeOf(link.write(Buffer.alloc(200_000)));
    await clock.advance(60_000);
    expect(await write).toBe('link.stalled');
    const reason = await link.closed;
    expect(reason.is === 'hangup' && reason.error.code).toBe('link.stalled');
    await link[Symbol.asyncDispose]();
  });

  test('a node that vanishes or becomes another device closes the link even without a hang-up', async () => {
    const clock = createFakeClock();
    using pty = await openPty();
    using other = await openPty();
    const link = await createLinkOpener({ clock, log: silentLogger })({ address: pty.path, baudRate: 9600 }, {});
    rmSync(pty.path);
    symlinkSync(other.path, pty.path);
    let reason: string | undefined;
    void link.closed.then((r) => {
      reason = r.is;
    });
    // The look at the node is real I/O, so real time has to pass as well.
    const end = performance.now() + 10_000;
    while (reason === undefined && performance.now() < end) {
      await clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(reason).toBe('hangup');
    await link[Symbol.asyncDispose]();
  });

  test('a missing path is link.absent, a held port link.busy, a plain file link.absent', async () => {
    using pty = await openPty();
    expect(await codeOf(at(`${pty.path}.no`))).toBe('link.absent');
    const plain = `${pty.path}.file`;
    writeFileSync(plain, '');
    expect(await codeOf(at(plain))).toBe('link.absent');
    await using link = await at(pty.path);
    expect(await codeOf(at(pty.path))).toBe('link.busy');
    expect(link.name).toBe(pty.path);
  });

  test('closing is idempotent, ends the reader and frees the port for the next link', async () => {
    using pty = await openPty();
    const first = await at(pty.path);
    const reader = collect(first);
    await Promise.all([first[Symbol.asyncDispose](), first[Symbol.asyncDispose]()]);
    expect((await first.closed).is).toBe('closed');
    await until('the reader ends', reader.ended);
    await using second = await at(pty.path);
    const fresh = collect(second);
    pty.send('hello');
    await until('the second link hears', () => fresh.text() === 'hello');
  });

  test('an aborted open leaves nothing behind', async () => {
    using pty = await openPty();
    const stop = new AbortController();
    const attempt = open({ address: pty.path, baudRate: 9600 }, { signal: stop.signal });
    stop.abort(new Error('stop'));
    await expect(attempt).rejects.toThrow('stop');
    let link: Link | undefined;
    for (let i = 0; i < 50 && !link; i++) {
      link = await at(pty.path).catch(() => undefined);
      if (!link) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(link).toBeDefined();
    await link?.[Symbol.asyncDispose]();
  });
});
