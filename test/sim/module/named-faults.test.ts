import { describe, expect, test } from 'vitest';
import { HOSTILE_TEXTS, NAMED_FAULTS, type SimModule } from '../../../src/sim/module/index.js';
import { bench, linesOf, memoryPort, quiet } from './bench.js';

const push = (module: SimModule, name: string, args: Record<string, unknown> = {}): (() => void) =>
  module.push(NAMED_FAULTS[name]!(args));

const ARGUMENTS: Readonly<Record<string, Record<string, unknown>>> = {
  rebootDuring: { command: '+CGMM' },
  rebootMidAnswer: { command: '+CGMM' },
  lateOk: { command: '+CGMM', ms: 100 },
  lateFinal: { command: '+CGMM', ms: 100 },
  answerWith: { command: '+CGMM', outcome: '+CME ERROR: 14', times: 1 },
  cme: { command: '+CGMM', n: 14 },
  deaf: { command: '+CGMM' },
  urcInside: { command: '+CGMM', text: 'RING' },
  urcBefore: { command: '+CGMM', text: 'RING' },
  samePrefixUrc: { command: '+CREG?' },
  urcStorm: { ratePerS: 10, text: 'RING' },
};

describe('faults by name', () => {
  test.each(Object.keys(NAMED_FAULTS))('%s can be pushed, used and taken back, and leaves no timer', async (name) => {
    const { ask, type, module, clock } = bench();
    const remove = push(module, name, ARGUMENTS[name]);
    ask('AT+CGMM');
    type('\x1b');
    await clock.advance(10_000);
    remove();
    type('\x1b\r');
    await clock.advance(10_000);
    ask('ATE0');
    expect(linesOf(ask('AT+CGMM'))).toContain('LE910C1-EUX');
    await module[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });
  test.each([
    ['cme', { command: '+CPIN?' }, 'n is missing'],
    ['cme', { n: 3 }, 'command is missing'],
    ['cme', { command: '+CPIN?', n: 'x' }, 'n must be a whole number'],
    ['deaf', { command: 'a\rb' }, 'command must be the beginning of a command'],
    ['mute', { what: 1 }, 'no what'],
    ['mute', { port: 'third' }, 'port must be one of primary, secondary'],
    ['answerWith', { command: '+CPIN?', outcome: 'MAYBE' }, 'outcome must be OK, ERROR'],
    ['urcStorm', { ratePerS: -1 }, 'ratePerS must be a number'],
    ['sloppyLineEnds', { how: 'backwards' }, 'how must be one of'],
    ['foreignWriter', { line: 'rm' }, 'line must be an AT line'],
  ] as const)('%s with %j is refused in words', (name, args, words) => {
    expect(() => NAMED_FAULTS[name]!(args)).toThrow(words);
  });
  test('a fault can be for one port only', () => {
    const second = memoryPort();
    const { ask, module } = quiet({ secondary: second.port });
    const remove = push(module, 'mute', { port: 'primary' });
    expect(ask('AT')).toBe('');
    expect(linesOf(second.ask('AT'))).toContain('OK');
    remove();
    push(module, 'deaf', { command: '+CGMM', port: 'secondary' });
    expect(linesOf(ask('AT+CGMM'))).toContain('OK');
    expect(linesOf(second.ask('AT+CGMM'))).toEqual(['AT+CGMM']);
  });
});

describe('what they do', () => {
  test('a stuck prompt swallows everything until ESC', () => {
    const { ask, type, heard, module } = quiet();
    push(module, 'stuckPrompt', { command: '+CSQ' });
    expect(ask('AT+CSQ')).toBe('\r\n> ');
    expect(ask('AT')).toBe('');
    type('\x1b');
    expect(heard()).toBe('\r\nOK\r\n');
    expect(linesOf(ask('AT+CSQ')).at(-1)).toBe('OK');
  });
  test('a prompt that somebody left open is there at once', () => {
    const { ask, type, heard, module } = quiet();
    push(module, 'stuckPrompt');
    expect(ask('AT')).not.toContain('OK');
    type('\x1a');
    expect(linesOf(heard())).toEqual(['ERROR']);
  });
  test('a port left online is led out by +++; one that hangs only by a restart', async () => {
    const { ask, type, heard, module, clock } = quiet();
    push(module, 'leftOnline');
    expect(ask('AT')).toBe('');
    await clock.advance(1100);
    type('+++');
    await clock.advance(1100);
    expect(linesOf(heard())).toEqual(['OK']);
    push(module, 'hungOnline');
    await clock.advance(1100);
    type('+++');
    await clock.advance(1100);
    expect(ask('AT')).toBe('');
    module.reset();
    expect(ask('AT')).toBe('AT\r\r\nOK\r\n');
  });
  test('a dropped call says NO CARRIER', () => {
    const { ask, heard, module } = quiet();
    ask('ATD*99#');
    push(module, 'dropCall');
    expect(linesOf(heard())).toEqual(['NO CARRIER']);
  });
  test('noise comes at once and with each boot', () => {
    const { heard, module } = bench();
    heard();
    push(module, 'noise', { length: 32 });
    expect(heard()).toHaveLength(32);
    module.reset();
    expect(heard()).toHaveLength(32);
  });
  test('NUL bytes stand around what is said', () => {
    const { ask, module } = quiet();
    push(module, 'nulBytes');
    expect(ask('AT')).toBe('\0\0\r\nOK\0\r\n');
  });
  test('a late final comes behind the answer of another command', async () => {
    const { ask, heard, module, clock } = quiet();
    push(module, 'lateFinal', { command: '+CGMM', ms: 4000 });
    expect(linesOf(ask('AT+CGMM'))).toEqual(['LE910C1-EUX']);
    expect(linesOf(ask('AT+CGMI'))).toEqual(['Telit', 'OK']);
    await clock.advance(4000);
    expect(linesOf(heard())).toEqual(['OK']);
  });
  test('a restart can cut an answer in two', () => {
    const { ask, module } = quiet();
    push(module, 'rebootMidAnswer', { command: '+CGMM' });
    expect(linesOf(ask('AT+CGMM'))).toEqual(['LE910C1-EUX']);
    expect(module.counters.resets).toBe(1);
    expect(ask('AT')).toBe('AT\r\r\nOK\r\n');
  });
  test('a report of the same prefix and a message whose text is OK come before the answer', () => {
    const { ask, module } = quiet();
    const remove = push(module, 'samePrefixUrc', { command: '+CREG?' });
    expect(linesOf(ask('AT+CREG?'))).toEqual(['+CREG: 2', '+CREG: 0,1', 'OK']);
    remove();
    push(module, 'twoLineUrc', { command: '+CREG?' });
    expect(linesOf(ask('AT+CREG?'))).toEqual([
      '+CMT: "+10000000000",,"26/06/15,12:00:00+04"',
      'OK',
      '+CREG: 0,1',
      'OK',
    ]);
  });
  test('lost unsolicited lines are lost in turn', () => {
    const { heard, module } = quiet();
    heard();
    push(module, 'lostUrcs', { every: 2 });
    for (let i = 1; i <= 4; i++) module.urc(`SRING: ${i}`);
    expect(linesOf(heard())).toEqual(['SRING: 1', 'SRING: 3']);
  });
  test('a flood of errors leaves only a bare AT', () => {
    const { ask, module } = quiet();
    push(module, 'cmeFlood', { n: 14 });
    expect(linesOf(ask('AT+CPIN?'))).toEqual(['+CME ERROR: 14']);
    expect(linesOf(ask('AT'))).toEqual(['OK']);
  });
  test('sticky time-outs end with a restart', () => {
    const { ask, module } = quiet();
    push(module, 'stickyTimeouts', { command: '+COPS' });
    expect(linesOf(ask('AT'))).toEqual(['OK']);
    expect(ask('AT+COPS?')).toBe('');
    expect(ask('AT')).toBe('');
    module.reset();
    expect(linesOf(ask('AT'))).toContain('OK');
  });
  test('a foreign writer types among ours and is answered', async () => {
    const { heard, module, clock, ask } = bench();
    heard();
    push(module, 'foreignWriter', { everyMs: 1000 });
    await clock.advance(2500);
    expect(linesOf(heard()).filter((line) => line === 'AT+GCAP')).toHaveLength(3);
    expect(linesOf(ask('AT'))).toContain('OK');
  });
  test('hostile text stands in answers and unsolicited lines, and never ends a line', async () => {
    const { ask, heard, module, clock } = quiet();
    push(module, 'hostileText', { everyMs: 100 });
    await clock.advance(100 * HOSTILE_TEXTS.length);
    const urcs = heard()
      .split('\r\n')
      .filter((line) => line !== '');
    expect(urcs.every((line) => /^\+CUSD: 0,"/.test(line))).toBe(true);
    expect(urcs.some((line) => line.includes('\x1b[2J'))).toBe(true);
    const answers = Array.from({ length: HOSTILE_TEXTS.length }, () => ask('AT+CGMM'));
    expect(answers.every((text) => text.startsWith('\r\nLE910C1-EUX') && text.endsWith('\r\nOK\r\n'))).toBe(true);
    expect(answers.join('')).toContain('\x9b31m');
  });
});
