// Tries that are left before a card blocks itself. Asking never costs a try (specs/modem.md 2.3). A reader tells only
// what its line says for certain: a number that may belong to another code is left out, because a PIN is sent or kept
// back on it.
import type { Reading, RetryCounters } from '../profile.js';
import { bodyOf, intOf, known, splitFields, textsOf } from './fields.js';

const tries = (text: string | undefined): number | undefined => {
  const value = intOf(text);
  return value !== undefined && value >= 0 && value <= 15 ? value : undefined;
};

/** One of the lines of `+CPINR`: `SIM PIN,3,3`, quoted or not, the default may be missing. */
export function parseCpinr(line: string): RetryCounters | undefined {
  const [code, left] = textsOf(line, '+CPINR', 4) ?? [];
  const value = tries(left);
  if (value === undefined) return undefined;
  switch (code?.toUpperCase()) {
    case 'SIM PIN':
      return { pin: value };
    case 'SIM PUK':
      return { puk: value };
    default:
      return undefined;
  }
}

/** The status word a card gives for an empty VERIFY: `63Cx` x tries left, `6983` none. `9000`: it asks for no PIN. */
export function parseVerifyStatus(line: string): RetryCounters | undefined {
  const [length, data, extra] = splitFields(bodyOf(line, '+CSIM') ?? '', 4);
  if (intOf(length?.text) === undefined || !data?.quoted || extra || !/^[0-9A-F]{4,64}$/i.test(data.text))
    return undefined;
  const status = data.text.slice(-4).toUpperCase();
  if (status === '6983') return { pin: 0 };
  return status.startsWith('63C') ? { pin: Number.parseInt(status.slice(3), 16) } : undefined;
}

/** Any module that follows the standards; the vendor’s own ways come before these. */
export const STANDARD_RETRY_COUNTERS: readonly Reading<RetryCounters>[] = [
  { command: 'AT+CPINR', parse: parseCpinr },
  { command: 'AT+CSIM=10,"0020000100"', parse: parseVerifyStatus },
];

/** Telit: the tries for the code that is asked for now. More than three can only be those of a PUK. */
export function parsePct(line: string): RetryCounters | undefined {
  const body = bodyOf(line, '#PCT');
  const value = tries(body);
  if (value === undefined) return undefined;
  return value > 3 ? { puk: value } : { pin: value };
}

/** u-blox: PIN, PIN2, PUK, PUK2. */
export function parseUpincnt(line: string): RetryCounters | undefined {
  const [pin, , puk] = textsOf(line, '+UPINCNT', 6) ?? [];
  return tries(pin) === undefined ? undefined : known<RetryCounters>({ pin: tries(pin), puk: tries(puk) });
}

/** Quectel: facility, PIN, PUK. */
export function parseQpinc(line: string): RetryCounters | undefined {
  const [facility, pin, puk] = textsOf(line, '+QPINC', 4) ?? [];
  if (facility?.toUpperCase() !== 'SC' || tries(pin) === undefined) return undefined;
  return known<RetryCounters>({ pin: tries(pin), puk: tries(puk) });
}

/** SIMCom: PIN first; PUK and PIN2 stand in either order. Only a number above three is certainly that of a PUK. */
export function parseSpic(line: string): RetryCounters | undefined {
  const texts = textsOf(line, '+SPIC', 6);
  const pin = tries(texts?.[0]);
  if (pin === undefined) return undefined;
  const puk = [texts?.[1], texts?.[2]].map(tries).find((value) => value !== undefined && value > 3);
  return known<RetryCounters>({ pin, puk });
}
