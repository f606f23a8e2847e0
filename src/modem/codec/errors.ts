// Final results as errors. Numbers are stable across vendors, texts are not; both are understood, because after a reset
// the module speaks in the other way until it is told again (specs/modem.md 1.2).
import { type ErrorCode, WaymarkError } from '../../core/index.js';

const CME_NAMES: Readonly<Record<number, string>> = {
  0: 'phone failure',
  3: 'operation not allowed',
  4: 'operation not supported',
  5: 'PH-SIM PIN required',
  10: 'SIM not inserted',
  11: 'SIM PIN required',
  12: 'SIM PUK required',
  13: 'SIM failure',
  14: 'SIM busy',
  15: 'SIM wrong',
  16: 'incorrect password',
  17: 'SIM PIN2 required',
  18: 'SIM PUK2 required',
  20: 'memory full',
  21: 'invalid index',
  22: 'not found',
  30: 'no network service',
  31: 'network timeout',
  32: 'network not allowed - emergency calls only',
  40: 'network personalisation PIN required',
  50: 'incorrect parameters',
  100: 'unknown',
  103: 'illegal MS',
  106: 'illegal ME',
  107: 'GPRS services not allowed',
  111: 'PLMN not allowed',
  112: 'location area not allowed',
  113: 'roaming not allowed in this location area',
  126: 'operation temporarily not allowed',
  132: 'service option not supported',
  133: 'requested service option not subscribed',
  134: 'service option temporarily out of order',
  148: 'unspecified GPRS error',
  149: 'PDP authentication failure',
  550: 'generic IP error',
  551: 'wrong service state',
  552: 'wrong context state',
  553: 'context already activated',
  554: 'PDP error',
  555: 'activation failed',
  556: 'context not opened',
  557: 'host not found',
  558: 'cannot resolve name',
  559: 'socket not opened',
  560: 'timeout',
  561: 'remote disconnected',
  562: 'socket closed',
};

const CMS_NAMES: Readonly<Record<number, string>> = {
  310: 'SIM not inserted',
  311: 'SIM PIN required',
  313: 'SIM failure',
  314: 'SIM busy',
  316: 'SIM PUK required',
  321: 'invalid index',
  322: 'memory full',
  500: 'unknown',
};

const BY_TEXT: ReadonlyMap<string, number> = new Map(
  Object.entries(CME_NAMES).map(([number, name]) => [normal(name), Number(number)]),
);

function normal(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Worth another try after a pause without anybody acting. */
export const TRANSIENT_CME: ReadonlySet<number> = new Set([14, 31, 126, 134, 148, 568]);

export interface ErrorResult {
  family: 'cme' | 'cms' | 'other';
  number?: number;
  name: string;
}

/** A failing final result taken apart. */
export function parseErrorResult(final: string): ErrorResult {
  const match = /^\+(CM[ES]) ERROR:\s*(.*)$/.exec(final);
  if (!match) return { family: 'other', name: final };
  const family = match[1] === 'CMS' ? 'cms' : 'cme';
  const text = (match[2] ?? '').trim().slice(0, 80);
  const number = /^\d{1,5}$/.test(text) ? Number(text) : family === 'cme' ? BY_TEXT.get(normal(text)) : undefined;
  if (number === undefined) return { family, name: text === '' ? 'no reason given' : text };
  return { family, number, name: (family === 'cme' ? CME_NAMES : CMS_NAMES)[number] ?? `code ${number}` };
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
export function errorOfFinal(final: string, shown: string): WaymarkError {
  const { family, number, name } = parseErrorResult(final);
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
