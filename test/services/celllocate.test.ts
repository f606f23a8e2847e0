import { describe, expect, test } from 'vitest';
import { createFakeClock, Secret, silentLogger, sleep, WaymarkError } from '../../src/core/index.js';
import {
  type CellLocateRequest,
  type CellLocateService,
  type CellPosition,
  createCellLocateService,
} from '../../src/services/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const GOOD: CellPosition = {
  latitudeDeg: 48.2082,
  longitudeDeg: 16.3738,
  altitudeM: 0,
  uncertaintyM: 480,
  sensor: 'cell',
  utcMs: 1_781_000_000_000,
};
const REFUSED = new WaymarkError('celllocate.token', 'CellLocate, while the server is asked: no', {
  evidence: { step: 2, result: 8, words: 'the server does not accept the token' },
});
const TOKENS = ['', 'First-Token-of-the-Service', 'Second-Token-of-the-Service'].map((text) =>
  text === '' ? undefined : new Secret('location-token', text),
);

/** A service over a module that does what the test says. */
function setUp(everyHours = 6) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const asked: { atMs: number; request: CellLocateRequest }[] = [];
  const positions: [CellPosition, number][] = [];
  const reports: string[] = [];
  const states: string[] = [];
  const listeners = new Set<() => void>();
  const world = {
    answer: GOOD as CellPosition | Error,
    isKnown: false,
    generation: 1,
    isReady: true,
    takesMs: 5000,
  };
  const service: CellLocateService = createCellLocateService(
    {
      module: {
        async locate(request, { signal }) {
          asked.push({ atMs: clock.mono(), request });
          await sleep(clock, world.takesMs, signal);
          if (world.answer instanceof Error) throw world.answer;
          return world.answer;
        },
      },
      token: {
        get() {
          const value = TOKENS[world.generation];
          return value
            ? Promise.resolve({ value, generation: world.generation })
            : Promise.reject(new WaymarkError('secret.absent', 'no token in its file'));
        },
        report: (loan, outcome) =>
          void reports.push(
            `${loan.generation} ${outcome === 'ok' ? 'ok' : `${outcome.code} ${outcome.evidence?.['result']}`}`,
          ),
        generation: () => world.generation,
        onChange(listener) {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      isPositionKnown: () => world.isKnown,
      onPosition: (position, atMonoMs) => void positions.push([position, atMonoMs]),
      clock,
      log: silentLogger,
      random: () => 0.5,
    },
    {
      primary: 'one.example',
      secondary: 'two.example',
      scan: 'deep',
      timeoutSeconds: 60,
      accuracyM: 1000,
      everyHours,
    },
  );
  let end: unknown;
  const start = (): void => {
    service
      .run({
        signal: stop.signal,
        whenReady: async (signal) => {
          while (!world.isReady) await sleep(clock, 1000, signal);
        },
        onState: () => {
          const { state } = service.snapshot();
          if (states.at(-1) !== state) states.push(state);
        },
      })
      .then(
        () => (end = 'done'),
        (error: unknown) => (end = error),
      );
  };
  const setToken = (generation: number): void => {
    world.generation = generation;
    for (const listener of [...listeners]) listener();
  };
  return {
    ...{ clock, stop, asked, positions, reports, states, world, service, start, setToken, listeners },
    /** Something about the token changed, but not its value. */
    nudge: () => {
      for (const listener of [...listeners]) listener();
    },
    end: () => end,
  };
}

describe('when it asks', () => {
  test('once the module is connected, with what the configuration says, and hands the position on', async () => {
    const set = setUp();
    set.world.isReady = false;
    set.start();
    await set.clock.advance(HOUR);
    expect(set.asked).toHaveLength(0);
    expect(set.service.snapshot()).toEqual({
      state: 'waiting',
      attempts: 0,
      sentence: expect.stringContaining('data connection'),
    });
    set.world.isReady = true;
    await set.clock.advance(3000);
    expect(set.service.snapshot().state).toBe('asking');
    await set.clock.advance(10_000);
    expect(set.asked.map(({ request }) => request)).toEqual([
      {
        token: TOKENS[1],
        primary: 'one.example',
        secondary: 'two.example',
        scan: 'deep',
        timeoutSeconds: 60,
        accuracyM: 1000,
      },
    ]);
    expect(set.positions).toEqual([[GOOD, expect.any(Number)]]);
    expect(set.reports).toEqual(['1 ok']);
    await set.clock.advance(12 * MINUTE);
    expect(set.service.snapshot()).toMatchObject({
      state: 'known',
      attempts: 1,
      lastPosition: GOOD,
      uncertaintyM: 480,
      next: { what: 'asked again while nobody knows better' },
      sentence: 'By the cells around it the gateway is within 480 m of 48.208, 16.374 (12 minutes ago).',
    });
    expect(set.service.snapshot().ageMs).toBeGreaterThanOrEqual(12 * MINUTE);
  });

  test('again after everyHours, but only while nobody knows better', async () => {
    const set = setUp(6);
    set.start();
    await set.clock.advance(13 * HOUR);
    expect(set.asked.map(({ atMs }) => Math.round(atMs / HOUR))).toEqual([0, 6, 12]);
    set.world.isKnown = true;
    await set.clock.advance(24 * HOUR);
    expect(set.asked).toHaveLength(3);
    expect(set.service.snapshot()).toMatchObject({ state: 'spared', sentence: expect.stringContaining('better') });
    set.world.isKnown = false;
    await set.clock.advance(2 * MINUTE);
    expect(set.asked).toHaveLength(4);
  });

  test('not at all while a better position is known from the start', async () => {
    const set = setUp();
    set.world.isKnown = true;
    set.start();
    await set.clock.advance(48 * HOUR);
    expect(set.asked).toHaveLength(0);
  });

  test('once a start with everyHours 0: then it is done', async () => {
    const set = setUp(0);
    set.world.answer = new WaymarkError('celllocate.server', 'no connection');
    set.start();
    await set.clock.advance(11 * MINUTE);
    set.world.answer = GOOD;
    await set.clock.advance(48 * HOUR);
    expect(set.asked.length).toBeGreaterThanOrEqual(2);
    expect(set.positions).toHaveLength(1);
    expect(set.end()).toBe('done');
    expect(set.service.snapshot().state).toBe('done');
    expect(set.clock.pending).toBe(0);
  });
});

describe('a refused token', () => {
  test('is told to its credential with its evidence, and not tried again within the hour', async () => {
    const set = setUp();
    set.world.answer = REFUSED;
    set.start();
    await set.clock.advance(MINUTE);
    expect(set.reports).toEqual(['1 celllocate.token 8']);
    expect(set.service.snapshot()).toMatchObject({
      state: 'token-refused',
      reason: { code: 'celllocate.token', hint: expect.stringContaining('Thingstream') },
      next: { what: 'asked again, or as soon as the token is another one' },
      sentence: expect.stringMatching(/asked again in \d+ minutes, or as soon as the token is another one\.$/),
    });
    // The credential says that it is rejected now: the same token is no reason to ask.
    set.nudge();
    await set.clock.advance(58 * MINUTE);
    expect(set.asked).toHaveLength(1);
    await set.clock.advance(10 * MINUTE);
    expect(set.asked).toHaveLength(2);
  });

  test('is followed at once by another one', async () => {
    const set = setUp();
    set.world.answer = REFUSED;
    set.start();
    await set.clock.advance(MINUTE);
    set.world.answer = GOOD;
    set.setToken(2);
    await set.clock.advance(MINUTE);
    expect(set.asked.map(({ request }) => request.token)).toEqual([TOKENS[1], TOKENS[2]]);
    expect(set.reports).toEqual(['1 celllocate.token 8', '2 ok']);
    expect(set.service.snapshot().state).toBe('known');
    expect(set.listeners.size).toBeLessThanOrEqual(1);
  });

  test('that was changed while it was asked with is not waited out', async () => {
    const set = setUp();
    set.world.answer = REFUSED;
    set.start();
    await set.clock.advance(1000);
    set.setToken(2);
    await set.clock.advance(6000);
    expect(set.asked).toHaveLength(2);
  });
});

describe('failures', () => {
  test('a missing token asks nothing of the module, and is noticed when it comes', async () => {
    const set = setUp();
    set.world.generation = 0;
    set.start();
    await set.clock.advance(10 * MINUTE);
    expect(set.asked).toHaveLength(0);
    expect(set.service.snapshot()).toMatchObject({ state: 'no-token', attempts: 0, reason: { code: 'secret.absent' } });
    set.setToken(1);
    await set.clock.advance(MINUTE);
    expect(set.positions).toHaveLength(1);
  });

  test('weather is told to nobody’s credential and tried again, less and less often', async () => {
    const set = setUp();
    set.world.answer = new WaymarkError('celllocate.server', 'no connection');
    set.start();
    await set.clock.advance(24 * HOUR);
    expect(set.reports).toEqual([]);
    expect(set.asked.length).toBeGreaterThan(5);
    expect(set.asked.length).toBeLessThan(14);
    const gaps = set.asked.slice(1).map(({ atMs }, i) => atMs - (set.asked[i]?.atMs ?? 0));
    expect(gaps.every((gap, i) => i === 0 || gap >= (gaps[i - 1] ?? 0) - 1)).toBe(true);
    expect(set.service.snapshot()).toMatchObject({ state: 'paused', reason: { code: 'celllocate.server' } });
  });

  test('a module without CellLocate is said to be one', async () => {
    const set = setUp();
    set.world.answer = new WaymarkError('celllocate.unsupported', 'a telit module has no CellLocate');
    set.start();
    await set.clock.advance(30 * MINUTE);
    expect(set.asked).toHaveLength(1);
    expect(set.service.snapshot()).toMatchObject({ state: 'unsupported', reason: { code: 'celllocate.unsupported' } });
  });

  test.each([
    { latitudeDeg: 0, longitudeDeg: 0 },
    { latitudeDeg: 91 },
    { longitudeDeg: -181 },
    { latitudeDeg: Number.NaN },
    { uncertaintyM: 20_000_000 },
    { uncertaintyM: Number.NaN },
    { uncertaintyM: -1 },
    { altitudeM: Number.POSITIVE_INFINITY },
  ])('a position like %j is none', async (wrong) => {
    const set = setUp();
    set.world.answer = { ...GOOD, ...wrong };
    set.start();
    await set.clock.advance(MINUTE);
    expect(set.positions).toEqual([]);
    expect(set.service.snapshot()).toMatchObject({ state: 'paused', reason: { code: 'celllocate.no-position' } });
  });

  test('the last position stays known while the next question fails', async () => {
    const set = setUp(6);
    set.start();
    await set.clock.advance(HOUR);
    set.world.answer = new WaymarkError('celllocate.no-position', 'nothing');
    await set.clock.advance(5 * HOUR + MINUTE);
    expect(set.service.snapshot()).toMatchObject({ state: 'paused', lastPosition: GOOD, attempts: 2 });
  });

  test('a defect ends the run, and the next run starts over', async () => {
    const set = setUp();
    set.world.answer = new TypeError('a defect');
    set.start();
    await set.clock.advance(MINUTE);
    expect(set.end()).toBeInstanceOf(TypeError);
    set.world.answer = GOOD;
    set.start();
    await set.clock.advance(MINUTE);
    expect(set.positions).toHaveLength(1);
  });

  test('stopping ends it wherever it is, with the reason of the stop and no timer left', async () => {
    for (const [answer, afterMs] of [
      [GOOD, 1000],
      [GOOD, MINUTE],
      [REFUSED, MINUTE],
    ] as const) {
      const set = setUp();
      set.world.answer = answer;
      set.start();
      await set.clock.advance(afterMs);
      const reason = new WaymarkError('core.cancelled', 'stop');
      set.stop.abort(reason);
      await set.clock.advance(10);
      expect(set.end()).toBe(reason);
      expect(set.clock.pending).toBe(0);
      expect(set.listeners.size).toBe(0);
    }
  });

  test('nothing that it says holds a token', async () => {
    const set = setUp();
    set.world.answer = REFUSED;
    set.start();
    await set.clock.advance(MINUTE);
    expect(JSON.stringify(set.service.snapshot())).not.toContain('First-Token');
  });
});
