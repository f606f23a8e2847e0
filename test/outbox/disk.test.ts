import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CloudRecord } from '../../src/core/index.js';
import { highestBoot, realLogDisk } from '../../src/outbox/index.js';
import { bench, diskWith, drainFor, fakeLink, newRecord, numbersOf, systemError } from './fakes.js';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const segments = (dir: string): string[] => readdirSync(dir).filter((name) => name.endsWith('.wal'));
const fill = 'x'.repeat(200);

describe('bounds', () => {
  test('a full outbox drops the oldest and says so in one gap record, sent first', async () => {
    await using at = bench();
    await using outbox = await at.open({ maxBytes: 64 * 1024 });
    const put: CloudRecord[] = [];
    for (const n of upTo(1000)) put.push(await outbox.put(newRecord(n, { body: { n, fill } })));
    const { dropped, records, bytes, reason } = outbox.status();
    expect({ reason, sum: dropped + records }).toEqual({ reason: 'outbox.full', sum: 1000 });
    expect(bytes).toBeLessThanOrEqual(64 * 1024);
    const link = fakeLink(at.clock);
    await drainFor(outbox, at.clock, link, 5000);
    const [gap, ...rest] = link.sent.map(({ record }) => record);
    expect(gap).toMatchObject({
      kind: 'gap',
      body: { firstId: put[0]?.id, lastId: put[dropped - 1]?.id, count: dropped, reason: 'full' },
    });
    expect(numbersOf(rest)).toEqual(upTo(1000).slice(dropped));
    expect(outbox.status()).toMatchObject({ gaps: 1, records: 0 });
    expect(outbox.status().reason).toBeUndefined();
  });

  test('a gap not told yet survives a restart', async () => {
    await using at = bench();
    let dropped = 0;
    {
      await using outbox = await at.open({ maxBytes: 64 * 1024 });
      for (const n of upTo(600)) await outbox.put(newRecord(n, { body: { n, fill } }));
      ({ dropped } = outbox.status());
    }
    await using outbox = await at.open({ maxBytes: 64 * 1024 });
    const link = fakeLink(at.clock);
    await drainFor(outbox, at.clock, link, 5000);
    expect(link.sent[0]?.record).toMatchObject({ kind: 'gap', body: { count: dropped } });
    expect(link.sent).toHaveLength(601 - dropped);
  });

  test('killed before the gap is on the disk, what it speaks of is there still', async () => {
    await using at = bench();
    const outbox = await at.open({ maxBytes: 64 * 1024 }, diskWith({ replace: () => new Promise(() => undefined) }));
    for (const n of upTo(400)) await outbox.put(newRecord(n, { body: { n, fill } }));
    expect(outbox.status().dropped).toBeGreaterThan(0);
    await using again = await at.open();
    const link = fakeLink(at.clock);
    await drainFor(again, at.clock, link, 5000);
    expect(numbersOf(link.sent.map(({ record }) => record))).toEqual(upTo(400));
  });

  test('too old is dropped by this boot’s monotonic time, whatever the wall clock says', async () => {
    await using at = bench();
    await using outbox = await at.open({ maxAgeMs: 60_000 });
    await outbox.put(newRecord(1, { monoMs: at.clock.mono() }));
    at.clock.stepWall(-10 * 365 * 86_400_000);
    await at.clock.advance(50_000);
    await outbox.put(newRecord(2, { monoMs: at.clock.mono() }));
    await at.clock.advance(20_000);
    expect(outbox.status().oldestAgeMs).toBe(70_000);
    const link = fakeLink(at.clock);
    await drainFor(outbox, at.clock, link, 5000);
    expect(link.sent.map(({ record }) => record.body['n'] ?? record.body['reason'])).toEqual(['age', 2]);
  });

  test('free space below the floor is left to others', async () => {
    await using at = bench();
    const disk = diskWith({ space: () => ({ freeBytes: 100_000, totalBytes: 2 ** 40 }) });
    await using outbox = await at.open({ minFreeBytes: 200_000 }, disk);
    await outbox.put(newRecord(1));
    expect(outbox.status()).toMatchObject({ state: 'memory', reason: 'outbox.disk', records: 1 });
    expect(segments(at.dir)).toEqual([]);
  });
});

describe('a disk that fails', () => {
  test.each([
    ['ENOSPC', 'memory'],
    ['EIO', 'memory'],
    ['EROFS', 'readonly'],
    ['EACCES', 'readonly'],
  ])('%s: records wait in memory, go out from there, and are written once it is well', async (code, state) => {
    await using at = bench();
    let isBad = false;
    const disk = diskWith({
      sync: async () => undefined,
      syncDirectory: async () => undefined,
      append: (fd, bytes) => {
        if (!isBad) return realLogDisk.append(fd, bytes);
        // Part of it gets there, as on a full disk.
        if (code === 'ENOSPC') return realLogDisk.append(fd, bytes.subarray(0, 10));
        throw systemError(code);
      },
    });
    await using outbox = await at.open({}, disk);
    await outbox.put(newRecord(0));
    isBad = true;
    for (const n of [1, 2, 3]) await outbox.put(newRecord(n));
    expect(outbox.status()).toMatchObject({ state, reason: 'outbox.disk', records: 4 });
    await at.clock.advance(10_000);
    expect(outbox.status()).toMatchObject({ state, records: 4 });
    isBad = false;
    await at.clock.advance(60_000);
    expect(outbox.status()).toMatchObject({ state: 'ok', records: 4 });
    await outbox.put(newRecord(4));
    await using again = await at.open({ boot: 9 });
    const link = fakeLink(at.clock);
    await drainFor(again, at.clock, link, 5000);
    expect(numbersOf(link.sent.map(({ record }) => record))).toEqual([0, 1, 2, 3, 4]);
    expect(again.status()).toMatchObject({ corrupt: 0 });
  });

  test('a folder that cannot be made: records go out from memory, the oldest of more than 2 MiB are a gap', async () => {
    await using at = bench();
    const refuse = (): never => {
      throw systemError('EROFS');
    };
    await using outbox = await at.open({}, diskWith({ makeDirectory: refuse, create: refuse, replace: refuse }));
    for (const n of upTo(60)) await outbox.put(newRecord(n, { body: { n, fill: 'x'.repeat(50_000) } }));
    const { dropped, bytes, state } = outbox.status();
    expect(state).toBe('readonly');
    expect(bytes).toBeLessThanOrEqual(2 * 1024 * 1024);
    const link = fakeLink(at.clock);
    await drainFor(outbox, at.clock, link, 5000);
    expect(link.sent[0]?.record).toMatchObject({ kind: 'gap', body: { count: dropped, reason: 'memory' } });
    expect(numbersOf(link.sent.slice(1).map(({ record }) => record))).toEqual(upTo(60).slice(dropped));
  });

  test('after a failed fsync the descriptor is left alone and what is open goes into a new file', async () => {
    await using at = bench();
    const synced: number[] = [];
    const disk = diskWith({
      sync: (fd) => {
        synced.push(fd);
        return synced.length === 1 ? Promise.reject(systemError('EIO')) : realLogDisk.sync(fd);
      },
    });
    await using outbox = await at.open({}, disk);
    for (const n of upTo(5)) await outbox.put(newRecord(n));
    const before = segments(at.dir);
    await outbox.flush();
    expect(segments(at.dir)).not.toEqual(before);
    expect(segments(at.dir)).toHaveLength(1);
    expect(synced).toHaveLength(2);
    expect(synced[1]).not.toBe(synced[0]);
    await outbox.put(newRecord(5));
    const link = fakeLink(at.clock);
    await drainFor(outbox, at.clock, link, 5000);
    expect(numbersOf(link.sent.map(({ record }) => record))).toEqual(upTo(6));
    expect(outbox.status()).toMatchObject({ state: 'ok', records: 0 });
  });

  test('damage between good records costs those alone, and the file is kept for a look', async () => {
    await using at = bench();
    {
      await using outbox = await at.open();
      for (const n of upTo(20)) await outbox.put(newRecord(n));
    }
    const [name = ''] = segments(at.dir);
    const path = join(at.dir, name);
    const bytes = readFileSync(path);
    bytes.fill(0, 300, 310);
    writeFileSync(path, Buffer.concat([bytes, Buffer.from('half a rec')]));
    await using outbox = await at.open();
    expect(outbox.status()).toMatchObject({ corrupt: 1, records: 19 });
    const link = fakeLink(at.clock);
    await drainFor(outbox, at.clock, link, 5000);
    expect(link.sent.map(({ record }) => record.kind)).toEqual(['gap', ...upTo(19).map(() => 'state')]);
    expect(readdirSync(join(at.dir, 'corrupt'))).toEqual([`1-${name}`]);
  });
});

describe('fsync', () => {
  test('comes five seconds after the first record, for all of them, and not for what is confirmed by then', async () => {
    await using at = bench();
    let syncs = 0;
    const disk = diskWith({
      sync: async () => {
        syncs++;
      },
      syncDirectory: async () => undefined,
    });
    await using outbox = await at.open({}, disk);
    for (const n of upTo(3)) await outbox.put(newRecord(n));
    await at.clock.advance(4900);
    expect(syncs).toBe(0);
    await at.clock.advance(200);
    expect(syncs).toBe(1);
    const controller = new AbortController();
    const draining = outbox.drain(fakeLink(at.clock), { signal: controller.signal });
    for (const n of upTo(20)) {
      await outbox.put(newRecord(n));
      await at.clock.advance(1000);
    }
    controller.abort();
    await draining;
    expect(syncs).toBe(1);
    expect(readdirSync(at.dir).filter((name) => name === 'cursor.json')).toEqual([]);
    await outbox.put(newRecord(1, { sync: true }));
    expect(syncs).toBe(2);
    // Some bytes later: 64 KiB do not wait for the clock.
    for (const n of upTo(10)) await outbox.put(newRecord(n, { body: { fill: 'x'.repeat(10_000) } }));
    await at.clock.advance(1);
    expect(syncs).toBe(3);
  });
});

test('the highest boot is found in all logs, those of other clouds and damaged ones among them', async () => {
  await using at = bench();
  const root = join(at.dir, '..');
  expect(highestBoot(join(root, 'none'))).toBe(0);
  for (const [boot, dir] of [
    [3_000_000_000, at.dir],
    [7, at.dir],
    [9, join(root, 'other')],
  ] as const) {
    await using outbox = await at.open({ boot, dir });
    await outbox.put(newRecord(1));
  }
  expect(highestBoot(root)).toBe(3_000_000_000);
  const [name = ''] = segments(at.dir);
  writeFileSync(join(at.dir, name), 'of no use');
  expect(highestBoot(root)).toBe(9);
});
