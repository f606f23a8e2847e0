// Replies of u-blox cellular modules.
import { parseUcellinfo, parseUcged } from '../../../src/modem/codec/cell.js';
import { parseUbloxInternal, parseUipaddr } from '../../../src/modem/codec/context.js';
import { collect } from '../../../src/modem/codec/fields.js';
import { parseUpincnt } from '../../../src/modem/codec/retry.js';
import { parseCardPresence } from '../../../src/modem/codec/sim.js';
import { parseUtemp } from '../../../src/modem/codec/temperature.js';
import { parseUusbconf } from '../../../src/modem/codec/usb-mode.js';
import { chooseProfile } from '../../../src/modem/profiles/choose.js';
import { byLine, type ReplyTable, testReplies } from './table.js';

const TABLES: readonly ReplyTable[] = [
  {
    name: 'which family',
    read: ([manufacturer, model]) => chooseProfile('auto', manufacturer, model).profile.name,
    rows: [
      [['u-blox', 'SARA-R510M8S'], 'ublox-sara-r5'],
      [['u-blox', 'SARA-R500S'], 'ublox-sara-r5'],
      [['u-blox', 'SARA-R410M-02B'], 'ublox-sara-r4'],
      [['u-blox', 'SARA-R422'], 'ublox-sara-r4'],
      [['QUALCOMM INCORPORATED', 'LARA-R6001D'], 'ublox-lara-r6'],
      [['u-blox', 'LARA-R6401'], 'ublox-lara-r6'],
      [['u-blox', 'LENA-R8001'], 'ublox-lena-r8'],
      [['u-blox', 'TOBY-L200'], 'ublox-toby-l2'],
      [['u-blox', 'TOBY-L4006'], 'ublox-toby-l4'],
      [['u-blox', 'TOBY-R200'], 'ublox-toby-r2'],
      [['u-blox', 'LARA-R211'], 'ublox-toby-r2'],
      [['u-blox', 'SARA-U201'], 'ublox'],
      [['QUALCOMM INCORPORATED', 'SOMETHING'], 'generic'],
    ],
  },
  {
    name: 'tries left',
    read: byLine(parseUpincnt),
    rows: [
      ['+UPINCNT: 3,3,10,10', { pin: 3, puk: 10 }],
      ['+UPINCNT: 0,3,5,5', { pin: 0, puk: 5 }],
      ['+UPINCNT: 0,0,0,0', { pin: 0, puk: 0 }],
      ['+UPINCNT: ,3,10,10', undefined],
    ],
  },
  {
    name: 'serving cell, +UCGED',
    read: (lines) => collect(lines, parseUcged),
    rows: [
      [
        [
          '+UCGED: 2',
          '6,4,001,01',
          '2525,5,50,50,e8fe,1a2d001,1,d60814d1,8001,01,28,31,13.75,3,1,10,28,-50,-6,0,255,255,0',
        ],
        { plmn: '00101', band: 'B5', areaCode: 'E8FE', cellId: '1A2D001', rsrpDbm: -113, rsrqDb: -4.5, sinrDb: 13.75 },
      ],
      [
        [
          '+UCGED: 2',
          '6,0,001,01',
          '2525,5,25,50,2b67,69f6bc7,111,00000000,ffff,ff,67,19,0.00,255,255,255,67,11,255,0,255,255,0,0',
        ],
        { plmn: '00101', band: 'B5', areaCode: '2B67', cellId: '69F6BC7', rsrpDbm: -74, rsrqDb: -10.5, sinrDb: 0 },
      ],
      // Camping without a network: no code, no area, no cell.
      [
        [
          '+UCGED: 2',
          '6,4,fff,fff',
          '5110,13,50,50,ffff,0000000,254,d0fafd59,ff49,b1,27,15,0.50,1,255,255,28,255,255,0,255,255,0',
        ],
        { band: 'B13', rsrpDbm: -114, rsrqDb: -12.5, sinrDb: 0.5 },
      ],
      [
        [
          '+UCGED: 2',
          '6,2,fff,fff',
          '65535,255,255,255,ffff,0000000,65535,00000000,ffff,ff,255,255,255,1,255,255,255,255,255,0,255,255,0',
        ],
        {},
      ],
      // LARA-R6 with plain dBm.
      [
        [
          '+UCGED: 2',
          '4,4,310,410',
          '5110,12,10,10,830e,1a2d001,162,00000000,ffff,ff,-86,-14,11.20,255,255,255,67,11,255,0,255,255,0,0',
        ],
        { plmn: '310410', band: 'B12', areaCode: '830E', cellId: '1A2D001', rsrpDbm: -86, rsrqDb: -14, sinrDb: 11.2 },
      ],
      // SARA-R422: a shorter line.
      [
        ['+UCGED: 2', '6,310,410', '5110,12,10,10,830e,162,-86,-14,131,-1,3,255,128,"FB306E02"'],
        { plmn: '310410', band: 'B12', areaCode: '830E', rsrpDbm: -86, rsrqDb: -14 },
      ],
      // SARA-R410M, form 5.
      [['+RSRP: 162,5110,"-086.00",', '+RSRQ: 162,5110,"-14.20",'], { rsrpDbm: -86, rsrqDb: -14.2 }],
      [['+RSRP: 162,5110,"-104.20"', '+RSRQ: 162,5110,"-09.80"'], { rsrpDbm: -104.2, rsrqDb: -9.8 }],
      ['+UCGED: 0', undefined],
    ],
  },
  {
    name: 'serving cell, +UCELLINFO',
    read: byLine(parseUcellinfo),
    rows: [
      [
        '+UCELLINFO: 1, 2, 310, 410, 7f05, 57b14e2, 395, 1032, 255, 255',
        { plmn: '310410', areaCode: '7F05', cellId: '57B14E2' },
      ],
      ['+UCELLINFO: 0,0,222,1,D5BD,5265,36,0', { plmn: '22201', areaCode: 'D5BD', cellId: '5265', rssiDbm: -75 }],
      [
        '+UCELLINFO: 0,4,001,01,1a2d001,1,e8fe,67,19,1,255,255,255,255,255,255',
        { plmn: '00101', cellId: '1A2D001', areaCode: 'E8FE', rsrpDbm: -74, rsrqDb: -10.5 },
      ],
      ['+UCELLINFO: 0,0', undefined],
    ],
  },
  {
    name: 'internal connections and addresses',
    read: byLine((line) => parseUbloxInternal(line) ?? parseUipaddr(line)),
    rows: [
      ['+UUPSDA: 0,"100.92.188.77"', { profileId: 0, active: true, address: '100.92.188.77' }],
      ['+UUPSDA: 1', { profileId: 0, active: false }],
      ['+UUPSDD: 0', { profileId: 0, active: false }],
      ['+UPSND: 0,8,1', { profileId: 0, active: true }],
      ['+UPSND: 0,8,0', { profileId: 0, active: false }],
      ['+UPSND: 0,0,"100.97.138.97"', { profileId: 0, active: true, address: '100.97.138.97' }],
      ['+UIPADDR: 1,"ccinet0","5.168.120.13","255.255.255.0","",""', { contextId: 1, address: '5.168.120.13' }],
      [
        '+UIPADDR: 2,"ccinet1","","","2001::1:200:FF:FE00:0/64","FE80::200:FF:FE00:0/64"',
        { contextId: 2, address: '2001::1:200:FF:FE00:0' },
      ],
      [
        '+UIPADDR: 3,"ccinet2","5.10.100.2","255.255.255.0","2001::1:200:FF:FE00:0/64","FE80::200:FF:FE00:0/64"',
        { contextId: 3, address: '5.10.100.2', address2: '2001::1:200:FF:FE00:0' },
      ],
    ],
  },
  {
    name: 'card',
    read: byLine(parseCardPresence),
    rows: [
      ['+UUSIMSTAT:0', { inserted: false }],
      ['+UUSIMSTAT:1', { inserted: true }],
      ['+UUSIMSTAT: 4', { inserted: true }],
      ['+UUSIMSTAT:6', { inserted: true, ready: true }],
    ],
  },
  {
    name: 'USB mode',
    read: byLine(parseUusbconf),
    rows: [
      ['+UUSBCONF: 3,"RNDIS",,"0x1146"', 'RNDIS'],
      ['+UUSBCONF: 2,"ECM",,"0x1143"', 'ECM'],
      ['+UUSBCONF: 0,"",,"0x1141"', ''],
    ],
  },
  {
    name: 'temperature',
    read: byLine((line) => [parseUtemp(line, 'degrees'), parseUtemp(line, 'tenths')]),
    rows: [
      ['+UTEMP: 32', [32, 3.2]],
      ['+UTEMP: 0,254', [undefined, 25.4]],
      ['+UTEMP: 1,754', [undefined, undefined]],
      ['+UTEMP: -12', [-12, -1.2]],
    ],
  },
];

testReplies('ublox', TABLES, 45);
