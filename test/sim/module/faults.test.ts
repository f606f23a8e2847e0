import { describe, expect, test } from 'vitest';
import {
  answerWith,
  cme,
  deaf,
  echoStuck,
  garbled,
  lateOk,
  lieAboutDwcfg,
  mute,
  rebootDuring,
  sloppyLineEnds,
  splitAll,
  urcBefore,
  urcInside,
  urcStorm,
} from '../../../src/sim/module/index.js';
import { createLatency, LATENCIES } from '../../../src/sim/module/latency.js';
import { createRandom } from '../../../src/sim/module/random.js';
import { bench, linesOf } from './bench.js';

describe('faults pushed in front', () => {
  test('a mute module says nothing at all until the fault is removed', () => {
    const { ask, module } = bench();
    const remove = module.push(mute());
    expect(ask('AT')).toBe('');
    module.urc('RING');
    remove();
    remove();
    expect(ask('AT')).toBe('AT\r\r\nOK\r\n');
  });
  test('stuck echo survives ATE0', () => {
    const { ask, module } = bench();
    module.push(echoStuck());
    ask('ATE0');
    expect(ask('AT')).toBe('AT\r\r\nOK\r\n');
  });
  test('a reboot in the middle of a command answers nothing, once', async () => {
    const { ask, clock, module } = bench({ boot: 1000 });
    await clock.advance(1000);
    module.push(rebootDuring('+CGMM'));
    expect(ask('AT+CGMM')).toBe('AT+CGMM\r');
    expect(ask('AT')).toBe('');
    await clock.advance(1000);
    expect(linesOf(ask('AT+CGMM'))).toContain('LE910C1-EUX');
  });
  test('a late OK arrives after other commands were answered', async () => {
    const { ask, heard, clock, module } = bench();
    module.push(lateOk('+CGMM', 4000));
    expect(ask('AT+CGMM')).toBe('AT+CGMM\r');
    expect(linesOf(ask('ATE0'))).toEqual(['ATE0', 'OK']);
    heard();
    await clock.advance(4000);
    expect(linesOf(heard())).toEqual(['LE910C1-EUX', 'OK']);
  });
  test('a late result does not free a line that is open by then', async () => {
    const { ask, type, heard, clock, module } = bench({ latencyScale: 1 });
    await clock.advance(5000);
    module.push(lateOk('+CGMM', 500));
    ask('AT+CGMM');
    await clock.advance(400);
    type('AT+COPS=?\r');
    heard();
    await clock.advance(1000);
    expect(linesOf(heard())).toEqual(['LE910C1-EUX', 'OK']);
    type('x');
    expect(linesOf(heard())).toEqual(['ABORTED']);
  });
  test('a storm keeps its rate and ends when removed', async () => {
    const { heard, clock, module } = bench();
    heard();
    const remove = module.push(urcStorm(1000, ['+CREG: 1']));
    await clock.advance(1000);
    const lines = linesOf(heard());
    expect(lines.length).toBeGreaterThanOrEqual(1000);
    expect(lines.length).toBeLessThanOrEqual(1020);
    remove();
    await clock.advance(1000);
    expect(heard()).toBe('');
    expect(clock.pending).toBe(0);
  });
  test('unsolicited lines wait while a command is typed and never cut a line', async () => {
    const { type, heard, clock, module } = bench();
    type('AT+C');
    heard();
    module.push(urcStorm(100, ['+CREG: 1']));
    await clock.advance(50);
    expect(heard()).toBe('');
    type('GMM\r');
    expect(heard().startsWith('GMM\r\r\nLE910C1-EUX\r\n\r\nOK\r\n\r\n+CREG: 1\r\n')).toBe(true);
  });
  test('an unsolicited line can stand before the answer and before its final result', () => {
    const { ask, module } = bench();
    ask('ATE0');
    module.push(urcBefore('+CREG?', '+CREG: 5'));
    module.push(urcInside('+CGMM', 'RING'));
    expect(linesOf(ask('AT+CREG?'))).toEqual(['+CREG: 5', '+CREG: 0,1', 'OK']);
    expect(linesOf(ask('AT+CGMM'))).toEqual(['LE910C1-EUX', 'RING', 'OK']);
  });
  test('errors can be ordered for a number of times', () => {
    const { ask, module } = bench();
    ask('ATE0+CMEE=1');
    module.push(cme('+CPIN?', 14, 2));
    module.push(answerWith('+CGMM', 'NO CARRIER', 1));
    expect(linesOf(ask('AT+CPIN?'))).toEqual(['+CME ERROR: 14']);
    expect(linesOf(ask('AT+CPIN?'))).toEqual(['+CME ERROR: 14']);
    expect(linesOf(ask('AT+CPIN?'))).toEqual(['+CPIN: READY', 'OK']);
    expect(linesOf(ask('AT+CGMM'))).toEqual(['NO CARRIER']);
  });
  test('a deaf command gets its echo and nothing else', () => {
    const { ask, module } = bench();
    module.push(deaf('+CSQ', 1));
    expect(ask('AT+CSQ')).toBe('AT+CSQ\r');
    expect(linesOf(ask('AT+CSQ')).at(-1)).toBe('OK');
  });
  test('a lying module says OK to new settings and keeps the old ones', () => {
    const { ask, module } = bench();
    const before = ask('AT#DWCFG?');
    module.push(lieAboutDwcfg());
    expect(linesOf(ask('AT#DWCFG=other.example:1883,0,Token123'))).toContain('OK');
    expect(ask('AT#DWCFG?')).toBe(before);
  });
  test('the newest behaviour is asked first', () => {
    const { ask, module } = bench();
    ask('ATE0');
    module.push(answerWith('+CGMM', 'ERROR'));
    module.push((line, io) => {
      if (line !== 'AT+CGMM') return false;
      io.info('mine');
      io.final('OK');
      return true;
    });
    expect(linesOf(ask('AT+CGMM'))).toEqual(['mine', 'OK']);
  });
  test('a held line stays open until its final result', () => {
    const { ask, module } = bench();
    let finish: () => void = () => undefined;
    module.push((line, io) => {
      if (line !== 'AT+HOLD') return false;
      io.hold();
      finish = () => io.final('OK');
      return true;
    });
    ask('ATE0');
    ask('AT+HOLD');
    expect(ask('AT')).toBe('');
    expect(module.counters.intrusions).toBe(3);
    finish();
    expect(ask('AT')).toBe('\r\nOK\r\n');
  });
  test('sloppy line ends and garble change bytes, not the dialogue', () => {
    const { ask, module } = bench();
    ask('ATE0');
    const remove = module.push(sloppyLineEnds('no-cr'));
    expect(ask('AT')).toBe('\nOK\n');
    remove();
    module.push(sloppyLineEnds('double-cr'));
    expect(ask('AT')).toBe('\r\r\nOK\r\r\n');
    module.push(garbled());
    module.urc('RING');
    expect(ask('AT')).not.toContain('OK');
  });
});

describe('cutting', () => {
  test.each([['one-byte'], ['whole'], [{ random: 7 }]] as const)('%j loses and reorders nothing', (chunking) => {
    const { ask, heard, writes } = bench({ chunking });
    heard();
    writes.length = 0;
    const text = ask('ATI;+COPS?;+CGDCONT?');
    expect(text).toBe(bench().ask('ATI;+COPS?;+CGDCONT?'));
    expect(writes.reduce((sum, n) => sum + n, 0)).toBe(text.length);
    if (chunking === 'one-byte') expect(new Set(writes)).toEqual(new Set([1]));
  });
  test('the same seed cuts at the same places', () => {
    const cuts = (seed: number): number[] => {
      const { ask, writes } = bench({ chunking: { random: seed } });
      ask('ATI');
      return writes;
    };
    expect(cuts(3)).toEqual(cuts(3));
    expect(cuts(3)).not.toEqual(cuts(4));
  });
  test('pieces with a gap between them keep their order', async () => {
    const { ask, heard, clock } = bench({ chunking: 'one-byte', chunkGapMs: 1 });
    ask('ATE0');
    await clock.advance(100);
    heard();
    ask('AT+CGMM');
    await clock.advance(100);
    expect(heard()).toMatch(/E910C1-EUX\r\n\r\nOK\r\n$/);
  });
  test('splitAll is taken back with its removal', () => {
    const { ask, module, writes } = bench();
    const remove = module.push(splitAll());
    ask('AT');
    expect(new Set(writes)).toEqual(new Set([1]));
    remove();
    writes.length = 0;
    ask('AT');
    expect(Math.max(...writes)).toBeGreaterThan(1);
  });
});

describe('latency', () => {
  test('median and tail of a class are those of its table', () => {
    const latency = createLatency(createRandom(5), 1);
    const drawn = Array.from({ length: 4000 }, () => latency.of('query')).sort((a, b) => a - b);
    expect(drawn[2000]! / LATENCIES.query.medianMs).toBeCloseTo(1, 0);
    expect(drawn[3960]! / LATENCIES.query.p99Ms).toBeGreaterThan(0.7);
    expect(drawn[3960]! / LATENCIES.query.p99Ms).toBeLessThan(1.4);
    expect(drawn.at(-1)).toBeLessThanOrEqual(3 * LATENCIES.query.p99Ms);
  });
});
