// What the platform answers to one command or to a whole request: fields, codes and texts (specs/devicewise.md 2.3).
// Confirmed codes are -90000 and -90008; the others are made up, in a range of their own, and can be left out.
import type { RootCause } from './control.js';
import type { DeviceWiseSettings } from './settings.js';
import type { Json, Tr50Reply } from './types.js';

export type FailureKind =
  | 'not-found'
  | 'permission'
  | 'unknown-command'
  | 'parameter'
  | 'expired'
  | 'rate'
  | 'not-here';

export interface Failure {
  is: 'failed';
  kind: FailureKind;
  /** `key must be a text`. */
  detail: string;
}

export interface Success {
  is: 'ok';
  params?: Json;
  /** For the ledger: `unchanged`, `duplicate`, `coerced`. */
  notes?: readonly string[];
}

export type Outcome = Success | Failure;

export const OK: Success = { is: 'ok' };
export const failed = (kind: FailureKind, detail: string): Failure => ({ is: 'failed', kind, detail });
export const noThing: Failure = failed('not-found', 'Thing not found');

interface Wording {
  code: number;
  isConfirmed: boolean;
  standard: (detail: string) => string;
  terse: string;
}

const FAILURES: Readonly<Record<FailureKind, Wording>> = {
  'not-found': { code: -90_008, isConfirmed: true, standard: (detail) => `${detail}.`, terse: 'Not found.' },
  permission: {
    code: -99_003,
    isConfirmed: false,
    standard: (detail) => `Permission denied: ${detail}.`,
    terse: 'No permission.',
  },
  'unknown-command': {
    code: -99_004,
    isConfirmed: false,
    standard: (detail) => `Unknown command: ${detail}.`,
    terse: 'Unknown command.',
  },
  parameter: {
    code: -99_005,
    isConfirmed: false,
    standard: (detail) => `Invalid parameter: ${detail}.`,
    terse: 'Invalid parameter.',
  },
  // A timestamp ahead of the platform's time has been seen refused as expired.
  expired: { code: -99_006, isConfirmed: false, standard: (detail) => `${detail} has expired.`, terse: 'Expired.' },
  rate: {
    code: -99_007,
    isConfirmed: false,
    standard: (detail) => `API rate limit exceeded: ${detail}.`,
    terse: 'Too many requests.',
  },
  'not-here': {
    code: -99_008,
    isConfirmed: false,
    standard: (detail) => `${detail} is not simulated.`,
    terse: 'Not simulated.',
  },
};

const ROOTS: Readonly<Record<RootCause, Wording>> = {
  session: {
    code: -90_000,
    isConfirmed: true,
    standard: () => 'Session is invalid or has expired.',
    terse: 'Not authenticated.',
  },
  malformed: { code: -99_001, isConfirmed: false, standard: () => 'Request is not valid JSON.', terse: 'Bad JSON.' },
  empty: { code: -99_002, isConfirmed: false, standard: () => 'Request holds no command.', terse: 'Empty.' },
};

function said(
  { code, isConfirmed, standard, terse }: Wording,
  detail: string,
  { errorCodes, errorTexts }: DeviceWiseSettings,
): { codes: number[]; messages: string[] } {
  const text = errorTexts === 'terse' ? terse : standard(detail);
  return {
    codes: isConfirmed || errorCodes === 'standard' ? [code] : [],
    messages: errorTexts === 'none' ? [] : [text],
  };
}

/** The answer to one command. */
export function answerOf(outcome: Outcome, settings: DeviceWiseSettings): Json {
  if (outcome.is === 'ok') return outcome.params ? { success: true, params: outcome.params } : { success: true };
  const { codes, messages } = said(FAILURES[outcome.kind], outcome.detail, settings);
  return { success: false, errorCodes: codes, errorMessages: messages };
}

/** The answer to a request that failed as a whole. */
export function rootFailureOf(cause: RootCause, settings: DeviceWiseSettings): Tr50Reply {
  const { codes, messages } = said(ROOTS[cause], '', settings);
  return settings.rootCase === 'lower'
    ? { success: false, errorcodes: codes, errormessages: messages }
    : { success: false, errorCodes: codes, errorMessages: messages };
}
