// Replies of Quectel modules.
import { parseQcsq, parseQeng } from '../../../src/modem/codec/cell-qualcomm.js';
import { parseClock } from '../../../src/modem/codec/clock.js';
import { parseQiact } from '../../../src/modem/codec/context.js';
import { isTransientCme, parseErrorResult } from '../../../src/modem/codec/errors.js';
import { collect } from '../../../src/modem/codec/fields.js';
import { parseIccid } from '../../../src/modem/codec/identity.js';
import { parseQpinc } from '../../../src/modem/codec/retry.js';
import { parseCardPresence } from '../../../src/modem/codec/sim.js';
import { parseQtemp } from '../../../src/modem/codec/temperature.js';
import { parseUsbnet } from '../../../src/modem/codec/usb-mode.js';
import { chooseProfile } from '../../../src/modem/profiles/choose.js';
import { byLine, type ReplyTable, testReplies } from './table.js';

const at = (text: string): number => Date.parse(text);

const TABLES: readonly ReplyTable[] = [
  {
    name: 'which family',
    read: ([manufacturer, model]) => chooseProfile('auto', manufacturer, model).profile.name,
    rows: [
      [['Quectel', 'EC25'], 'quectel-ec2x'],
      [['Quectel', 'EG25-G'], 'quectel-ec2x'],
      [['Quectel', 'EC21'], 'quectel-ec2x'],
      [['Quectel', 'EG91'], 'quectel-ec2x'],
      [['Quectel', 'BG95-M3'], 'quectel-bg9x'],
      [['Quectel', 'BG96'], 'quectel-bg9x'],
      [['Quectel', 'RM520N-GL'], 'quectel'],
      [['Quectel', 'EM12-G'], 'quectel'],
    ],
  },
  {
    name: 'tries left',
    read: (lines) => collect(lines, parseQpinc),
    rows: [
      ['+QPINC: "SC",3,10', { pin: 3, puk: 10 }],
      [['+QPINC: "SC",1,10', '+QPINC: "P2",3,10'], { pin: 1, puk: 10 }],
      ['+QPINC: "P2",3,10', undefined],
    ],
  },
  {
    name: 'signal',
    read: byLine(parseQcsq),
    rows: [
      ['+QCSQ: "eMTC",-84,-91,165,-6', { rssiDbm: -84, rsrpDbm: -91, sinrDb: 13, rsrqDb: -6 }],
      ['+QCSQ: "eMTC",-35,-65,112,-15', { rssiDbm: -35, rsrpDbm: -65, sinrDb: 2.4, rsrqDb: -15 }],
      ['+QCSQ: "CAT-M1",-62,-92,93,-14', { rssiDbm: -62, rsrpDbm: -92, sinrDb: -1.4, rsrqDb: -14 }],
      ['+QCSQ: "LTE",-58,-89,188,-8', { rssiDbm: -58, rsrpDbm: -89, sinrDb: 17.6, rsrqDb: -8 }],
      ['+QCSQ: "NR5G",-75,4,-11', { rsrpDbm: -75, sinrDb: 4, rsrqDb: -11 }],
      ['+QCSQ: "GSM",-71', { rssiDbm: -71 }],
      ['+QCSQ: "NOSERVICE"', {}],
    ],
  },
  {
    name: 'serving cell',
    read: (lines) => collect(lines, parseQeng),
    rows: [
      [
        '+QENG: "servingcell","NOCONN","LTE","FDD",302,610,844D92A,248,900,2,5,5,D6E7,-89,-8,-61,17,38',
        {
          plmn: '302610',
          cellId: '844D92A',
          band: 'B2',
          areaCode: 'D6E7',
          rsrpDbm: -89,
          rsrqDb: -8,
          rssiDbm: -61,
          sinrDb: 17,
        },
      ],
      [
        '+QENG: "servingcell","CONECT","LTE","FDD",228,02,1CA6B8E,64,522,1,4,4,B3B3,-105,-7,-80,3,7,17,20',
        {
          plmn: '22802',
          cellId: '1CA6B8E',
          band: 'B1',
          areaCode: 'B3B3',
          rsrpDbm: -105,
          rsrqDb: -7,
          rssiDbm: -80,
          sinrDb: 3,
        },
      ],
      [
        '+QENG: "servingcell","NOCONN","eMTC","FDD",310,410,B0DD811,152,5110,12,3,3,5003,-88,-11,-62,11,41',
        {
          plmn: '310410',
          cellId: 'B0DD811',
          band: 'B12',
          areaCode: '5003',
          rsrpDbm: -88,
          rsrqDb: -11,
          rssiDbm: -62,
          sinrDb: 11,
        },
      ],
      [
        '+QENG: "servingcell","NOCONN","eMTC","FDD",334,020,3787103,260,2050,4,5,5,5B10,-108,-11,-83,19,13',
        {
          plmn: '334020',
          cellId: '3787103',
          band: 'B4',
          areaCode: '5B10',
          rsrpDbm: -108,
          rsrqDb: -11,
          rssiDbm: -83,
          sinrDb: 19,
        },
      ],
      // Figures that are not there are dashes.
      [
        '+QENG: "servingcell","LIMSRV","LTE","FDD",404,45,1A2B3C,300,1300,3,3,3,1,-110,-12,-,-,-',
        {
          plmn: '40445',
          cellId: '1A2B3C',
          band: 'B3',
          areaCode: '1',
          rsrpDbm: -110,
          rsrqDb: -12,
        },
      ],
      [
        '+QENG: "servingcell","NOCONN","WCDMA",310,410,DEA6,2883C,4385,84,254,-98,-7,-,-,-,-,-',
        { plmn: '310410', areaCode: 'DEA6', cellId: '2883C' },
      ],
      [
        '+QENG: "servingcell","NOCONN","WCDMA",515,03,3AB2,B55EEFF,3037,352,1,-94,-15,-,-,-,-,-',
        { plmn: '51503', areaCode: '3AB2', cellId: 'B55EEFF' },
      ],
      // 5G beside LTE: a state line, then one line a technology.
      [
        [
          '+QENG: "servingcell","NOCONN"',
          '+QENG: "LTE","FDD",515,03,FCB04A0,222,1350,3,5,5,1A2B,-95,-12,-58,11,0,-,-',
          '+QENG: "NR5G-NSA",515,03,65535,-80,25,-10,627392,78',
        ],
        {
          plmn: '51503',
          cellId: 'FCB04A0',
          band: 'B3',
          areaCode: '1A2B',
          rsrpDbm: -95,
          rsrqDb: -12,
          rssiDbm: -58,
          sinrDb: 11,
        },
      ],
      [
        '+QENG: "servingcell","NOCONN","NR5G-SA","TDD",310,260,18C8A4003,1,54A000,520110,41,12,-75,-11,4,1,-',
        {
          plmn: '310260',
          cellId: '18C8A4003',
          areaCode: '54A000',
          band: 'n41',
          rsrpDbm: -75,
          rsrqDb: -11,
          sinrDb: 4,
        },
      ],
      ['+QENG: "servingcell","SEARCH"', {}],
    ],
  },
  {
    name: 'contexts',
    read: byLine(parseQiact),
    rows: [
      ['+QIACT: 1,1,1,"10.225.154.84"', { contextId: 1, active: true, address: '10.225.154.84' }],
      ['+QIACT: 1,1,1', { contextId: 1, active: true }],
      ['+QIACT: 1,0', { contextId: 1, active: false }],
      ['+QIACT: (1-16)', undefined],
    ],
  },
  {
    name: 'clock',
    read: byLine(parseClock),
    rows: [
      // Asked with =1: universal time, the zone is only the place's.
      ['+QLTS: "2026/10/05,04:10:22+08,0"', { utcMs: at('2026-10-05T04:10:22Z'), zoneKnown: true }],
      ['+QLTS: "2026/10/05,04:10:22-20,1"', { utcMs: at('2026-10-05T04:10:22Z'), zoneKnown: true }],
      ['+QLTS: "26/05/06,22:10:00+08,0"', { utcMs: at('2026-05-06T22:10:00Z'), zoneKnown: true }],
      ['+QLTS: "2019/12/12,10:49:42+32,0"', 'unset'],
      ['+QLTS: ""', undefined],
    ],
  },
  {
    name: 'card',
    read: byLine(parseCardPresence),
    rows: [
      ['+QUSIM: 1', { inserted: true, ready: true }],
      ['+QSIMSTAT: 1,1', { inserted: true }],
      ['+QSIMSTAT: 1,0', { inserted: false }],
      ['+QSIMSTAT: 0,2', undefined],
    ],
  },
  {
    name: 'identities',
    read: parseIccid,
    rows: [
      ['+QCCID: 8949160200012345678F', '8949160200012345678'],
      ['+QCCID: 89860025128306012474', '89860025128306012474'],
    ],
  },
  {
    name: 'temperature',
    read: byLine(parseQtemp),
    rows: [
      ['+QTEMP: 31,31,30', 31],
      ['+QTEMP: "qfe_wtr_pa0","28"', 28],
      ['+QTEMP: 255,-4,255', -4],
      ['+QTEMP: bad', undefined],
    ],
  },
  {
    name: 'USB mode',
    read: byLine(parseUsbnet),
    rows: [
      ['+QCFG: "usbnet",1', 1],
      ['+QCFG: "usbnet",0', 0],
      ['+QCFG: "ims",0,1', undefined],
    ],
  },
  {
    name: 'errors',
    read: byLine((line) => {
      const { name, number } = parseErrorResult(line, 'quectel');
      return [name, isTransientCme(number ?? 0, 'quectel')];
    }),
    rows: [
      ['+CME ERROR: 553', ['memory not enough', false]],
      ['+CME ERROR: 561', ['open PDP context failed', false]],
      ['+CME ERROR: 568', ['operation busy', true]],
      ['+CME ERROR: 573', ['APN not configured', false]],
      ['+CME ERROR: 14', ['SIM busy', true]],
      ['+CME ERROR: 3', ['operation not allowed', false]],
    ],
  },
];

testReplies('quectel', TABLES, 50);
