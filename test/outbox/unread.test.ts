// Files of the log that cannot be read, and damage found at the start: nothing is removed unread, and what is lost is told.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { CloudRecord } from '../../src/core/index.js';
import { type LogDisk, realLogDisk } from '../../src/outbox/index.js';
import { type Bench, bench, diskWith, drainFor, fakeLink, newRecord, numbersOf, systemError } from './fakes.js';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const segments = (dir: string): string[] => readdirSync(dir).filter((name) => name.endsWith('.wal'));
const fill = 'x'.repeat(200);
const SMALL = { maxBytes: 64 * 1024 };
const COUNT = 150;

/** Half a dozen segments of 8 KiB. */
async function leave(at: Bench, from = 0): Promise<string[]> {
  await using outbox = await at.open(SMALL);
  for (const n of upTo(COUNT)) await outbox.put(newRecord(from + n, { body: { n: from + n, fill } }));
  return segments(at.dir);
}

async function sentBy(at: Bench, outbox: Awaited<ReturnType<Bench['open']>>, ms = 5000): Promise<CloudRecord[]> {
  const link = fakeLink(at.clock);
  await drainFor(outbox, at.clock, link, ms);
  return link.sent.map(({ record }) => record);
}

/** Refuses the next `times` reads of the log. */
function failing(code: string, times: number, of = /\.wal$/): { disk: LogDisk; fail: (times: number) => void } {
  let left = times;
  const disk = diskWith({
    read(path, from, most) {
      if (of.test(path) && left > 0) {
        left--;
        throw systemError(code);
      }
      return realLogDisk.read(path, from, most);
    },
  });
  return {
    disk,
    fail: (more) => {
      left = more;
    },
  };
}

describe('files that cannot be read at the start', () => {
  test.each(['EMFILE', 'EIO', 'ENOMEM', 'EACCES'])('%s for a while: all of it is sent, in order', async (code) => {
    await using at = bench();
    const names = await leave(at);
    expect(names.length).toBeGreaterThan(5);
    await using outbox = await at.open(SMALL, failing(code, names.length + 3).disk);
    expect(outbox.status()).toMatchObject({ records: 0, corrupt: names.length, dropped: 0 });
    await outbox.put(newRecord(COUNT));
    expect(segments(at.dir)).toEqual(expect.arrayContaining(names));
    // Read between turns of the event loop, a file at a time.
    for (let i = 0; i < 100 && outbox.status().corrupt > 0; i++) {
      await at.clock.advance(50);
      await turn();
    }
    expect(numbersOf(await sentBy(at, outbox))).toEqual(upTo(COUNT + 1));
    expect(outbox.status()).toMatchObject({ records: 0, corrupt: 0, dropped: 0 });
  });

  test('for all of a run: the rest goes on, and the next start sends them', async () => {
    await using at = bench();
    const names = await leave(at);
    {
      await using outbox = await at.open(SMALL, failing('EACCES', 1e6, new RegExp(names.slice(1, 4).join('|'))).disk);
      const sent = await sentBy(at, outbox, 120_000);
      expect(sent.filter(({ kind }) => kind === 'gap')).toEqual([]);
      expect(sent.length).toBeLessThan(COUNT);
      expect(outbox.status()).toMatchObject({ records: 0, corrupt: 3 });
      await outbox.put(newRecord(COUNT));
    }
    expect(segments(at.dir)).toEqual(expect.arrayContaining(names.slice(1, 4)));
    await using outbox = await at.open(SMALL);
    const numbers = numbersOf(await sentBy(at, outbox)) as number[];
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(COUNT);
    expect(numbers.length).toBeGreaterThan(60);
    expect(segments(at.dir)).toEqual([]);
  });

  test('of a newer version: left where they are, and numbers go on above them', async () => {
    await using at = bench();
    const names = await leave(at);
    for (const name of names) {
      const bytes = readFileSync(join(at.dir, name));
      bytes[4] = 2;
      writeFileSync(join(at.dir, name), bytes);
    }
    await using outbox = await at.open(SMALL);
    await outbox.put(newRecord(1));
    expect(outbox.status()).toMatchObject({ records: 1, state: 'ok', corrupt: names.length });
    expect(numbersOf(await sentBy(at, outbox))).toEqual([1]);
    expect(segments(at.dir)).toEqual(expect.arrayContaining(names));
    expect(readdirSync(at.dir)).not.toContain('corrupt');
  });

  test('a folder that cannot be listed is not written in', async () => {
    await using at = bench();
    const names = await leave(at);
    let isBad = true;
    const disk = diskWith({
      list: (path) => {
        if (isBad) throw systemError('EMFILE');
        return realLogDisk.list(path);
      },
    });
    const opening = at.open(SMALL, disk);
    await at.clock.advance(5000);
    await using outbox = await opening;
    isBad = false;
    await outbox.put(newRecord(COUNT));
    expect(outbox.status()).toMatchObject({ state: 'memory', reason: 'outbox.disk' });
    expect(segments(at.dir)).toEqual(names);
    await using again = await at.open(SMALL);
    expect(numbersOf(await sentBy(at, again))).toEqual(upTo(COUNT));
  });
});

test('a read that fails while a backlog is sent costs a pause, no record', async () => {
  await using at = bench();
  const { disk, fail } = failing('EMFILE', 0);
  await using outbox = await at.open(SMALL, disk);
  for (const n of upTo(COUNT)) await outbox.put(newRecord(n, { body: { n, fill } }));
  fail(8);
  expect(numbersOf(await sentBy(at, outbox, 60_000))).toEqual(upTo(COUNT));
  expect(outbox.status()).toMatchObject({ records: 0, dropped: 0, corrupt: 0 });
});

describe('damage found at the start is told', () => {
  test.each([
    ['a record in the middle', 1, (bytes: Buffer) => bytes.fill(0, 2000, 2010), 1],
    ['the end of a segment that is not the last', 2, (bytes: Buffer) => bytes.fill(0, bytes.length - 20), 1],
    ['a segment cut short', 2, (bytes: Buffer) => bytes.subarray(0, bytes.length - 1000), 4],
    ['the first segment cut to nearly nothing', 0, (bytes: Buffer) => bytes.subarray(0, 5), undefined],
    ['a segment of something else', 2, (bytes: Buffer) => Buffer.from('not ours '.repeat(bytes.length / 9)), undefined],
  ])('%s', async (_, which, damage, lost) => {
    await using at = bench();
    const names = await leave(at);
    const path = join(at.dir, names[which] ?? '');
    writeFileSync(path, damage(readFileSync(path)));
    // Found by two starts, told once.
    await (await at.open(SMALL))[Symbol.asyncDispose]();
    await using outbox = await at.open(SMALL);
    const [gap, ...rest] = await sentBy(at, outbox);
    expect(gap).toMatchObject({ kind: 'gap', body: { reason: 'unreadable', count: COUNT - rest.length } });
    if (lost !== undefined) expect(rest).toHaveLength(COUNT - lost);
    const missing = upTo(COUNT).filter((n) => !numbersOf(rest).includes(n));
    expect(gap?.body).toMatchObject({
      firstId: `1-${(missing[0] ?? 0) + 1}`,
      lastId: `1-${(missing.at(-1) ?? 0) + 1}`,
    });
  });

  test('not what a crash tears off at the end', async () => {
    await using at = bench();
    const names = await leave(at);
    const path = join(at.dir, names.at(-1) ?? '');
    writeFileSync(path, readFileSync(path).subarray(0, -10));
    await leave(at, COUNT);
    await using outbox = await at.open(SMALL);
    const sent = await sentBy(at, outbox);
    expect(sent.filter(({ kind }) => kind === 'gap').map(({ body }) => body['reason'])).not.toContain('unreadable');
  });
});

test('what a kill leaves of replaced files is swept away at the start, but for what another process writes', async () => {
  await using at = bench();
  mkdirSync(join(at.dir, 'quarantine'), { recursive: true });
  const gone = 2 ** 22 + 1;
  for (const name of [`cursor.json.tmp.${gone}`, `quarantine/1-1.json.tmp.${gone}`, `cursor.json.tmp.${process.ppid}`])
    writeFileSync(join(at.dir, name), 'half');
  await using outbox = await at.open();
  expect(outbox.status()).toMatchObject({ records: 0 });
  expect(readdirSync(at.dir).sort()).toEqual([`cursor.json.tmp.${process.ppid}`, 'quarantine']);
  expect(readdirSync(join(at.dir, 'quarantine'))).toEqual([]);
});
