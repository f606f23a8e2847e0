import { describe, expect, test } from 'vitest';
import { nextRadio, type RadioEvent, type RadioState } from '../../../src/sim/module/radio.js';
import { bench, linesOf } from './bench.js';

const quiet = (options: Parameters<typeof bench>[0] = {}): ReturnType<typeof bench> => {
  const made = bench(options);
  made.ask('ATE0+CMEE=1');
  return made;
};

describe('identity', () => {
  test('the module says who it is in every spelling', () => {
    const { ask } = quiet();
    expect(linesOf(ask('AT+CGMI'))).toEqual(['Telit', 'OK']);
    expect(linesOf(ask('AT+GMM'))).toEqual(['LE910C1-EUX', 'OK']);
    expect(linesOf(ask('AT#CGMR'))).toEqual(['#CGMR: 25.21.226', 'OK']);
    expect(linesOf(ask('AT+GCAP'))[0]).toContain('+CGSM');
  });
  test('IMEI and ICCID end in a valid check digit and differ by seed', () => {
    const isLuhn = (digits: string): boolean =>
      Array.from(digits)
        .reverse()
        .reduce((sum, digit, i) => {
          const value = Number(digit) * (i % 2 === 0 ? 1 : 2);
          return sum + (value > 9 ? value - 9 : value);
        }, 0) %
        10 ===
      0;
    const { ask } = quiet({ seed: 42 });
    const imei = linesOf(ask('AT+CGSN'))[0]!;
    const iccid = linesOf(ask('AT+CCID'))[0]!.replace('+CCID: ', '');
    expect(imei).toMatch(/^\d{15}$/);
    expect(isLuhn(imei)).toBe(true);
    expect(isLuhn(iccid)).toBe(true);
    expect(linesOf(quiet({ seed: 43 }).ask('AT+CGSN'))[0]).not.toBe(imei);
  });
});

describe('card', () => {
  test.each([
    ['absent', '+CME ERROR: 10'],
    ['busy', '+CME ERROR: 14'],
    ['dead', '+CME ERROR: 13'],
    ['pin', '+CPIN: SIM PIN'],
    ['puk', '+CPIN: SIM PUK'],
    ['ready', '+CPIN: READY'],
  ] as const)('a card that is %s answers %s', (state, line) => {
    const { ask, module } = quiet();
    module.setSim(state);
    expect(linesOf(ask('AT+CPIN?'))[0]).toBe(line);
  });
  test('three wrong PINs block the card, and counters tell before', () => {
    const { ask, module } = quiet();
    module.setSim('pin');
    expect(linesOf(ask('AT#PCT'))[0]).toBe('#PCT: 3');
    expect(linesOf(ask('AT+CPIN="0000"'))).toEqual(['+CME ERROR: 16']);
    expect(linesOf(ask('AT+CPINR'))[0]).toBe('+CPINR: SIM PIN,2,3');
    expect(linesOf(ask('AT+CSIM=10,"0020000100"'))[0]).toBe('+CSIM: 4,"63C2"');
    ask('AT+CPIN="0000"');
    ask('AT+CPIN="0000"');
    expect(linesOf(ask('AT+CPIN?'))[0]).toBe('+CPIN: SIM PUK');
    expect(linesOf(ask('AT+CIMI'))).toEqual(['+CME ERROR: 12']);
    expect(linesOf(ask('AT+CPIN="12345678","4711"'))).toEqual(['OK']);
    expect(linesOf(ask('AT+CPIN?'))[0]).toBe('+CPIN: READY');
  });
  test('the right PIN opens the card, lets the module register, and is asked again after a reset', () => {
    const { ask, module } = quiet({ card: { isPinEnabled: true } });
    expect(linesOf(ask('AT+CEREG?'))[0]).toBe('+CEREG: 0,0');
    expect(linesOf(ask('AT+CLCK="SC",2'))[0]).toBe('+CLCK: 1');
    expect(linesOf(ask('AT+CPIN=1234'))).toEqual(['OK']);
    expect(linesOf(ask('AT+CEREG?'))[0]).toBe('+CEREG: 0,1');
    module.reset();
    expect(linesOf(ask('AT+CPIN?'))).toContain('+CPIN: SIM PIN');
  });
  test('ten wrong PUKs kill the card for good', () => {
    const { ask, module } = quiet();
    module.setSim('puk');
    for (let i = 0; i < 10; i++) ask('AT+CPIN="00000000","1111"');
    expect(linesOf(ask('AT+CPIN?'))).toEqual(['+CME ERROR: 13']);
    module.reset();
    expect(linesOf(ask('AT+CPIN?'))).toContain('ERROR');
  });
  test('the ICCID file holds the digits of +CCID, nibbles swapped', () => {
    const { ask } = quiet();
    const iccid = linesOf(ask('AT#CCID'))[0]!.replace('#CCID: ', '');
    const hex = /"(.*)"/.exec(ask('AT+CRSM=176,12258,0,0,10'))![1]!;
    expect(hex.replace(/(.)(.)/g, '$2$1').replace('F', '')).toBe(iccid);
    expect(linesOf(ask('AT+CRSM=176,28474,0,0,10'))[0]).toBe('+CRSM: 106,130,""');
  });
});

describe('radio machine', () => {
  const off: RadioState = { is: 'off' };
  const searching: RadioState = { is: 'searching' };
  const home: RadioState = { is: 'camped', as: 'home' };
  const table: [RadioState, RadioEvent, RadioState, string[]][] = [
    [off, { is: 'allowed' }, searching, ['announce', 'start-search']],
    [searching, { is: 'allowed' }, searching, []],
    [searching, { is: 'search-done', coverage: 'home' }, home, ['announce', 'attach']],
    [searching, { is: 'search-done', coverage: 'none' }, searching, []],
    [searching, { is: 'search-done', coverage: 'denied' }, { is: 'denied' }, ['announce']],
    [searching, { is: 'forbidden' }, off, ['stop-search', 'announce']],
    [searching, { is: 'coverage', coverage: 'home' }, searching, ['start-search']],
    [home, { is: 'coverage', coverage: 'none' }, searching, ['detach', 'announce', 'start-search']],
    [home, { is: 'coverage', coverage: 'denied' }, { is: 'denied' }, ['detach', 'announce']],
    [home, { is: 'coverage', coverage: 'roaming' }, { is: 'camped', as: 'roaming' }, ['announce']],
    [home, { is: 'forbidden' }, off, ['detach', 'announce']],
    [home, { is: 'search-done', coverage: 'none' }, home, []],
    [{ is: 'denied' }, { is: 'coverage', coverage: 'home' }, searching, ['announce', 'start-search']],
    [{ is: 'denied' }, { is: 'coverage', coverage: 'denied' }, { is: 'denied' }, []],
    [off, { is: 'coverage', coverage: 'home' }, off, []],
    [off, { is: 'forbidden' }, off, []],
  ];
  test.each(table)('%j on %j becomes %j', (state, event, next, effects) => {
    const step = nextRadio(state, event);
    expect(step.state).toEqual(next);
    expect(step.effects ?? []).toEqual(effects);
  });
});

describe('registration', () => {
  test('each reporting mode has its own unsolicited line and read form', () => {
    const { ask, module, heard } = quiet();
    expect(linesOf(ask('AT+CREG?'))[0]).toBe('+CREG: 0,1');
    ask('AT+CREG=1;+CEREG=2');
    expect(linesOf(ask('AT+CEREG?'))[0]).toBe('+CEREG: 2,1,"4E20","0140A29",7');
    heard();
    module.setRegistration({ state: 'roaming' });
    expect(linesOf(heard())).toEqual(['+CREG: 5', '+CEREG: 5,"4E20","0140A29",7']);
  });
  test('a denial carries its cause in mode 3', () => {
    const { ask, module, heard } = quiet();
    ask('AT+CEREG=3');
    module.setRegistration({ state: 'denied', rejectCause: 15 });
    expect(linesOf(heard()).at(-1)).toBe('+CEREG: 3,,,,0,15');
  });
  test('power-on goes through searching to home, and the bearer follows', async () => {
    const { ask, clock, module } = bench({ boot: 2000, searchMs: 1500, cardMs: 300, bearerMs: 200, latencyScale: 1 });
    const stat = async (): Promise<string> => {
      ask('AT+CEREG?');
      await clock.advance(100);
      return module.transcriptLines.findLast((line) => line.text.startsWith('+CEREG'))!.text;
    };
    await clock.advance(2400);
    expect(await stat()).toBe('+CEREG: 0,2');
    expect(module.pdpActive).toBe(false);
    await clock.advance(1500);
    expect(await stat()).toBe('+CEREG: 0,1');
    await clock.advance(200);
    expect(module.pdpActive).toBe(true);
  });
  test('airplane mode and +COPS=2 end the registration and the bearer; the way back brings both', () => {
    const { ask, module } = quiet();
    for (const [off, on] of [
      ['AT+CFUN=4', 'AT+CFUN=1'],
      ['AT+COPS=2', 'AT+COPS=0'],
    ] as const) {
      ask(off);
      expect(linesOf(ask('AT+CREG?'))[0]).toBe('+CREG: 0,0');
      expect(linesOf(ask('AT+CSQ'))[0]).toBe('+CSQ: 99,99');
      expect(module.pdpActive).toBe(false);
      ask(on);
      expect(linesOf(ask('AT+CREG?'))[0]).toBe('+CREG: 0,1');
      expect(module.pdpActive).toBe(true);
    }
  });
  test('a data-only card never registers for voice', () => {
    const { ask } = quiet({ coverage: { isDataOnly: true } });
    expect(linesOf(ask('AT+CREG?'))[0]).toBe('+CREG: 0,0');
    expect(linesOf(ask('AT+CEREG?'))[0]).toBe('+CEREG: 0,1');
  });
  test('the operator is named in the chosen format, and not at all without registration', () => {
    const { ask, module } = quiet();
    expect(linesOf(ask('AT+COPS?'))[0]).toBe('+COPS: 0,0,"Waymark Test",7');
    module.setRegistration({ state: 'none' });
    expect(linesOf(ask('AT+COPS?'))[0]).toBe('+COPS: 0');
  });
  test('the clock is the GPS epoch before registration and local time with its zone after', () => {
    const { ask, module } = quiet({ coverage: { state: 'none' } });
    expect(linesOf(ask('AT+CCLK?'))[0]).toBe('+CCLK: "80/01/06,00:00:00+00"');
    module.setRegistration({ state: 'home' });
    expect(linesOf(ask('AT+CCLK?'))[0]).toBe('+CCLK: "26/06/15,12:00:00+04"');
  });
  test('signal reads are plausible and agree with each other', () => {
    const { ask, module } = quiet();
    module.setSignal({ rssiDbm: -67, rsrpDbm: -95, rsrqDb: -10 });
    const csq = Number(/\+CSQ: (\d+)/.exec(ask('AT+CSQ'))![1]);
    expect(Math.abs(csq * 2 - 113 + 67)).toBeLessThanOrEqual(3);
    const [, rsrq, rsrp] = /\+CESQ: 99,99,255,255,(\d+),(\d+)/.exec(ask('AT+CESQ'))!;
    expect(Number(rsrq) / 2 - 20).toBe(-10);
    expect(Math.abs(Number(rsrp) - 141 + 95)).toBeLessThanOrEqual(2);
    expect(ask('AT#RFSTS')).toContain('"001 01",1850,-95,-67,-10,4E20');
  });
});

describe('contexts', () => {
  test('context 1 is up by itself; asking for it again says 553', () => {
    const { ask } = quiet();
    expect(linesOf(ask('AT+CGACT?'))).toEqual(['+CGACT: 1,1', 'OK']);
    expect(linesOf(ask('AT#SGACT=1,1'))).toEqual(['+CME ERROR: 553']);
    expect(ask('AT+CGPADDR=1')).toMatch(/\+CGPADDR: 1,"10\.64\.1\.21"/);
    expect(ask('AT+CGCONTRDP=1')).toContain('+CGCONTRDP: 1,5,"internet.example","10.64.1.21.255.255.255.0"');
  });
  test('without an initial bearer #SGACT brings it up and tells the address', () => {
    const { ask, module } = quiet({ hasInitialBearer: false });
    const told: boolean[] = [];
    module.onPdp((isActive) => told.push(isActive));
    expect(linesOf(ask('AT+CGPADDR=1'))).toEqual(['+CGPADDR: 1', 'OK']);
    expect(linesOf(ask('AT#SGACT=1,1'))).toEqual(['#SGACT: 10.64.1.21', 'OK']);
    expect(linesOf(ask('AT#SGACT=1,0'))).toEqual(['OK']);
    expect(told).toEqual([true, false]);
  });
  test('activation without registration fails', () => {
    const { ask } = quiet({ coverage: { state: 'none' } });
    expect(linesOf(ask('AT#SGACT=1,1'))).toEqual(['+CME ERROR: 555']);
    expect(linesOf(ask('AT+CGATT=1'))).toEqual(['+CME ERROR: 30']);
  });
  test('a bearer taken by the network is told when asked for, and comes back', () => {
    const { ask, module, heard } = quiet();
    ask('AT+CGEREP=2,1');
    module.setPdpActive(false);
    expect(linesOf(heard())).toEqual(['+CGEV: NW PDN DEACT 1']);
    expect(linesOf(ask('AT#SGACT?'))[0]).toBe('#SGACT: 1,0');
    module.setPdpActive(true);
    expect(module.pdpActive).toBe(true);
  });
  test('definitions are kept, replaced and removed', () => {
    const { ask } = quiet();
    ask('AT+CGDCONT=3,"IP","iot.example"');
    expect(linesOf(ask('AT+CGDCONT?'))).toContain('+CGDCONT: 3,"IP","iot.example","",0,0');
    ask('AT+CGDCONT=3');
    expect(ask('AT+CGDCONT?')).not.toContain('+CGDCONT: 3');
    expect(linesOf(ask('AT+CGDCONT=1,"X25","a"'))).toEqual(['+CME ERROR: 50']);
  });
});

describe('what other programs ask', () => {
  test.each([
    ['AT+CSCS=?', /"GSM"/],
    ['AT+WS46=?', /\+WS46: \(12,/],
    ['AT+CPMS=?', /"SM"/],
    ['AT+CMGF=?', /\(0,1\)/],
    ['AT+CNMI=?', /\+CNMI: \(/],
    ['AT+CIND=?', /"signal",\(0-5\)/],
    ['AT+CIND?', /\+CIND: 5,\d,1,/],
    ['AT+CMER=?', /\+CMER: /],
    ['AT+CPOL?', /OK/],
    ['AT+CGEREP=?', /\+CGEREP: /],
    ['AT+CSMS?', /\+CSMS: 0,1,1,1/],
    ['AT+CBC', /\+CBC: 0,100/],
    ['AT+IPR?', /\+IPR: 115200/],
    ['AT+IFC=2,2', /OK/],
    ['AT&K3', /OK/],
    ['AT+CLCK="PN",2', /\+CME ERROR: 4/],
    ['AT+CMGS=10', /\+CMS ERROR: 302/],
    ['AT#QSS?', /#QSS: 0,3/],
  ])('%s gets a sensible answer', (line, answer) => {
    expect(quiet().ask(line)).toMatch(answer);
  });
});
