// A credential that is made from others and lives in memory only: an API token from key and secret, a session from a
// login (specs/tokens.md T4, T6, T8, T11). Fetched once for everybody who asks, dropped when refused, and never shown as
// broken while only its root is: then it waits for that.
//
//   missing --fetched--> valid --its end (server's word, our monotonic clock)--> expired --fetched--> valid
//      ^                   |  \--reported refused (this generation)--> rejected | expired --fetched--> valid
//      +--no fetch yet     +--reported ok: an idle life begins anew
//
// Without a value and with nothing wrong it is on demand: the next use gets one, and nobody is told of trouble. Only a
// fetch that failed for good, or a broken root, is trouble; weather is not.
//
// Only monotonic time ends it: the wall clock may be wrong, and a life given in seconds does not care. Monotonic time
// stands still while the machine sleeps, so a jump of the wall clock shortens what is left (see clockJumped).
import { abortable, type Clock, type Logger, type Secret, toWaymarkError, WaymarkError } from '../core/index.js';
import { cleanEvidence } from './credential-facts.js';
import type { CredentialReason, CredentialState, Evidence } from './credential-model.js';
import type { CredentialOutcome, CredentialSource, CredentialStatus, Lease } from './credential-source.js';
import { type CredentialKind, remedyFor } from './remedies.js';
import type { RemedyTable } from './remedy-table.js';
import { isUsable } from './root-causes.js';

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
  /** Forgets the value: what it is made from has changed. One being fetched just now is fetched again. */
  drop(): void;
  /** The wall clock went ahead by so much more than ours: the machine may have slept, and lives went on meanwhile. */
  clockJumped(byMs: number): void;
}

/** A value is not lent in its last seconds: the request would arrive after its end. */
const guardMs = (lifeMs: number): number => Math.min(5000, lifeMs / 10);

interface Held {
  value: Secret;
  endMonoMs: number | undefined;
  idleMs: number | undefined;
  idleEndMonoMs: number | undefined;
}

/** The nearer of its two ends; the idle one is a guess, but a good one. */
const endOfHeld = ({ endMonoMs, idleEndMonoMs }: Held): number | undefined => {
  const ends = [endMonoMs, idleEndMonoMs].filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
};

export function createDerived(deps: { clock: Clock; log: Logger }, options: DerivedOptions): DerivedCredential {
  const { clock } = deps;
  const log = deps.log.child('credential');
  const listeners = new Set<() => void>();
  const life = new AbortController();
  let held: Held | undefined;
  let previous: { value: Secret; wasRefused: boolean } | undefined;
  let generation = 0;
  let tested = false;
  let fetching: Promise<void> | undefined;
  /** How often it was dropped: a fetch that began before the last time brings the past. */
  let drops = 0;
  /** The last fetch failed for a reason that does not pass by itself. */
  let hasFailed = false;
  /** Values refused one after the other; a second one means that fetching does not help. */
  let refusals = 0;
  let state: CredentialState = 'missing';
  let reason: CredentialReason | undefined = 'absent';
  let evidence: (Evidence & { atUtcMs: number }) | undefined;
  let sinceUtcMs = clock.wall();

  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };

  const enter = (next: CredentialState, why: CredentialReason | undefined, facts?: Evidence): void => {
    evidence = facts === undefined ? evidence : { ...cleanEvidence(facts), atUtcMs: clock.wall() };
    if (next === 'valid') evidence = undefined;
    if (next === state && why === reason) return;
    state = next;
    reason = why;
    sinceUtcMs = clock.wall();
    log.debug('credential.state', { id: options.id, state, reason });
    tell();
  };

  const root = (): CredentialStatus | undefined =>
    options.from.map((source) => source.status()).find((status) => !isUsable(status));

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

  const fetchOnce = async (): Promise<void> => {
    const before = previous;
    const seen = drops;
    const fetched = await options.fetch({ ...(before ? { previous: before } : {}), signal: life.signal });
    if (seen !== drops) return;
    const now = clock.mono();
    const { value, lifeMs, idleMs } = fetched;
    held = {
      value,
      endMonoMs: lifeMs === undefined ? undefined : now + lifeMs - (fetched.guardMs ?? guardMs(lifeMs)),
      idleMs,
      idleEndMonoMs: idleMs === undefined ? undefined : now + idleMs,
    };
    // The same value again is the same generation: what is said of it later still concerns it.
    if (!before?.value.equals(value)) {
      generation++;
      tested = false;
    }
    previous = { value, wasRefused: false };
    hasFailed = false;
    enter('valid', undefined);
  };

  const fetch = async (): Promise<void> => {
    try {
      let seen: number;
      do {
        seen = drops;
        await fetchOnce();
      } while (seen !== drops);
    } catch (thrown) {
      const error = toWaymarkError(thrown);
      // Weather says nothing about it; a refusal is its root's, which the fetch has told.
      const isFinal = (error.retry === 'operator' || error.retry === 'never') && !life.signal.aborted;
      if (isFinal) {
        hasFailed = true;
        evidence = { ...cleanEvidence({ code: error.code, ...error.evidence }), atUtcMs: clock.wall() };
        tell();
      }
      throw error;
    } finally {
      fetching = undefined;
    }
  };

  const lease = (from: Held): Lease<Secret> => {
    const end = endOfHeld(from);
    return {
      value: from.value,
      generation,
      fingerprint: from.value.fingerprint,
      ...(end === undefined ? {} : { notAfterMono: end }),
    };
  };

  return {
    async get({ signal } = {}) {
      if (hasEnded()) await abortable((fetching ??= fetch()), signal);
      if (!held) throw new WaymarkError('credential.refused', `${options.id} cannot be had`);
      return lease(held);
    },
    report({ generation: lent }, outcome: CredentialOutcome) {
      if (lent !== generation || !held) return;
      switch (outcome.is) {
        case 'ok':
          tested = true;
          refusals = 0;
          if (held.idleMs !== undefined) held.idleEndMonoMs = clock.mono() + held.idleMs;
          enter('valid', undefined);
          return;
        case 'refused':
          previous = { value: held.value, wasRefused: true };
          held = undefined;
          refusals++;
          hasFailed = refusals > 1;
          enter(outcome.state, outcome.reason, outcome.evidence);
          return;
        case 'weather':
          return;
      }
    },
    status() {
      if (held) hasEnded();
      const broken = state === 'valid' ? undefined : root();
      const waitsFor = broken && (broken.waitsFor ?? broken.id);
      const end = held && endOfHeld(held);
      const isOnDemand = state !== 'valid' && state !== 'revoked' && !broken && !hasFailed;
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
        ...(waitsFor === undefined ? {} : { waitsFor }),
        ...(isOnDemand ? { isOnDemand } : {}),
        remedy:
          waitsFor !== undefined
            ? `It is made from ${waitsFor}, which has to be mended first.`
            : isOnDemand
              ? 'Nothing has to be done: it is fetched when it is needed.'
              : remedyFor(options.kind, state, reason, options.remedies),
      };
    },
    onChange(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    drop() {
      drops++;
      held = undefined;
      previous = undefined;
      hasFailed = false;
      refusals = 0;
      evidence = undefined;
      enter('missing', 'absent');
    },
    clockJumped(byMs) {
      if (!held || byMs <= 0) return;
      if (held.endMonoMs !== undefined) held.endMonoMs -= byMs;
      if (held.idleEndMonoMs !== undefined) held.idleEndMonoMs -= byMs;
      hasEnded();
    },
    [Symbol.dispose]() {
      life.abort();
      listeners.clear();
    },
  };
}
