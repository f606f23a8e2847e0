// Replies of Telit modules.
import { parseRfsts } from '../../../src/modem/codec/cell.js';
import { parseClock } from '../../../src/modem/codec/clock.js';
import { parseActivation, parseSgactAddress } from '../../../src/modem/codec/context.js';
import { parseErrorResult } from '../../../src/modem/codec/errors.js';
import { parseIccid, parseImei, parseQss } from '../../../src/modem/codec/identity.js';
import { parsePct } from '../../../src/modem/codec/retry.js';
import { parseCardPresence } from '../../../src/modem/codec/sim.js';
import { parseTempmeas } from '../../../src/modem/codec/temperature.js';
import { parseEcm, parseUsbcfg } from '../../../src/modem/codec/usb-mode.js';
import { chooseProfile } from '../../../src/modem/profiles/choose.js';
import { byLine, type ReplyTable, testReplies } from './table.js';

const at = (text: string): number => Date.parse(text);

const TABLES: readonly ReplyTable[] = [
  {
    name: 'which family',
    read: ([manufacturer, model]) => chooseProfile('auto', manufacturer, model).profile.name,
    rows: [
      [['Telit', 'LE910C1-EU'], 'telit-le910cx'],
      [['Telit', 'LE910C4-NF'], 'telit-le910cx'],
      [['Telit', 'LE910C1-EUX'], 'telit-le910cx-x'],
      [['Telit', 'LE910C4-WWX'], 'telit-le910cx-x'],
      [['Telit', 'LE910C1-WWXD'], 'telit-le910cx-x'],
      [['Telit', 'LE910-EU V2'], 'telit-xe910'],
      [['Telit', 'LE910B1-NA'], 'telit-xe910'],
      [['Telit', 'HE910'], 'telit-xe910'],
      [['Telit', 'ME910C1-WW'], 'telit-me910c1'],
      [['Telit', 'ME310G1-W1'], 'telit-me310g1'],
      [['Telit Cinterion', 'LE910Q1-EU'], 'telit-le910q1'],
      [['Telit', 'LM960A18'], 'telit-lm9x0'],
      [['Telit', 'LE922A6-A1'], 'telit-lm9x0'],
      [['Telit', 'FN980'], 'telit'],
    ],
  },
  {
    name: '#QSS',
    read: byLine((line) => [parseQss(line), parseCardPresence(line)]),
    rows: [
      ['#QSS: 0,0', [{ inserted: false }, { inserted: false }]],
      ['#QSS: 1,0', [{ inserted: false }, { inserted: false }]],
      ['#QSS: 0,1', [{ inserted: true }, { inserted: true }]],
      ['#QSS: 0,2', [{ inserted: true }, { inserted: true, ready: true }]],
      ['#QSS: 0,3', [{ inserted: true }, { inserted: true, ready: true }]],
      ['#QSS:0,3', [{ inserted: true }, { inserted: true, ready: true }]],
      ['#QSS: 0, 3', [{ inserted: true }, { inserted: true, ready: true }]],
      ['#QSS: 0', [{ inserted: false }, { inserted: false }]],
      ['QSS:0,1', [undefined, undefined]],
    ],
  },
  {
    name: 'serving cell',
    read: byLine(parseRfsts),
    rows: [
      [
        '#RFSTS: "310 260",66786,-101,-68,-13,2D18,255,,640,1,0,3089F02,"310260000000000","T-Mobile",3,66',
        {
          plmn: '310260',
          rsrpDbm: -101,
          rssiDbm: -68,
          rsrqDb: -13,
          areaCode: '2D18',
          cellId: '3089F02',
          band: 'B66',
        },
      ],
      [
        '#RFSTS: "286 01",1795,-101,-67,-15,2242,,128,3,1,0B5D121,"286010000000001","Turkcell",3,3,108',
        {
          plmn: '28601',
          rsrpDbm: -101,
          rssiDbm: -67,
          rsrqDb: -15,
          areaCode: '2242',
          cellId: '0B5D121',
          band: 'B3',
        },
      ],
      [
        '#RFSTS: "310 410",800,-93,-59,-14,8B1E,255,-5,1280,19,2,A20C316,"310410123456789","AT&T",3,2',
        {
          plmn: '310410',
          rsrpDbm: -93,
          rssiDbm: -59,
          rsrqDb: -14,
          areaCode: '8B1E',
          cellId: 'A20C316',
          band: 'B2',
        },
      ],
      // GSM.
      [
        '#RFSTS: "204 04",1001,-80,00DE,01,5,19,10,2,9878,"204040000000002","vodafone NL",1,2',
        { plmn: '20404', rssiDbm: -80, areaCode: '00DE', cellId: '9878' },
      ],
      [
        '#RFSTS: "204 08",14,-83,0CBC,00,5,19,10,,BEE9,"204040000000002","NL KPN",0,2',
        { plmn: '20408', rssiDbm: -83, areaCode: '0CBC', cellId: 'BEE9' },
      ],
      // No network yet: no code.
      [
        '#RFSTS: ,1001,-77,00DE,01,5,19,10,2,9878,"204040000000002","",0,2',
        { rssiDbm: -77, areaCode: '00DE', cellId: '9878' },
      ],
      // UMTS: scrambling code and Ec/Io first.
      [
        '#RFSTS: "222 01",10563,73,-7.0,-74,-67,54DC,01,-2,128,19,10,2,0,2F5B1D3,"222010000000003","TIM",3,4,1',
        { plmn: '22201', rssiDbm: -67, areaCode: '54DC', cellId: '2F5B1D3' },
      ],
      ['#RFSTS: ,,,,,,,,,,,,,,', {}],
      ['#RFSTS:', {}],
    ],
  },
  {
    name: 'contexts',
    read: byLine((line) => parseActivation(line) ?? parseSgactAddress(line)),
    rows: [
      ['#SGACT: 1,1', { contextId: 1, active: true }],
      ['#SGACT: 3,0', { contextId: 3, active: false }],
      ['#SGACT: 10.250.64.139', '10.250.64.139'],
      ['#SGACT: 0.0.0.0', undefined],
    ],
  },
  {
    name: 'tries left',
    read: byLine(parsePct),
    rows: [
      ['#PCT: 3', { pin: 3 }],
      ['#PCT: 1', { pin: 1 }],
      ['#PCT: 0', { pin: 0 }],
      // No card gives ten tries for a PIN.
      ['#PCT: 10', { puk: 10 }],
      ['#PCT: x', undefined],
    ],
  },
  {
    name: 'clock',
    read: byLine(parseClock),
    rows: [
      ['#NITZ: 26/03/27,16:37:22+04,0', { utcMs: at('2026-03-27T15:37:22Z'), zoneKnown: true }],
      ['#NITZ: "26/04/03,16:07:54+08,1"', { utcMs: at('2026-04-03T14:07:54Z'), zoneKnown: true }],
      ['#NITZ: 26/12/31,16:07:54', { utcMs: at('2026-12-31T16:07:54Z'), zoneKnown: false }],
      ['#NITZ: 11/06/22,08:30:38+40', 'unset'],
      // The answer to #NITZ?: mask and mode.
      ['#NITZ: 7,1', undefined],
    ],
  },
  {
    name: 'USB mode and network card',
    read: byLine((line) => parseUsbcfg(line) ?? parseEcm(line)),
    rows: [
      ['#USBCFG: 0', 0],
      ['#USBCFG: 4', 4],
      ['#USBCFG:50', 50],
      ['#ECM: 0,1', true],
      ['#ECM: 0,0', false],
      ['#ECM: 0', undefined],
    ],
  },
  {
    name: 'temperature',
    read: byLine(parseTempmeas),
    rows: [
      ['#TEMPMEAS: 0,28', 28],
      ['#TEMPMEAS: -1,-32', -32],
      ['#TEMPMEAS: 2,255', undefined],
    ],
  },
  {
    name: 'identities',
    read: (lines) => parseIccid(lines) ?? parseImei(lines)?.imei,
    rows: [
      ['#CCID: 89310410106543789301', '89310410106543789301'],
      ['#CCID: 8901260000000000017F', '8901260000000000017'],
      ['#CGSN: 356938035643809', '356938035643809'],
    ],
  },
  {
    name: 'errors',
    read: byLine((line) => parseErrorResult(line, 'telit').name),
    rows: [
      ['+CME ERROR: 553', 'context already activated'],
      ['+CME ERROR: context already activated', 'context already activated'],
      ['+CME ERROR: 555', 'activation failed'],
      ['+CME ERROR: 558', 'cannot resolve name'],
      ['+CME ERROR: can not resolve DN', 'cannot resolve name'],
      ['+CME ERROR: 126', 'operation temporarily not allowed'],
      ['+CME ERROR: 4', 'operation not supported'],
    ],
  },
];

testReplies('telit', TABLES, 60);
