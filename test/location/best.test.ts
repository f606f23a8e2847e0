import { describe, expect, test } from 'vitest';
import { createFakeClock, createRunner, type Fix, silentLogger } from '../../src/core/index.js';
import {
  BEST_RULES,
  type BestEffect,
  type BestEvent,
  type BestState,
  createBestLocation,
  type LocatedNews,
  NOBODY,
  nextBest,
  nextLookMonoMs,
  type Offered,
  type Speaker,
} from '../../src/location/index.js';

const S = 1000;
const HOUR = 3600 * S;

const offered = (atMonoMs: number, quality: Offered['quality'] = '3d'): Offered => ({
  latitudeDeg: 47,
  longitudeDeg: 8,
  accuracyM: 1,
  quality,
  atMonoMs,
});

/** `[second, what]`: R rtk, r plain receiver, m module, c cell, k carrier, . only time passes. */
type Script = readonly (readonly [number, string])[];
const SPEAKER: Readonly<Record<string, Speaker>> = {
  R: 'receiver',
  r: 'receiver',
  m: 'module-gnss',
  c: 'cell',
  k: 'carrier',
};

function play(script: Script): string[] {
  const heard: string[] = [];
  const runner = createRunner<BestState, BestEvent, BestEffect>({
    initial: NOBODY,
    next: nextBest,
    perform(effect) {
      if (effect.is === 'source-changed') heard.push(`${now / S} ${effect.from ?? '-'}>${effect.to ?? '-'}`);
    },
  });
  let now = 0;
  const look = (until: number): void => {
    for (;;) {
      const at = nextLookMonoMs(runner.state, now);
      if (at === undefined || at > until) return;
      now = at;
      runner.send({ is: 'looked-at', nowMonoMs: now });
    }
  };
  for (const [second, what] of script) {
    look(second * S);
    now = second * S;
    const from = SPEAKER[what];
    if (from)
      runner.send({ is: 'heard', from, offered: offered(now, what === 'R' ? 'rtk_fixed' : '3d'), nowMonoMs: now });
  }
  return heard;
}

const every = (from: number, to: number, what: string, step = 1): Script =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => [from + i * step, what] as const);

describe('which source', () => {
  test.each<[string, Script, string[]]>([
    ['the first position counts at once', [[0, 'k']], ['0 ->carrier']],
    ['an RTK position out of nothing, too', [[0, 'R']], ['0 ->receiver-rtk']],
    [
      'cells are better than the carrier at once',
      [
        [0, 'k'],
        [5, 'c'],
      ],
      ['0 ->carrier', '5 carrier>cell'],
    ],
    [
      'the carrier does not replace cells',
      [
        [0, 'c'],
        [5, 'k'],
      ],
      ['0 ->cell'],
    ],
    [
      'but cells an hour old',
      [
        [0, 'c'],
        [60, 'k'],
        [3602, '.'],
      ],
      ['0 ->cell', '3600.001 cell>carrier'],
    ],
    [
      'cells stand for a day while there is nothing else',
      [
        [0, 'c'],
        [90_000, '.'],
      ],
      ['0 ->cell', '86400.001 cell>-'],
    ],
    ['the receiver takes over after 3 s', [[0, 'c'], ...every(1, 5, 'r')], ['0 ->cell', '4 cell>receiver']],
    [
      'not after a gap',
      [
        [0, 'c'],
        [1, 'r'],
        [2, 'r'],
        [6, 'r'],
        [7, 'r'],
        [8, 'r'],
      ],
      ['0 ->cell'],
    ],
    [
      'RTK ends at once',
      [
        [0, 'R'],
        [1, 'r'],
      ],
      ['0 ->receiver-rtk', '1 receiver-rtk>receiver'],
    ],
    ['and begins after 3 s', [[0, 'r'], ...every(1, 6, 'R')], ['0 ->receiver', '4 receiver>receiver-rtk']],
    [
      'a silent RTK position is one no more after 3 s',
      [
        [0, 'R'],
        [8, '.'],
      ],
      ['0 ->receiver-rtk', '3.001 receiver-rtk>receiver'],
    ],
    [
      'a receiver in a tunnel is waited for',
      [
        [0, 'r'],
        [1, 'm'],
        [9, 'r'],
      ],
      ['0 ->receiver'],
    ],
    [
      'then the module counts',
      [
        [0, 'r'],
        [1, 'm'],
        [11, '.'],
      ],
      ['0 ->receiver', '10.001 receiver>module-gnss'],
    ],
    [
      'nobody else: nothing is known any more',
      [
        [0, 'r'],
        [20, '.'],
      ],
      ['0 ->receiver', '10.001 receiver>-'],
    ],
    [
      'the best of the others',
      [[0, 'k'], [1, 'c'], ...every(2, 6, 'r'), [7, 'm'], [20, '.']],
      ['0 ->carrier', '1 carrier>cell', '5 cell>receiver', '16.001 receiver>module-gnss'],
    ],
    [
      'the module gives way to what is left',
      [[0, 'c'], ...every(1, 9, 'm', 4), [60, '.']],
      ['0 ->cell', '5 cell>module-gnss', '39.001 module-gnss>cell'],
    ],
    [
      'an old answer of the network is no news',
      [
        [0, 'c'],
        [0, 'c'],
      ],
      ['0 ->cell'],
    ],
  ])('%s', (_rule, script, changes) => {
    expect(play(script)).toEqual(changes);
  });

  test('an answer from before the last one is disregarded', () => {
    const first = nextBest(NOBODY, { is: 'heard', from: 'carrier', offered: offered(5000), nowMonoMs: 6000 }).state;
    const step = nextBest(first, { is: 'heard', from: 'carrier', offered: offered(4000), nowMonoMs: 7000 });
    expect(step).toEqual({ state: first });
  });
});

/** Small and repeatable. */
function random(seed: number): () => number {
  let x = seed;
  return () => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return x / 2 ** 32;
  };
}

describe('calm', () => {
  test('alternating RTK and plain positions change the source once', () => {
    expect(play(every(0, 100, 'r').map(([t], i) => [t, i % 2 ? 'R' : 'r'] as const))).toEqual(['0 ->receiver']);
  });

  test('whatever comes, a source begins at most once a hold time', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const roll = random(seed);
      let at = 0;
      const script: [number, string][] = [];
      for (let i = 0; i < 300; i++) {
        at += [0.1, 0.5, 1, 1, 1, 2.9, 3.1, 11][Math.floor(roll() * 8)] ?? 1;
        script.push([at, 'RRRrrmm.'[Math.floor(roll() * 8)] ?? '.']);
      }
      const begun = new Map<string, number>();
      for (const change of play(script)) {
        const [second = '', sources = ''] = change.split(' ');
        const [from = '', to = ''] = sources.split('>');
        // The receiver without its corrections is no other device, and out of nothing there is nothing to flap from.
        if (to === '-' || from === '-' || (from === 'receiver-rtk' && to === 'receiver')) continue;
        const last = begun.get(to);
        if (last !== undefined) expect(Number(second) - last, `seed ${seed}: ${change}`).toBeGreaterThanOrEqual(3);
        begun.set(to, Number(second));
      }
    }
  });
});

const fix = (atMonoMs: number, over: Partial<Fix> = {}): Fix => ({
  quality: 'rtk_fixed',
  latitudeDeg: 47.28,
  longitudeDeg: 8.56,
  altitudeMslM: 500,
  horizontalAccuracyM: 0.02,
  satellites: 20,
  hdop: 0.6,
  correctionAgeS: 1,
  utcMs: 1_767_225_600_000,
  atMonoMs,
  source: 'nav-pvt',
  ...over,
});

function scene() {
  const clock = createFakeClock();
  const best = createBestLocation({ clock, log: silentLogger });
  const news: LocatedNews[] = [];
  best.onNews((item) => news.push(item));
  return { clock, best, news };
}

describe('the position itself', () => {
  test('is what the receiver says while it is fresh', async () => {
    const { clock, best, news } = scene();
    best.offerFix(fix(0));
    await clock.advance(1000);
    expect(best.current()).toEqual({
      latitudeDeg: 47.28,
      longitudeDeg: 8.56,
      altitudeMslM: 500,
      accuracyM: 0.02,
      quality: 'rtk_fixed',
      satellites: 20,
      hdop: 0.6,
      correctionAgeS: 1,
      source: 'receiver-rtk',
      utcMs: 1_767_225_600_000,
      ageMs: 1000,
      atMonoMs: 0,
    });
    expect(news).toHaveLength(1);
    expect(news[0]).toMatchObject({ change: { to: 'receiver-rtk' }, located: { ageMs: 0 } });
    best.offerFix(fix(1000));
    expect(news[1]).toEqual({ located: expect.objectContaining({ atMonoMs: 1000 }) });
  });

  test('then is an ordinary one whose accuracy grows, and then none', async () => {
    const { clock, best, news } = scene();
    best.offerFix(fix(0));
    await clock.advance(8000);
    const held = best.current();
    expect(held).toMatchObject({ quality: '3d', source: 'receiver', accuracyM: 200.02, ageMs: 8000 });
    expect(held).not.toHaveProperty('satellites');
    expect(held).not.toHaveProperty('correctionAgeS');
    expect(best.hasReceiverFix()).toBe(true);
    await clock.advance(2001);
    expect(best.current()).toBeUndefined();
    expect(best.hasReceiverFix()).toBe(false);
    expect(news.at(-1)).toEqual({ change: { from: 'receiver' } });
    expect(clock.pending).toBe(0);
  });

  test('an accuracy that nobody gave is not made up', async () => {
    const { clock, best } = scene();
    const { horizontalAccuracyM: _, ...plain } = fix(0, { source: 'gga', quality: '3d' });
    best.offerFix(plain);
    await clock.advance(5000);
    expect(best.current()).not.toHaveProperty('accuracyM');
  });

  test('the module is never RTK, the networks are flat', async () => {
    const { clock, best } = scene();
    best.offerFix(fix(0, { source: 'module-gnss' }));
    expect(best.current()).toMatchObject({ source: 'module-gnss', quality: '3d' });
    await clock.advance(60_000);
    best.offerCell({ latitudeDeg: 47, longitudeDeg: 8, accuracyM: 1500, atMonoMs: 60_000 });
    await clock.advance(10_000);
    expect(best.current()).toMatchObject({ source: 'cell', quality: '2d', accuracyM: 1900, ageMs: 10_000 });
  });

  test('what the carrier kept is as old as the carrier says, and gone after a day', async () => {
    const { clock, best } = scene();
    const place = { latitudeDeg: 47, longitudeDeg: 8, accuracyM: 3000, atMonoMs: 0 };
    best.offerCarrier({ ...place, fixUtcMs: clock.wall() - HOUR });
    expect(best.current()).toMatchObject({ source: 'carrier', ageMs: HOUR, accuracyM: 3000 + 40 * 3600 });
    await clock.advance(23 * HOUR + 1);
    expect(best.current()).toBeUndefined();
    best.offerCarrier({ ...place, atMonoMs: clock.mono(), fixUtcMs: clock.wall() + HOUR });
    expect(best.current()).toMatchObject({ ageMs: 0 });
  });

  test('nonsense and silence are not heard', () => {
    const { best, news } = scene();
    best.offerFix(fix(0, { quality: 'none' }));
    best.offerFix(fix(0, { latitudeDeg: 91 }));
    best.offerFix(fix(0, { latitudeDeg: 0, longitudeDeg: 0 }));
    best.offerFix({ quality: '3d', atMonoMs: 0, source: 'gga' });
    best.offerCell({ latitudeDeg: 47, longitudeDeg: 8, accuracyM: Number.NaN, atMonoMs: 0 });
    best.offerCarrier({ latitudeDeg: Number.NaN, longitudeDeg: 8, accuracyM: 5, atMonoMs: 0 });
    expect(best.current()).toBeUndefined();
    expect(news).toEqual([]);
  });

  test('a cell position dressed as a fix stays one; without an accuracy it is none', () => {
    const { best } = scene();
    const { horizontalAccuracyM: _, ...plain } = fix(0, { source: 'cell' });
    best.offerFix(plain);
    expect(best.current()).toBeUndefined();
    best.offerFix(fix(0, { source: 'cell', horizontalAccuracyM: 800 }));
    expect(best.current()).toMatchObject({ source: 'cell', quality: '2d', accuracyM: 800 });
  });

  test('ends with its timers', () => {
    const { clock, best } = scene();
    best.offerFix(fix(0));
    expect(clock.pending).toBe(1);
    best[Symbol.dispose]();
    expect(clock.pending).toBe(0);
  });

  test('the rules are those of the drawing', () => {
    expect(BEST_RULES.rtk).toEqual({ holdMs: 3000, freshMs: 3000 });
    expect(BEST_RULES.speakers.receiver.patienceMs).toBe(10_000);
    expect(BEST_RULES.speakers['module-gnss'].patienceMs).toBe(30_000);
  });
});
