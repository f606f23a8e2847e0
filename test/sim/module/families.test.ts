import { describe, expect, test } from 'vitest';
import { bench, FAMILY_NAMES, linesOf, quiet } from './bench.js';

type Row = [line: string, answer: string[]];

/** The module of a family, registered, with levels that do not walk. */
const TELIT: Row[] = [
  ['AT+CGMI', ['Telit', 'OK']],
  ['AT+CGMM', ['LE910C1-EUX', 'OK']],
  ['ATI', ['Telit', 'LE910C1-EUX', '25.21.226', 'OK']],
  ['ATI9', ['ERROR']],
  ['AT#PCT', ['#PCT: 3', 'OK']],
  ['AT#MONI', ['#MONI: Waymark Test RSRP:-95 RSRQ:-10 TAC:4E20 Id:0140A29 EARFCN:1850 PWR:-67dbm DRX:128', 'OK']],
  ['AT#SERVINFO', ['#SERVINFO: 1850,-67,"Waymark Test","00101",12A,4E20,128,3,-95', 'OK']],
  ['AT#TEMPMON=1', ['#TEMPMEAS: 0,31', 'OK']],
  ['AT#USBCFG?', ['#USBCFG: 0', 'OK']],
  ['AT#USBCFG=99', ['+CME ERROR: 50']],
  ['AT#ECM?', ['#ECM: 0,0', 'OK']],
  ['AT#ECM=1,0', ['+CME ERROR: 3']],
  ['AT#PDPAUTH=1,1,"u","p"', ['OK']],
  ['AT#PDPAUTH?', ['#PDPAUTH: 1,0,"",""', 'OK']],
  ['AT$GPSP?', ['$GPSP: 0', 'OK']],
  ['AT$GPSACP', ['+CME ERROR: 3']],
  ['AT$GPSNMUN=2,1,1,1,1,1,1', ['OK']],
  [
    'AT+CPINR',
    ['+CPINR: SIM PIN,3,3', '+CPINR: SIM PUK,10,10', '+CPINR: SIM PIN2,3,3', '+CPINR: SIM PUK2,10,10', 'OK'],
  ],
  ['AT+CFUN=?', ['+CFUN: (0,1,2,3,4,5,6,7),(0,1)', 'OK']],
  ['AT+CEER', ['+CEER: Normal call clearing', 'OK']],
];
const UBLOX: Row[] = [
  ['AT+CGMI', ['u-blox', 'OK']],
  ['AT+CGMM', ['SARA-R510M8S', 'OK']],
  ['ATI9', ['02.06,A00.01', 'OK']],
  ['ATI', ['SARA-R510M8S-01B-00', 'OK']],
  ['AT+UPINCNT', ['+UPINCNT: 3,3,10,10', 'OK']],
  ['AT+UCGED?', ['+UCGED: 0', 'OK']],
  [
    'AT+UCGED=2;+UCGED?',
    [
      '+UCGED: 2',
      '6,4,001,01',
      '2525,5,50,50,4e20,0140a29,1,d60814d1,8001,01,46,20,13.00,3,1,10,46,-50,-6,0,255,255,0',
      'OK',
    ],
  ],
  ['AT+UCELLINFO?', ['+UCELLINFO: 0,3,001,01,0140A29,1,4E20,46,20,1,255,255,255,255,255,255', 'OK']],
  ['AT+UPSD=0,0,2', ['OK']],
  ['AT+UPSD=0,100,1', ['OK']],
  ['AT+UPSD=1,0,0', ['+CME ERROR: 50']],
  ['AT+UPSND=0,8', ['+UPSND: 0,8,0', 'OK']],
  ['AT+UTEMP?', ['+UTEMP: 31', 'OK']],
  ['AT+URAT?', ['+URAT: 7', 'OK']],
  ['AT+UMNOPROF?', ['+UMNOPROF: 100', 'OK']],
  ['AT+UDCONF=1,0', ['OK']],
  ['AT+UDCONF=1', ['+UDCONF: 1,0', 'OK']],
  ['AT+UAUTHREQ=1,2,"u","p"', ['OK']],
  ['AT+CFUN=?', ['+CFUN: (0,1,4,19,127,15,16),(0,1)', 'OK']],
  ['AT+CEER', ['+CEER: "No report available"', 'OK']],
];
const QUECTEL: Row[] = [
  ['AT+CGMI', ['Quectel', 'OK']],
  ['AT+CGMM', ['EG25', 'OK']],
  ['ATI', ['Quectel', 'EG25', 'Revision: EG25GGBR07A08M2G', 'OK']],
  ['AT+QPINC="SC"', ['+QPINC: "SC",3,10', 'OK']],
  ['AT+QPINC?', ['+QPINC: "SC",3,10', '+QPINC: "P2",3,10', 'OK']],
  ['AT+QCSQ', ['+QCSQ: "LTE",-67,-95,165,-10', 'OK']],
  [
    'AT+QENG="servingcell"',
    ['+QENG: "servingcell","NOCONN","LTE","FDD",001,01,0140A29,294,1850,3,5,5,4E20,-95,-10,-67,13,38', 'OK'],
  ],
  ['AT+QNWINFO', ['+QNWINFO: "FDD LTE","00101","LTE BAND 3",1850', 'OK']],
  ['AT+QIACT?', ['OK']],
  ['AT+QIACT=1;+QIACT?', ['+QIACT: 1,1,1,"10.64.1.21"', 'OK']],
  ['AT+QIACT=1;+QIACT=1', ['ERROR']],
  ['AT+QIACT=1;+QIDEACT=1;+QIACT?', ['OK']],
  ['AT+QICSGP=1,1,"iot.example","u","p",1;+QICSGP=1', ['+QICSGP: 1,"iot.example","u","",1', 'OK']],
  ['AT+QLTS=1', ['+QLTS: "2026/06/15,11:00:00+04,0"', 'OK']],
  ['AT+QLTS=2', ['+QLTS: "2026/06/15,12:00:00+04,0"', 'OK']],
  ['AT+QTEMP', ['+QTEMP: 31,29,30', 'OK']],
  ['AT+QURCCFG="urcport"', ['+QURCCFG: "urcport","all"', 'OK']],
  ['AT+QURCCFG="urcport","usbat";+QURCCFG="urcport"', ['+QURCCFG: "urcport","usbat"', 'OK']],
  ['AT+QCFG="usbnet"', ['+QCFG: "usbnet",0', 'OK']],
  ['AT+QCFG="nwscanmode",3;+QCFG="nwscanmode"', ['+QCFG: "nwscanmode",3', 'OK']],
  ['AT+QCFG="nonsense"', ['+CME ERROR: 50']],
  ['AT+QINISTAT', ['+QINISTAT: 7', 'OK']],
  ['AT+QSIMSTAT?', ['+QSIMSTAT: 0,1', 'OK']],
  ['AT+QUSIM?', ['+QUSIM: 1', 'OK']],
  ['AT+CFUN=?', ['+CFUN: (0,1,4),(0,1)', 'OK']],
  ['AT+CEER', ['+CEER: No cause information available', 'OK']],
];

describe.each([
  ['telit', TELIT],
  ['ublox', UBLOX],
  ['quectel', QUECTEL],
] as const)('%s', (profile, rows) => {
  test.each(rows)('%s is answered as the real one does', (line, answer) => {
    expect(linesOf(quiet({ profile }).ask(line))).toEqual(answer);
  });
  test('the card number has the name of the family', () => {
    const name = { telit: '#CCID', ublox: '+CCID', quectel: '+QCCID' }[profile];
    const { ask, module } = quiet({ profile });
    expect(linesOf(ask(`AT${name}`))).toEqual([`${name}: ${module.state.card.iccid}`, 'OK']);
  });
});

describe('families are told apart', () => {
  const OWN = { telit: 'AT#MONI', ublox: 'AT+UCELLINFO?', quectel: 'AT+QNWINFO' } as const;
  test.each(FAMILY_NAMES)('%s refuses the commands of the others, unless it is lenient', (profile) => {
    for (const other of FAMILY_NAMES.filter((each) => each !== profile)) {
      expect(linesOf(quiet({ profile }).ask(OWN[other]))).toEqual(['ERROR']);
      expect(linesOf(quiet({ profile, strict: false }).ask(OWN[other]))).toContain('OK');
    }
  });
  test.each([
    ['telit', '+CME ERROR: 50'],
    ['ublox', '+CME ERROR: 50'],
    ['quectel', 'ERROR'],
  ] as const)('%s refuses an argument too many with %s', (profile, final) => {
    expect(linesOf(quiet({ profile }).ask('AT+CGATT=1,1'))).toEqual([final]);
    expect(linesOf(quiet({ profile, strict: false }).ask('AT+CGATT=1,1'))).toEqual(['OK']);
  });
  test.each([
    ['telit', 'ABORTED'],
    ['ublox', 'ABORTED'],
    ['quectel', 'OK'],
  ] as const)('%s ends a command that is broken off with %s', async (profile, final) => {
    const { type, heard, clock } = bench({ profile, latencyScale: 1 });
    await clock.advance(20_000);
    type('ATE0\r');
    await clock.advance(2000);
    type('AT+COPS=?\r');
    await clock.advance(500);
    heard();
    type('\r');
    expect(linesOf(heard())).toEqual([final]);
  });
  test.each([
    ['telit', 'incorrect parameters'],
    ['ublox', 'Incorrect parameters'],
    ['quectel', 'Incorrect parameters'],
  ] as const)('%s spells errors its own way under +CMEE=2', (profile, words) => {
    const { ask } = quiet({ profile });
    ask('AT+CMEE=2');
    expect(linesOf(ask('AT+CFUN=77'))).toEqual([`+CME ERROR: ${words}`]);
  });
});

describe('boot', () => {
  test('a Quectel tells of its boot and its card, the others say nothing', () => {
    expect(linesOf(bench({ profile: 'quectel' }).heard())).toEqual([
      'RDY',
      '+CFUN: 1',
      '+CPIN: READY',
      '+QUSIM: 1',
      '+QIND: SMS DONE',
      '+QIND: PB DONE',
    ]);
    expect(bench({ profile: 'ublox' }).heard()).toBe('');
    expect(bench({ profile: 'telit' }).heard()).toBe('');
  });
  test.each([
    [{ isPinEnabled: true }, ['+CPIN: SIM PIN', '+QUSIM: 1']],
    [{ pinTries: 0 }, ['+CPIN: SIM PUK', '+QUSIM: 1']],
    [{ state: 'absent' }, ['+CPIN: NOT INSERTED']],
    [{ state: 'dead' }, ['+CPIN: NOT READY']],
  ] as const)('a Quectel with the card %j says so', (card, texts) => {
    expect(linesOf(bench({ profile: 'quectel', card }).heard()).slice(2)).toEqual(texts);
  });
  test('given boot texts stand for all of the family', () => {
    expect(linesOf(bench({ profile: 'quectel', bootTexts: ['^SYSSTART'] }).heard())).toEqual(['^SYSSTART']);
  });
  test.each([
    ['telit', 'AT#REBOOT'],
    ['ublox', 'AT+CFUN=16'],
    ['ublox', 'AT+CFUN=15'],
    ['quectel', 'AT+CFUN=1,1'],
  ] as const)('%s restarts on %s after its OK', (profile, line) => {
    const { ask, module } = quiet({ profile });
    expect(linesOf(ask(line))[0]).toBe('OK');
    expect(module.counters.resets).toBe(1);
    expect(ask('AT')).toContain('AT\r');
  });
  test('a Quectel says that it powers down, then is off', () => {
    const { ask, module } = quiet({ profile: 'quectel' });
    expect(linesOf(ask('AT+QPOWD'))).toEqual(['OK', 'POWERED DOWN']);
    expect(module.state.power).toBe('off');
  });
});

describe('activation', () => {
  test('a u-blox profile is mapped, activated with an unsolicited result, and lost with one', () => {
    const { ask, module, heard } = quiet({ profile: 'ublox' });
    expect(linesOf(ask('AT+UPSDA=0,3'))).toEqual(['OK', '+UUPSDA: 0,"10.64.1.21"']);
    expect(linesOf(ask('AT+UPSND=0,0'))).toEqual(['+UPSND: 0,0,"10.64.1.21"', 'OK']);
    heard();
    module.setPdpActive(false);
    expect(linesOf(heard())).toEqual(['+UUPSDD: 0']);
    expect(linesOf(ask('AT+UPSND=0,8'))).toEqual(['+UPSND: 0,8,0', 'OK']);
  });
  test('a Quectel tells of a context that the network takes away', () => {
    const { ask, module, heard } = quiet({ profile: 'quectel' });
    ask('AT+QIACT=1');
    heard();
    module.setPdpActive(false);
    expect(linesOf(heard())).toEqual(['+QIURC: "pdpdeact",1']);
    expect(linesOf(ask('AT+QIACT?'))).toEqual(['OK']);
  });
  test.each([
    ['LE910C1-EUX', 1],
    ['LE910C1-EU', 4],
  ])('the network card of a %s needs composition %i, a restart, and each registration anew', (model, composition) => {
    const { ask, module } = quiet({ identity: { model } });
    expect(linesOf(ask(`AT#USBCFG=${composition}`))).toEqual(['OK']);
    expect(linesOf(ask('AT#ECM=1,0'))).toEqual(['+CME ERROR: 3']);
    module.reset();
    expect(linesOf(ask('ATE0;#ECM=1,0;#ECM?'))).toContain('#ECM: 0,1');
    module.setRegistration({ state: 'none' });
    module.setRegistration({ state: 'home' });
    expect(linesOf(ask('AT#ECM?'))).toEqual(['#ECM: 0,0', 'OK']);
  });
  test('a Telit position has its place when the receiver is on', () => {
    const { ask } = quiet();
    expect(linesOf(ask('AT$GPSP=1'))).toEqual(['OK']);
    expect(linesOf(ask('AT$GPSP=1'))).toEqual(['+CME ERROR: 3']);
    expect(linesOf(ask('AT$GPSACP'))[0]).toBe(
      '$GPSACP: 110000.000,4812.4920N,01622.4280E,0.9,171.2,3,0.0,0.0,0.0,150626,08,05',
    );
    expect(linesOf(quiet({ position: null }).ask('AT$GPSP=1;$GPSACP'))[0]).toBe('$GPSACP: ,,,,,1,,,,,,');
  });
  test.each([
    ['telit', 'AT+CGACT=1,1', '+CME ERROR: 149', 'AT+CGAUTH=1,1,"me","word"'],
    ['telit', 'AT#SGACT=1,1', '+CME ERROR: 556', 'AT#PDPAUTH=1,2,"me","word"'],
    ['ublox', 'AT+UPSDA=0,3', '+CME ERROR: 149', 'AT+UAUTHREQ=1,1,"me","word"'],
    ['quectel', 'AT+QIACT=1', '+CME ERROR: 561', 'AT+QICSGP=1,3,"internet.example","me","word",1'],
  ] as const)('%s: %s fails with %s until the login is right', (profile, activate, refusal, login) => {
    const { ask, module } = quiet({ profile, bearerLogin: { user: 'me', password: 'word' } });
    expect(module.pdpActive).toBe(false);
    expect(linesOf(ask(activate))).toEqual([refusal]);
    ask(login.replace('word', 'other'));
    expect(linesOf(ask(activate))).toEqual([refusal]);
    expect(linesOf(ask(login))).toEqual(['OK']);
    expect(linesOf(ask(activate))).toContain('OK');
    expect(module.pdpActive).toBe(true);
  });
  test('families that take the password first want it first', () => {
    const options = {
      profile: 'ublox',
      bearerLogin: { user: 'me', password: 'word' },
      quirks: { passwordFirst: true },
    } as const;
    const { ask } = quiet(options);
    ask('AT+CGAUTH=1,1,"me","word"');
    expect(linesOf(ask('AT+CGACT=1,1'))).toEqual(['+CME ERROR: 149']);
    ask('AT+CGAUTH=1,1,"word","me"');
    expect(linesOf(ask('AT+CGACT=1,1'))).toEqual(['OK']);
  });
  test('no password comes back or stands in the transcript', () => {
    const { ask, module } = quiet();
    ask('AT+CGAUTH=1,1,"me","deep-secret"');
    expect(linesOf(ask('AT+CGAUTH?'))).toEqual(['+CGAUTH: 1,1,"me",""', 'OK']);
    expect(JSON.stringify(module.transcriptLines)).not.toContain('deep-secret');
  });
});
