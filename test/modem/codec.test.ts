import { describe, expect, test } from 'vitest';
import { parseClock } from '../../src/modem/codec/clock.js';
import { parseActivation, parseCgdcont, parseCgpaddr } from '../../src/modem/codec/context.js';
import { errorOfFinal, parseErrorResult } from '../../src/modem/codec/errors.js';
import { splitFields } from '../../src/modem/codec/fields.js';
import {
  parseCops,
  parseCpin,
  parseIccid,
  parseImei,
  parseImsi,
  parsePlain,
  parseQss,
} from '../../src/modem/codec/identity.js';
import { parseRegistration } from '../../src/modem/codec/registration.js';
import { gradeSignal, parseCesq, parseCsq } from '../../src/modem/codec/signal.js';
import { finalKind } from '../../src/modem/finals.js';

describe('+CREG, +CGREG, +CEREG, +C5GREG in all shapes', () => {
  const cases: [string, Record<string, unknown>][] = [
    ['+CREG: 1', { form: 'urc', stat: 1 }],
    ['+CREG:5', { form: 'urc', stat: 5 }],
    ['+CREG: 0,1', { form: 'read', mode: 0, stat: 1 }],
    ['+CREG: 2,5', { form: 'read', mode: 2, stat: 5 }],
    ['+CREG: 1,"18D8","FFC1"', { form: 'urc', stat: 1, areaCode: '18D8', cellId: 'FFC1' }],
    ['+CREG: 1,18d8,ffc1', { form: 'urc', stat: 1, areaCode: '18D8', cellId: 'FFC1' }],
    ['+CREG: 2,1,"18d8","ffc1"', { form: 'read', mode: 2, stat: 1, areaCode: '18D8', cellId: 'FFC1' }],
    ['+CREG: 002,001,"18d8","ffc1"', { form: 'read', mode: 2, stat: 1, areaCode: '18D8', cellId: 'FFC1' }],
    ['+CREG: 2,,', { form: 'urc', stat: 2 }],
    ['+CGREG: 1,"1422","00000142",3', { form: 'urc', stat: 1, technology: 'EDGE', cellId: '00000142' }],
    ['+CGREG: 2,1,"1422","00000142",3,"10"', { form: 'read', stat: 1, technology: 'EDGE' }],
    ['+CGREG: 1,"1422","00000142",3,"10"', { form: 'urc', stat: 1, technology: 'EDGE' }],
    ['+CEREG: 1, "1F00", "79D903" ,7', { form: 'urc', stat: 1, areaCode: '1F00', cellId: '79D903', technology: 'LTE' }],
    ['+CEREG: 2,5,"1F00","79D903",8', { form: 'read', stat: 5, technology: 'LTE-M' }],
    [
      '+CEREG: 2,1,"1F00","20","79D903",7',
      { form: 'read', stat: 1, areaCode: '1F00', cellId: '79D903', technology: 'LTE' },
    ],
    [
      '+CEREG: 1,"1F00","20","79D903",7',
      { form: 'urc', stat: 1, areaCode: '1F00', cellId: '79D903', technology: 'LTE' },
    ],
    ['+CEREG: 3,3,"1F00","79D903",9,0,15', { form: 'read', stat: 3, technology: 'NB-IoT', rejectCause: 15 }],
    ['+CEREG: 3,3,,,,0,13', { form: 'read', stat: 3, rejectCause: 13 }],
    [
      '+CEREG: 4,1,"1F00","79D903",7,,,"00001010","01000001"',
      { form: 'read', stat: 1, areaCode: '1F00', cellId: '79D903', technology: 'LTE' },
    ],
    ['+CEREG: 2,4,"0000","FFFFFFFF"', { form: 'read', stat: 4 }],
    ['+C5GREG: 2,1,"00A1B2","000123456",11,1,"01"', { form: 'read', stat: 1, areaCode: '00A1B2', technology: 'NR' }],
  ];
  test.each(cases)('%s', (line, wanted) => {
    const report = parseRegistration(line);
    expect(report).toMatchObject(wanted);
    for (const part of ['areaCode', 'cellId', 'technology', 'rejectCause'] as const)
      if (line.includes(',,') || line.includes('FFFFFFFF')) expect(report?.[part]).toEqual(wanted[part]);
  });
  test.each(['+CREG:', '+CREG: (0-2)', '+CREG: x', '+CREG: 99', 'CREG: 1', '+CREGX: 1', ''])(
    '%s is no report',
    (line) => {
      expect(parseRegistration(line)).toBeUndefined();
    },
  );
});

test.each([
  ['+CPIN: READY', 'ready'],
  ['+CPIN:READY', 'ready'],
  ['+CPIN: "SIM PIN"', 'pin'],
  ['+CPIN: SIM PUK', 'puk'],
  ['+CPIN: SIM PIN2', 'ready'],
  ['+CPIN: PH-SIM PIN', 'other'],
  ['+CPIN: PH-NET PIN', 'other'],
  ['+CPIN: NOT READY', 'busy'],
  ['+CPIN: NOT INSERTED', 'absent'],
  ['+CPIN: WHAT', undefined],
  ['OK', undefined],
])('%s is SIM state %s', (line, wanted) => {
  expect(parseCpin(line)).toBe(wanted);
});

test.each([
  ['+CSQ: 20,99', { rssiDbm: -73 }],
  ['+CSQ:0,0', { rssiDbm: -113 }],
  ['+CSQ: 31,7', { rssiDbm: -51 }],
  ['+CSQ: 99,99', 'unknown'],
  ['+CSQ: 141,99', { rssiDbm: -75 }],
  ['+CSQ: ,', undefined],
])('%s', (line, wanted) => {
  expect(parseCsq(line)).toEqual(wanted);
});

test.each([
  ['+CESQ: 99,99,255,255,20,55', { rsrqDb: -10, rsrpDbm: -86 }],
  ['+CESQ: 30,0,255,255,255,255', { rssiDbm: -81 }],
  ['+CESQ: 99,99,60,30,255,255', { rssiDbm: -61 }],
  ['+CESQ: 99,99,255,255,255,255', {}],
  ['+CESQ: ', {}],
  ['+CSQ: 1', undefined],
])('%s', (line, wanted) => {
  expect(parseCesq(line)).toEqual(wanted);
});

test('signal has a word: by RSRP where known, else by RSSI', () => {
  expect(gradeSignal({ rsrpDbm: -75, rssiDbm: -110 }).quality).toBe('excellent');
  expect(gradeSignal({ rsrpDbm: -90 }).quality).toBe('good');
  expect(gradeSignal({ rsrpDbm: -100 }).quality).toBe('fair');
  expect(gradeSignal({ rsrpDbm: -120 }).quality).toBe('poor');
  expect(gradeSignal({ rssiDbm: -60 }).quality).toBe('excellent');
  expect(gradeSignal({}).quality).toBe('none');
});

test.each([
  ['+COPS: 0,0,"Example Mobile",7', { operator: 'Example Mobile', act: 7 }],
  ['+COPS: 0,2,"26201"', { operator: '26201', plmn: '26201' }],
  ['+COPS: 0,0,Vodafone, DE,2', { operator: 'Vodafone, DE', act: 2 }],
  ['+COPS: 1,0,"A, B (C)",0', { operator: 'A, B (C)', act: 0 }],
  ['+COPS: 0', {}],
  ['+COPS: 2', {}],
  ['+COPS: (2,"A","B","1")', undefined],
])('%s', (line, wanted) => {
  expect(parseCops(line)).toEqual(wanted);
});

describe('+CCLK and #NITZ', () => {
  const utc = (text: string): number => Date.parse(text);
  test.each([
    ['+CCLK: "26/02/03,10:20:30+04"', { utcMs: utc('2026-02-03T09:20:30Z'), zoneKnown: true }],
    ['+CCLK: "26/02/03,10:20:30-22"', { utcMs: utc('2026-02-03T15:50:30Z'), zoneKnown: true }],
    ['+CCLK: "26/01/01,00:10:00+35"', { utcMs: utc('2025-12-31T15:25:00Z'), zoneKnown: true }],
    ['+CCLK: 26/02/03,10:20:30+00', { utcMs: utc('2026-02-03T10:20:30Z'), zoneKnown: true }],
    ['+CCLK: "26/02/03,10:20:30"', { utcMs: utc('2026-02-03T10:20:30Z'), zoneKnown: false }],
    ['+CCLK: "2026/02/03,10:20:30+04"', { utcMs: utc('2026-02-03T09:20:30Z'), zoneKnown: true }],
    ['#NITZ: "26/02/03,10:20:30+08,1"', { utcMs: utc('2026-02-03T08:20:30Z'), zoneKnown: true }],
    ['+CCLK: "80/01/06,00:00:12"', 'unset'],
    ['+CCLK: "70/01/01,00:00:12+00"', 'unset'],
    ['+CCLK: "04/01/01,00:00:12+00"', 'unset'],
    ['+CCLK: "15/01/01,00:00:12+00"', 'unset'],
    ['+CCLK: "26/13/03,10:20:30+04"', undefined],
    ['+CCLK: "26/02/31,10:20:30+04"', undefined],
    ['+CCLK: "26/02/03,24:20:30+04"', undefined],
    ['+CCLK: "26/02/03,10:20:30+99"', undefined],
    ['+CCLK: ', undefined],
    ['+CSQ: 1', undefined],
  ])('%s', (line, wanted) => {
    expect(parseClock(line)).toEqual(wanted);
  });
});

test('contexts, their state and their addresses', () => {
  expect(parseCgdcont('+CGDCONT: 1,"IP","iot.example","10.0.0.1",0,0')).toEqual({
    contextId: 1,
    type: 'IP',
    apn: 'iot.example',
  });
  expect(parseCgdcont('+CGDCONT:3,"ipv4v6",""')).toEqual({ contextId: 3, type: 'IPV4V6', apn: '' });
  expect(parseCgdcont('+CGDCONT: (1-16),"IP"')).toBeUndefined();
  expect(parseActivation('+CGACT: 1,1')).toEqual({ contextId: 1, active: true });
  expect(parseActivation('#SGACT: 2,0')).toEqual({ contextId: 2, active: false });
  expect(parseActivation('#SGACT: 10.20.30.40')).toBeUndefined();
  expect(parseCgpaddr('+CGPADDR: 1,"10.20.30.40"')).toEqual({ contextId: 1, address: '10.20.30.40' });
  expect(parseCgpaddr('+CGPADDR: 1,10.20.30.40,2001:db8::1')).toEqual({
    contextId: 1,
    address: '10.20.30.40',
    address2: '2001:db8::1',
  });
  expect(parseCgpaddr('+CGPADDR: 1,"0.0.0.0"')).toEqual({ contextId: 1 });
  expect(parseCgpaddr('+CGPADDR: 1')).toEqual({ contextId: 1 });
});

test('identities with and without prefixes, quotes and padding', () => {
  expect(parseImei(['356938035643809'])).toEqual({ imei: '356938035643809', luhn: true });
  expect(parseImei(['+CGSN: "356938035643808"'])).toEqual({ imei: '356938035643808', luhn: false });
  expect(parseImei(['#CGSN: 3569380356438012'])).toEqual({ imei: '356938035643809', luhn: true });
  expect(parseImei(['12345', 'LE910'])).toBeUndefined();
  expect(parseIccid(['+CCID: 8931041010654378930F'])).toBe('8931041010654378930');
  expect(parseIccid(['#CCID: 89310410106543789301'])).toBe('89310410106543789301');
  expect(parseIccid(['+ICCID: "89310410106543789301"'])).toBe('89310410106543789301');
  expect(parseIccid(['ERROR'])).toBeUndefined();
  expect(parseImsi(['204046620123456'])).toBe('204046620123456');
  expect(parseImsi(['#CIMI: 204046620123456'])).toBe('204046620123456');
  expect(parsePlain(['', '+CGMI: "Telit"'], '+CGMI')).toBe('Telit');
  expect(parsePlain([], '+CGMI')).toBeUndefined();
  // A report that nobody knows is not the answer.
  expect(parsePlain(['$GURC: "x;OK"', 'LE910C1-EUX'], '+CGMM')).toBe('LE910C1-EUX');
  expect(parseQss('#QSS: 0')).toEqual({ inserted: false });
  expect(parseQss('#QSS: 1,0')).toEqual({ inserted: false });
  expect(parseQss('#QSS: 1,1')).toEqual({ inserted: true });
});

test('fields: quotes protect commas, an unclosed quote runs to the end', () => {
  expect(splitFields('1,"a,b", c ,,"d').map((f) => f.text)).toEqual(['1', 'a,b', 'c', '', 'd']);
  expect(splitFields('').map((f) => f.text)).toEqual(['']);
  expect(splitFields(','.repeat(1000))).toHaveLength(64);
});

test('error results by number and by text, with a missing blank and an empty tail', () => {
  expect(parseErrorResult('+CME ERROR: 10')).toEqual({ family: 'cme', number: 10, name: 'SIM not inserted' });
  expect(parseErrorResult('+CME ERROR:14')).toEqual({ family: 'cme', number: 14, name: 'SIM busy' });
  expect(parseErrorResult('+CME ERROR: sim pin REQUIRED')).toEqual({
    family: 'cme',
    number: 11,
    name: 'SIM PIN required',
  });
  expect(parseErrorResult('+CME ERROR: ')).toEqual({ family: 'cme', name: 'no reason given' });
  expect(parseErrorResult('+CME ERROR: 3517')).toEqual({ family: 'cme', number: 3517, name: 'code 3517' });
  expect(parseErrorResult('+CMS ERROR: 310')).toEqual({ family: 'cms', number: 310, name: 'SIM not inserted' });
  expect(errorOfFinal('+CME ERROR: 12', 'AT+X').code).toBe('sim.puk');
  expect(errorOfFinal('ERROR', 'AT+X').code).toBe('modem.error');
});

test.each([
  ['OK', 'AT+X', 'success'],
  ['CONNECT 115200', 'ATD*99#', 'success'],
  ['SEND OK', 'AT+X', 'success'],
  ['ERROR', 'AT+X', 'failure'],
  ['+CME ERROR:3', 'AT+X', 'failure'],
  ['+CMS ERROR: 500', 'AT+X', 'failure'],
  ['+EXT ERROR: 1', 'AT+X', 'failure'],
  ['CONNECT FAIL', 'AT+X', 'failure'],
  ['NO CARRIER', 'AT+CSQ', undefined],
  ['NO CARRIER', 'ATD123;', 'failure'],
  ['NO CARRIER', 'AT#SD=1,0,80,"h",0,0,1', undefined],
  ['NO CARRIER', 'AT#SD=1,0,80,"h",0,0,0', 'failure'],
  ['0', 'ATV1', 'success'],
  ['4', 'AT', 'failure'],
  ['0', 'AT+CSQ', undefined],
  ['ok', 'AT', undefined],
  ['OKAY', 'AT', undefined],
  ['+CMTI: "SM",1', 'AT', undefined],
])('%s ends %s as %s', (line, command, wanted) => {
  expect(finalKind(line, command)).toBe(wanted);
});
