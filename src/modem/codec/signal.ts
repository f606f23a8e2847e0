// Signal strength. On LTE +CSQ is derived and saturates, so +CESQ counts when it knows (specs/modem.md 2.5).
import { intOf, textsOf } from './fields.js';

export type SignalQuality = 'none' | 'poor' | 'fair' | 'good' | 'excellent';

export interface Signal {
  rssiDbm?: number;
  rsrpDbm?: number;
  rsrqDb?: number;
  sinrDb?: number;
  quality: SignalQuality;
}

/** RSSI in dBm; `unknown` when the module does not know; undefined for another line. */
export function parseCsq(line: string): { rssiDbm: number } | 'unknown' | undefined {
  const value = intOf(textsOf(line, '+CSQ', 4)?.[0]);
  if (value === undefined || value < 0) return undefined;
  if (value <= 31) return { rssiDbm: -113 + 2 * value };
  // TD-SCDMA firmwares count from 100 in steps of one.
  if (value >= 100 && value <= 191) return { rssiDbm: -116 + (value - 100) };
  return 'unknown';
}

const within = (value: number | undefined, max: number, scale: (n: number) => number): number | undefined =>
  value === undefined || value < 0 || value > max ? undefined : scale(value);

/** RSRP of 36.133 (0..97), lower edge of its bin, dBm. */
export const rsrpOfBin = (bin: number | undefined): number | undefined => within(bin, 97, (n) => -141 + n);
/** RSRQ of 36.133 (-30..46, the classic range is 0..34), lower edge of its bin, dB. */
export const rsrqOfBin = (bin: number | undefined): number | undefined =>
  bin === undefined || bin < -30 || bin > 46 ? undefined : -20 + bin / 2;

/**
 * RSRP and RSRQ (lower edges of their bins), the 5G ones when LTE has none; empty when the module does not know;
 * undefined for another line.
 */
export function parseCesq(
  line: string,
): { rsrpDbm?: number; rsrqDb?: number; rssiDbm?: number; sinrDb?: number } | undefined {
  const texts = textsOf(line, '+CESQ', 12);
  if (texts === undefined) return undefined;
  const [rxlev, , rscp, , rsrq, rsrp, ssRsrq, ssRsrp, ssSinr] = texts.map(intOf);
  const out: { rsrpDbm?: number; rsrqDb?: number; rssiDbm?: number; sinrDb?: number } = {};
  const power = rsrpOfBin(rsrp) ?? within(ssRsrp, 126, (n) => -157 + n);
  const ratio = within(rsrq, 34, (n) => -20 + n / 2) ?? within(ssRsrq, 126, (n) => -43.5 + n / 2);
  const noise = within(ssSinr, 127, (n) => -23.5 + n / 2);
  const strength = within(rxlev, 63, (n) => -111 + n) ?? within(rscp, 96, (n) => -121 + n);
  if (power !== undefined) out.rsrpDbm = power;
  if (ratio !== undefined) out.rsrqDb = ratio;
  if (noise !== undefined) out.sinrDb = noise;
  if (strength !== undefined) out.rssiDbm = strength;
  return out;
}

/** The figures with a word for them: by RSRP where known, else by RSSI. */
export function gradeSignal(figures: Omit<Signal, 'quality'>): Signal {
  const { rsrpDbm, rssiDbm } = figures;
  let quality: SignalQuality = 'none';
  if (rsrpDbm !== undefined) quality = grade(rsrpDbm, -80, -90, -105);
  else if (rssiDbm !== undefined) quality = grade(rssiDbm, -70, -85, -100);
  return { ...figures, quality };
}

function grade(dbm: number, excellent: number, good: number, fair: number): SignalQuality {
  if (dbm >= excellent) return 'excellent';
  if (dbm >= good) return 'good';
  return dbm >= fair ? 'fair' : 'poor';
}
