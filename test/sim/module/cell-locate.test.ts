import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { cellLocate, NAMED_FAULTS, type SimModuleOptions } from '../../../src/sim/module/index.js';
import { type Bench, bench, linesOf } from './bench.js';

const TOKEN = 'Token-of-more-than-22-characters';
const EMPTY = '+UULOC: 01/01/2015,00:00:00.000,0.0000000,0.0000000,0,20000000';
const ASK = 'AT+ULOC=2,2,1,60,1000';

/** Registered, errors as numbers, progress on, with servers and token. */
function ready(options: Partial<SimModuleOptions> = {}): Bench & { lines(line: string): string[] } {
  const made = bench({ profile: 'ublox', cardMs: 0, searchMs: 0, bearerMs: 0, ...options });
  made.ask('ATE0');
  made.ask('AT+CMEE=1;+ULOCIND=1');
  made.ask(`AT+UGSRV="cells.example","","${TOKEN}"`);
  return { ...made, lines: (line) => linesOf(made.ask(line)) };
}

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

describe('servers and token', () => {
  test('are read back as written, the rest at its usual values', () => {
    const { lines } = ready();
    expect(lines('AT+UGSRV?')).toEqual([`+UGSRV: "cells.example","","${TOKEN}",14,4,1,65,0,1,1`, 'OK']);
    expect(lines('AT+UGSRV=?').at(-1)).toBe('OK');
    expect(lines(`AT+UGSRV="a","b","${TOKEN}",7,,,,,3,2`)).toEqual(['OK']);
    expect(lines('AT+UGSRV?')[0]).toBe(`+UGSRV: "a","b","${TOKEN}",7,4,1,65,0,3,2`);
  });

  test.each([
    'AT+UGSRV="a","b",""',
    'AT+UGSRV="a","b"',
    'AT+UGSRV',
    'AT+UGSRV="a","b","t",15',
    'AT+UGSRV="a","b","t",x',
    'AT+UGSRV="a","b","t",14,4,1,65,0,1,1,1',
  ])('%s is refused', (command) => {
    const { lines } = ready();
    expect(lines(command).at(-1)).toMatch(/ERROR/);
    expect(lines('AT+UGSRV?')[0]).toContain(TOKEN);
  });

  test('an empty token is a bare ERROR without error numbers', () => {
    const { lines } = ready();
    lines('AT+CMEE=0');
    expect(lines('AT+UGSRV="a","b",""')).toEqual(['ERROR']);
  });

  test('outlive AT+CFUN=16 and a power cut, in a file that is nobody else’s', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'waymark-cells-'));
    directories.push(directory);
    const stateFile = join(directory, 'module.json');
    const { lines, module, clock } = ready({ stateFile });
    expect(lines('AT+CFUN=16')).toContain('OK');
    await clock.advance(3000);
    expect(linesOf(lines('AT+UGSRV?').join('\n')).join()).toContain(TOKEN);
    module.unplugged();
    module.replugged();
    await clock.advance(3000);
    expect(lines('AT+UGSRV?').join()).toContain(TOKEN);
    expect(statSync(stateFile).mode & 0o077).toBe(0);
    expect(bench({ profile: 'ublox', stateFile }).ask('AT+UGSRV?')).toContain(TOKEN);
  });

  test('are forgotten with the power by a module that does so, but not by a restart', async () => {
    for (const cut of ['unplugged', 'powerOff'] as const) {
      const { lines, module, clock } = ready();
      module.push(cellLocate({ forgetsServers: true }));
      lines('AT+CFUN=16');
      await clock.advance(3000);
      expect(lines('AT+UGSRV?').join()).toContain(TOKEN);
      module[cut]();
      module.replugged();
      await clock.advance(3000);
      expect(lines('AT+UGSRV?').join()).toContain('"","",""');
    }
  });

  test('are written only while the receiver is off', () => {
    const { lines } = ready();
    expect(lines('AT+UGPS?')).toEqual(['+UGPS: 0,0,1', 'OK']);
    expect(lines('AT+UGPS=0')).toEqual(['+CME ERROR: 1703']);
    expect(lines('AT+UGPS=1,0,67')).toEqual(['OK']);
    expect(lines('AT+UGPS=1')).toEqual(['+CME ERROR: 1702']);
    expect(lines('AT+UGPS?')).toEqual(['+UGPS: 1,0,67', 'OK']);
    expect(lines(`AT+UGSRV="a","b","${TOKEN}"`)).toEqual(['+CME ERROR: 1702']);
    expect(lines('AT+ULOC=2,3,1,60,1000')).toEqual(['+CME ERROR: 1713']);
    expect(lines('AT+UGPS=0')).toEqual(['OK']);
    expect(lines(`AT+UGSRV="a","b","${TOKEN}"`)).toEqual(['OK']);
  });

  test('stand in no transcript', () => {
    const { lines, module } = ready();
    lines('AT+UGSRV?');
    expect(JSON.stringify(module.transcriptLines)).not.toContain(TOKEN);
  });
});

describe('a question', () => {
  const PROGRESS = ['+UULOCIND: 0,0', '+UULOCIND: 1,0', '+UULOCIND: 2,0', '+UULOCIND: 3,0'];

  test('is answered with its progress and a place near the receiver’s', () => {
    const { lines } = ready();
    const [ok, ...rest] = lines(ASK);
    expect(ok).toBe('OK');
    expect(rest.slice(0, 4)).toEqual(PROGRESS);
    expect(rest[4]).toMatch(/^\+UULOC: 15\/06\/2026,11:00:00\.000,48\.2\d{6},16\.3\d{6},0,480,0,0,0,2,0,0,0$/);
    expect(rest).toHaveLength(5);
  });

  test('in the short form, and without progress where nobody wants it', () => {
    const { lines } = ready();
    lines('AT+ULOCIND=0');
    expect(lines('AT+ULOC=2,2,0,60,1000').at(-1)).toMatch(/^\+UULOC: [\d/]+,[\d:.]+,48\.\d{7},16\.\d{7},0,480$/);
    expect(lines('AT+ULOC=2,2,0,60,1000')).toHaveLength(2);
  });

  test('for several hypotheses gives so many lines', () => {
    const { lines, module } = ready();
    module.push(cellLocate({ isShuffled: false, hypotheses: 16 }));
    const answers = lines('AT+ULOC=2,2,2,60,1000,3').filter((line) => line.startsWith('+UULOC:'));
    expect(answers.map((line) => line.slice(8, 14))).toEqual(['1,3,2,', '2,3,2,', '3,3,0,']);
    expect(answers.map((line) => line.split(',').length)).toEqual([20, 20, 9]);
  });

  test.each([
    'AT+ULOC=1,2,1,60,1000',
    'AT+ULOC=2,4,1,60,1000',
    'AT+ULOC=2,2,3,60,1000',
    'AT+ULOC=2,2,1,0,1000',
    'AT+ULOC=2,2,1,1000,1000',
    'AT+ULOC=2,2,1,60,0',
    'AT+ULOC=2,2,1,60,1000000',
    'AT+ULOC=2,2,2,60,1000,17',
    'AT+ULOC=2,2,1,60',
    'AT+ULOCCELL=1',
    'AT+ULOCIND=2',
  ])('%s is refused', (command) => {
    expect(ready().lines(command)).toEqual(['+CME ERROR: 50']);
  });

  test('with a bad token ends at step 2 with result 8, and the empty line follows', () => {
    for (const knobs of [{ acceptsTokens: false }, { badTokens: [TOKEN] }, { minTokenLength: 99 }, { result: 8 }]) {
      const { lines, module } = ready();
      module.push(cellLocate(knobs));
      expect(lines(ASK)).toEqual(['OK', '+UULOCIND: 0,0', '+UULOCIND: 1,0', '+UULOCIND: 2,8', EMPTY]);
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 9, 10, 11])('ends with result %i at the step that is told', (result) => {
    const { lines, module } = ready();
    module.push(NAMED_FAULTS['cellLocate']!({ result, step: 3 }));
    expect(lines(ASK)).toEqual(['OK', ...PROGRESS.slice(0, 3), `+UULOCIND: 3,${result}`, `${EMPTY},0,0,0,0,0,0,0`]);
  });

  test('finds the positioning busy as often as is told', () => {
    const { lines, module } = ready();
    module.push(cellLocate({ busyTimes: 2 }));
    expect(lines(ASK)).toEqual(['+CME ERROR: 1713']);
    lines('AT+CMEE=2');
    expect(lines(ASK)).toEqual(['+CME ERROR: Invalid operation with LOC running / GPS Busy']);
    expect(lines(ASK)[0]).toBe('OK');
  });

  test('needs a data connection', () => {
    const { lines, module } = ready();
    module.setPdpActive(false);
    expect(lines(ASK)).toEqual(['+CME ERROR: 3']);
    module.push(cellLocate({ noContextAs: 'indication' }));
    expect(lines(ASK).slice(0, 4)).toEqual(['OK', '+UULOCIND: 0,0', '+UULOCIND: 1,0', '+UULOCIND: 2,7']);
  });

  test('takes the place of one that runs, whose line comes at once', () => {
    const { lines, module } = ready();
    const answer = module.push(cellLocate({ isSilent: true }));
    expect(lines(ASK)).toEqual(['OK']);
    answer();
    const answers = lines(ASK);
    expect(answers.slice(0, 2)).toEqual(['OK', `${EMPTY},0,0,0,0,0,0,0`]);
    expect(answers.filter((line) => line.startsWith('+UULOC:'))).toHaveLength(2);
  });

  test('takes its time, and ends with the time it was given', async () => {
    const { lines, module, clock, heard } = ready({ latencyScale: 1 });
    await clock.advance(10_000);
    lines('AT+ULOCIND=1');
    await clock.advance(1000);
    lines(`AT+UGSRV="cells.example","","${TOKEN}"`);
    await clock.advance(5000);
    module.push(cellLocate({ stepMs: 4000 }));
    lines('AT+ULOC=2,2,0,10,1000');
    await clock.advance(9000);
    expect(linesOf(heard())).toEqual(['OK', '+UULOCIND: 0,0', '+UULOCIND: 1,0']);
    await clock.advance(5000);
    expect(linesOf(heard())).toEqual([EMPTY]);
    expect(module.state.locating).toBeUndefined();
  });

  test('is forgotten with the power', () => {
    const { lines, module } = ready();
    module.push(cellLocate({ isSilent: true }));
    lines(ASK);
    expect(module.state.locating).toBeDefined();
    module.reset();
    expect(module.state.locating).toBeUndefined();
  });

  test.each([
    [{ latitudeDeg: -0.123, longitudeDeg: -0.5 }, /,-0\.1230000,-0\.5000000,0,/],
    [{ quotes: true }, /^\+UULOC: "15\/06\/2026","11:00:00\.000","48\./],
    [{ blanks: true }, /^\+UULOC: {2}15\/06\/2026 , 11:00:00\.000 , 48\./],
    [{ plusSign: true, decimals: 10 }, /,\+48\.\d{10},\+16\.\d{10},/],
    [{ uncertaintyM: 2500 }, /,0,2500,/],
  ])('its line can look like %j', (knobs, pattern) => {
    const { lines, module } = ready();
    module.push(cellLocate(knobs));
    expect(lines(ASK).at(-1)).toMatch(pattern);
  });

  test('is unknown to a module without the client, and to other families', () => {
    const { lines, module } = ready();
    const heal = module.push(cellLocate({ isSupported: false }));
    expect(lines('AT+ULOC=?')).toEqual(['ERROR']);
    expect(lines(ASK)).toEqual(['ERROR']);
    heal();
    expect(lines('AT+ULOC=?')).toEqual(['+ULOC: (2),(0-3),(0-2),(1-999),(1-999999),(1-16)', 'OK']);
    for (const profile of ['telit', 'quectel'] as const)
      expect(linesOf(bench({ profile }).ask('AT+ULOC=?')).at(-1)).toMatch(/ERROR/);
  });

  test('behaves as usual again when a fault is taken back, and as the newest of several says', () => {
    const { lines, module } = ready();
    const old = module.push(cellLocate({ result: 2, uncertaintyM: 99 }));
    const young = module.push(cellLocate({ result: 0 }));
    expect(lines(ASK).at(-1)).toContain(',0,99,');
    young();
    expect(lines(ASK)).toContain('+UULOCIND: 2,2');
    old();
    expect(lines(ASK).at(-1)).toContain(',0,480,');
  });
});
