import { describe, expect, test } from 'vitest';
import { judgeCommand } from '../../src/modem/guard.js';
import { createRandom } from './random.js';

const ALLOWED = [
  'AT',
  'at',
  'ATI',
  'ATI9',
  'AT&V',
  'ATS3?',
  'AT+CSQ',
  'at+csq',
  '  AT+CSQ  ',
  'AT + CSQ',
  'AT+CESQ',
  'AT+CGMI',
  'AT+CGMM;+CGMR;+CGSN',
  'AT+GMI',
  'AT+CIMI',
  'AT+CCID',
  'AT#CCID',
  'AT+QCCID',
  'AT+ICCID',
  'AT+CEER',
  'AT+CGPADDR',
  'AT+CGPADDR=1',
  'AT+CGPADDR=1,3',
  'AT+CGCONTRDP',
  'AT+CGCONTRDP=1',
  'AT+CGSN=1',
  'AT#RFSTS',
  'AT#MONI',
  'AT#MONI=7',
  'AT#SERVINFO',
  'AT+QCSQ',
  'AT+QENG="servingcell"',
  'AT+QNWINFO',
  'AT+QCFG="nwscanmode"',
  'AT+CPSI?',
  'AT+UCELLINFO?',
  'AT+UPINCNT',
  'AT#PCT',
  'AT+CPINR',
  'AT+CPINR="SIM PIN"',
  'AT+QPINC="SC"',
  'AT+SPIC',
  'AT+CLAC',
  'AT#TEMPMON=1',
  'AT+QTEMP',
  'AT+UTEMP?',
  'AT+UGPS?',
  'AT+ULOC?',
  'AT+ULOC=?',
  'AT+ULOCIND?',
  'AT+ULOCCELL?',
  'AT+CPIN?',
  'AT+CPIN=?',
  'AT+CREG?;+CGREG?;+CEREG?',
  'AT+COPS?',
  'AT+CGDCONT?',
  'AT+CGDCONT=?',
  'AT+CFUN?',
  'AT+CFUN=?',
  'AT+CLCK="SC",2',
  'AT+CLCK="SC",2,"",1',
  'AT#DWCFG?',
  'AT$GPSACP',
  'AT^SYSINFO',
  'ATI+CSQ',
  'AT+CMGS=?',
];

const UNSAFE = [
  'AT+COPS=?',
  'AT#COPS=?',
  'AT+COPS=0',
  'AT+CFUN=1,1',
  'AT+CFUN=4',
  'AT#REBOOT',
  'AT#SHDN',
  'AT+CPWROFF',
  'AT+CGDCONT=1,"IP","apn"',
  'AT+CGACT=0,1',
  'AT#SGACT=1,1',
  'AT+CSQ;+CFUN=0',
  'AT+CSQ;+CFUN=0;+CGMI',
  'ATE1',
  'ATV0',
  'ATQ1',
  'ATZ',
  'AT&F',
  'AT&W',
  'ATH',
  'ATS0=1',
  'AT+CSIM=14,"00A40004023F00"',
  'AT+CSIM=16,"00A40004023F0000"',
  'AT+CRLA=0,176,28423,0,0,9,"7FFF"',
  'AT#USBCFG=4',
  'AT+QCFG="usbnet",1',
  'AT+CGAUTH?',
  'AT+UGSRV?',
  'AT+ULOC=2,2,1,60,1000',
  'AT+UGPS=1,0,67',
  'AT+NOSUCH',
  'AT+NOSUCH?',
  'AT+CSQ?x',
  'AT+CRSM=176,28589,0,0,3',
  'AT+CSIM=10,"00B0000003"',
  'AT+CLCK="AO",1',
  'AT#SD=1,0,80,"example.org",0,0,1',
  'AT+USOWR=0,3,"ABC"',
  'AT+QICSGP=1,1,"apn"',
  'AT!x',
  'AT1',
  'AT\\Q3',
  'AT+CMEE=2',
  'AT+IPR=9600',
];

const NEVER = [
  '',
  'CSQ',
  'hello',
  '+++',
  'AT+++',
  'A/',
  'a/',
  'A /',
  'AT+CSQ\r',
  'AT+CSQ\rAT+CPIN=1234',
  'AT+CSQ\u001a',
  'AT+CSQ\u001b',
  'AT+CSQ\u0008',
  'AT+CSQ\t',
  'AT+CSQ\u202e',
  'AT+CPIN=1234',
  'AT+CPIN="1234"',
  'at+cpin=1234',
  'AT + C P I N = 1234',
  'AT+CPIN=12345678,1234',
  'AT+CPIN=?1234',
  'AT+CPIN=',
  'ATE0+CPIN=1234',
  'AT+CSQ;+CPIN=1234',
  'AT;+CPIN=1234',
  'AT+CSQ;;+CPIN=1234;+CSQ',
  'AT\\Q3+CPIN=1234',
  'AT+COPS=1,0,"x;+CPIN=1234"',
  'AT+COPS=1,0,"x\\";+CPIN=1234',
  'AT+COPS=1,0,"open',
  'ATIAT+CPIN=1234',
  'AT+CPIN2=1234',
  'AT^CPIN=1,"1234"',
  'AT+CPWD="SC","1234","4321"',
  'AT+CLCK="SC",1,"1234"',
  'AT+CLCK=SC,0,1234',
  'AT+CLCK="SC",2,"1234"',
  'AT^CARDLOCK="12345678"',
  'AT+CSIM=26,"0020000108FFFFFFFFFFFFFFFF"',
  'AT+CSIM=26,"A0B00000000020000108313131312020"',
  'AT+CSIM=28,"00A40004023F0000200001083131"',
  'AT+CSIM=10,00B0000000,0020000108',
  'AT+CRLA=0,214,28423,0,0,1,"00","7FFF"',
  'ATS3=10',
  'ATS5=90',
  'ATE1S5=90',
  'ATS04=65;+CSQ',
  'AT+CSIM=10,"0020000100"',
  'AT+CSIM=10,"00D6000003"',
  'AT+CSIM=26,"002C000110"',
  'AT+CSIM=junk',
  'AT+CRSM=214,28589,0,0,3,"000000"',
  'AT+CRSM=220,28480,1,4,4,"00"',
  'AT+CGLA=1,26,"0020000108FFFFFFFFFFFFFFFF"',
  'ATD*99#',
  'ATD*99***1#',
  'ATDT123;',
  'ATE0D123',
  'ATA',
  'ATO',
  'AT+CGDATA="PPP",1',
  'AT+CMUX=0',
  'AT#SO=1',
  'AT#SD=1,0,80,"example.org"',
  'AT+QIOPEN=1,0,"TCP","example.org",80,0,2',
  'AT+CMGS="+491"',
  'AT+CMGW',
  'AT#SSEND=1',
  'AT#SSENDEXT=1,5',
  'AT+USOWR=0,5',
  'AT+QISEND=0',
  'AT+QFUPL="x",100',
  'AT+QFASTBOOT',
  'AT+EGMR=1,7,"123456789012345"',
  'AT+UFACTORY=2,2',
  'AT+CGAUTH=1,1,"u","p"',
  'AT#PDPAUTH=1,1,"u","p"',
  'AT#SGACT=1,1,"u","p"',
  'AT+QICSGP=1,1,"apn","u","p",1',
  'AT#DWCFG=server:8883,0,token',
  `AT+CSQ${' '.repeat(500)}`,
];

describe('what a person may type', () => {
  test.each(ALLOWED)('%j is allowed', (line) => {
    expect(judgeCommand(line)).toEqual({ verdict: 'allowed' });
  });
  test.each(UNSAFE)('%j needs --unsafe, and the reason is said', (line) => {
    const judged = judgeCommand(line);
    expect(judged.verdict).toBe('unsafe');
    expect('why' in judged && judged.why.length).toBeGreaterThan(10);
  });
  test.each(NEVER)('%j is never sent, and what to do instead is said', (line) => {
    const judged = judgeCommand(line);
    expect(judged.verdict).toBe('never');
    expect('hint' in judged && judged.hint.length).toBeGreaterThan(10);
  });
});

test('no reason ever repeats what was typed behind the equals sign', () => {
  for (const line of [...UNSAFE, ...NEVER])
    expect(JSON.stringify(judgeCommand(line.replaceAll('1234', '7391')))).not.toContain('7391');
});

test('a PIN command is found wherever it stands among harmless ones', () => {
  const random = createRandom(7);
  const harmless = ['+CSQ', '+CREG?', 'I', '+COPS=?', '#RFSTS', 'E0', '&V', '+COPS=1,0,"a,b"'];
  for (let n = 0; n < 5000; n++) {
    const parts = Array.from({ length: 1 + random.int(5) }, () => random.pick(harmless));
    parts.splice(random.int(parts.length + 1), 0, '+CPIN=1234');
    const line = `AT${parts.join(random.next() < 0.5 ? ';' : ' ; ')}`;
    expect(judgeCommand(line).verdict, line).toBe('never');
  }
});

test('100 000 made-up lines never throw, and a PIN among them is never let through', () => {
  const random = createRandom(42);
  const pieces = [
    'AT',
    '+CPIN',
    '=',
    '"',
    ';',
    ',',
    '?',
    '+CSQ',
    '1234',
    ' ',
    'D',
    '\\',
    '&F',
    '#',
    '+',
    'E0',
    '\u001b',
  ];
  for (let n = 0; n < 100_000; n++) {
    let line = random.next() < 0.9 ? 'AT' : '';
    for (let i = random.int(12); i > 0; i--) line += random.pick(pieces);
    const { verdict } = judgeCommand(line);
    const bare = line.replaceAll(' ', '').toUpperCase();
    if (/\+CPIN=(?!\?(?:;|$))/.test(bare)) expect(verdict, JSON.stringify(line)).toBe('never');
  }
});

test('a line that is too long is refused unread, however it is built', () => {
  for (const line of [`AT${'+CPIN'.repeat(200_000)}`, `AT${'"'.repeat(1_000_000)}`, `AT${' '.repeat(1_000_000)}`])
    expect(judgeCommand(line)).toMatchObject({ verdict: 'never', why: 'the line is too long' });
});
