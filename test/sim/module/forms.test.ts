import { describe, expect, test } from 'vitest';
import { FAMILY_NAMES, linesOf, quiet } from './bench.js';

describe('registration modes', () => {
  const PLACE = '"4E20","0140A29",7';
  test.each([
    ['+CREG', 0, '0,1', undefined],
    ['+CREG', 1, '1,1', '1'],
    ['+CREG', 2, `2,1,${PLACE}`, `1,${PLACE}`],
    ['+CREG', 3, `3,1,${PLACE}`, `1,${PLACE}`],
    ['+CGREG', 2, `2,1,${PLACE}`, `1,${PLACE}`],
    ['+CGREG', 3, `3,1,${PLACE}`, `1,${PLACE}`],
    ['+CEREG', 1, '1,1', '1'],
    ['+CEREG', 2, `2,1,${PLACE}`, `1,${PLACE}`],
    ['+CEREG', 3, `3,1,${PLACE}`, `1,${PLACE}`],
    ['+CEREG', 4, `4,1,${PLACE},,,"00000000","00000000"`, `1,${PLACE},,,"00000000","00000000"`],
    ['+CEREG', 5, `5,1,${PLACE},,,"00000000","00000000"`, `1,${PLACE},,,"00000000","00000000"`],
  ] as const)('%s in mode %i', (name, mode, read, urc) => {
    const { ask, module, heard } = quiet();
    ask(`AT${name}=${mode}`);
    expect(linesOf(ask(`AT${name}?`))).toEqual([`${name}: ${read}`, 'OK']);
    heard();
    module.setRegistration({ state: 'home' });
    expect(linesOf(heard())).toEqual(urc === undefined ? [] : [`${name}: ${urc}`]);
  });
  test.each([
    ['+CREG', 2, '3'],
    ['+CREG', 3, '3,,,,0,15'],
    ['+CEREG', 3, '3,,,,0,15'],
    ['+CEREG', 4, '3'],
    ['+CEREG', 5, '3,,,,0,15'],
  ] as const)('%s in mode %i tells a denial as %s', (name, mode, fields) => {
    const { ask, module, heard } = quiet();
    ask(`AT${name}=${mode}`);
    heard();
    module.setRegistration({ state: 'denied', rejectCause: 15 });
    expect(linesOf(heard())).toEqual([`${name}: ${fields}`]);
  });
  test('modes that do not exist are refused', () => {
    const { ask } = quiet();
    for (const line of ['AT+CREG=4', 'AT+CGREG=4', 'AT+CEREG=6', 'AT+CEREG='])
      expect(linesOf(ask(line))).toEqual(['+CME ERROR: 50']);
  });
  test('without LTE around only +CREG and +CGREG register', () => {
    const { ask } = quiet({ coverage: { technology: 2 } });
    expect(linesOf(ask('AT+CEREG?'))).toEqual(['+CEREG: 0,0', 'OK']);
    expect(linesOf(ask('AT+CGREG?'))).toEqual(['+CGREG: 0,1', 'OK']);
  });
  test.each([
    ['telit', '+CEER: PLMN not allowed'],
    ['ublox', '+CEER: "EMM cause",11,"PLMN not allowed"'],
    ['quectel', '+CEER: PLMN not allowed'],
  ] as const)('%s gives the cause of a denial in words', (profile, line) => {
    const { ask, module } = quiet({ profile });
    module.setRegistration({ state: 'denied', rejectCause: 11 });
    expect(linesOf(ask('AT+CEER'))).toEqual([line, 'OK']);
  });
});

describe('forms of the field', () => {
  const read = (name: string, mode: number, options: Parameters<typeof quiet>[0]): string => {
    const { ask } = quiet(options);
    ask(`AT${name}=${mode}`);
    return linesOf(ask(`AT${name}?`))[0]!;
  };
  test.each([
    ['+CEREG', { quotesHex: false }, '+CEREG: 2,1,4E20,0140A29,7'],
    ['+CEREG', { hexCase: 'lower' }, '+CEREG: 2,1,"4e20","0140a29",7'],
    ['+CREG', { padsNumbers: true }, '+CREG: 002,001,"4E20","0140A29",7'],
    ['+CEREG', { routingCode: 'middle' }, '+CEREG: 2,1,"4E20","01","0140A29",7'],
    ['+CREG', { routingCode: 'middle' }, '+CREG: 2,1,"4E20","0140A29",7'],
    ['+CGREG', { routingCode: 'end' }, '+CGREG: 2,1,"4E20","0140A29",7,"01"'],
    ['+CREG', { blankAfterColon: false }, '+CREG:2,1,"4E20","0140A29",7'],
  ] as const)('%s with %j', (name, quirks, line) => {
    expect(read(name, 2, { quirks })).toBe(line);
  });
  test('a denial keeps its place with a routing area in the middle', () => {
    const { ask, module } = quiet({ quirks: { routingCode: 'middle' } });
    ask('AT+CEREG=3');
    module.setRegistration({ state: 'denied', rejectCause: 7 });
    expect(linesOf(ask('AT+CEREG?'))[0]).toBe('+CEREG: 3,3,,,,,0,7');
  });
  test('no blank after the colon holds for errors and unsolicited lines, too', () => {
    const { ask, module, heard } = quiet({ quirks: { blankAfterColon: false } });
    expect(linesOf(ask('AT+CFUN=99'))).toEqual(['+CME ERROR:50']);
    heard();
    module.urc('+CREG: 1');
    expect(linesOf(heard())).toEqual(['+CREG:1']);
  });
  test('operators come in three formats, with or without quotes, and with any name', () => {
    const { ask } = quiet({ operator: { longName: 'A, "B" (C)', shortName: 'AB', numeric: '26201' } });
    expect(linesOf(ask('AT+COPS?'))[0]).toBe('+COPS: 0,0,"A, "B" (C)",7');
    expect(linesOf(ask('AT+COPS=3,1;+COPS?'))[0]).toBe('+COPS: 0,1,"AB",7');
    expect(linesOf(ask('AT+COPS=3,2;+COPS?'))[0]).toBe('+COPS: 0,2,"26201",7');
    expect(linesOf(quiet({ quirks: { quotesOperator: false } }).ask('AT+COPS?'))[0]).toBe('+COPS: 0,0,Waymark Test,7');
  });
  test('addresses come bare and with a second one for IPv6', () => {
    expect(linesOf(quiet({ quirks: { quotesAddress: false } }).ask('AT+CGPADDR=1'))[0]).toBe('+CGPADDR: 1,10.64.1.21');
    const { ask } = quiet({ ipv6Address: '32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1' });
    expect(linesOf(ask('AT+CGPADDR=1'))[0]).toBe('+CGPADDR: 1,"10.64.1.21","32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1"');
    ask('AT+CGDCONT=2,"IP","v4.example"');
    ask('AT+CGACT=1,2');
    expect(linesOf(ask('AT+CGPADDR=2'))[0]).toBe('+CGPADDR: 2,"10.64.1.22"');
  });
  test('an unset clock shows the epoch of its firmware, a set one may be in UTC', () => {
    const { ask } = quiet({ coverage: { state: 'none' }, quirks: { unsetClock: '04/01/01' } });
    expect(linesOf(ask('AT+CCLK?'))[0]).toBe('+CCLK: "04/01/01,00:00:00+00"');
    expect(linesOf(quiet({ quirks: { clockInUtc: true } }).ask('AT+CCLK?'))[0]).toBe('+CCLK: "26/06/15,11:00:00+04"');
  });
});

describe('card', () => {
  const NUMBERS = { telit: ['#CCID', '+CCID'], ublox: ['+CCID'], quectel: ['+QCCID'] } as const;
  test.each(FAMILY_NAMES)('%s: the number can be read while the card asks for its PIN', (profile) => {
    const { ask } = quiet({ profile, card: { isPinEnabled: true } });
    for (const name of NUMBERS[profile]) expect(linesOf(ask(`AT${name}`)).at(-1)).toBe('OK');
    expect(linesOf(ask('AT+CRSM=176,12258,0,0,10'))[0]).toContain('+CRSM: 144,0,"');
    expect(linesOf(ask('AT+CIMI'))).toEqual(['+CME ERROR: 11']);
    expect(linesOf(ask('AT+CRSM=176,28423,0,0,9'))).toEqual(['+CME ERROR: 11']);
  });
  test.each(FAMILY_NAMES)('%s: with the knob the number is behind the PIN', (profile) => {
    const { ask } = quiet({ profile, card: { isPinEnabled: true }, quirks: { iccidNeedsPin: true } });
    for (const name of NUMBERS[profile]) expect(linesOf(ask(`AT${name}`))).toEqual(['+CME ERROR: 11']);
    expect(linesOf(ask('AT+CRSM=176,12258,0,0,10'))).toEqual(['+CME ERROR: 11']);
  });
  const COUNTERS = {
    telit: ['AT#PCT', '#PCT: 2'],
    ublox: ['AT+UPINCNT', '+UPINCNT: 2,3,10,10'],
    quectel: ['AT+QPINC="SC"', '+QPINC: "SC",2,10'],
  } as const;
  test.each(FAMILY_NAMES)('%s: a wrong PIN takes one try, the right one gives all back', (profile) => {
    const { ask } = quiet({ profile, card: { isPinEnabled: true } });
    expect(linesOf(ask('AT+CPIN="9999"'))).toEqual(['+CME ERROR: 16']);
    const [line, answer] = COUNTERS[profile];
    expect(linesOf(ask(line))).toEqual([answer, 'OK']);
    expect(linesOf(ask('AT+CPIN="1234"'))[0]).toBe('OK');
    expect(linesOf(ask(line))[0]).toContain('3');
    expect(linesOf(ask('AT+CPIN?'))[0]).toBe('+CPIN: READY');
  });
  test.each([
    ['wrong', '+CME ERROR: 15'],
    ['locked', '+CPIN: PH-NET PIN'],
    ['absent', '+CME ERROR: 10'],
    ['dead', '+CME ERROR: 13'],
  ] as const)('a card that is %s answers %s, also after a reset', (state, line) => {
    const { ask, module } = quiet();
    module.setSim(state);
    expect(linesOf(ask('AT+CPIN?'))[0]).toBe(line);
    module.reset();
    ask('ATE0+CMEE=1');
    expect(linesOf(ask('AT+CPIN?'))[0]).toBe(line);
    expect(linesOf(ask('AT+CEREG?'))[0]).toBe('+CEREG: 0,0');
  });
  test('a card that is pulled while the module is busy elsewhere ends the registration', () => {
    const { ask, module } = quiet();
    module.setSim('absent');
    expect(linesOf(ask('AT+CEREG?'))[0]).toBe('+CEREG: 0,0');
    expect(linesOf(ask('AT+CCID'))).toEqual(['+CME ERROR: 10']);
  });
  test.each([
    ['telit', 'AT#QSS=1', ['#QSS: 0'], ['#QSS: 1']],
    ['telit', 'AT#QSS=2', ['#QSS: 0'], ['#QSS: 3']],
    ['telit', 'AT', [], []],
    ['ublox', 'AT+USIMSTAT=7', ['+UUSIMSTAT: 0'], ['+UUSIMSTAT: 6']],
    ['ublox', 'AT', [], []],
    [
      'quectel',
      'AT+QSIMSTAT=1',
      ['+QSIMSTAT: 1,0', '+CPIN: NOT READY'],
      ['+QSIMSTAT: 1,1', '+CPIN: READY', '+QUSIM: 1', '+QIND: SMS DONE', '+QIND: PB DONE'],
    ],
    ['quectel', 'AT', ['+CPIN: NOT READY'], ['+CPIN: READY', '+QUSIM: 1', '+QIND: SMS DONE', '+QIND: PB DONE']],
  ] as const)('%s after %s: another card is told in the way of the family', async (profile, line, out, back) => {
    const { ask, module, heard, clock } = quiet({ profile });
    ask(line);
    heard();
    const iccid = '8988010000009999995';
    module.swapSim({ iccid }, 2000);
    expect(linesOf(heard())).toEqual(out);
    await clock.advance(2000);
    expect(linesOf(heard())).toEqual(back);
    expect(linesOf(ask('AT+CRSM=176,12258,0,0,10'))[0]).toContain('8988010000009999995F'.replace(/(.)(.)/g, '$2$1'));
    expect(linesOf(ask('AT+CEREG?'))[0]).toBe('+CEREG: 0,1');
  });
  test('a restart between the two cards does not keep the second one out', async () => {
    const { ask, module, clock } = quiet();
    module.swapSim({ isPinEnabled: true }, 1000);
    module.reset();
    expect(linesOf(ask('ATE0+CMEE=1;+CPIN?')).at(-1)).toBe('+CME ERROR: 10');
    module.unplugged();
    await clock.advance(1000);
    module.replugged();
    expect(linesOf(ask('AT+CPIN?'))).toContain('+CPIN: SIM PIN');
  });
  test('another card that has its PIN on asks for it', async () => {
    const { ask, module, clock } = quiet();
    module.swapSim({ isPinEnabled: true, pinTries: 2 }, 100);
    await clock.advance(100);
    expect(linesOf(ask('AT+CPIN?;#PCT'))).toEqual(['+CPIN: SIM PIN', '#PCT: 2', 'OK']);
  });
});
