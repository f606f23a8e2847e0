// Thingstream location tokens (AssistNow legacy, CellLocate): nothing in them tells when they end, and their service
// answers 400 to everything it does not like (specs/tokens.md T1, T2; specs/ublox.md 4.3). What can be told is told here.
import type { Secret } from '../core/index.js';
import type { CredentialReason, RefusedState } from './credential-model.js';

const DAY_MS = 86_400_000;
/** Life of a temporary token from its issue on. */
export const TEMPORARY_TOKEN_MS = 90 * DAY_MS;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** ZTP tokens are UUIDs in either case, location tokens never are: one in the other's place shows before any call. */
export function isZtpTokenShape(token: Secret): boolean {
  return UUID.test(token.reveal());
}

export interface TokenRefusalFacts {
  /** What the configuration says of the token. */
  kind: 'permanent' | 'temporary';
  /** Has this very value ever worked? */
  tested: boolean;
  /** When it ends, as far as that is known or estimated; ms since 1970 UTC. */
  endsAtUtcMs?: number | undefined;
  /** Absent while the clock is not trusted: then nothing has expired. */
  nowUtcMs?: number | undefined;
  /** It has the shape of another service's token. */
  wasShapeWrong?: boolean | undefined;
}

/** What a refusal (400, or UULOCIND result 8) of a location token means, once the request itself is above suspicion. */
export function judgeTokenRefusal(facts: TokenRefusalFacts): { state: RefusedState; reason: CredentialReason } {
  const { kind, tested, endsAtUtcMs, nowUtcMs, wasShapeWrong } = facts;
  if (wasShapeWrong === true) return { state: 'rejected', reason: 'wrong-kind' };
  if (kind === 'permanent')
    // One that has worked does not end, but can be taken off its plan and put back.
    return tested ? { state: 'deactivated', reason: 'no-plan' } : { state: 'rejected', reason: 'ambiguous-400' };
  const hasEnded = endsAtUtcMs !== undefined && nowUtcMs !== undefined && nowUtcMs >= endsAtUtcMs;
  return hasEnded ? { state: 'expired', reason: 'explicit-expiry' } : { state: 'rejected', reason: 'ambiguous-400' };
}
