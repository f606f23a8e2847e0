import { describe, expect, test } from 'vitest';
import { nmeaSentences } from '../../../src/sim/module/nmea.js';
import { FAMILY_NAMES, linesOf, memoryPort, quiet } from './bench.js';

function two(options: Parameters<typeof quiet>[0] = {}) {
  const second = memoryPort();
  return { ...quiet({ secondary: second.port, ...options }), second };
}

describe('second AT port', () => {
  test('echo, result codes, error mode and registers are its own', () => {
    const { ask, second } = two();
    expect(second.ask('AT')).toBe('AT\r\r\nOK\r\n');
    expect(second.ask('ATV0')).toBe('ATV0\r0\r');
    second.ask('ATV1E0S0=3');
    expect(second.ask('AT+CFUN=99')).toBe('\r\nERROR\r\n');
    expect(ask('AT+CFUN=99')).toBe('\r\n+CME ERROR: 50\r\n');
    expect(linesOf(ask('ATS0?'))[0]).toBe('000');
    expect(linesOf(second.ask('ATS0?'))[0]).toBe('003');
  });
  test('radio, card, contexts and stored settings are shared', () => {
    const { ask, second } = two();
    second.ask('ATE0');
    second.ask('AT+CFUN=4');
    expect(linesOf(ask('AT+CFUN?'))[0]).toBe('+CFUN: 4');
    ask('AT+CGDCONT=3,"IP","shared.example"');
    expect(second.ask('AT+CGDCONT?')).toContain('shared.example');
  });
  test('reporting modes are its own: each port hears what it asked for', () => {
    const { ask, second, module, heard } = two();
    second.ask('ATE0');
    ask('AT+CREG=1');
    second.ask('AT+CEREG=2');
    heard();
    second.heard();
    module.setRegistration({ state: 'roaming' });
    expect(linesOf(heard())).toEqual(['+CREG: 5']);
    expect(linesOf(second.heard())).toEqual(['+CEREG: 5,"4E20","0140A29",7']);
  });
  test.each([
    ['both', true, true],
    ['primary', true, false],
    ['secondary', false, true],
  ] as const)('unsolicited lines on %s', (urcPort, atFirst, atSecond) => {
    const { second, module, heard } = two({ urcPort });
    heard();
    second.heard();
    module.urc('RING');
    expect(heard().includes('RING')).toBe(atFirst);
    expect(second.heard().includes('RING')).toBe(atSecond);
  });
  test('a Quectel moves them by command', () => {
    const { ask, second, module, heard } = two({ profile: 'quectel' });
    ask('AT+QURCCFG="urcport","usbmodem"');
    heard();
    second.heard();
    module.urc('RING');
    expect(heard()).toBe('');
    expect(second.heard()).toContain('RING');
  });
  test('an open command on one port does not keep the other waiting', async () => {
    const { type, heard, second, clock, module } = two({ latencyScale: 1, boot: 0 });
    await clock.advance(10_000);
    type('AT+COPS=?\r');
    await clock.advance(100);
    heard();
    second.type('AT+CGMM\r');
    await clock.advance(1000);
    expect(linesOf(second.heard())).toContain('LE910C1-EUX');
    expect(heard()).toBe('');
    expect(module.counters.intrusions).toBe(0);
  });
  test('its lines are marked in the transcript, those of the primary are as ever', () => {
    const { ask, second, module } = two();
    ask('AT+CGMM');
    second.ask('AT+CGMI');
    const at = (text: string): unknown => module.transcriptLines.find((line) => line.text === text);
    expect(at('AT+CGMM')).not.toHaveProperty('port');
    expect(at('AT+CGMI')).toMatchObject({ port: 'secondary', direction: '>' });
  });
  test('a reset resets both', () => {
    const { second, module, ask } = two();
    second.ask('ATE0');
    module.reset();
    expect(second.ask('AT')).toBe('AT\r\r\nOK\r\n');
    expect(ask('AT')).toBe('AT\r\r\nOK\r\n');
  });
});

describe('NMEA port', () => {
  test('speaks once a second while the module is on, and never answers', async () => {
    const nmea = memoryPort();
    const { module, clock } = quiet({ nmea: nmea.port });
    nmea.heard();
    nmea.type('AT\r$PUBX\r\n');
    await clock.advance(3000);
    const lines = linesOf(nmea.heard());
    expect(lines).toHaveLength(6);
    expect(lines.every((line) => /^\$GP(GGA|RMC),.*\*[\dA-F]{2}$/.test(line))).toBe(true);
    module.unplugged();
    await clock.advance(3000);
    expect(nmea.heard()).toBe('');
    module.replugged();
    expect(linesOf(nmea.heard())).toHaveLength(2);
    await module[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });
  test('sentences carry position, time and a right checksum', () => {
    const at = Date.UTC(2026, 5, 15, 11, 2, 3);
    const [gga = '', rmc = ''] = nmeaSentences({ latitudeDeg: -33.5, longitudeDeg: -70.25, altitudeM: 5 }, at).split(
      '\r\n',
    );
    expect(gga).toMatch(/^\$GPGGA,110203\.000,3330\.0000,S,07015\.0000,W,1,08,0\.9,5\.0,M,0\.0,M,,\*/);
    expect(rmc).toMatch(/^\$GPRMC,110203\.000,A,3330\.0000,S,07015\.0000,W,0\.0,0\.0,150626,,,A\*/);
    const body = gga.slice(1, gga.indexOf('*'));
    const sum = Array.from(body).reduce((total, char) => total ^ char.charCodeAt(0), 0);
    expect(gga.slice(-2)).toBe(sum.toString(16).toUpperCase().padStart(2, '0'));
    expect(nmeaSentences(undefined, at)).toContain('$GPRMC,,V,');
  });
});

describe('data mode', () => {
  const escape = async ({ type, clock }: ReturnType<typeof quiet>): Promise<void> => {
    await clock.advance(1100);
    type('+++');
    await clock.advance(1100);
  };
  test.each([
    ['ATD*99***1#', 'CONNECT'],
    ['ATD*99#', 'CONNECT'],
    ['ATDT*99***1#', 'CONNECT'],
    ['AT+CGDATA="PPP",1', 'CONNECT'],
    ['ATD*99***7#', 'NO CARRIER'],
    ['ATD0123456789;', 'NO CARRIER'],
    ['AT+CGDATA="X25",1', '+CME ERROR: 50'],
  ])('%s ends with %s', (line, final) => {
    expect(linesOf(quiet().ask(line))).toEqual([final]);
  });
  test('a Quectel tells a speed', () => {
    expect(linesOf(quiet({ profile: 'quectel' }).ask('ATD*99#'))).toEqual(['CONNECT 150000000']);
  });
  test('without registration there is no call', () => {
    expect(linesOf(quiet({ coverage: { state: 'none' } }).ask('ATD*99#'))).toEqual(['NO CARRIER']);
  });
  test('bytes are swallowed without echo until +++ between two silences; ATO goes back, ATH ends it', async () => {
    const made = quiet();
    const { ask, type, heard } = made;
    ask('ATE1');
    ask('ATD*99***1#');
    type('~\x7d#\xc0!AT+CGMM\r+++AT\r');
    expect(heard()).toBe('');
    await escape(made);
    expect(heard()).toBe('\r\nOK\r\n');
    expect(linesOf(ask('ATO'))).toEqual(['ATO', 'CONNECT']);
    expect(ask('AT')).toBe('');
    await escape(made);
    expect(linesOf(ask('ATH'))).toContain('OK');
    expect(linesOf(ask('ATO'))).toEqual(['ATO', 'NO CARRIER']);
  });
  test('+++ with a byte before or behind it within the guard time is payload', async () => {
    const { ask, type, heard, clock } = quiet();
    ask('ATD*99#');
    await clock.advance(1100);
    type('x+++');
    await clock.advance(1100);
    type('+++');
    await clock.advance(500);
    type('x');
    await clock.advance(1100);
    type('++++');
    await clock.advance(1100);
    expect(heard()).toBe('');
    type('++');
    await clock.advance(500);
    type('+');
    await clock.advance(1100);
    expect(heard()).toBe('\r\nOK\r\n');
  });
  test('the guard time is that of S12, and Telit can be told to ignore the escape', async () => {
    const made = quiet();
    const { ask, type, heard, clock } = made;
    ask('ATS12=10');
    ask('ATD*99#');
    await clock.advance(250);
    type('+++');
    await clock.advance(250);
    expect(heard()).toBe('\r\nOK\r\n');
    ask('AT#SKIPESC=1');
    ask('ATO');
    await escape(made);
    expect(heard()).toBe('');
  });
  test('unsolicited lines wait while the port is online; the other port hears them', async () => {
    const made = two();
    made.ask('ATD*99#');
    made.second.heard();
    made.module.urc('RING');
    expect(made.heard()).toBe('');
    expect(made.second.heard()).toContain('RING');
    await escape(made);
    expect(linesOf(made.heard())).toEqual(['OK', 'RING']);
  });
  test('a bearer that the network takes away ends the call with NO CARRIER', () => {
    const { ask, module, heard } = quiet();
    ask('ATD*99#');
    module.setPdpActive(false);
    expect(linesOf(heard())).toEqual(['NO CARRIER']);
    expect(linesOf(ask('AT'))).toEqual(['OK']);
  });
  test('a call that was left and is lost then says NO CARRIER as an unsolicited line', async () => {
    const made = quiet();
    made.ask('ATD*99#');
    await escape(made);
    made.heard();
    made.module.setPdpActive(false);
    expect(linesOf(made.heard())).toEqual(['NO CARRIER']);
  });
  test('the second port stays usable during a call', () => {
    const { ask, second } = two();
    ask('ATD*99#');
    expect(linesOf(second.ask('AT+CSQ'))[1]).toMatch(/^\+CSQ: \d/);
  });
});

describe('prompt', () => {
  test.each(FAMILY_NAMES)('%s asks for the text of a message; Ctrl-Z sends it, ESC gives it up', (profile) => {
    const { ask, type, heard, module } = quiet({ profile });
    ask('AT+CMGF=1');
    expect(ask('AT+CMGS="+4915100000000"')).toBe('\r\n> ');
    type('hello\rsecond line\x1a');
    expect(linesOf(heard())).toEqual(['+CMGS: 1', 'OK']);
    expect(ask('AT+CMGS="+4915100000000"')).toBe('\r\n> ');
    module.urc('RING');
    type('no\x1b');
    expect(linesOf(heard())).toEqual(['OK', 'RING']);
    expect(module.counters.intrusions).toBe(0);
  });
  test('with echo on the text is echoed', () => {
    const { ask, type, heard } = quiet();
    ask('ATE1+CMGF=1');
    ask('AT+CMGS="123"');
    type('abc\x1a');
    expect(heard().startsWith('abc')).toBe(true);
  });
  test('in PDU mode a service centre is needed first', () => {
    const { ask } = quiet();
    expect(linesOf(ask('AT+CMGS=10'))).toEqual(['+CMS ERROR: 302']);
    ask('AT+CSCA="+4917100000",145');
    expect(ask('AT+CMGS=10')).toBe('\r\n> ');
  });
  test('ESC and Ctrl-Z outside a prompt are nothing, and void what was half typed', () => {
    const { ask, type, heard } = quiet();
    type('\x1b\x1a\x1b\r');
    expect(heard()).toBe('');
    expect(ask('AT+CFU\x1bAT')).toBe('\r\nOK\r\n');
  });
});
