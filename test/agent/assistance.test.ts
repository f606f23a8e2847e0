import { describe, expect, test } from 'vitest';
import { type Assistance, createAssistance } from '../../src/agent/assistance/keeper.js';
import { createAssistanceLane } from '../../src/agent/lanes/assistance.js';
import { createSupervisor } from '../../src/agent/supervisor.js';
import {
  abortable,
  type CoarsePosition,
  createClockTrust,
  createFakeClock,
  deferred,
  type ErrorCode,
  silentLogger,
  WaymarkError,
} from '../../src/core/index.js';
import type { AssistReport, AssistRequest } from '../../src/gnss/index.js';
import {
  type AssistPart,
  type AssistService,
  type CacheEntry,
  cacheEntry,
  createAssistCache,
  createAssistMemory,
  type FetchedSet,
  setOf,
} from '../../src/services/index.js';
import { DAY_MS, ephemeris, HOUR_MS, iniTime, liveSet, predictedSet } from '../services/assistnow/frames.js';

const T = Date.UTC(2026, 7, 14, 12, 0, 0);
const MIN = 60_000;
const PLACE: CoarsePosition = { latitudeDeg: 52, longitudeDeg: 8, quality: '3d', ageMs: 0, from: 'held' };

interface RigOptions {
  stored?: CacheEntry[];
  fetch?: (part: AssistPart, utcMs: number) => FetchedSet | WaymarkError | Promise<FetchedSet>;
  service?: boolean;
  parts?: AssistPart[];
  /** Confirmed by a source from the start. */
  isSynchronised?: boolean;
  network?: Promise<void>;
  assist?: (request: AssistRequest, signal: AbortSignal) => Promise<AssistReport>;
  hasFix?: boolean;
  position?: CoarsePosition;
  setback?: Parameters<typeof createAssistance>[0]['setback'];
}

function rig(options: RigOptions = {}) {
  const clock = createFakeClock(T);
  const trust = createClockTrust(clock, T - DAY_MS);
  if (options.isSynchronised !== false) trust.offer('kernel', T);
  const receiver = { isRunning: true, hasFix: options.hasFix ?? false };
  const injected: AssistRequest[] = [];
  const fetched: AssistPart[] = [];
  const written: CacheEntry[] = [];
  let needy: () => void = () => undefined;
  let of = 'one';
  const slot = (kind: CacheEntry['kind']) => ({
    read: () => {
      const value = options.stored?.find((entry) => entry.kind === kind);
      return Promise.resolve(value && { value, generation: 'current' as const });
    },
    write: (entry: CacheEntry) => Promise.resolve(void written.push(entry)),
  });
  const memory = createAssistMemory(undefined, silentLogger);
  const service: AssistService = {
    source: 'assistnow',
    kinds: { live: 'live', predictive: 'predictive' },
    wants: options.parts ?? ['live', 'predictive'],
    open: () =>
      Promise.resolve({
        of,
        parts: options.parts ?? ['live', 'predictive'],
        async fetch(part) {
          fetched.push(part);
          const utcMs = clock.wall();
          await memory.change((known) => ({
            ...known,
            asked: [...known.asked, utcMs],
            served: { ...known.served, [part]: [...known.served[part], utcMs] },
          }));
          const result = await (options.fetch?.(part, utcMs) ?? good(part, utcMs));
          if (result instanceof Error) throw result;
          return result;
        },
      }),
  };
  const assistance: Assistance = createAssistance({
    clock,
    trust,
    log: silentLogger,
    random: () => 0,
    bootId: 'this',
    target: {
      assist: (request, { signal }) => {
        injected.push(request);
        // Time and position are messages of their own.
        const accepted = request.frames.length + (request.utc ? 1 : 0) + (request.position ? 1 : 0);
        return (
          options.assist?.(request, signal) ??
          Promise.resolve({ accepted, refused: 0, unanswered: 0, infoCodes: {}, tookMs: 12 })
        );
      },
      onNeedy(listener) {
        needy = listener;
        return () => undefined;
      },
    },
    receiver: () => ({ ...receiver }),
    position: { current: () => options.position },
    cache: createAssistCache(
      {
        live: slot('live'),
        predictive: slot('predictive'),
        mga: slot('mga'),
        'legacy-online': slot('legacy-online'),
        'legacy-offline': slot('legacy-offline'),
      },
      silentLogger,
    ),
    memory,
    service: options.service === false ? undefined : service,
    networkUp: () => options.network ?? Promise.resolve(),
    ...(options.setback ? { setback: options.setback } : {}),
  });
  const stop = new AbortController();
  const supervisor = createSupervisor({ clock, log: silentLogger, random: () => 0, onChange: () => undefined });
  return {
    clock,
    trust,
    receiver,
    injected,
    fetched,
    written,
    memory,
    assistance,
    show: () => needy(),
    useCredential: (name: string) => {
      of = name;
      assistance.credentialChanged();
    },
    start: () => void supervisor.run([createAssistanceLane({ assistance })], stop.signal).catch(() => undefined),
    part: () => supervisor.part('assistance'),
    [Symbol.dispose]() {
      stop.abort();
      assistance[Symbol.dispose]();
    },
  };
}

function good(part: AssistPart, utcMs: number): FetchedSet {
  return { ...setOf(part === 'live' ? liveSet(utcMs) : predictedSet(utcMs, 3)), from: 'as.test' };
}
const stored = (kind: CacheEntry['kind'], frames: Uint8Array[], utcMs = T): CacheEntry =>
  cacheEntry(kind, setOf(frames), { utcMs, monoMs: 77, bootId: 'before' }, 'as.test');
const refuse = (code: ErrorCode, retryAfterMs?: number) => new WaymarkError(code, 'refused', { retryAfterMs });
const never = new Promise<void>(() => undefined);

describe('a cold boot without network', () => {
  test('what the cache has goes to the receiver at once, with time and place', async () => {
    using r = rig({ stored: [stored('predictive', predictedSet(T - DAY_MS, 3))], network: never, position: PLACE });
    r.start();
    r.show();
    await r.clock.advance(0);
    expect(r.injected).toHaveLength(1);
    expect(r.injected[0]).toMatchObject({ utc: { ms: T, accuracyMs: 1000 }, position: PLACE, frames: { length: 2 } });
    expect(r.fetched).toEqual([]);
    expect(r.assistance.snapshot()).toMatchObject({
      source: 'assistnow',
      need: 'needy',
      predictive: { untilUtcMs: Date.UTC(2026, 7, 16), days: 3, isUsable: true },
      lastInjection: { frames: 4, accepted: 4, from: 'predictive of as.test' },
      fetchesToday: 0,
    });
    expect(r.assistance.snapshot().sentence).toBe(
      'The receiver has no fix yet, was given 4 messages (4 accepted); the cache holds predicted orbits until 2026-08-16T00:00 UTC.',
    );
  });

  test('while no clock is synchronised nothing of unknown age is injected, and as soon as one is, it is', async () => {
    using r = rig({ stored: [stored('live', liveSet(T - HOUR_MS))], network: never, isSynchronised: false });
    r.show();
    await r.clock.advance(MIN);
    expect(r.injected).toEqual([]);
    r.trust.offer('network', r.clock.wall());
    await r.clock.advance(5000);
    expect(r.injected).toHaveLength(1);
    expect(r.injected[0]).toMatchObject({ utc: { accuracyMs: 5000 }, frames: { length: 3 } });
  });

  test.each([
    [{ accepted: 3, refused: 1, unanswered: 0 }, 'was given 4 messages (3 accepted)'],
    [{ accepted: 0, refused: 0, unanswered: 4 }, 'was given 4 messages (it acknowledges none)'],
  ])('what was given counts time and place: %j', async (counts, words) => {
    using r = rig({
      stored: [stored('predictive', predictedSet(T, 3))],
      position: PLACE,
      assist: () => Promise.resolve({ ...counts, infoCodes: {}, tookMs: 12 }),
    });
    r.show();
    await r.clock.advance(0);
    expect(r.assistance.snapshot().sentence).toContain(words);
  });

  test('place without time is said without time', async () => {
    using r = rig({ network: never, isSynchronised: false, position: PLACE });
    r.show();
    await r.clock.advance(0);
    expect(r.injected).toEqual([{ frames: [], position: PLACE }]);
    expect(r.assistance.snapshot().lastInjection?.from).toBe('time and position');
  });
});

describe('with a network', () => {
  test('the cache first, then what is missing: fetched, kept, injected', async () => {
    using r = rig({ stored: [stored('predictive', predictedSet(T, 3))] });
    r.start();
    r.show();
    await r.clock.advance(0);
    expect([r.injected.length, r.fetched]).toEqual([1, []]);
    await r.clock.advance(2000);
    expect(r.fetched).toEqual(['live']);
    expect(r.injected).toHaveLength(2);
    expect(r.injected[1]?.frames).toContainEqual(ephemeris(1));
    expect(r.written.map(({ kind }) => kind)).toEqual(['live']);
    expect(r.part()?.state).toBe('ok');
    expect(r.assistance.snapshot()).toMatchObject({
      live: { isFresh: true, isUsable: true, frames: 3 },
      lastFetch: { what: 'live', result: 'ok' },
      fetchesToday: 1,
    });
  });

  test('a receiver with a fix gets nothing and costs nothing live; the cache is kept warm once a day', async () => {
    using r = rig({ hasFix: true });
    r.start();
    r.show();
    await r.clock.advance(3 * DAY_MS);
    expect(r.injected).toEqual([]);
    expect(r.fetched.every((part) => part === 'predictive')).toBe(true);
    expect(r.fetched).toHaveLength(4);
    expect(r.assistance.snapshot().need).toBe('content');
    expect(r.assistance.isFresh()).toBe(true);
  });

  test('a fix within two seconds saves the fetch', async () => {
    using r = rig({ stored: [stored('predictive', predictedSet(T, 3))] });
    r.start();
    r.show();
    await r.clock.advance(1000);
    r.receiver.hasFix = true;
    await r.clock.advance(10 * MIN);
    expect(r.fetched.filter((part) => part === 'live')).toEqual([]);
  });

  test('a receiver that finds nothing for a day costs twelve sets, not more', async () => {
    using r = rig({ parts: ['live'] });
    r.start();
    r.show();
    await r.clock.advance(DAY_MS - MIN);
    expect(r.fetched).toHaveLength(12);
    expect(r.injected.length).toBeLessThanOrEqual(13);
  });

  test('a restarting receiver gets the cache each time and is not paid for each time', async () => {
    using r = rig();
    r.start();
    for (let i = 0; i < 10; i++) {
      r.show();
      await r.clock.advance(MIN);
    }
    expect(r.fetched).toEqual(['predictive', 'live']);
    expect(r.injected.length).toBeGreaterThanOrEqual(10);
    for (const { frames } of r.injected.slice(-5)) expect(frames).toContainEqual(ephemeris(1));
  });

  test('while the clock is not trusted nothing is asked', async () => {
    using r = rig({ isSynchronised: false });
    r.clock.stepWall(-40 * 365 * DAY_MS);
    r.start();
    r.show();
    await r.clock.advance(MIN);
    expect([r.fetched, r.part()?.state]).toEqual([[], 'waiting for the clock']);
    r.trust.offer('gnss', T);
    r.clock.stepWall(40 * 365 * DAY_MS);
    await r.clock.advance(MIN);
    expect(r.fetched).toContain('live');
  });
});

describe('refusals and weather', () => {
  test('a refusal of one part does not keep the other from being fetched', async () => {
    using r = rig({
      fetch: (part, utc) => (part === 'live' ? refuse('assist.not-entitled', 3 * HOUR_MS) : good(part, utc)),
    });
    r.start();
    r.show();
    await r.clock.advance(3000);
    expect(r.fetched).toEqual(['predictive', 'live']);
    expect(r.part()).toMatchObject({
      state: 'waiting',
      reason: 'assist.not-entitled',
      nextRetryMs: expect.any(Number),
    });
    expect(r.part()?.nextRetryMs).toBeGreaterThan(3 * HOUR_MS - 5000);
    expect(r.assistance.snapshot()).toMatchObject({ reason: { code: 'assist.not-entitled' } });
    expect(r.assistance.snapshot().sentence).toContain('refused');
  });

  test('while the lane waits, a receiver that restarts is given what the cache has', async () => {
    using r = rig({
      stored: [stored('predictive', predictedSet(T, 14))],
      fetch: () => refuse('assist.weather', HOUR_MS),
    });
    r.start();
    r.show();
    await r.clock.advance(10_000);
    expect(r.part()?.state).toBe('waiting');
    const before = r.injected.length;
    r.show();
    await r.clock.advance(0);
    expect(r.injected).toHaveLength(before + 1);
  });

  test('Retry-After is obeyed', async () => {
    using r = rig({ parts: ['predictive'], fetch: () => refuse('assist.weather', 20 * MIN) });
    r.start();
    await r.clock.advance(19 * MIN);
    expect(r.fetched).toHaveLength(1);
    await r.clock.advance(2 * MIN);
    expect(r.fetched).toHaveLength(2);
  });

  test('another credential is tried at once', async () => {
    const answers = [refuse('assist.token-refused', 3 * HOUR_MS)];
    using r = rig({ parts: ['predictive'], fetch: (part, utc) => answers.pop() ?? good(part, utc) });
    r.start();
    await r.clock.advance(MIN);
    expect(r.fetched).toHaveLength(1);
    r.useCredential('two');
    await r.clock.advance(1000);
    expect(r.fetched).toHaveLength(2);
    expect(r.assistance.snapshot().reason).toBeUndefined();
  });

  test('a refusal that holds nothing back says when it is tried again, and not that it is being done', async () => {
    using r = rig({ parts: ['predictive'], fetch: () => refuse('assist.wrong-kind', 20 * MIN) });
    r.start();
    await r.clock.advance(5 * MIN);
    const { reason, next } = r.assistance.snapshot();
    expect(reason?.code).toBe('assist.wrong-kind');
    expect(next).toEqual({ what: 'it is tried again', inMs: 15 * MIN });
  });

  test('what provisioning has run into is told, with its evidence, while its chipcode is waited for', async () => {
    const reason = new WaymarkError('ztp.no-plan', 'provisioning answered 403', { evidence: { http: 403 } });
    const next = { what: 'provisioning is tried again', inMs: HOUR_MS };
    using r = rig({ setback: () => ({ reason, next }) });
    expect(r.assistance.snapshot()).toMatchObject({ reason: { code: 'ztp.no-plan', evidence: { http: 403 } }, next });
    expect(r.assistance.snapshot().sentence).toMatch(/; provisioning answered 403\.$/);
  });

  test('a refusal from before a restart is told', async () => {
    using r = rig({ parts: ['predictive'] });
    await r.memory.change((known) => ({
      ...known,
      holds: { predictive: { untilUtcMs: T + HOUR_MS, code: 'assist.token-refused', of: 'one' } },
    }));
    r.start();
    await r.clock.advance(MIN);
    expect(r.fetched).toEqual([]);
    expect(r.assistance.snapshot()).toMatchObject({
      reason: { code: 'assist.token-refused' },
      next: { inMs: 59 * MIN },
    });
    await r.clock.advance(HOUR_MS);
    expect(r.fetched).toEqual(['predictive']);
  });
});

describe('what is pushed beside the corrections', () => {
  test('is gathered into one set, kept, and given to a needy receiver; its time is not', async () => {
    using r = rig({ service: false });
    r.start();
    r.show();
    await r.clock.advance(0);
    expect(r.assistance.isFresh()).toBe(false);
    r.assistance.offer([iniTime(T), ephemeris(1)], 'mount-MGA');
    r.assistance.offer([ephemeris(2)], 'mount-MGA');
    await r.clock.advance(1000);
    expect(r.injected.at(-1)?.frames).toEqual([ephemeris(1), ephemeris(2)]);
    expect(r.written).toMatchObject([{ kind: 'mga', from: 'mount-MGA', generatedUtcMs: T }]);
    expect(r.assistance.isFresh()).toBe(true);
    expect(r.assistance.snapshot()).toMatchObject({ source: 'mga', live: { isFresh: true, from: 'mount-MGA' } });
    expect(r.part()?.state).toBe('done');
  });

  test('is not paid for once there is a fix, be it the first of this very moment', async () => {
    using r = rig({ service: false });
    r.show();
    await r.clock.advance(0);
    expect(r.assistance.isFresh()).toBe(false);
    r.receiver.hasFix = true;
    expect(r.assistance.isFresh()).toBe(true);
    // Nor does it matter whether the receiver has shown itself yet.
    using early = rig({ service: false, hasFix: true });
    expect(early.assistance.isFresh()).toBe(true);
  });

  test('a set that comes every minute is written once an hour', async () => {
    using r = rig({ service: false });
    for (let i = 0; i < 70; i++) {
      r.assistance.offer(liveSet(r.clock.wall()), '/pp/ubx/mga');
      await r.clock.advance(MIN);
    }
    expect(r.written).toHaveLength(2);
    expect(r.assistance.snapshot().live).toMatchObject({ frames: 3, isFresh: true });
  });

  test('what is damaged is not taken', async () => {
    using r = rig({ service: false });
    const bad = ephemeris(1);
    bad[10] = 9;
    r.assistance.offer([bad, Uint8Array.of(1, 2, 3)], 'm');
    await r.clock.advance(MIN);
    expect([r.written, r.assistance.snapshot().source]).toEqual([[], 'none']);
  });

  test('with an unsynchronised clock the time of a set that has just come is used', async () => {
    using r = rig({ service: false, isSynchronised: false });
    r.clock.stepWall(-3 * DAY_MS);
    r.show();
    r.assistance.offer(liveSet(T), 'mount-MGA');
    await r.clock.advance(500);
    expect(r.injected.at(-1)).toMatchObject({ frames: { length: 3 }, utc: { ms: T } });
  });
});

describe('injections', () => {
  test('come one after the other, and one that lasts ends when the receiver has started anew: its beginning is lost', async () => {
    let running = 0;
    let most = 0;
    using r = rig({
      stored: [stored('predictive', predictedSet(T, 3))],
      service: false,
      assist: async (_request, signal) => {
        most = Math.max(most, ++running);
        try {
          return await abortable(deferred<AssistReport>().promise, signal);
        } finally {
          running--;
        }
      },
    });
    r.show();
    await r.clock.advance(5000);
    expect(r.injected).toHaveLength(1);
    r.show();
    await r.clock.advance(0);
    expect(r.injected).toHaveLength(2);
    expect(r.injected[1]).toMatchObject({ frames: r.injected[0]?.frames });
    await r.clock.advance(10 * MIN);
    expect([most, running, r.injected.length]).toEqual([1, 1, 2]);
  });

  test('one that lasts ends once the receiver has a fix, and begins anew should that have been the fix of before', async () => {
    const ended: unknown[] = [];
    using r = rig({
      stored: [stored('predictive', predictedSet(T, 3))],
      service: false,
      assist: async (_request, signal) => {
        try {
          return await abortable(deferred<AssistReport>().promise, signal);
        } catch (error) {
          ended.push(error);
          throw error;
        }
      },
    });
    r.show();
    await r.clock.advance(5000);
    r.receiver.hasFix = true;
    await r.clock.advance(5000);
    expect([r.injected.length, ended.length]).toEqual([1, 1]);
    expect(ended[0]).toMatchObject({ code: 'core.cancelled' });
    r.receiver.hasFix = false;
    await r.clock.advance(10_000);
    expect(r.injected).toHaveLength(2);
  });

  test('a receiver that goes away meanwhile is waited for', async () => {
    using r = rig({
      stored: [stored('live', liveSet(T))],
      service: false,
      assist: () => Promise.reject(new WaymarkError('link.closed', 'unplugged')),
    });
    r.show();
    await r.clock.advance(10 * MIN);
    expect([r.injected.length, r.assistance.snapshot().need]).toEqual([1, 'absent']);
    r.show();
    await r.clock.advance(0);
    expect(r.injected).toHaveLength(2);
  });

  test('one that fails for another reason is tried again a minute later', async () => {
    using r = rig({
      stored: [stored('live', liveSet(T))],
      service: false,
      assist: () => Promise.reject(new WaymarkError('core.timeout', 'slow')),
    });
    r.show();
    await r.clock.advance(50_000);
    expect(r.injected).toHaveLength(1);
    await r.clock.advance(20_000);
    expect(r.injected).toHaveLength(2);
  });
});
