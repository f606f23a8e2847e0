import { describe, expect, test } from 'vitest';
import { parseLine, splitArguments } from '../../../src/sim/module/command.js';
import { bench, linesOf } from './bench.js';

describe('line ends and echo', () => {
  test('after power-on the module echoes and answers between line ends', () => {
    expect(bench().ask('AT')).toBe('AT\r\r\nOK\r\n');
  });
  test('echo goes off with ATE0 and comes back with every reset', () => {
    const { ask, module } = bench();
    expect(ask('ATE0')).toBe('ATE0\r\r\nOK\r\n');
    expect(ask('AT')).toBe('\r\nOK\r\n');
    module.reset();
    expect(ask('AT')).toBe('AT\r\r\nOK\r\n');
  });
  test('information lines share one leading line end, the final result brings its own', () => {
    const { ask } = bench();
    ask('ATE0');
    expect(ask('ATI')).toBe('\r\nTelit\r\nLE910C1-EUX\r\n25.21.226\r\n\r\nOK\r\n');
  });
  test('ATV0 answers digits without line feed', () => {
    const { ask } = bench();
    ask('ATE0V0');
    expect(ask('AT+CSQ')).toMatch(/^\+CSQ: \d\d,0\r\n0\r$/);
    expect(ask('AT+NOSUCH')).toBe('4\r');
  });
  test('ATQ1 takes the final results away', () => {
    const { ask } = bench();
    ask('ATE0Q1');
    expect(ask('AT')).toBe('');
    expect(ask('AT+CGMM')).toBe('\r\nLE910C1-EUX\r\n');
  });
  test('the LF after CR is swallowed and does not count as typing', () => {
    const { type, heard, module } = bench();
    type('ATE0\r\nAT+CGMM\r\n');
    expect(linesOf(heard())).toEqual(['ATE0', 'OK', 'LE910C1-EUX', 'OK']);
    expect(module.counters.intrusions).toBe(0);
  });
  test('bytes one at a time make the same line as bytes at once', () => {
    const { type, heard } = bench();
    for (const byte of 'AT+CGMM\r') type(byte);
    expect(heard()).toBe('AT+CGMM\r\r\nLE910C1-EUX\r\n\r\nOK\r\n');
  });
  test('empty lines, lines without prefix and noise before the prefix are no commands', () => {
    const { type, heard, ask, module } = bench();
    ask('ATE0');
    type('\r\r\x1b\rhello\r');
    expect(heard()).toBe('');
    expect(ask('\x1bAT')).toBe('\r\nOK\r\n');
    expect(module.counters.lines).toBe(2);
  });
  test('backspace takes the last character back', () => {
    const { ask } = bench();
    ask('ATE0');
    expect(ask('AT+CGMX\bM')).toContain('LE910C1-EUX');
  });
  test('A/ repeats the last line without a line end', () => {
    const { ask, type, heard } = bench();
    ask('ATE0');
    ask('AT+CGMM');
    type('A/');
    expect(heard()).toBe('\r\nLE910C1-EUX\r\n\r\nOK\r\n');
  });
  test('a line of ten thousand characters ends in ERROR and the next line works', () => {
    const { ask } = bench();
    ask('ATE0');
    expect(ask(`AT+CSCS="${'x'.repeat(10_000)}"`)).toContain('ERROR');
    expect(ask('AT')).toBe('\r\nOK\r\n');
  });
});

describe('command lines', () => {
  test('prefix and names are taken in any case', () => {
    const { ask } = bench();
    expect(linesOf(ask('at+cgmm'))).toEqual(['at+cgmm', 'LE910C1-EUX', 'OK']);
    expect(linesOf(ask('AT+CgMm'))).toContain('LE910C1-EUX');
  });
  test('a prefix of mixed case is refused by a strict module and taken by a lenient one', () => {
    expect(linesOf(bench().ask('aT+CGMM'))).toEqual(['aT+CGMM', 'ERROR']);
    expect(linesOf(bench({ strict: false }).ask('aT+CgMm'))).toContain('LE910C1-EUX');
  });
  test('concatenated commands end in one final result', () => {
    const { ask } = bench();
    ask('ATE0');
    expect(linesOf(ask('AT+COPS=3,2;+COPS?;+CFUN?'))).toEqual(['+COPS: 0,2,"00101",7', '+CFUN: 1', 'OK']);
    expect(linesOf(ask('ATV1&C1&D0S0=0;+CMEE=1'))).toEqual(['OK']);
  });
  test('the first failure ends the line; earlier answers stay', () => {
    const { ask } = bench();
    ask('ATE0');
    expect(linesOf(ask('AT+CFUN?;+NOSUCH;+CGMM'))).toEqual(['+CFUN: 1', 'ERROR']);
  });
  test('a semicolon or comma inside quotes separates nothing', () => {
    expect(parseLine('+CGDCONT=1,"IP","a;b";+CFUN?')).toEqual([
      { is: 'extended', name: '+CGDCONT', form: 'set', text: '1,"IP","a;b"' },
      { is: 'extended', name: '+CFUN', form: 'read', text: '' },
    ]);
    expect(splitArguments('1,"a,b",,2')).toEqual(['1', 'a,b', '', '2']);
  });
  test.each([
    ['AT+CFUN?x', 'ERROR'],
    ['AT!', 'ERROR'],
    ['AT+CONSTRUCTOR', 'ERROR'],
    ['AT+CFUN=9', 'ERROR'],
    ['AT*', 'ERROR'],
  ])('%s is refused', (line, final) => {
    const { ask } = bench();
    ask('ATE0');
    expect(linesOf(ask(line))).toEqual([final]);
  });
  test('errors come bare, as numbers or as text, by +CMEE', () => {
    const { ask } = bench();
    ask('ATE0');
    expect(linesOf(ask('AT+CFUN=9'))).toEqual(['ERROR']);
    ask('AT+CMEE=1');
    expect(linesOf(ask('AT+CFUN=9'))).toEqual(['+CME ERROR: 50']);
    ask('AT+CMEE=2');
    expect(linesOf(ask('AT+CFUN=9'))).toEqual(['+CME ERROR: incorrect parameters']);
  });
  test('S-registers are read as three digits', () => {
    const { ask } = bench();
    expect(linesOf(ask('ATS3?'))).toContain('013');
    ask('ATS0=5');
    expect(linesOf(ask('ATS0?'))).toContain('005');
    expect(linesOf(ask('ATS0=256'))).toContain('ERROR');
  });
});

describe('one command at a time', () => {
  test('bytes before the final result are lost and counted', async () => {
    const { type, heard, clock, module } = bench({ latencyScale: 1 });
    await clock.advance(5000);
    type('ATE0\r');
    await clock.advance(1000);
    heard();
    type('AT+CGMM\rAT+CGMI\r');
    await clock.advance(1000);
    expect(linesOf(heard())).toEqual(['LE910C1-EUX', 'OK']);
    expect(module.counters.intrusions).toBe(8);
  });
  test('a byte ends an abortable command with ABORTED, and is not a command', async () => {
    const { type, heard, clock, ask } = bench({ latencyScale: 1 });
    await clock.advance(5000);
    type('AT+COPS=?\r');
    await clock.advance(1000);
    heard();
    type('A');
    expect(linesOf(heard())).toEqual(['ABORTED']);
    await clock.advance(200_000);
    expect(heard()).toBe('');
    expect(ask('AT')).toBe('AT\r');
  });
  test('nothing is heard before the boot is over', async () => {
    const { type, heard, clock } = bench({ boot: 2000 });
    type('AT\r');
    await clock.advance(1900);
    type('AT\r');
    expect(heard()).toBe('');
    await clock.advance(200);
    type('AT\r');
    expect(heard()).toBe('AT\r\r\nOK\r\n');
  });
});
