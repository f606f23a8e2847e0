// Final results: numbers, texts, digits (specs/modem.md 1.2).

/** Final result of one command. */
export type Outcome = 'OK' | 'ERROR' | 'ABORTED' | 'NO CARRIER' | 'CONNECT' | { cme: number } | { cms: number };

export const CME = {
  notAllowed: 3,
  notSupported: 4,
  notInserted: 10,
  pinRequired: 11,
  pukRequired: 12,
  cardFailure: 13,
  cardBusy: 14,
  cardWrong: 15,
  wrongPassword: 16,
  notFound: 22,
  noService: 30,
  networkLock: 40,
  badParameters: 50,
  loginRefused: 149,
  alreadyActive: 553,
  activationFailed: 555,
} as const;

const CME_TEXTS: Readonly<Record<number, string>> = {
  3: 'operation not allowed',
  4: 'operation not supported',
  10: 'SIM not inserted',
  11: 'SIM PIN required',
  12: 'SIM PUK required',
  13: 'SIM failure',
  14: 'SIM busy',
  15: 'SIM wrong',
  16: 'incorrect password',
  22: 'not found',
  30: 'no network service',
  40: 'network personalisation PIN required',
  50: 'incorrect parameters',
  100: 'unknown',
  148: 'unspecified GPRS error',
  149: 'PDP authentication failure',
};

const CMS_TEXTS: Readonly<Record<number, string>> = {
  302: 'operation not allowed',
  305: 'invalid text mode parameter',
  310: 'SIM not inserted',
  321: 'invalid memory index',
};

/** What of a family goes into its final results. */
export interface FinalWords {
  /** Its own numbers, or its own spelling of common ones. */
  readonly errorTexts: Readonly<Record<number, string>>;
  /** `CONNECT`, or with a speed behind it. */
  readonly connect: string;
}

/** The final line of an outcome under V1, by the +CMEE mode. */
export function finalText(outcome: Outcome, cmee: number, words: FinalWords): string {
  if (outcome === 'CONNECT') return words.connect;
  if (typeof outcome === 'string') return outcome;
  if ('cms' in outcome) return `+CMS ERROR: ${cmee === 2 ? (CMS_TEXTS[outcome.cms] ?? 'unknown error') : outcome.cms}`;
  if (cmee === 0) return 'ERROR';
  const text = words.errorTexts[outcome.cme] ?? CME_TEXTS[outcome.cme] ?? 'unknown';
  return `+CME ERROR: ${cmee === 2 ? text : outcome.cme}`;
}

/** The digit of an outcome under V0. */
export function finalDigit(outcome: Outcome): string {
  if (outcome === 'OK') return '0';
  if (outcome === 'CONNECT') return '1';
  return outcome === 'NO CARRIER' ? '3' : '4';
}
