import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bench, linesOf } from './bench.js';

const DEFAULTS = '#DWCFG: api.devicewise.com,0,,0,60,2,0,4,5,0,0,0';
const SET = 'AT#DWCFG=dw.example:8883,0,Abcd1234Efgh5678,1,60,2,0,4,5';
const READ = '#DWCFG: dw.example:8883,0,Abcd1234Efgh5678,1,60,2,0,4,5,0,0,0';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-nvm-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('deviceWISE settings', () => {
  test('all nine parameters are read back with three unused zeros', () => {
    const { ask } = bench();
    ask('ATE0');
    expect(linesOf(ask('AT#DWCFG?'))).toEqual([DEFAULTS, 'OK']);
    expect(linesOf(ask(SET))).toEqual(['OK']);
    expect(linesOf(ask('AT#DWCFG?'))).toEqual([READ, 'OK']);
    expect(linesOf(ask('AT#DWCFG=?')).at(-1)).toBe('OK');
  });
  test.each([
    'AT#DWCFG=h.example,2,T',
    'AT#DWCFG=h.example,0,T,0,9',
    'AT#DWCFG=h.example,0,T,0,60,4',
    'AT#DWCFG=h.example,0,T,0,60,2,0,5',
    'AT#DWCFG=h.example,0,T,0,60,2,0,4,121',
    'AT#DWCFG=h_ost!,0,T',
    'AT#DWCFG=h.example,0,T,0,60,2,0,4,5,0,0,0,0',
  ])('%s is refused and stores nothing', (line) => {
    const { ask } = bench();
    ask('ATE0+CMEE=1');
    expect(linesOf(ask(line))).toEqual(['+CME ERROR: 50']);
    expect(linesOf(ask('AT#DWCFG?'))[0]).toBe(DEFAULTS);
  });
  test('without a way to its server the client never connects', () => {
    const { ask } = bench();
    expect(linesOf(ask('AT#DWCONN?'))).toContain('#DWCONN: 0,0');
    expect(linesOf(ask('AT#DWSTATUS'))).toContain('#DWSTATUS: 0,0,-1,0,0,0,0');
    expect(linesOf(ask('AT#DWCONN=1'))).toContain('ERROR');
  });
  test('the transcript never shows the token', () => {
    const { ask, module } = bench();
    ask(SET);
    ask('AT#DWCFG?');
    expect(JSON.stringify(module.transcriptLines)).not.toContain('Abcd1234Efgh5678');
    expect(module.transcriptLines.some((line) => line.text.includes('#DWCFG'))).toBe(true);
  });
});

describe('non-volatile memory', () => {
  test('settings outlive a reset and, with a file, the process', () => {
    const stateFile = join(dir, 'sub', 'module.json');
    const first = bench({ stateFile });
    first.ask(SET);
    first.ask('AT#DWEN=0,1');
    first.ask('AT+CGDCONT=2,"IP","kept.example"');
    first.module.reset();
    expect(first.ask('AT#DWCFG?')).toContain(READ);
    const second = bench({ stateFile });
    expect(second.ask('AT#DWCFG?')).toContain(READ);
    expect(second.ask('AT#DWEN?')).toContain('#DWEN: 0,1');
    expect(second.ask('AT+CGDCONT?')).toContain('kept.example');
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
  });
  test('AT&W keeps echo, ATZ returns to what was kept, AT&F to the factory', () => {
    const { ask, module } = bench();
    ask('ATE0');
    ask('AT&W');
    module.reset();
    expect(ask('AT')).toBe('\r\nOK\r\n');
    ask('ATE1');
    ask('ATZ');
    expect(ask('AT')).toBe('\r\nOK\r\n');
    ask('AT&F');
    expect(ask('AT')).toBe('AT\r\r\nOK\r\n');
  });
  test('a damaged file is replaced by the factory state, not a crash', () => {
    const stateFile = join(dir, 'module.json');
    writeFileSync(stateFile, '{"version":1,"deviceWise":');
    const { ask } = bench({ stateFile });
    expect(ask('AT#DWCFG?')).toContain(DEFAULTS);
    ask(SET);
    expect(readFileSync(stateFile, 'utf8')).toContain('dw.example');
  });
});

describe('power', () => {
  test.each(['AT#REBOOT', 'AT+CFUN=1,1'])('%s answers OK first; then settings are gone', async (line) => {
    const { ask, type, heard, clock, module } = bench({ boot: 2000, latencyScale: 1 });
    await clock.advance(6000);
    ask('ATE0');
    await clock.advance(100);
    type(`${line}\r`);
    await clock.advance(8000);
    expect(linesOf(heard())).toEqual(['OK', 'OK']);
    expect(module.counters.resets).toBe(1);
    await clock.advance(3000);
    type('AT\r');
    expect(heard()).toBe('AT\r');
  });
  test('boot texts are said once the module is up', () => {
    const { heard, module } = bench({ bootTexts: ['+PBREADY'] });
    expect(linesOf(heard())).toEqual(['+PBREADY']);
    module.reset();
    expect(linesOf(heard())).toEqual(['+PBREADY']);
  });
  test('a shut-down module is silent until it is reset', () => {
    const { ask, module } = bench();
    expect(linesOf(ask('AT#SHDN'))).toContain('OK');
    expect(ask('AT')).toBe('');
    module.reset();
    expect(ask('AT')).toBe('AT\r\r\nOK\r\n');
  });
  test('pulling the cable aborts the open command; putting it back boots with echo on', async () => {
    const { ask, type, heard, clock, module } = bench({ latencyScale: 1, boot: 100 });
    await clock.advance(5000);
    const told: boolean[] = [];
    module.onPdp((isActive) => told.push(isActive));
    ask('ATE0');
    await clock.advance(100);
    type('AT+COPS=?\r');
    heard();
    module.unplugged();
    await clock.advance(200_000);
    expect(heard()).toBe('');
    expect(told).toEqual([false]);
    module.replugged();
    await clock.advance(10_000);
    expect(ask('AT')).toBe('AT\r');
    expect(told).toEqual([false, true]);
  });
  test('after disposal the module is silent and leaves no timer', async () => {
    const { ask, clock, module } = bench({ latencyScale: 1 });
    await module[Symbol.asyncDispose]();
    expect(ask('AT')).toBe('');
    expect(clock.pending).toBe(0);
  });
});
