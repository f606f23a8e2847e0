// The serving cell as Quectel and SIMCom tell it (specs/modem.md 2.5).
import type { CellReport } from '../profile.js';
import { areaOf, cellOfDecimal, inRange, rsrp, rsrq, rssi, sinr } from './cell.js';
import { bodyOf, decimalOf, intOf, known, plmnOf, splitFields, textsOf } from './fields.js';

const band = (text: string | undefined, letter: 'B' | 'n'): string | undefined => {
  const number = inRange(intOf(text), 1, 512);
  return number === undefined ? undefined : `${letter}${number}`;
};

/** Quectel `+QCSQ`: by technology. LTE counts its noise ratio in fifths of a decibel from -20. */
export function parseQcsq(line: string): CellReport | undefined {
  const [mode, ...texts] = textsOf(line, '+QCSQ', 8) ?? [];
  if (mode === undefined) return undefined;
  const [first, second, third, fourth] = texts.map(decimalOf);
  switch (mode.toUpperCase()) {
    case 'LTE':
    case 'EMTC':
    case 'CAT-M1':
    case 'NBIOT':
    case 'CAT-NB1': {
      const ratio = inRange(third, 0, 250);
      return known<CellReport>({
        rssiDbm: rssi(first),
        rsrpDbm: rsrp(second),
        sinrDb: ratio === undefined ? undefined : Math.round((ratio / 5 - 20) * 10) / 10,
        rsrqDb: rsrq(fourth),
      });
    }
    case 'NR5G':
    case 'NR5G-SA':
    case 'NR5G-NSA':
      return known<CellReport>({ rsrpDbm: rsrp(first), sinrDb: sinr(second), rsrqDb: rsrq(third) });
    case 'GSM':
    case 'WCDMA':
    case 'TDSCDMA':
    case 'CDMA':
      return known<CellReport>({ rssiDbm: rssi(first) });
    default:
      return {};
  }
}

/** Quectel `+QENG="servingcell"`: one line, or (5G beside LTE) a state line and one line a technology. */
export function parseQeng(line: string): CellReport | undefined {
  const body = bodyOf(line, '+QENG');
  if (body === undefined) return undefined;
  const texts = splitFields(body, 40).map((field) => field.text);
  if (texts[0] === 'servingcell') return ofTechnology(texts.slice(2));
  return texts[0] === 'LTE' ? ofTechnology(texts) : {};
}

function ofTechnology(texts: readonly string[]): CellReport {
  switch (texts[0]?.toUpperCase()) {
    case 'LTE':
    case 'EMTC':
    case 'CAT-M':
    case 'CAT-M1':
    case 'NBIOT':
    case 'CAT-NB':
    case 'CAT-NB1':
      return known<CellReport>({
        plmn: plmnOf(texts[2], texts[3]),
        cellId: areaOf(texts[4]),
        band: band(texts[7], 'B'),
        areaCode: areaOf(texts[10]),
        rsrpDbm: rsrp(decimalOf(texts[11])),
        rsrqDb: rsrq(decimalOf(texts[12])),
        rssiDbm: rssi(decimalOf(texts[13])),
        sinrDb: sinr(decimalOf(texts[14])),
      });
    case 'NR5G-SA':
      return known<CellReport>({
        plmn: plmnOf(texts[2], texts[3]),
        cellId: areaOf(texts[4]),
        areaCode: areaOf(texts[6]),
        band: band(texts[8], 'n'),
        rsrpDbm: rsrp(decimalOf(texts[10])),
        rsrqDb: rsrq(decimalOf(texts[11])),
        sinrDb: sinr(decimalOf(texts[12])),
      });
    case 'GSM':
    case 'WCDMA':
      return known<CellReport>({
        plmn: plmnOf(texts[1], texts[2]),
        areaCode: areaOf(texts[3]),
        cellId: areaOf(texts[4]),
      });
    default:
      return {};
  }
}

/** SIMCom `+CPSI?`. SIM7600 gives tenths of a decibel, SIM70xx whole ones: no power is below -160 dBm. */
export function parseCpsi(line: string): CellReport | undefined {
  const texts = textsOf(line, '+CPSI', 24);
  if (texts === undefined) return undefined;
  const [mode, , network, area, cell] = texts;
  const codes = /^(\d{3})-(\d{2,3})$/.exec(network ?? '');
  const common = { plmn: plmnOf(codes?.[1], codes?.[2]), areaCode: areaOf(area), cellId: cellOfDecimal(cell) };
  if (mode?.toUpperCase().startsWith('LTE')) {
    const power = decimalOf(texts[11]);
    const scale = power !== undefined && power < -160 ? 10 : 1;
    const scaled = (text: string | undefined): number | undefined => {
      const value = decimalOf(text);
      return value === undefined ? undefined : value / scale;
    };
    return known<CellReport>({
      ...common,
      band: band(/BAND(\d{1,3})$/.exec(texts[6] ?? '')?.[1], 'B'),
      rsrqDb: rsrq(scaled(texts[10])),
      rsrpDbm: rsrp(scaled(texts[11])),
      rssiDbm: rssi(scaled(texts[12])),
      sinrDb: sinr(decimalOf(texts[13])),
    });
  }
  if (mode?.toUpperCase() === 'GSM') return known<CellReport>({ ...common, rssiDbm: rssi(decimalOf(texts[6])) });
  return known<CellReport>(common);
}
