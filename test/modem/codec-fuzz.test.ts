// Hostile lines for every reader of answers: none throws, none keeps more than a little, all take bounded time. Seeds
// are fixed, so a failure repeats.
import { expect, test } from 'vitest';
import { explainCause, explainSessionCause, parseCeer } from '../../src/modem/codec/causes.js';
import { parseRfsts, parseUcellinfo, parseUcged } from '../../src/modem/codec/cell.js';
import { parseCpsi, parseQcsq, parseQeng } from '../../src/modem/codec/cell-qualcomm.js';
import { parseClock } from '../../src/modem/codec/clock.js';
import * as contexts from '../../src/modem/codec/context.js';
import { errorOfFinal, parseErrorResult } from '../../src/modem/codec/errors.js';
import { collect, decimalOf, hexOf, plmnOf } from '../../src/modem/codec/fields.js';
import * as identity from '../../src/modem/codec/identity.js';
import { parseRegistration } from '../../src/modem/codec/registration.js';
import * as retry from '../../src/modem/codec/retry.js';
import { parseCesq, parseCsq } from '../../src/modem/codec/signal.js';
import { lockWords, parseCardPresence } from '../../src/modem/codec/sim.js';
import * as temperature from '../../src/modem/codec/temperature.js';
import * as usbMode from '../../src/modem/codec/usb-mode.js';
import { createRandom, type Random } from './random.js';

const COUNT = Number(process.env['WAYMARK_FUZZ'] ?? 10_000);
const SEED = Number(process.env['WAYMARK_SEED'] ?? 20_260_101);

const PREFIXES = (
  '+CREG +CGREG +CEREG +C5GREG +COPS +CSQ +CESQ +CPIN +CCLK #NITZ +CTZE +CTZEU +QLTS +CGDCONT +CGACT #SGACT +QIACT ' +
  '+CGPADDR +CGCONTRDP +UIPADDR +UUPSDA +UUPSDD +UPSND +CGEV +CPINR +CSIM #PCT +UPINCNT +QPINC +SPIC +CCID #CCID +QCCID ' +
  '+CICCID +CRSM +CGSN +CIMI #QSS +QSIMSTAT +QUSIM +UUSIMSTAT #RFSTS +UCGED +UCELLINFO +RSRP +RSRQ +QCSQ +QENG +CPSI ' +
  '#USBCFG #ECM +QCFG +UUSBCONF #TEMPMEAS +UTEMP +QTEMP +CPMUTEMP +CEER'
).split(' ');

const PARTS = (
  '0|1|2|3|5|8|-1|-90|-930|99|255|65535|4294967295|99999999999|1.5|-86.00|"servingcell"|"LTE"|LTE|GSM|"NOCONN"|"SC"|SIM PIN|' +
  '"310 410"|310-260|0x1A2B|FFFF|"FFFFFFFF"|"1F00"|79d903|EUTRAN-BAND3|"10.1.2.3"|"::1"|1.2.3.4.5.6.7.8|"ECM"|usbnet|' +
  '26/02/03,10:20:30+04|"2026/02/03,10:20:30-96"|99/99/99,99:99:99|EMM cause 33|"63C3"|6983|89310410106543789301|' +
  '989420000021436587F9|READY|PH-NET PIN|NW PDN DEACT 1|"|""||,| |\t|\\|;|:|é|\u0000|(0-3)'
).split('|');

function hostile(random: Random): string {
  const kind = random.int(12);
  if (kind === 0) return random.bytes(random.int(200)).toString('latin1');
  const count = random.int(kind === 1 ? 400 : 20);
  const body = Array.from({ length: count }, () => random.pick(PARTS)).join(random.pick([',', ', ', ' ,', '']));
  const colon = random.pick([': ', ':', '', ' :', ':  ']);
  if (kind === 2) return body;
  if (kind === 3 && random.int(8) === 0)
    return `${random.pick(PREFIXES)}${colon}${random.pick([' ', '0', '"', ',', '9', 'F', '.']).repeat(8000)}`;
  return `${random.pick(PREFIXES)}${colon}${body}`.slice(0, 8192);
}

const READERS: Readonly<Record<string, (line: string) => unknown>> = {
  parseCeer,
  parseRfsts,
  parseUcged,
  parseUcellinfo,
  parseCpsi,
  parseQcsq,
  parseQeng,
  parseClock,
  parseActivation: contexts.parseActivation,
  parseCgcontrdp: contexts.parseCgcontrdp,
  parseCgdcont: contexts.parseCgdcont,
  parseCgev: contexts.parseCgev,
  parseCgpaddr: contexts.parseCgpaddr,
  parseQiact: contexts.parseQiact,
  parseSgactAddress: contexts.parseSgactAddress,
  parseUbloxInternal: contexts.parseUbloxInternal,
  parseUipaddr: contexts.parseUipaddr,
  parseErrorResult: (line) => [parseErrorResult(line), errorOfFinal(line, 'AT', 'quectel').message],
  parseCops: identity.parseCops,
  parseCpin: identity.parseCpin,
  parseIccid: (line) => identity.parseIccid([line]),
  parseImei: (line) => identity.parseImei([line]),
  parseImsi: (line) => identity.parseImsi([line]),
  parsePlain: (line) => identity.parsePlain([line], '+CGMM'),
  parseQss: identity.parseQss,
  parseRegistration,
  parseCpinr: retry.parseCpinr,
  parseVerifyStatus: retry.parseVerifyStatus,
  parsePct: retry.parsePct,
  parseUpincnt: retry.parseUpincnt,
  parseQpinc: retry.parseQpinc,
  parseSpic: retry.parseSpic,
  parseCesq,
  parseCsq,
  lockWords,
  parseCardPresence,
  parseTempmeas: temperature.parseTempmeas,
  parseUtemp: (line) => temperature.parseUtemp(line, 'tenths'),
  parseQtemp: temperature.parseQtemp,
  parseCpmutemp: temperature.parseCpmutemp,
  parseUsbcfg: usbMode.parseUsbcfg,
  parseEcm: usbMode.parseEcm,
  parseUsbnet: usbMode.parseUsbnet,
  parseUusbconf: usbMode.parseUusbconf,
  helpers: (line) => [decimalOf(line), hexOf(line), plmnOf(line, line)],
};

test.each(Object.entries(READERS))('%s never throws and keeps little', (name, read) => {
  const random = createRandom(SEED + name.length * 7919);
  let longest = 0;
  for (let n = 0; n < COUNT; n++) {
    const line = hostile(random);
    const found = JSON.stringify([read(line)]);
    longest = Math.max(longest, found.length);
    // Nothing is remembered.
    if (JSON.stringify([read(line)]) !== found) throw new Error(`reads differently the second time: ${line}`);
  }
  // An error that is no known final repeats its line, and is cut where it is shown.
  if (name !== 'parseErrorResult') expect(longest).toBeLessThan(1200);
});

test('a figure that is read is one that can be: no signal outside its range, no tries that no card has', () => {
  const random = createRandom(SEED);
  const cells = [parseRfsts, parseUcged, parseUcellinfo, parseCpsi, parseQcsq, parseQeng];
  const counters = [retry.parseCpinr, retry.parseVerifyStatus, retry.parsePct, retry.parseUpincnt, retry.parseSpic];
  const wrong: string[] = [];
  for (let n = 0; n < COUNT; n++) {
    const line = hostile(random);
    for (const read of cells) {
      const { rsrpDbm = -100, rsrqDb = -10, rssiDbm = -70, sinrDb = 5, plmn = '26201' } = read(line) ?? {};
      const figures = [rsrpDbm, rsrqDb, rssiDbm, sinrDb];
      if (!figures.every((figure) => figure >= -157 && figure <= 50) || !/^\d{5,6}$/.test(plmn)) wrong.push(line);
    }
    for (const read of counters) {
      const { pin = 0, puk = 0 } = read(line) ?? {};
      if (![pin, puk].every((tries) => Number.isInteger(tries) && tries >= 0 && tries <= 15)) wrong.push(line);
    }
  }
  expect(wrong).toEqual([]);
});

test('every cause has words, and only those of the SIM and the module are for ever', () => {
  for (let cause = 0; cause <= 255; cause++) {
    expect(explainCause(cause).words.length).toBeGreaterThan(5);
    expect(explainSessionCause(cause).words.length).toBeGreaterThan(5);
  }
  const kindOf = (cause: number): string => explainCause(cause).kind;
  expect([2, 3, 5, 6, 8].map(kindOf)).toEqual(Array(5).fill('permanent'));
  expect([7, 11, 12, 13, 14, 15, 19, 33, 35].map(kindOf)).toEqual(Array(9).fill('plan'));
  expect([9, 10, 16, 17, 22, 34, 42, 111, 200].map(kindOf)).toEqual(Array(9).fill('transient'));
  // Nothing about a session bars the SIM.
  expect([...Array(256).keys()].filter((cause) => explainSessionCause(cause).kind === 'permanent')).toEqual([]);
});

test('what several lines tell is put together, the first to say it counts', () => {
  expect(
    collect(['x', '+CPINR: SIM PIN,2,3', '+CPINR: SIM PUK,9,10', '+CPINR: SIM PIN,3,3'], retry.parseCpinr),
  ).toEqual({
    pin: 2,
    puk: 9,
  });
  expect(collect(['x'], retry.parseCpinr)).toBeUndefined();
});
