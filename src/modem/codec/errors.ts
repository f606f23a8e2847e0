// Final results as errors. Numbers are stable across vendors, texts are not; both are understood, because after a reset
// the module speaks in the other way until it is told again (specs/modem.md 1.2).
import { type ErrorCode, WaymarkError } from '../../core/index.js';
import type { Vendor } from '../profile.js';
import { CMS_NAMES, cmeName, cmeNumberOf } from './error-names.js';

/** Worth another try after a pause without anybody acting. */
export const TRANSIENT_CME: ReadonlySet<number> = new Set([14, 31, 122, 126, 134, 148]);
/** Stays until somebody acts: on the card, the plan or the module. */
export const PERMANENT_CME: ReadonlySet<number> = new Set([10, 12, 15, 18, 103, 106, 133, 149]);

/** True for errors that pass by themselves. The numbers from 550 on are the vendor’s own. */
export function isTransientCme(number: number, vendor?: Vendor): boolean {
  return TRANSIENT_CME.has(number) || (vendor === 'quectel' && (number === 564 || number === 568));
}

export interface ErrorResult {
  family: 'cme' | 'cms' | 'other';
  number?: number;
  name: string;
}

/** A failing final result taken apart; `vendor` names what only this vendor’s numbers mean. */
export function parseErrorResult(final: string, vendor?: Vendor): ErrorResult {
  const match = /^\+(CM[ES]) ERROR:\s*(.*)$/.exec(final);
  if (!match) return { family: 'other', name: final };
  const family = match[1] === 'CMS' ? 'cms' : 'cme';
  const text = (match[2] ?? '').trim().slice(0, 80);
  const number = /^\d{1,5}$/.test(text) ? Number(text) : family === 'cme' ? cmeNumberOf(text) : undefined;
  if (number === undefined) return { family, name: text === '' ? 'no reason given' : text };
  const name = family === 'cme' ? cmeName(number, vendor) : CMS_NAMES[number];
  // A text whose number has no common name still says what it says.
  return { family, number, name: name ?? (text === String(number) ? `code ${number}` : text) };
}

const CME_CODES: Readonly<Record<number, ErrorCode>> = {
  10: 'sim.absent',
  11: 'sim.pin',
  12: 'sim.puk',
  13: 'sim.failure',
  15: 'sim.failure',
};
const CMS_CODES: Readonly<Record<number, ErrorCode>> = {
  310: 'sim.absent',
  311: 'sim.pin',
  313: 'sim.failure',
  316: 'sim.puk',
};

/** The typed error of a failing final result; evidence carries `cme` or `cms`. `shown` is the redacted command. */
export function errorOfFinal(final: string, shown: string, vendor?: Vendor): WaymarkError {
  const { family, number, name } = parseErrorResult(final, vendor);
  const codes = family === 'cms' ? CMS_CODES : CME_CODES;
  const code = (number === undefined ? undefined : codes[number]) ?? 'modem.error';
  return new WaymarkError(code, `${shown}: ${name}`, {
    evidence: number === undefined || family === 'other' ? { final: name } : { [family]: number, final: name },
  });
}

/** The CME number an error carries, if any. */
export function cmeOf(error: unknown): number | undefined {
  const value = error instanceof WaymarkError ? error.evidence?.['cme'] : undefined;
  return typeof value === 'number' ? value : undefined;
}
