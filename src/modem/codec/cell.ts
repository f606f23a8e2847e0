// The serving cell in the vendors' own words (specs/modem.md 2.5). Layouts differ by technology and firmware; a figure
// outside its physical range is left out, so that a shifted field can never be shown as a signal.
import type { CellReport } from '../profile.js';
import { bodyOf, decimalOf, hexOf, intOf, known, plmnOf, splitFields, textsOf } from './fields.js';
import { rsrpOfBin, rsrqOfBin } from './signal.js';

export const inRange = (value: number | undefined, min: number, max: number): number | undefined =>
  value !== undefined && value >= min && value <= max ? value : undefined;

export const rsrp = (dbm: number | undefined): number | undefined => inRange(dbm, -157, -31);
export const rsrq = (db: number | undefined): number | undefined => inRange(db, -44, 20);
export const rssi = (dbm: number | undefined): number | undefined => inRange(dbm, -140, -10);
export const sinr = (db: number | undefined): number | undefined => inRange(db, -24, 50);

/** `FFFF`, `0` and `0000` stand for "unknown". */
export const areaOf = (text: string | undefined): string | undefined => {
  const code = hexOf(text);
  return code === undefined || /^0+$/.test(code) ? undefined : code;
};

/** Cells printed as decimal numbers, as upper-case hexadecimal. */
export const cellOfDecimal = (text: string | undefined): string | undefined => {
  const value = intOf(text);
  return value !== undefined && value > 0 && value < 0xfffffff ? value.toString(16).toUpperCase() : undefined;
};

const lteBand = (text: string | undefined): string | undefined => {
  const number = inRange(intOf(text), 1, 254);
  return number === undefined ? undefined : `B${number}`;
};

/** Telit `#RFSTS`; GSM, UMTS and LTE have layouts of their own and are told apart by what stands where. */
export function parseRfsts(line: string): CellReport | undefined {
  const body = bodyOf(line, '#RFSTS');
  if (body === undefined) return undefined;
  const fields = splitFields(body, 32);
  const texts = fields.map((field) => field.text);
  const plmn = /^(\d{3}) ?(\d{2,3})$/.exec(texts[0] ?? '');
  const plmnDigits = plmnOf(plmn?.[1], plmn?.[2]);
  // The IMSI is the one landmark in every layout: the cell stands before it, name, domain and band behind.
  const imsiAt = fields.findIndex(({ text, quoted }, at) => at > 4 && quoted && /^\d{14,15}$/.test(text));
  const cellId = imsiAt > 0 ? areaOf(texts[imsiAt - 1]) : undefined;
  const [second, third, fourth, fifth] = texts.slice(2, 6).map(decimalOf);
  if (second === undefined) return known<CellReport>({ plmn: plmnDigits });
  if (second >= 0)
    // UMTS: scrambling code, Ec/Io, RSCP, RSSI, area.
    return known<CellReport>({ plmn: plmnDigits, rssiDbm: rssi(fifth), areaCode: areaOf(texts[6]), cellId });
  if (third !== undefined && third < 0)
    // LTE: RSRP, RSSI, RSRQ, area.
    return known<CellReport>({
      plmn: plmnDigits,
      rsrpDbm: rsrp(second),
      rssiDbm: rssi(third),
      rsrqDb: rsrq(fourth),
      areaCode: areaOf(texts[5]),
      cellId,
      band: imsiAt > 0 ? lteBand(texts[imsiAt + 3]) : undefined,
    });
  return known<CellReport>({ plmn: plmnDigits, rssiDbm: rssi(second), areaCode: areaOf(texts[3]), cellId });
}

/**
 * u-blox `+UCGED?`: lines without a prefix. `6,4,001,01` has the network, the next line the LTE cell; mode 5 (SARA-R4)
 * prints `+RSRP:` and `+RSRQ:` lines. Each line tells its part.
 */
export function parseUcged(line: string): CellReport | undefined {
  const power = /^\+RSR([PQ]):\s*\d{1,5},\s*\d{1,6},\s*"?(-?\d{1,3}(?:\.\d{1,2})?)"?,?$/.exec(line);
  if (power) {
    const value = Number(power[2]);
    return power[1] === 'P' ? known<CellReport>({ rsrpDbm: rsrp(value) }) : known<CellReport>({ rsrqDb: rsrq(value) });
  }
  if (!/^\d{1,6},/.test(line)) return undefined;
  const texts = splitFields(line, 32).map((field) => field.text);
  if (texts.length === 4 || texts.length === 3) {
    const plmn = plmnOf(texts.at(-2), texts.at(-1));
    return plmn === undefined ? undefined : { plmn };
  }
  // SARA-R422: frequency, band, widths, area, physical cell, then plain dBm and dB.
  if (texts.length >= 11 && texts.length <= 14 && /^-\d/.test(texts[6] ?? ''))
    return known<CellReport>({
      band: lteBand(texts[1]),
      areaCode: areaOf(texts[4]),
      rsrpDbm: rsrp(decimalOf(texts[6])),
      rsrqDb: rsrq(decimalOf(texts[7])),
    });
  if (texts.length < 16) return undefined;
  const power11 = decimalOf(texts[10]);
  const ratio12 = decimalOf(texts[11]);
  // Bins of 36.133 on most, plain dBm on some: power in dBm is never positive.
  const plain = power11 !== undefined && power11 < 0;
  return known<CellReport>({
    band: lteBand(texts[1]),
    areaCode: areaOf(texts[4]),
    cellId: areaOf(texts[5]),
    rsrpDbm: plain ? rsrp(power11) : rsrpOfBin(power11),
    rsrqDb: plain ? rsrq(ratio12) : rsrqOfBin(ratio12),
    sinrDb: sinr(decimalOf(texts[12])),
  });
}

/** u-blox `+UCELLINFO?`, the serving cell: GSM (type 0), UMTS (type 2) or, by its shape, LTE. */
export function parseUcellinfo(line: string): CellReport | undefined {
  const texts = textsOf(line, '+UCELLINFO', 24);
  if (texts === undefined || texts.length < 7) return undefined;
  const plmn = plmnOf(texts[2], texts[3]);
  if (texts[1] === '0' || texts[1] === '2') {
    const rxlev = texts[1] === '0' ? inRange(intOf(texts[6]), 0, 63) : undefined;
    return known<CellReport>({
      plmn,
      areaCode: areaOf(texts[4]),
      cellId: areaOf(texts[5]),
      rssiDbm: rxlev === undefined ? undefined : -111 + rxlev,
    });
  }
  // Neighbours of the older technologies are nobody's serving cell.
  if (texts.length < 12) return undefined;
  return known<CellReport>({
    plmn,
    cellId: areaOf(texts[4]),
    areaCode: areaOf(texts[6]),
    rsrpDbm: rsrpOfBin(intOf(texts[7])),
    rsrqDb: rsrqOfBin(intOf(texts[8])),
  });
}
