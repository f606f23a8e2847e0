// Signal strength. On LTE +CSQ is derived and saturates, so +CESQ counts when it knows (specs/modem.md 2.5).
import { bodyOf, intOf, splitFields } from './fields.js';

export type SignalQuality = 'none' | 'poor' | 'fair' | 'good' | 'excellent';

export interface Signal {
  rssiDbm?: number;
  rsrpDbm?: number;
  rsrqDb?: number;
  quality: SignalQuality;
}

/** RSSI in dBm; `unknown` when the module does not know; undefined for another line. */
export function parseCsq(line: string): { rssiDbm: number } | 'unknown' | undefined {
  const body = bodyOf(line, '+CSQ');
  if (body === undefined) return undefined;
  const value = intOf(splitFields(body, 4)[0]?.text);
  if (value === undefined || value < 0) return undefined;
  if (value <= 31) return { rssiDbm: -113 + 2 * value };
  // TD-SCDMA firmwares count from 100 in steps of one.
  if (value >= 100 && value <= 191) return { rssiDbm: -116 + (value - 100) };
  return 'unknown';
}

/** RSRP and RSRQ (lower edges of their bins); empty when not on LTE; undefined for another line. */
export function parseCesq(line: string): { rsrpDbm?: number; rsrqDb?: number; rssiDbm?: number } | undefined {
  const body = bodyOf(line, '+CESQ');
  if (body === undefined) return undefined;
  const [rxlev, , rscp, , rsrq, rsrp] = splitFields(body, 12).map((field) => intOf(field.text));
  const out: { rsrpDbm?: number; rsrqDb?: number; rssiDbm?: number } = {};
  if (rsrp !== undefined && rsrp >= 0 && rsrp <= 97) out.rsrpDbm = -141 + rsrp;
  if (rsrq !== undefined && rsrq >= 0 && rsrq <= 34) out.rsrqDb = -20 + rsrq / 2;
  if (rxlev !== undefined && rxlev >= 0 && rxlev <= 63) out.rssiDbm = -111 + rxlev;
  else if (rscp !== undefined && rscp >= 0 && rscp <= 96) out.rssiDbm = -121 + rscp;
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
