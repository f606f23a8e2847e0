// What phone tools, dialers and modem daemons ask before they trust a module: sensible answers from every family.
import { describe, expect, test } from 'vitest';
import { bench, FAMILY_NAMES, linesOf, quiet } from './bench.js';

const OK = /OK$/;
const ASKED: [string, RegExp][] = [
  ['AT+GCAP', /^\+GCAP: .*\+CGSM/],
  ['AT+CSCS?', /^\+CSCS: "IRA"/],
  ['AT+CSCS=?', /^\+CSCS: \("GSM"/],
  ['AT+CSCS="UCS2"', OK],
  ['AT+WS46=?', /^\+WS46: \(/],
  ['AT+CLCK="SC",2', /^\+CLCK: 0/],
  ['AT+CLCK=?', /^\+CLCK: \("/],
  ['AT+CRSM=176,12258,0,0,10', /^\+CRSM: 144,0,"/],
  ['AT+CRSM=192,28589', /^\+CRSM: 144,0,"/],
  ['AT+CSIM=10,"0020000100"', /^\+CSIM: 4,"63C3"/],
  ['AT+CSIM=10,"002C000100"', /^\+CSIM: 4,"63CA"/],
  ['AT+CSIM=10,"00A4000000"', /^\+CSIM: 4,"6A82"/],
  ['AT+CPMS=?', /^\+CPMS: \("SM"/],
  ['AT+CPMS?', /^\+CPMS: "SM",0,20/],
  ['AT+CPMS="SM","SM","SM"', /^\+CPMS: 0,20/],
  ['AT+CMGF=?', /^\+CMGF: \(0,1\)/],
  ['AT+CMGF=1', OK],
  ['AT+CNMI=?', /^\+CNMI: \(/],
  ['AT+CNMI=2,1,2,1,0', OK],
  ['AT+CIND=?', /^\+CIND: \(\("battchg"/],
  ['AT+CIND?', /^\+CIND: 5,\d,1,/],
  ['AT+CMER=?', /^\+CMER: /],
  ['AT+CMER=3,0,0,1', OK],
  ['AT+CPOL?', OK],
  ['AT+CGEREP=2,1', OK],
  ['AT+CGCLASS?', /^\+CGCLASS: "B"/],
  ['AT+COPS=?', /^\+COPS: \(2,"Waymark Test"/],
  ['AT+CNUM', OK],
  ['AT+CSCA?', /^\+CSCA: "",129/],
  ['AT+CSMS?', /^\+CSMS: 0,1,1,1/],
  ['AT+CMGL=4', OK],
  ['AT+CMGL="ALL"', OK],
  ['AT+CPBS?', /^\+CPBS: "SM"/],
  ['AT+CPBR=?', /^\+CPBR: \(/],
  ['AT+CUSD?', /^\+CUSD: 0/],
  ['AT+CFUN?', /^\+CFUN: 1/],
  ['AT+CGATT?', /^\+CGATT: 1/],
  ['AT+CGSN', /^\d{15}$/m],
  ['AT+CIMI', /^\d{15}$/m],
  ['AT+IFC=2,2', OK],
  ['AT&F', OK],
  ['ATZ', OK],
  ['ATX4&C1&D2', OK],
  ['AT+NOSUCH?', /ERROR$/],
];

describe.each(FAMILY_NAMES)('%s', (profile) => {
  test.each(ASKED)('%s', (line, answer) => {
    expect(linesOf(quiet({ profile }).ask(line)).join('\n')).toMatch(answer);
  });
  test('+CGDCONT=? has one line for each type', () => {
    expect(linesOf(quiet({ profile }).ask('AT+CGDCONT=?')).map((line) => /"(\w+)"/.exec(line)?.[1])).toEqual([
      'IP',
      'IPV6',
      'IPV4V6',
      undefined,
    ]);
  });
  test('chains, one byte a write and LF behind CR make no difference', () => {
    const { type, heard, module } = bench({ profile });
    heard();
    for (const byte of 'ATE0\r\nAT+CMEE=2;+CREG=1\r\nAT+CREG?\r\n') type(byte);
    expect(linesOf(heard())).toEqual(['ATE0', 'OK', 'OK', '+CREG: 1,1', 'OK']);
    expect(module.counters.intrusions).toBe(0);
  });
  test('V0 and Q1 hold for every kind of result', () => {
    const { ask } = quiet({ profile });
    ask('ATV0');
    expect(ask('AT')).toBe('0\r');
    expect(ask('AT+CFUN=99').endsWith('\r')).toBe(true);
    expect(ask('ATD*99#')).toBe('1\r');
    const { ask: silent } = quiet({ profile });
    silent('ATQ1');
    expect(silent('AT+CFUN=99')).toBe('');
  });
  test.each([
    [0, /^ERROR$/],
    [1, /^\+CME ERROR: \d+$/],
    [2, /^\+CME ERROR: \D+$/],
  ])('+CMEE=%i', (mode, final) => {
    const { ask } = quiet({ profile });
    ask(`AT+CMEE=${mode}`);
    expect(linesOf(ask('AT+CFUN=99')).at(-1)).toMatch(final);
  });
});
