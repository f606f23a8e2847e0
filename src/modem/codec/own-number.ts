// The number of the SIM as the card says it (3GPP 27.007 +CNUM): many cards do not know their own.
import { textsOf } from './fields.js';

/** Digits alone, with the country code where the card has it; undefined for another line or an empty entry. */
export function parseOwnNumber(line: string): string | undefined {
  const [, number] = textsOf(line, '+CNUM', 8) ?? [];
  return /^\+?(\d{7,15})$/.exec(number ?? '')?.[1];
}
