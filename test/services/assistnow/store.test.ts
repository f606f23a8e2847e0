import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock, Secret, silentLogger } from '../../../src/core/index.js';
import {
  type AssistMemory,
  type AssistSlots,
  assistMemoryCodec,
  assistSlots,
  cacheEntry,
  cacheEntryCodec,
  createAssistCache,
  createAssistMemory,
  EMPTY_MEMORY,
  MAX_SET_BYTES,
  setOf,
} from '../../../src/services/index.js';
import { openVault } from '../../../src/vault/index.js';
import { DAY_MS, liveSet, predicted, predictedSet } from './frames.js';

const T = Date.UTC(2026, 7, 14, 12, 0, 0);
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path(tmpdir(), 'waymark-assist-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const vault = () => openVault(path(dir, 'state'), { clock: createFakeClock(T), log: silentLogger });
const ARRIVED = { utcMs: T, monoMs: 7, bootId: 'boot' };
const broken = (what: Error): AssistSlots[keyof AssistSlots] => ({
  read: () => Promise.reject(what),
  write: () => Promise.reject(what),
});

describe('the cache on disk', () => {
  test('gives a set back after a restart as it was, times and days included', async () => {
    const entry = cacheEntry('predictive', setOf([...liveSet(T), ...predictedSet(T, 3)]), ARRIVED, 'as.test');
    await createAssistCache(assistSlots(await vault()), silentLogger).put(entry);
    const again = createAssistCache(assistSlots(await vault()), silentLogger);
    await again.load();
    expect(again.entries()).toEqual([entry]);
    expect(again.get('predictive')?.predictedDays).toHaveLength(3);
    expect(again.get('live')).toBeUndefined();
  });

  test('a damaged body is put away and reads as absent', async () => {
    const cache = createAssistCache(assistSlots(await vault()), silentLogger);
    await cache.put(cacheEntry('live', setOf(liveSet(T)), ARRIVED, 'h'));
    const file = path(dir, 'state', 'assist-live');
    await writeFile(file, (await readFile(file, 'utf8')).replace('tWIT', 'tWIX'));
    const again = createAssistCache(assistSlots(await vault()), silentLogger);
    await again.load();
    expect(again.entries()).toEqual([]);
    expect((await readdir(path(dir, 'state', 'corrupt'))).length).toBe(1);
  });

  test('the codec takes nothing but whole frames of a known kind', () => {
    const stored = cacheEntryCodec.encode(cacheEntry('live', setOf(liveSet(T)), ARRIVED, 'h')) as Record<
      string,
      unknown
    >;
    const decode = (change: Record<string, unknown>) => () => cacheEntryCodec.decode({ ...stored, ...change }, 1);
    expect(decode({})()).toMatchObject({ kind: 'live' });
    for (const change of [
      { kind: 'other' },
      { body: 5 },
      { body: '' },
      { body: Buffer.from('noise').toString('base64') },
      { arrived: undefined },
      { arrived: { monoMs: 'x', bootId: 'b' } },
      { from: 1 },
    ])
      expect(decode(change)).toThrow();
  });

  test('a set beyond the bound is cut at a frame, and still fits a vault file', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => predicted(i % 100, T + Math.floor(i / 1000) * DAY_MS));
    const entry = cacheEntry('predictive', setOf(many), ARRIVED, 'h');
    expect(entry.bytes).toBeLessThanOrEqual(MAX_SET_BYTES);
    expect(entry.bytes).toBeGreaterThan(MAX_SET_BYTES - 84);
    await createAssistCache(assistSlots(await vault()), silentLogger).put(entry);
    const again = createAssistCache(assistSlots(await vault()), silentLogger);
    await again.load();
    expect(again.get('predictive')?.frames).toHaveLength(entry.frames.length);
  });

  test('a disk that fails costs nothing but the disk', async () => {
    const bad = broken(new Error('EIO'));
    const slots: AssistSlots = { live: bad, predictive: bad, mga: bad, 'legacy-online': bad, 'legacy-offline': bad };
    const cache = createAssistCache(slots, silentLogger);
    await cache.load();
    await cache.put(cacheEntry('live', setOf(liveSet(T)), ARRIVED, 'h'));
    expect(cache.get('live')).toBeDefined();
  });

  test('one download is one write, and what is only kept in memory is none', async () => {
    let writes = 0;
    const slot = { read: () => Promise.resolve(undefined), write: async () => void (writes += 1) };
    const slots: AssistSlots = {
      live: slot,
      predictive: slot,
      mga: slot,
      'legacy-online': slot,
      'legacy-offline': slot,
    };
    const cache = createAssistCache(slots, silentLogger);
    await cache.load();
    await cache.put(cacheEntry('live', setOf(liveSet(T)), ARRIVED, 'h'));
    await cache.put(cacheEntry('mga', setOf(liveSet(T)), ARRIVED, 'h'), { isWritten: false });
    expect([writes, cache.entries().length]).toEqual([1, 2]);
  });
});

describe('the memory of asking', () => {
  const memory: AssistMemory = {
    asked: [T, T + 1],
    served: { live: [T], predictive: [] },
    holds: { live: { untilUtcMs: T + 5, code: 'assist.token-refused', of: 'ab12cd34' } },
    dropped: { predictive: { names: ['position', 'extras'], atUtcMs: T, of: 'ab12cd34' } },
    probe: { atUtcMs: T, is: 'refused', of: 'ab12cd34' },
  };

  test('survives a restart, and holds no secret', async () => {
    const open = async () => createAssistMemory((await vault()).slot('assist-memory', assistMemoryCodec), silentLogger);
    const secret = new Secret('chipcode', 'never-on-disk');
    await (await open()).change(() => ({ ...memory, probe: { atUtcMs: T, is: 'refused', of: secret.fingerprint } }));
    const again = await open();
    expect(await again.load()).toMatchObject({ ...memory, probe: { is: 'refused' } });
    expect(await readFile(path(dir, 'state', 'assist-memory'), 'utf8')).not.toContain('never-on-disk');
  });

  test.each([
    [{}, 'throws'],
    [{ asked: 'x' }, 'throws'],
    [{ asked: [], served: { live: [], predictive: [] } }, EMPTY_MEMORY],
    [
      {
        asked: [1, 'x', null],
        served: { live: [2], predictive: [] },
        holds: { live: { untilUtcMs: 'x' }, predictive: { untilUtcMs: 1, code: 'no.such', of: 'a' }, other: 1 },
        dropped: { live: { names: ['position', 'token'], atUtcMs: 1, of: 'a' } },
        probe: { is: 'maybe' },
      },
      {
        asked: [1],
        served: { live: [2], predictive: [] },
        holds: {},
        dropped: { live: { names: ['position'], atUtcMs: 1, of: 'a' } },
      },
    ],
  ] as const)('believes nothing that is stored: %j', (stored, expected) => {
    const decode = () => assistMemoryCodec.decode(stored, 1);
    if (expected === 'throws') expect(decode).toThrow();
    else expect(decode()).toEqual(expected);
  });

  test('a disk that fails keeps the budgets of this run', async () => {
    const store = createAssistMemory(broken(new Error('EIO')) as never, silentLogger);
    await store.change((known) => ({ ...known, asked: [T] }));
    expect(store.now.asked).toEqual([T]);
  });
});
