// A credential that is made from others and lives in memory only: an API token from key and secret, a session from a
// login (specs/tokens.md T4, T6, T8, T11). Fetched once for everybody who asks, dropped when refused, and never shown as
// broken while only its root is: then it waits for that.
//
//   missing --fetched--> valid --its end (server's word, our monotonic clock)--> expired --fetched--> valid
//      ^                   |  \--reported refused (this generation)--> rejected | expired --fetched--> valid
//      +--no fetch yet     +--reported ok: an idle life begins anew
//
// Only monotonic time ends it: the wall clock may be wrong, and a life given in seconds does not care.
import { abortable, type Clock, type Logger, type Secret, toWaymarkError, WaymarkError } from '../core/index.js';
import { cleanEvidence } from './credential-facts.js';
import type { CredentialReason, CredentialState, Evidence } from './credential-model.js';
import type { CredentialOutcome, CredentialSource, CredentialStatus } from './credential-source.js';
import { type CredentialKind, remedyFor } from './remedies.js';
import type { RemedyTable } from './remedy-table.js';

export interface DerivedValue {
  value: Secret;
  /** From now on, as the server says; absent: until it is refused. */
  lifeMs?: number;
  /** Not lent in the last so many ms of its life (default: five seconds, at most a tenth of the life). */
  guardMs?: number;
  /** Without a use it ends after so long; each success begins it anew. */
  idleMs?: number;
}

export interface DerivedOptions {
  id: string;
  kind: CredentialKind;
  /** What it is made from; the first that cannot be used is what this one waits for. */
  from: readonly Pick<CredentialSource<unknown>, 'status'>[];
  /**
   * Gets a value. `previous` is the one held before, with whether it was refused (then the same again is of no use).
   * Reject with what went wrong: the error goes to whoever asked, and is the evidence while there is no value.
   */
  fetch(options: { previous?: { value: Secret; wasRefused: boolean }; signal: AbortSignal }): Promise<DerivedValue>;
  remedies?: RemedyTable;
}

/** The owner's side. */
export interface DerivedCredential extends CredentialSource<Secret>, Disposable {
  /** Forgets the value: what it is made from has changed. */
  drop(): void;
}

/** A value is not lent in its last seconds: the request would arrive after its end. */
const guardMs = (lifeMs: number): number => Math.min(5000, lifeMs / 10);

const USABLE: readonly CredentialState[] = ['valid', 'expiring'];

export function createDerived(deps: { clock: Clock; log: Logger }, options: DerivedOptions): DerivedCredential {
  const { clock } = deps;
  const log = deps.log.child('credential');
  const listeners = new Set<() => void>();
  const life = new AbortController();
  let held:
    | { value: Secret; endMonoMs?: number | undefined; idleMs?: number | undefined; idleEndMonoMs?: number | undefined }
    | undefined;
  let previous: { value: Secret; wasRefused: boolean } | undefined;
  let generation = 0;
  let tested = false;
  let fetching: Promise<void> | undefined;
  let state: CredentialState = 'missing';
  let reason: CredentialReason | undefined = 'absent';
  let evidence: (Evidence & { atUtcMs: number }) | undefined;
  let sinceUtcMs = clock.wall();

  const enter = (next: CredentialState, why: CredentialReason | undefined, facts?: Evidence): void => {
    evidence = facts === undefined ? evidence : { ...cleanEvidence(facts), atUtcMs: clock.wall() };
    if (next === 'valid') evidence = undefined;
    if (next === state && why === reason) return;
    state = next;
    reason = why;
    sinceUtcMs = clock.wall();
    log.debug('credential.state', { id: options.id, state, reason });
    for (const listener of [...listeners]) listener();
  };

  const root = (): CredentialStatus | undefined =>
    options.from.map((source) => source.status()).find((status) => !USABLE.includes(status.state));

  const hasEnded = (): boolean => {
    if (!held) return true;
    const now = clock.mono();
    if (held.endMonoMs !== undefined && now >= held.endMonoMs) {
      enter('expired', 'explicit-expiry');
      return true;
    }
    // An idle end is only our own guess: the value is still lent, and the server's word decides.
    return false;
  };

  const fetch = async (): Promise<void> => {
    try {
      const before = previous;
      const fetched = await options.fetch({ ...(before ? { previous: before } : {}), signal: life.signal });
      const now = clock.mono();
      held = {
        value: fetched.value,
        endMonoMs:
          fetched.lifeMs === undefined
            ? undefined
            : now + fetched.lifeMs - (fetched.guardMs ?? guardMs(fetched.lifeMs)),
        idleMs: fetched.idleMs,
        idleEndMonoMs: fetched.idleMs === undefined ? undefined : now + fetched.idleMs,
      };
      if (!before?.value.equals(fetched.value)) {
        generation++;
        tested = false;
      }
      previous = { value: fetched.value, wasRefused: false };
      enter('valid', undefined);
    } catch (thrown) {
      const error = toWaymarkError(thrown);
      // Weather says nothing about it; a refusal is its root's, which the fetch has told.
      evidence = { ...cleanEvidence({ code: error.code, ...error.evidence }), atUtcMs: clock.wall() };
      throw error;
    } finally {
      fetching = undefined;
    }
  };

  return {
    async get({ signal } = {}) {
      if (hasEnded()) await abortable((fetching ??= fetch()), signal);
      if (!held) throw new WaymarkError('credential.refused', `${options.id} cannot be had`);
      const end = held.endMonoMs ?? held.idleEndMonoMs;
      return {
        value: held.value,
        generation,
        fingerprint: held.value.fingerprint,
        ...(end === undefined ? {} : { notAfterMono: end }),
      };
    },
    report(lease, outcome: CredentialOutcome) {
      if (lease.generation !== generation || !held) return;
      switch (outcome.is) {
        case 'ok':
          tested = true;
          if (held.idleMs !== undefined) held.idleEndMonoMs = clock.mono() + held.idleMs;
          enter('valid', undefined);
          return;
        case 'refused':
          previous = { value: held.value, wasRefused: true };
          held = undefined;
          enter(outcome.state, outcome.reason, outcome.evidence);
          return;
        case 'weather':
          return;
      }
    },
    status() {
      if (held) hasEnded();
      const waitsFor = state === 'valid' ? undefined : root();
      const end = held?.endMonoMs ?? held?.idleEndMonoMs;
      return {
        id: options.id,
        kind: options.kind,
        state,
        since: sinceUtcMs,
        tested,
        ...(reason === undefined ? {} : { reason }),
        ...(evidence === undefined ? {} : { evidence }),
        ...(end === undefined
          ? {}
          : { expiresAt: Math.round(clock.wall() + end - clock.mono()), expirySource: 'server' as const }),
        latched: false,
        ...(held ? { fingerprint: held.value.fingerprint } : {}),
        generation,
        ...(waitsFor ? { waitsFor: waitsFor.waitsFor ?? waitsFor.id } : {}),
        remedy: waitsFor
          ? `It is made from ${waitsFor.waitsFor ?? waitsFor.id}, which has to be mended first.`
          : remedyFor(options.kind, state, reason, options.remedies),
      };
    },
    onChange(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    drop() {
      held = undefined;
      previous = undefined;
      enter('missing', 'absent');
    },
    [Symbol.dispose]() {
      life.abort();
      listeners.clear();
    },
  };
}
