// Who the module and the SIM are, and whether the SIM is usable.
import { bodyOf, intOf, known, splitFields } from './fields.js';

export type SimState = 'unknown' | 'ready' | 'pin' | 'puk' | 'absent' | 'failure' | 'other';

/** The state behind `+CPIN?`; `busy` means ask again. PIN2 and PUK2 do not stand in the way of anything we do. */
export function parseCpin(line: string): SimState | 'busy' | undefined {
  const body = bodyOf(line, '+CPIN');
  if (body === undefined) return undefined;
  const text = (splitFields(body, 2)[0]?.text ?? '').toUpperCase();
  switch (text) {
    case 'READY':
    case 'SIM PIN2':
    case 'SIM PUK2':
      return 'ready';
    case 'SIM PIN':
      return 'pin';
    case 'SIM PUK':
      return 'puk';
    case 'NOT INSERTED':
    case 'SIM NOT INSERTED':
    case 'SIM REMOVED':
      return 'absent';
    case 'SIM FAILURE':
    case 'SIM ERROR':
      return 'failure';
    case 'NOT READY':
    case 'SIM BUSY':
      return 'busy';
    default:
      return text.startsWith('PH-') ? 'other' : undefined;
  }
}

/** `$GURC: …`: a line with a prefix of its own. */
const FOREIGN = /^[+#$%^*&][A-Za-z0-9]{1,16}:/;

/** First line that is neither empty nor a prefix of its own: the answer of `+CGMI`, `+CGMM`, `+CGMR`. */
export function parsePlain(lines: readonly string[], prefix: string): string | undefined {
  for (const line of lines) {
    const body = bodyOf(line, prefix);
    // A report of a kind nobody knows, fallen between question and answer, is no name of anything.
    if (body === undefined && FOREIGN.test(line)) continue;
    const text = (body ?? line).replace(/^"|"$/g, '').trim();
    if (text !== '') return text.slice(0, 64);
  }
  return undefined;
}

/** The check digit of the first fourteen digits (Luhn). */
export function luhnDigit(digits: string): number {
  let sum = 0;
  for (let i = 0; i < 14; i++) {
    const digit = digits.charCodeAt(i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return (10 - (sum % 10)) % 10;
}

/** The IMEI of `+CGSN`, bare, prefixed or quoted. From an IMEISV (16 digits) the check digit is worked out. */
export function parseImei(lines: readonly string[]): { imei: string; luhn: boolean } | undefined {
  for (const line of lines) {
    const digits = /^(?:[+#]CGSN:)?\s*"?(\d{15,16})"?$/.exec(line)?.[1];
    if (digits === undefined) continue;
    const check = luhnDigit(digits);
    if (digits.length === 16) return { imei: digits.slice(0, 14) + String(check), luhn: true };
    return { imei: digits, luhn: digits.endsWith(String(check)) };
  }
  return undefined;
}

/** The file of the card that holds the ICCID, for modules without a command of their own. */
export const READ_ICCID_FILE = 'AT+CRSM=176,12258,0,0,10';

/**
 * The ICCID, 18 to 20 digits (some countries use A to E, too), its padding stripped; also from the raw file (`+CRSM`),
 * whose digits stand in swapped pairs.
 */
export function parseIccid(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const digits = /^(?:[+#](?:Q|CI?|I)?CCID:)?\s*"?(89[0-9A-E]{16,18})F{0,2}"?$/i.exec(line)?.[1];
    if (digits !== undefined) return digits.toUpperCase();
    // 144 and 145: read without an error.
    const file = /^\+CRSM:\s*14[45]\s*,\s*\d{1,3}\s*,\s*"?(98[0-9A-F]{18})"?$/i.exec(line)?.[1];
    const swapped = file?.replace(/(.)(.)/g, '$2$1').replace(/F{1,2}$/i, '');
    if (swapped !== undefined && /^[0-9A-E]{18,20}$/i.test(swapped)) return swapped.toUpperCase();
  }
  return undefined;
}

/** True when the last digit is the check digit of those before it. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const weighed = i % 2 === 1 ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}

/**
 * One card under one name, however its number was told: the same card is told with 18, 19 or 20 digits by different
 * commands, with its check digit or without. What is remembered of a card is kept under this, never under the number.
 */
export function cardKey(iccid: string): string {
  const head = iccid.toUpperCase().slice(0, 19);
  return /^\d{19}$/.test(head) && hasCheckDigit(head) ? head.slice(0, 18) : head;
}

/** The IMSI, 14 or 15 digits. */
export function parseImsi(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const digits = /^(?:[+#]CIMI:)?\s*"?(\d{14,15})"?$/.exec(line)?.[1];
    if (digits !== undefined) return digits;
  }
  return undefined;
}

export interface Operator {
  /** A name, or the network code when the module tells only that. */
  operator?: string;
  /** Country and network code, digits, when it was told in that form (`+COPS=3,2`). */
  plmn?: string;
  /** Access technology (registration.ts has the names). */
  act?: number;
}

/** Operator of `+COPS?`: undefined for another line, empty when there is none. Names may hold commas, even unquoted. */
export function parseCops(line: string): Operator | undefined {
  const body = bodyOf(line, '+COPS');
  if (body === undefined || body.startsWith('(')) return undefined;
  const match = /^\d{1,2}\s*(?:,\s*(\d{1,2})\s*(?:,(.*))?)?$/.exec(body);
  if (!match) return undefined;
  const rest = (match[2] ?? '').trim();
  const tail = /,\s*(\d{1,2})$/.exec(rest);
  const name = (tail ? rest.slice(0, tail.index) : rest).trim().replace(/^"|"$/g, '').trim().slice(0, 64);
  const isCode = match[1] === '2' && /^\d{5,6}$/.test(name);
  return known<Operator>({
    operator: name === '' ? undefined : name,
    plmn: isCode ? name : undefined,
    act: intOf(tail?.[1]),
  });
}

/** `#QSS: 0` and `#QSS: <mode>,0`: the SIM was taken out. */
export function parseQss(line: string): { inserted: boolean } | undefined {
  const body = bodyOf(line, '#QSS');
  if (body === undefined) return undefined;
  const status = intOf(splitFields(body, 4).at(-1)?.text);
  return status === undefined ? undefined : { inserted: status !== 0 };
}
