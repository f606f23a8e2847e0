// What is remembered about a credential, and what can happen to it: the words the machine in credential-machine.ts is
// written in (specs/tokens.md section 2).

export const CREDENTIAL_STATES = [
  'missing',
  'valid',
  'expiring',
  'expired',
  'rejected',
  'revoked',
  'deactivated',
] as const;
export type CredentialState = (typeof CREDENTIAL_STATES)[number];

export const CREDENTIAL_REASONS = [
  'absent',
  'unreadable',
  'bad-permissions',
  'malformed',
  'explicit-expiry',
  'idle-expiry',
  'refused',
  'locked-risk',
  'no-plan',
  'not-listed',
  'wrong-account',
  'wrong-kind',
  'not-activated',
  'scope',
  'ambiguous-400',
  'operator-said',
  'superseded',
] as const;
export type CredentialReason = (typeof CREDENTIAL_REASONS)[number];

/** Raw facts of a refusal: status codes, modem codes, short fragments. Never a secret. */
export type Evidence = Readonly<Record<string, string | number>>;

/**
 * `first-use`: estimated from the first success; the true end comes no later, so it warns and never ends anything.
 * `jwt-hint`: read from a token whose signature nobody here can check; it warns, and only the server's word ends it.
 */
export type ExpirySource = 'server' | 'config' | 'jwt-hint' | 'certificate' | 'first-use';

/** Everything remembered about a credential; no secret value. */
export interface CredentialModel {
  state: CredentialState;
  sinceUtcMs: number;
  /** Has this value ever worked? */
  tested: boolean;
  reason?: CredentialReason;
  evidence?: Evidence & { readonly atUtcMs: number };
  /** Salted fingerprint of the value last loaded; kept while missing. */
  fingerprint?: string;
  /** Grows with every new value. */
  generation: number;
  validFromUtcMs?: number;
  expiresAtUtcMs?: number;
  expirySource?: ExpirySource;
  /** Life from its issue on of a value whose issue nobody knows; its end is then estimated from the first success. */
  lifeMs?: number;
  /** When the value first worked; kept only where `lifeMs` asks for it. */
  firstGoodUtcMs?: number;
  /** What a person says of the value beside it (kind, day of issue): other terms make the same value a new one. */
  terms?: string;
  /** True when only our clock says it has ended. */
  endedByClock: boolean;
  retryAtMonoMs?: number;
  latched: boolean;
  /** Refusals in a row. */
  strikes: number;
  lastGoodUtcMs?: number;
  /** Days-ahead warnings already given. */
  warnedDays: readonly number[];
  /** What it was before its value went away; taken back if the same value returns. */
  before?: Pick<CredentialModel, 'state' | 'sinceUtcMs' | 'reason' | 'evidence' | 'tested' | 'latched' | 'strikes'>;
}

/** The refusals a provider can express. */
export type RefusedState = 'rejected' | 'deactivated' | 'expired' | 'revoked';

/** What is kept on disk of a credential: everything but the value. */
export type CredentialMemory = Readonly<
  Required<Pick<CredentialModel, 'fingerprint'>> &
    NonNullable<CredentialModel['before']> &
    Pick<CredentialModel, 'lastGoodUtcMs' | 'firstGoodUtcMs' | 'terms' | 'warnedDays'>
>;

export type CredentialEvent =
  /** Once, before the first load: what the last run knew. */
  | { is: 'remembered'; memory: CredentialMemory }
  | {
      is: 'loaded';
      fingerprint: string;
      validFromUtcMs?: number | undefined;
      expiresAtUtcMs?: number | undefined;
      expirySource?: ExpirySource | undefined;
      lifeMs?: number | undefined;
      terms?: string | undefined;
      utcMs: number;
    }
  | { is: 'absent'; reason: CredentialReason; utcMs: number }
  /** `isUtcTrusted` false: the time says nothing about when it first worked. */
  | { is: 'ok'; utcMs: number; isUtcTrusted?: boolean }
  | {
      is: 'refused';
      state: RefusedState;
      reason: CredentialReason;
      evidence: Evidence;
      retryAtMonoMs?: number | undefined;
      utcMs: number;
    }
  | { is: 'weather'; retryAtMonoMs?: number | undefined }
  /** A refused credential is lent once to see whether it works again; nobody else gets it before `untilMonoMs`. */
  | { is: 'probing'; untilMonoMs: number }
  /** Time has passed or was corrected. Sent only while the wall clock is trusted. */
  | { is: 'clock'; utcMs: number; warnBeforeMs: number; warnDays?: readonly number[] | undefined };

export type CredentialEffect =
  | { do: 'persist' }
  /** The state changed: tell listeners, log one line. */
  | { do: 'announce' }
  /** The end is this many days away or nearer, said once each. */
  | { do: 'warn'; daysLeft: number };

/** Days before the end at which a warning is given once (specs/tokens.md T1), the furthest first. */
export const WARN_DAYS: readonly number[] = [14, 7, 1];

/** An end that is only guessed or hinted at: it warns, and never ends anything. */
export const isEstimate = (source: ExpirySource | undefined): boolean =>
  source === 'first-use' || source === 'jwt-hint';

export function initialCredential(utcMs: number): CredentialModel {
  return {
    state: 'missing',
    sinceUtcMs: utcMs,
    tested: false,
    reason: 'absent',
    generation: 0,
    endedByClock: false,
    latched: false,
    strikes: 0,
    warnedDays: [],
  };
}

/** The end that is known, or else the one that can be estimated. */
export function endOf(model: CredentialModel): { utcMs: number; source: ExpirySource | undefined } | undefined {
  const { expiresAtUtcMs, expirySource, lifeMs, firstGoodUtcMs } = model;
  if (expiresAtUtcMs !== undefined) return { utcMs: expiresAtUtcMs, source: expirySource };
  if (lifeMs === undefined || firstGoodUtcMs === undefined) return undefined;
  return { utcMs: firstGoodUtcMs + lifeMs, source: 'first-use' };
}

/** What traffic the state allows (specs/tokens.md section 2). */
export function trafficAllowed(model: CredentialModel): 'normal' | 'renewal' | 'probe' | 'none' {
  switch (model.state) {
    case 'valid':
    case 'expiring':
      return 'normal';
    case 'expired':
      return 'renewal';
    case 'rejected':
    case 'deactivated':
      return model.latched ? 'none' : 'probe';
    case 'missing':
    case 'revoked':
      return 'none';
  }
}
