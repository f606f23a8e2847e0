// What happened to a credential, in the words its status has for it.
import { scrubber, WaymarkError } from '../core/index.js';
import type { CredentialReason, Evidence } from './credential-model.js';

const ABSENT_REASONS = {
  'secret.absent': 'absent',
  'secret.permission': 'bad-permissions',
  'secret.malformed': 'malformed',
  'identity.invalid': 'malformed',
} as const;

/** Why a load that failed left no value. */
export function absentReason(error: unknown): CredentialReason {
  if (!(error instanceof WaymarkError)) return 'unreadable';
  const reasons: Readonly<Record<string, CredentialReason>> = ABSENT_REASONS;
  return reasons[error.code] ?? 'unreadable';
}

/** Text of a far side as evidence: bounded and scrubbed. */
export function cleanEvidence(evidence: Evidence): Evidence {
  const entries = Object.entries(evidence).slice(0, 16);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'string' ? scrubber.scrub(value).slice(0, 200) : value]),
  );
}
