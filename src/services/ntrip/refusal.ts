// A caster's refusal as an error that names its cure.
import { type ErrorCode, WaymarkError } from '../../core/index.js';
import { parseRetryAfterMs } from '../../net/index.js';
import type { RefusalKind } from './answer.js';

const CODES: Readonly<Record<RefusalKind, ErrorCode>> = {
  unauthorized: 'ntrip.unauthorized',
  mountpoint: 'ntrip.mountpoint',
  refused: 'ntrip.refused',
  unavailable: 'ntrip.unavailable',
  malformed: 'ntrip.malformed',
  redirect: 'http.redirect',
};

/** A caster serves a stream: one that asks for longer is wrong, and would leave the receiver without corrections. */
const MAX_RETRY_AFTER_MS = 3_600_000;

export interface RefusalFacts {
  kind: RefusalKind;
  line: string;
  http?: number;
  retryAfter?: string;
}

/** `ntrip.*` or `http.redirect` with evidence {http, line}; `caster` is host and mountpoint. */
export function refusalError(
  { kind, line, http, retryAfter }: RefusalFacts,
  caster: string,
  wallMs: number,
): WaymarkError {
  const said = line === '' ? 'closed without an answer' : `answered "${line}"`;
  const retryAfterMs = parseRetryAfterMs(retryAfter, wallMs);
  return new WaymarkError(CODES[kind], `${caster}: ${said}`, {
    evidence: { ...(http === undefined ? {} : { http }), line },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) }),
  });
}
