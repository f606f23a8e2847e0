// One credential at work: loads the value once for everybody who asks, lends it with its generation, listens to what
// became of it, and remembers (without the value) across restarts. The rules are in credential-machine.ts.
import {
  abortable,
  type BackoffPolicy,
  backoffDelayMs,
  type Clock,
  createRunner,
  isWaymarkError,
  type Logger,
  REFUSED_BACKOFF,
  type Secret,
  type Timer,
  WaymarkError,
  withDeadline,
} from '../core/index.js';
import { absentReason, cleanEvidence } from './credential-facts.js';
import { nextCredential } from './credential-machine.js';
import { type CredentialMemory, memoryOf } from './credential-memory.js';
import {
  type CredentialEffect,
  type CredentialEvent,
  type CredentialModel,
  type ExpirySource,
  endOf,
  initialCredential,
  isEstimate,
  type RefusedState,
  trafficAllowed,
} from './credential-model.js';
import type { CredentialSource } from './credential-source.js';
import { type CredentialKind, remedyFor } from './remedies.js';
import type { RemedyTable } from './remedy-table.js';
import type { Slot } from './slot.js';

/** The owner's side: the source with its upkeep. */
export interface Credential extends CredentialSource<Secret>, Disposable {
  /**
   * Reads the value again (rotation without restart); once more after a load that is already running. Never rejects: a
   * failure becomes the state.
   */
  reload(): Promise<void>;
  /** Resolves when what is known is on the disk, or could not be put there (then it was logged). Never rejects. */
  flush(): Promise<void>;
  /** The value last loaded, whatever is said of it: for trying a parked one, and for nothing else. */
  peek(): Secret | undefined;
  /** The wall clock has jumped (a suspended machine, a correction): what time decides is looked at anew. */
  clockJumped(): void;
}

export interface LoadedCredential {
  value: Secret;
  /** Beginning of its life; narrows the warning window to a fifth of the life. */
  validFromUtcMs?: number;
  expiresAtUtcMs?: number;
  expirySource?: ExpirySource;
  /** Where nothing tells the end: how long such a value lives. The end is then estimated from its first success. */
  lifeMs?: number;
  /** What a person says of the value beside it; other terms make the same value a new one. */
  terms?: string;
  /** A value that belongs elsewhere: it is never lent, and this says why. */
  objection?: WaymarkError;
}

export interface CredentialOptions {
  id: string;
  kind: CredentialKind;
  /** Reads the value. Reject with `secret.absent`, `secret.permission` or `secret.malformed` where it is not usable. */
  load: () => Promise<LoadedCredential>;
  /** Sentences that replace the built-in ones. */
  remedies?: RemedyTable;
  /** A known end nearer than this makes it `expiring` (default 30 days). */
  warnBeforeMs?: number;
  /** Days before the end at which a line is logged, once each, the furthest first (default `WARN_DAYS`). */
  warnDays?: readonly number[];
  /** How long a refused value rests before it may be tried once more (default `REFUSED_BACKOFF`). */
  refusedBackoff?: BackoffPolicy;
}

export interface CredentialDeps {
  clock: Clock;
  log: Logger;
  /** Where the memory is kept; without it nothing survives a restart. */
  slot?: Slot<CredentialMemory>;
  /** While false, the wall clock proves nothing about expiry (default: always true). */
  isWallTrusted?: () => boolean;
}

const DAY_MS = 86_400_000;
/** A load reads a local file; longer means a hung file system. */
const LOAD_DEADLINE_MS = 30_000;
/** How long a probe's borrower has before somebody else may probe. */
const PROBE_MS = 15 * 60_000;
/** Expiry is looked at this often at least, so that a clock step or a suspended machine is noticed. */
const CLOCK_CHECK_MS = 6 * 3_600_000;
/** Reversible administrative refusals: a quarter of an hour, growing to one hour. */
const DEACTIVATED_BACKOFF = { baseMs: 15 * 60_000, capMs: 3_600_000, quickForMs: 0 };

export function createCredential(deps: CredentialDeps, options: CredentialOptions): Credential {
  const { clock } = deps;
  const log = deps.log.child('credential');
  const warnBeforeMs = options.warnBeforeMs ?? 30 * DAY_MS;
  const isWallTrusted = deps.isWallTrusted ?? (() => true);
  const listeners = new Set<() => void>();
  let value: Secret | undefined;
  let loading: Promise<void> | undefined;
  /** How often the value is said to have changed. */
  let changes = 0;
  let loadError: WaymarkError | undefined;
  let objection: WaymarkError | undefined;
  let saving: Promise<void> = Promise.resolve();
  let timer: Timer | undefined;
  let isDisposed = false;

  const remedy = (model: CredentialModel): string =>
    remedyFor(options.kind, model.state, model.reason, options.remedies, isEstimate(endOf(model)?.source));

  const perform = (effect: CredentialEffect): void => {
    const model = runner.state;
    switch (effect.do) {
      case 'persist': {
        const { slot } = deps;
        if (!slot || model.fingerprint === undefined) return;
        const memory = memoryOf(model);
        if (memory)
          saving = saving
            .then(() => slot.write(memory))
            .catch((error: unknown) => log.warn('credential.memory-not-kept', { id: options.id, error }));
        return;
      }
      case 'announce': {
        const fields = { id: options.id, state: model.state, reason: model.reason, remedy: remedy(model) };
        if (model.state === 'valid') log.info('credential.state', fields);
        else log.warn('credential.state', fields, `Credential ${options.id} is ${model.state}.`);
        for (const listener of [...listeners]) listener();
        return;
      }
      case 'warn':
        log.warn('credential.ends-soon', { id: options.id, daysLeft: effect.daysLeft, remedy: remedy(model) });
        return;
    }
  };

  const runner = createRunner<CredentialModel, CredentialEvent, CredentialEffect>({
    initial: initialCredential(clock.wall()),
    next: nextCredential,
    perform,
  });

  /** True when the event made an end known. */
  const noted = (event: CredentialEvent): boolean => {
    const before = endOf(runner.state);
    runner.send(event);
    return before === undefined && endOf(runner.state) !== undefined;
  };

  /** Compares with the clock now, and once more when something falls due. */
  const lookAtClock = (): void => {
    timer?.cancel();
    timer = undefined;
    if (isDisposed) return;
    if (isWallTrusted()) runner.send({ is: 'clock', utcMs: clock.wall(), warnBeforeMs, warnDays: options.warnDays });
    const end = endOf(runner.state);
    if (end === undefined) return;
    const left = end.utcMs - clock.wall();
    timer = clock.after(left > 0 ? Math.min(left, CLOCK_CHECK_MS) : CLOCK_CHECK_MS, lookAtClock);
  };

  let restored = false;
  const restore = async (): Promise<void> => {
    if (restored || !deps.slot) return;
    restored = true;
    try {
      const stored = await deps.slot.read();
      if (stored) runner.send({ is: 'remembered', memory: stored.value });
    } catch (error) {
      log.warn('credential.memory-lost', { id: options.id, error });
    }
  };

  const load = async (): Promise<void> => {
    await restore();
    try {
      const loaded = await withDeadline({ clock, ms: LOAD_DEADLINE_MS, what: `credential ${options.id}` }, async () =>
        options.load(),
      );
      value = loaded.value;
      loadError = undefined;
      runner.send({
        is: 'loaded',
        fingerprint: loaded.value.fingerprint,
        validFromUtcMs: loaded.validFromUtcMs,
        expiresAtUtcMs: loaded.expiresAtUtcMs,
        expirySource: loaded.expirySource,
        lifeMs: loaded.lifeMs,
        terms: loaded.terms,
        utcMs: clock.wall(),
      });
      ({ objection } = loaded);
      if (objection && runner.state.reason !== 'wrong-kind')
        runner.send({
          is: 'refused',
          state: 'rejected',
          reason: 'wrong-kind',
          evidence: { code: objection.code },
          utcMs: clock.wall(),
        });
    } catch (error) {
      value = undefined;
      loadError = isWaymarkError(error)
        ? error
        : new WaymarkError('secret.absent', `${options.id}: cannot be read`, { cause: error });
      runner.send({ is: 'absent', reason: absentReason(error), utcMs: clock.wall() });
    }
    lookAtClock();
  };

  const loadWhileWanted = async (): Promise<void> => {
    try {
      let seen: number;
      do {
        seen = changes;
        await load();
      } while (seen !== changes);
    } finally {
      loading = undefined;
    }
  };

  /** Everybody who needs a value joins the running load. */
  const join = (): Promise<void> => (loading ??= loadWhileWanted());

  const reload = (): Promise<void> => {
    // The running load may have read what was there before the change.
    changes++;
    return join();
  };

  const refusal = (model: CredentialModel): WaymarkError => {
    const known = model.state === 'missing' ? loadError : model.reason === 'wrong-kind' ? objection : undefined;
    const code = known?.code ?? (model.state === 'expired' ? 'credential.expired' : 'credential.refused');
    const wait = model.latched || model.retryAtMonoMs === undefined ? undefined : model.retryAtMonoMs - clock.mono();
    return new WaymarkError(code, known?.message ?? `${options.id} is ${model.state}: ${model.reason ?? 'unknown'}`, {
      hint: known?.hint ?? remedy(model),
      retryAfterMs: wait === undefined ? undefined : Math.max(0, wait),
      evidence: model.evidence,
      cause: known?.cause,
    });
  };

  const retryAt = (state: RefusedState, given: number | undefined): number | undefined => {
    if (given !== undefined || state === 'expired' || state === 'revoked') return given;
    const policy = state === 'deactivated' ? DEACTIVATED_BACKOFF : (options.refusedBackoff ?? REFUSED_BACKOFF);
    return Math.ceil(
      clock.mono() + backoffDelayMs(policy, { attempt: runner.state.strikes, outageMs: 0 }, Math.random()),
    );
  };

  return {
    async get({ signal } = {}) {
      // An absent or ended value is looked for again each time: putting the file in place must be enough.
      const { state } = runner.state;
      if (value === undefined || state === 'missing' || state === 'expired') await abortable(join(), signal);
      lookAtClock();
      const model = runner.state;
      const traffic = trafficAllowed(model);
      const isProbe = traffic === 'probe' && (model.retryAtMonoMs ?? 0) <= clock.mono();
      if (value === undefined || (traffic !== 'normal' && !isProbe)) throw refusal(model);
      if (isProbe) runner.send({ is: 'probing', untilMonoMs: clock.mono() + PROBE_MS });
      const end = isEstimate(model.expirySource) ? undefined : model.expiresAtUtcMs;
      return {
        value,
        generation: model.generation,
        fingerprint: value.fingerprint,
        ...(end === undefined ? {} : { notAfterMono: clock.mono() + (end - clock.wall()) }),
      };
    },

    report(lease, outcome) {
      // A late refusal of a value already replaced says nothing about the new one.
      if (lease.generation !== runner.state.generation) return;
      switch (outcome.is) {
        case 'ok':
          // The first success may be what its end is estimated from.
          if (noted({ is: 'ok', utcMs: clock.wall(), isUtcTrusted: isWallTrusted() })) lookAtClock();
          return;
        case 'refused':
          runner.send({
            is: 'refused',
            state: outcome.state,
            reason: outcome.reason,
            evidence: cleanEvidence(outcome.evidence),
            retryAtMonoMs: retryAt(outcome.state, outcome.retryAtMonoMs),
            utcMs: clock.wall(),
          });
          return;
        case 'weather':
          runner.send({
            is: 'weather',
            retryAtMonoMs: outcome.retryAfterMs === undefined ? undefined : clock.mono() + outcome.retryAfterMs,
          });
          return;
      }
    },

    status() {
      const model = runner.state;
      const end = endOf(model);
      return {
        id: options.id,
        kind: options.kind,
        state: model.state,
        since: model.sinceUtcMs,
        tested: model.tested,
        ...(model.reason === undefined ? {} : { reason: model.reason }),
        ...(model.evidence === undefined ? {} : { evidence: model.evidence }),
        ...(end === undefined ? {} : { expiresAt: end.utcMs }),
        ...(end?.source === undefined ? {} : { expirySource: end.source }),
        ...(model.retryAtMonoMs === undefined || model.latched || model.retryAtMonoMs <= clock.mono()
          ? {}
          : { retryAt: Math.round(clock.wall() + model.retryAtMonoMs - clock.mono()) }),
        latched: model.latched,
        ...(model.fingerprint === undefined ? {} : { fingerprint: model.fingerprint }),
        generation: model.generation,
        remedy: remedy(model),
      };
    },

    onChange(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },

    reload,
    flush: () => saving,
    peek: () => value,
    clockJumped: lookAtClock,

    [Symbol.dispose]() {
      isDisposed = true;
      timer?.cancel();
      listeners.clear();
    },
  };
}
