// One error class. Callers switch on `code` or `retry`, never on text; what a code means is in error-table.ts.
import { ERRORS, type ErrorInfo, type Retry, type Rung } from './error-table.js';

export const EXIT = {
  ok: 0,
  usage: 64,
  deviceAbsent: 69,
  internal: 70,
  state: 74,
  tryAgain: 75,
  permission: 77,
  config: 78,
} as const;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetails {
  cause?: unknown;
  /** What the far side asked for. */
  retryAfterMs?: number | undefined;
  /** Replaces the table's hint where more is known. */
  hint?: string | undefined;
  /** Raw facts for the evidence field of a credential: status codes, fragments. Never secrets. */
  evidence?: Readonly<Record<string, string | number>> | undefined;
}

/** The only expected error of this program. Anything else thrown is a defect and ends its lane. */
export class WaymarkError extends Error {
  override readonly name = 'WaymarkError';
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly hint: string;
  readonly rung: Rung | undefined;
  readonly retryAfterMs: number | undefined;
  readonly evidence: Readonly<Record<string, string | number>> | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const info: ErrorInfo = ERRORS[code];
    this.code = code;
    this.retry = info.retry;
    this.rung = info.rung;
    this.hint = details.hint ?? info.hint;
    this.retryAfterMs = details.retryAfterMs;
    this.evidence = details.evidence;
  }
}

export function isWaymarkError(error: unknown, ...codes: ErrorCode[]): error is WaymarkError {
  return error instanceof WaymarkError && (codes.length === 0 || codes.includes(error.code));
}

/** Any thrown value as a WaymarkError; a foreign one becomes `core.internal` with its cause kept. */
export function toWaymarkError(error: unknown): WaymarkError {
  if (error instanceof WaymarkError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new WaymarkError('core.internal', message, { cause: error });
}

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof WaymarkError)) return EXIT.internal;
  const info: ErrorInfo = ERRORS[error.code];
  return info.exit ?? EXIT.internal;
}
