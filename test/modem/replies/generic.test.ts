// Replies of the standards (27.007, 27.005, 31.102) in the wordings met in the field.
import { explainCause, explainSessionCause, parseCeer } from '../../../src/modem/codec/causes.js';
import { parseClock } from '../../../src/modem/codec/clock.js';
import {
  parseActivation,
  parseCgcontrdp,
  parseCgdcont,
  parseCgev,
  parseCgpaddr,
} from '../../../src/modem/codec/context.js';
import { parseErrorResult } from '../../../src/modem/codec/errors.js';
import { collect } from '../../../src/modem/codec/fields.js';
import {
  parseCops,
  parseCpin,
  parseIccid,
  parseImei,
  parseImsi,
  parsePlain,
} from '../../../src/modem/codec/identity.js';
import { parseRegistration } from '../../../src/modem/codec/registration.js';
import { parseCpinr, parseVerifyStatus } from '../../../src/modem/codec/retry.js';
import { parseCesq, parseCsq } from '../../../src/modem/codec/signal.js';
import { lockWords, parseCardPresence } from '../../../src/modem/codec/sim.js';
import { REGISTRATION } from './registration-rows.js';
import { byLine, type ReplyTable, testReplies } from './table.js';

const at = (text: string): number => Date.parse(text);

const TABLES: readonly ReplyTable[] = [
  { name: 'registration', read: byLine(parseRegistration), rows: REGISTRATION },
  {
    name: 'operator',
    read: byLine(parseCops),
    rows: [
      ['+COPS: 1,0,"CHINA MOBILE"', { operator: 'CHINA MOBILE' }],
      ['+COPS: 1,0,"CHINA MOBILE",7', { operator: 'CHINA MOBILE', act: 7 }],
      ['+COPS: 1,2,"46000"', { operator: '46000', plmn: '46000' }],
      ['+COPS: 1,2,"46000",7', { operator: '46000', plmn: '46000', act: 7 }],
      ['+COPS: 0,2,26201,9', { operator: '26201', plmn: '26201', act: 9 }],
      ['+COPS: 0,0,"T-Mobile USA, In",0', { operator: 'T-Mobile USA, In', act: 0 }],
      ['+COPS:0,1,"TMO US",2', { operator: 'TMO US', act: 2 }],
      ['+COPS: 0,0,"Telekom.de",9', { operator: 'Telekom.de', act: 9 }],
      ['+COPS: 0', {}],
      ['+COPS: (2,"T-Mobile","TMO","31026",0),(1,"AT&T","AT&T","310410",0),,(0,1,2,3,4),(0,1,2)', undefined],
    ],
  },
  {
    name: 'signal, old',
    read: byLine(parseCsq),
    rows: [
      ['+CSQ: 20,99', { rssiDbm: -73 }],
      ['+CSQ:18,99', { rssiDbm: -77 }],
      ['+CSQ: 99,99', 'unknown'],
      ['+CSQ: 191,99', { rssiDbm: -25 }],
      ['+CSQ: 199,99', 'unknown'],
    ],
  },
  {
    name: 'signal, extended',
    read: byLine(parseCesq),
    rows: [
      ['+CESQ: 99,99,255,255,20,80', { rsrqDb: -10, rsrpDbm: -61 }],
      ['+CESQ: 99,99,95,40,255,255', { rssiDbm: -26 }],
      ['+CESQ: 10,6,255,255,255,255', { rssiDbm: -101 }],
      ['+CESQ:10,6,255,255,255,255', { rssiDbm: -101 }],
      ['+CESQ: 99,99,255,255,255,255,64,75,87', { rsrqDb: -11.5, rsrpDbm: -82, sinrDb: 20 }],
      ['+CESQ: 99,99,255,255,255,255,255,255,255', {}],
    ],
  },
  {
    name: 'SIM state',
    read: byLine(parseCpin),
    rows: [
      ['+CPIN: READY', 'ready'],
      ['+CPIN: "SIM PIN"', 'pin'],
      ['+CPIN: SIM PUK', 'puk'],
      ['+CPIN: SIM PUK2', 'ready'],
      ['+CPIN: PH-NET PIN', 'other'],
      ['+CPIN: PH-SP PIN', 'other'],
      ['+CPIN: NOT READY', 'busy'],
      ['+CPIN:SIM not inserted', 'absent'],
      ['+CPIN: SIM FAILURE', 'failure'],
    ],
  },
  {
    name: 'locks of the module',
    read: byLine(lockWords),
    rows: [
      ['+CPIN: PH-NET PIN', 'the module is locked to another network (PH-NET PIN)'],
      ['+CPIN: "PH-CORP PIN"', 'the module is locked to another company (PH-CORP PIN)'],
      ['+CPIN: PH-ODD PIN', 'the module is locked (PH-ODD PIN)'],
      ['+CPIN: SIM PIN', undefined],
    ],
  },
  {
    name: 'card presence',
    read: byLine(parseCardPresence),
    rows: [
      ['+CPIN: NOT INSERTED', { inserted: false }],
      ['+CPIN: READY', { inserted: true, ready: true }],
      ['+CPIN: SIM PIN', { inserted: true }],
      ['+CPIN: NOT READY', undefined],
    ],
  },
  {
    name: 'tries left, +CPINR',
    read: (lines) => collect(lines, parseCpinr),
    rows: [
      [
        ['+CPINR: SIM PIN,3,3', '+CPINR: SIM PUK,10,10', '+CPINR: SIM PIN2,3,3', '+CPINR: SIM PUK2,10,10'],
        { pin: 3, puk: 10 },
      ],
      [['+CPINR: "SIM PIN",2', '+CPINR: "SIM PUK",10'], { pin: 2, puk: 10 }],
      ['+CPINR: SIM PIN,1,3', { pin: 1 }],
      ['+CPINR: SIM PIN2,3,3', undefined],
      ['+CPINR: SIM PIN,99,3', undefined],
    ],
  },
  {
    name: 'tries left, asked of the card',
    read: byLine(parseVerifyStatus),
    rows: [
      ['+CSIM:8,"000063C1"', { pin: 1 }],
      ['+CSIM:8,"000063CA"', { pin: 10 }],
      ['+CSIM:8, "000063CF"', { pin: 15 }],
      ['+CSIM:  8, "000063C3"', { pin: 3 }],
      ['+CSIM: 10, "63C2"', { pin: 2 }],
      ['+CSIM: 4,"63C0"', { pin: 0 }],
      ['+CSIM: 4, "6983"', { pin: 0 }],
      // The card asks for no PIN, or something went wrong: that is no number of tries.
      ['+CSIM: 4,"9000"', undefined],
      ['+CSIM: 4, "6300"', undefined],
      ['+CSIM: 4, "6984"', undefined],
      ['+CSIM: 4, "6A88"', undefined],
      ['+CSIM: 4, "63BF"', undefined],
      ['+CSIM: 4, "63D0"', undefined],
      ['+CSIM:000063CF"', undefined],
      ['+CSIM: 8, 000063CF', undefined],
    ],
  },
  {
    name: 'identities',
    read: (lines) => parseImei(lines)?.imei ?? parseIccid(lines) ?? parseImsi(lines) ?? parsePlain(lines, '+CGMM'),
    rows: [
      ['356938035643809', '356938035643809'],
      ['+CGSN: "356938035643809"', '356938035643809'],
      ['3569380356438012', '356938035643809'],
      ['+CCID: 8931041010654378930F', '8931041010654378930'],
      ['+CCID: "89310410106543789301"', '89310410106543789301'],
      ['+ICCID: 898600000000A0000023', '898600000000A0000023'],
      // The file of the card: digits in swapped pairs.
      ['+CRSM: 144,0,"989420000021436587F9"', '8949020000123456789'],
      ['+CRSM: 144, 0, 98133401016045873910', '89314310100654789301'],
      ['+CRSM: 106,130,""', undefined],
      ['204046620123456', '204046620123456'],
      ['+CGMM: "SARA-R510M8S-00B"', 'SARA-R510M8S-00B'],
    ],
  },
  {
    name: 'clock',
    read: byLine(parseClock),
    rows: [
      ['+CCLK: "26/08/05,04:00:21+40"', { utcMs: at('2026-08-04T18:00:21Z'), zoneKnown: true }],
      ['+CCLK:   "25/02/28,20:30:40-32"', { utcMs: at('2025-03-01T04:30:40Z'), zoneKnown: true }],
      ['+CCLK: 27/07/26,11:42:15+01', { utcMs: at('2027-07-26T11:27:15Z'), zoneKnown: true }],
      ['+CCLK: "26/08/05,04:00:21"', { utcMs: at('2026-08-05T04:00:21Z'), zoneKnown: false }],
      ['+CCLK: "14/08/05,04:00:21+40"', 'unset'],
      ['+CCLK: "80/01/06,00:01:12"', 'unset'],
      ['+CTZE: "+28",0,"2026/07/17,10:32:46"', { utcMs: at('2026-07-17T03:32:46Z'), zoneKnown: true }],
      ['+CTZE: "-16",1,"2026/03/15,12:34:56"', { utcMs: at('2026-03-15T16:34:56Z'), zoneKnown: true }],
      ['+CTZEU: +28,0,2026/07/17,03:32:46', { utcMs: at('2026-07-17T03:32:46Z'), zoneKnown: true }],
      // A zone alone is no time.
      ['+CTZE: "+08",0', undefined],
      ['+CTZV: +08', undefined],
      ['+CTZV: 8,"26/07/17,10:32:46"', undefined],
      ['+CCLK: "XX/XX/XX,XX:XX:XX+XX"', undefined],
    ],
  },
  {
    name: 'contexts defined',
    read: byLine(parseCgdcont),
    rows: [
      ['+CGDCONT: 1,"IP",,,0,0', { contextId: 1, type: 'IP', apn: '' }],
      ['+CGDCONT: 1,"IP","nate.sktelecom.com","",0,0', { contextId: 1, type: 'IP', apn: 'nate.sktelecom.com' }],
      ['+CGDCONT: 2,"IPV6","inet.es"', { contextId: 2, type: 'IPV6', apn: 'inet.es' }],
      [
        '+CGDCONT: 2,"IP","ac.vodafone.es.MNC001.MCC214.GPRS","",0,0',
        { contextId: 2, type: 'IP', apn: 'ac.vodafone.es.MNC001.MCC214.GPRS' },
      ],
      ['+CGDCONT: (1-10),"IPV4V6",,,(0,1),(0,1)', undefined],
    ],
  },
  {
    name: 'contexts up',
    read: (lines) => lines.map(parseActivation),
    rows: [
      [
        ['+CGACT: 1,0', '+CGACT: 4,1'],
        [
          { contextId: 1, active: false },
          { contextId: 4, active: true },
        ],
      ],
      ['+CGACT:1,1', [{ contextId: 1, active: true }]],
      ['+CGACT: (0,1)', [undefined]],
    ],
  },
  {
    name: 'addresses',
    read: byLine(parseCgpaddr),
    rows: [
      ['+CGPADDR: 1,"10.225.154.84"', { contextId: 1, address: '10.225.154.84' }],
      ['+CGPADDR: 1,100.64.12.7', { contextId: 1, address: '100.64.12.7' }],
      [
        '+CGPADDR: 1,"10.225.154.84","32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1"',
        { contextId: 1, address: '10.225.154.84', address2: '2001:db8:0:0:0:0:0:1' },
      ],
      ['+CGPADDR: 3,"0.0.0.0","::"', { contextId: 3 }],
      ['+CGPADDR: 2,""', { contextId: 2 }],
    ],
  },
  {
    name: 'context parameters',
    read: byLine(parseCgcontrdp),
    rows: [
      [
        '+CGCONTRDP: 4,5,"ibox.tim.it.mnc001.mcc222.gprs","2.197.17.49.255.255.255.255","2.197.17.49","10.207.43.46","10.206.56.132","0.0.0.0","0.0.0.0",0',
        {
          contextId: 4,
          apn: 'ibox.tim.it.mnc001.mcc222.gprs',
          address: '2.197.17.49',
          gateway: '2.197.17.49',
          dns: ['10.207.43.46', '10.206.56.132'],
        },
      ],
      [
        '+CGCONTRDP: 4,5,"ibox.tim.it.mnc001.mcc222.gprs","2.197.17.49","255.255.255.255","2.197.17.49","10.207.43.46"',
        {
          contextId: 4,
          apn: 'ibox.tim.it.mnc001.mcc222.gprs',
          address: '2.197.17.49',
          gateway: '2.197.17.49',
          dns: ['10.207.43.46'],
        },
      ],
      [
        '+CGCONTRDP: 4,5,"ibox.tim.it.mnc001.mcc222.gprs","2.197.17.49"',
        { contextId: 4, apn: 'ibox.tim.it.mnc001.mcc222.gprs', address: '2.197.17.49', dns: [] },
      ],
      [
        '+CGCONTRDP: 1,0,"fast.t-mobile.com","2607:FB90:B59A:02C1:0AD3:1B57:4FD4:21F4","FE80:0000:0000:0000:B46D:57FF:FE45:4545","fd00:976a::9","fd00:976a::10"',
        {
          contextId: 1,
          apn: 'fast.t-mobile.com',
          address: '2607:FB90:B59A:02C1:0AD3:1B57:4FD4:21F4',
          gateway: 'FE80:0000:0000:0000:B46D:57FF:FE45:4545',
          dns: ['fd00:976a::9', 'fd00:976a::10'],
        },
      ],
      [
        '+CGCONTRDP: 2,6,"fast.t-mobile.com","38.7.251.144.154.37.192.120.172.57.189.17.176.171.138.245",,"253.0.151.106.0.0.0.0.0.0.0.0.0.0.0.9"',
        {
          contextId: 2,
          apn: 'fast.t-mobile.com',
          address: '2607:fb90:9a25:c078:ac39:bd11:b0ab:8af5',
          dns: ['fd00:976a:0:0:0:0:0:9'],
        },
      ],
      [
        '+CGCONTRDP: 4,5,"ibox.tim.it.mnc001.mcc222.gprs"',
        { contextId: 4, apn: 'ibox.tim.it.mnc001.mcc222.gprs', dns: [] },
      ],
      ['+CGCONTRDP: 4,5,""', { contextId: 4, apn: '', dns: [] }],
    ],
  },
  {
    name: 'context events',
    read: byLine(parseCgev),
    rows: [
      ['+CGEV: NW DETACH', { is: 'detached' }],
      ['+CGEV: ME DETACH', { is: 'detached' }],
      ['+CGEV: NW PDN DEACT 2', { is: 'deactivated', contextId: 2 }],
      ['+CGEV: ME PDN ACT 2, 3, 4', { is: 'activated', contextId: 2 }],
      ['+CGEV: NW DEACT IP, 123.123.123.123, 1', { is: 'deactivated', contextId: 1 }],
      ['+CGEV: NW DEACT IP, 123.123.123.123', { is: 'deactivated' }],
      ['+CGEV: ME CLASS A', undefined],
      ['+CGEV: ME DEACT 3, 2, 1', undefined],
    ],
  },
  {
    name: 'errors',
    read: byLine((line) => parseErrorResult(line)),
    rows: [
      ['+CME ERROR: 10', { family: 'cme', number: 10, name: 'SIM not inserted' }],
      ['+CME ERROR:13', { family: 'cme', number: 13, name: 'SIM failure' }],
      ['+CME ERROR: SIM not inserted', { family: 'cme', number: 10, name: 'SIM not inserted' }],
      ['+CME ERROR: operation not supported', { family: 'cme', number: 4, name: 'operation not supported' }],
      ['+CME ERROR: Incorrect parameters', { family: 'cme', number: 50, name: 'incorrect parameters' }],
      ['+CME ERROR: PLMN not allowed', { family: 'cme', number: 111, name: 'PLMN not allowed' }],
      ['+CME ERROR: 127', { family: 'cme', number: 127, name: 'missing or unknown APN' }],
      ['+CME ERROR: 553', { family: 'cme', number: 553, name: 'code 553' }],
      ['+CMS ERROR: 500', { family: 'cms', number: 500, name: 'unknown' }],
      ['+CMS ERROR: 331', { family: 'cms', number: 331, name: 'no network service' }],
      ['NO CARRIER', { family: 'other', name: 'NO CARRIER' }],
    ],
  },
  {
    name: 'reasons in free text',
    read: byLine(parseCeer),
    rows: [
      [
        '+CEER: EMM cause 33, requested service option not subscribed',
        {
          text: 'EMM cause 33, requested service option not subscribed',
          layer: 'registration',
          number: 33,
          cause: explainCause(33),
        },
      ],
      [
        '+CEER: Deactivate Cause: SM34 (Service option temporarily out of order)',
        {
          text: 'Deactivate Cause: SM34 (Service option temporarily out of order)',
          layer: 'session',
          number: 34,
          cause: explainSessionCause(34),
        },
      ],
      [
        '+CEER: "EMM",15,"No suitable cells in tracking area"',
        {
          text: 'EMM, 15, No suitable cells in tracking area',
          layer: 'registration',
          number: 15,
          cause: explainCause(15),
        },
      ],
      [
        '+CEER: "ESM cause",27,"Missing or unknown APN"',
        {
          text: 'ESM cause, 27, Missing or unknown APN',
          layer: 'session',
          number: 27,
          cause: explainSessionCause(27),
        },
      ],
      ['+CEER: EMM_CAUSE_ESM_FAILURE', { text: 'EMM_CAUSE_ESM_FAILURE' }],
      ['+CEER: 17, CM_USER_BUSY', { text: '17, CM_USER_BUSY' }],
      ['+CEER: "No report available"', undefined],
      ['+CEER: Normal call clearing', undefined],
      ['+CEER: 0,NONE', undefined],
    ],
  },
];

testReplies('generic', TABLES, 150);
