// Replies of SIMCom modules.
import { parseCpsi } from '../../../src/modem/codec/cell-qualcomm.js';
import { parseClock } from '../../../src/modem/codec/clock.js';
import { parseIccid, parsePlain } from '../../../src/modem/codec/identity.js';
import { parseSpic } from '../../../src/modem/codec/retry.js';
import { parseCpmutemp } from '../../../src/modem/codec/temperature.js';
import { chooseProfile } from '../../../src/modem/profiles/choose.js';
import { byLine, type ReplyTable, testReplies } from './table.js';

const TABLES: readonly ReplyTable[] = [
  {
    name: 'which family',
    read: ([manufacturer, model]) => chooseProfile('auto', manufacturer, model).profile.name,
    rows: [
      [['SIMCOM INCORPORATED', 'SIMCOM_SIM7600E-H'], 'simcom-sim7600'],
      [['SIMCOM INCORPORATED', 'SIMCOM_SIM7600G-H'], 'simcom-sim7600'],
      [['SIMCOM_Ltd', 'SIMCOM_SIM7000C'], 'simcom-sim7600'],
      [['SIMCOM_Ltd', 'SIMCOM_SIM7080'], 'simcom-sim70xx'],
      [['SIMCOM INCORPORATED', 'A7670E-FASE'], 'simcom-a76xx'],
      [['SIMCOM_Ltd', 'SIMCOM_SIM800L'], 'simcom'],
    ],
  },
  {
    name: 'serving cell',
    read: byLine(parseCpsi),
    rows: [
      // SIM7600: tenths.
      [
        '+CPSI: LTE,Online,214-07,0x6FB9,73795850,13,EUTRAN-BAND3,1301,5,5,-192,-773,-374,3',
        {
          plmn: '21407',
          areaCode: '6FB9',
          cellId: '466090A',
          band: 'B3',
          rsrqDb: -19.2,
          rsrpDbm: -77.3,
          rssiDbm: -37.4,
          sinrDb: 3,
        },
      ],
      [
        '+CPSI: LTE,Online,310-260,0x1A2B,12345678,257,EUTRAN-BAND4,2175,5,5,-94,-850,-609,14',
        {
          plmn: '310260',
          areaCode: '1A2B',
          cellId: 'BC614E',
          band: 'B4',
          rsrqDb: -9.4,
          rsrpDbm: -85,
          rssiDbm: -60.9,
          sinrDb: 14,
        },
      ],
      // SIM70xx: whole decibels.
      [
        '+CPSI: LTE CAT-M1,Online,310-410,0x4804,74777865,343,EUTRAN-BAND2,875,4,4,-13,-112,-82,14',
        {
          plmn: '310410',
          areaCode: '4804',
          cellId: '4750509',
          band: 'B2',
          rsrqDb: -13,
          rsrpDbm: -112,
          rssiDbm: -82,
          sinrDb: 14,
        },
      ],
      [
        '+CPSI: LTE CAT-M1,Online,466-92,0x2CEC,28608801,434,EUTRAN-BAND3,1750,5,5,-6,-77,-57,16',
        {
          plmn: '46692',
          areaCode: '2CEC',
          cellId: '1B48921',
          band: 'B3',
          rsrqDb: -6,
          rsrpDbm: -77,
          rssiDbm: -57,
          sinrDb: 16,
        },
      ],
      [
        '+CPSI: LTE CAT-M1,Online,240-07,0x2AFE,34564631,149,EUTRAN-BAND20,6400,3,3,-12,-81,-52,10',
        {
          plmn: '24007',
          areaCode: '2AFE',
          cellId: '20F6A17',
          band: 'B20',
          rsrqDb: -12,
          rsrpDbm: -81,
          rssiDbm: -52,
          sinrDb: 10,
        },
      ],
      [
        '+CPSI: GSM,Online,240-24,0x28a0,50183,61 EGSM 900,-53,0,58-58',
        { plmn: '24024', areaCode: '28A0', cellId: 'C407', rssiDbm: -53 },
      ],
      [
        '+CPSI: GSM,Online,502-12,0x1054,62168,512 DCS 1800,-71,0,32-32',
        { plmn: '50212', areaCode: '1054', cellId: 'F2D8', rssiDbm: -71 },
      ],
      [
        '+CPSI: GSM,Online,460-00,0x182d,12401,27 EGSM 900,-64,2110,42-42',
        { plmn: '46000', areaCode: '182D', cellId: '3071', rssiDbm: -64 },
      ],
      [
        '+CPSI: WCDMA,Online,460-01,0xA809,11122855,WCDMA IMT 2000,279,10663,0,1.5,62,33,52,500',
        { plmn: '46001', areaCode: 'A809', cellId: 'A9B8A7' },
      ],
      ['+CPSI: NO SERVICE,Online', {}],
    ],
  },
  {
    name: 'tries left',
    read: byLine(parseSpic),
    rows: [
      ['+SPIC: 3,10,3,10', { pin: 3, puk: 10 }],
      ['+SPIC: 2,3,10,10', { pin: 2, puk: 10 }],
      ['+SPIC: 1', { pin: 1 }],
      // Which of them is the PUK cannot be told.
      ['+SPIC: 3,3,2,3', { pin: 3 }],
      ['+SPIC: x', undefined],
    ],
  },
  {
    name: 'identities',
    read: (lines) => parseIccid(lines) ?? parsePlain(lines, '+CGMM'),
    rows: [
      ['+ICCID: 89860616090055002123', '89860616090055002123'],
      ['+CICCID: 8949020000012345678F', '8949020000012345678'],
      ['SIMCOM_SIM7600E-H', 'SIMCOM_SIM7600E-H'],
    ],
  },
  {
    name: 'temperature',
    read: byLine(parseCpmutemp),
    rows: [
      ['+CPMUTEMP: 47', 47],
      ['+CPMUTEMP:-5', -5],
      ['+CPMUTEMP: 999', undefined],
    ],
  },
  {
    name: 'clock',
    read: byLine(parseClock),
    rows: [
      ['+CCLK: "26/09/25,02:09:25+32"', { utcMs: Date.parse('2026-09-24T18:09:25Z'), zoneKnown: true }],
      ['+CCLK: "70/01/01,00:00:48+00"', 'unset'],
    ],
  },
];

testReplies('simcom', TABLES, 28);
