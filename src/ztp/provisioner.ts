// A provisioning service's client as the rest of the program sees it: the cached identity first, one run of the
// machine at a time, and a status that says what is waited for.
import { type Clock, type Logger, sleep, type WaymarkError } from '../core/index.js';
import type { Identity } from '../vault/index.js';
import type { ZtpService } from './call.js';
import type { RunContext } from './context.js';
import { createFlight, type Patience } from './flight.js';
import { callsLastDay, createRemembered } from './memory.js';
import { identityOfNow } from './pause.js';
import type { IdentityStore, MemoryStore, Prove, TokenSource, ZtpHttp } from './ports.js';
import { nextProvision, type ProvisionState } from './provision.js';
import { isUsable, keysEndUtcMs, renewAtUtcMs } from './renewal.js';
import { runProvisioning } from './run.js';

/** Also how soon a step of the wall clock is noticed. */
const LOOK_AGAIN_MS = 3_600_000;
/** The service may answer with the same certificate as before; then asking more often does not help. */
const BETWEEN_RENEWALS_MS = 86_400_000;

export interface ProvisionSnapshot {
  state: ProvisionState['is'];
  sinceMonoMs: number;
  /** Is there an identity to work with meanwhile? */
  hasIdentity: boolean;
  /** The last setback of a run that is not through yet. */
  reason?: WaymarkError;
  nextAttemptMonoMs?: number;
  /** Calls to the service within the last day; four are allowed. */
  calls: number;
  renewAtUtcMs?: number;
  /** The automatic choice, once made. */
  hardwareId?: string;
}

export interface EnsureOptions {
  signal: AbortSignal;
  /** `wait` (default): keep at it until it works or the signal aborts. `once`: reject with the first setback. */
  patience?: Patience;
}

export interface Provisioner {
  /** The cached identity at once if it can be used; else a new one, however long that takes. Rejects only as `patience` says. */
  ensure(options: EnsureOptions): Promise<Identity>;
  /** A new identity, or the staged one if an earlier run got that far. The cached one stays until the new one is proved. */
  renew(options: EnsureOptions & { reason: string }): Promise<Identity>;
  /**
   * Resolves once `renew` should be called: the certificate's end is near, every decryption key has run out, or token,
   * endpoint or device are others.
   */
  whenRenewalDue(options: { signal: AbortSignal }): Promise<'certificate' | 'keys' | 'changed'>;
  status(): ProvisionSnapshot;
  /** Called after each change of the status; returns the unsubscribe. */
  onChange(callback: () => void): () => void;
}

/** What the clients of single services are made of. */
export interface ServiceClient extends Provisioner {
  /** The identity kept from before or promoted since, if it is of use and was made for the request of now. */
  kept(signal: AbortSignal): Promise<Identity | undefined>;
  /** Milliseconds until a day has passed since an identity was last promoted: asking more often does not help. */
  renewalWaitMs(): number;
}

export interface ProvisionerDeps {
  http: ZtpHttp;
  identitySlot: IdentityStore;
  memorySlot: MemoryStore;
  token: TokenSource;
  prove: Prove;
  clock: Clock;
  log: Logger;
  /** 0..1, for back-off. */
  random?: () => number;
}

/** The client of one service; which one is `service`'s business. */
export function createServiceClient(deps: ProvisionerDeps, service: ZtpService): ServiceClient {
  const { clock } = deps;
  const log = deps.log.child('ztp');
  const memory = createRemembered(deps.memorySlot);
  const listeners = new Set<() => void>();
  let state: ProvisionState = { is: 'need', tries: 0 };
  let sinceMonoMs = clock.mono();
  let cached: Identity | undefined;
  let reason: WaymarkError | undefined;
  let nextAttemptMonoMs: number | undefined;

  const show: RunContext['show'] = (change) => {
    if (change.state && change.state.is !== state.is) {
      sinceMonoMs = clock.mono();
      log.info('ztp.state', { from: state.is, to: change.state.is });
    }
    state = change.state ?? state;
    reason = change.reason ?? (state.is === 'have' ? undefined : reason);
    cached = change.promoted ?? cached;
    if ('nextAttemptMonoMs' in change) nextAttemptMonoMs = change.nextAttemptMonoMs;
    for (const listener of [...listeners]) listener();
  };

  const flight = createFlight(async (signal) => {
    try {
      return await runProvisioning(context, signal);
    } finally {
      // A run that was called off leaves no half-way state behind.
      if (state.is !== 'have') show({ state: cached ? { is: 'have' } : { is: 'need', tries: 0 } });
    }
  });
  const context: RunContext = {
    http: deps.http,
    token: deps.token,
    identitySlot: deps.identitySlot,
    prove: deps.prove,
    memory,
    clock,
    log,
    service,
    random: deps.random ?? Math.random,
    patience: () => flight.patience(),
    show,
  };

  const readCached = async (): Promise<void> => {
    await memory.load();
    cached ??= (await deps.identitySlot.read())?.value;
  };

  const usable = async (): Promise<Identity | undefined> => {
    await readCached();
    return cached && service.accepts(cached) && isUsable(cached, clock.wall()) ? cached : undefined;
  };

  let ahead: { promotedUtcMs: number; noticedMonoMs: number } | undefined;
  const renewalWaitMs = (): number => {
    const { promotedUtcMs } = memory.now;
    if (promotedUtcMs === undefined) return 0;
    if (promotedUtcMs <= clock.wall()) return Math.max(0, promotedUtcMs + BETWEEN_RENEWALS_MS - clock.wall());
    // The clock was ahead then, or is behind now (it may start in 1970): the day counts from when that was noticed.
    if (ahead?.promotedUtcMs !== promotedUtcMs) ahead = { promotedUtcMs, noticedMonoMs: clock.mono() };
    return Math.max(0, ahead.noticedMonoMs + BETWEEN_RENEWALS_MS - clock.mono());
  };

  const isOver = (endUtcMs: number | undefined): boolean => endUtcMs !== undefined && clock.wall() >= endUtcMs;

  /** Have all keys run out? Newer ones than those of the answer are kept with the identity as they come. */
  const areKeysOver = async (): Promise<boolean> =>
    isOver(keysEndUtcMs(cached)) && isOver(keysEndUtcMs((await deps.identitySlot.read())?.value ?? cached));

  const adopt = (identity: Identity): Identity => {
    const step = nextProvision(state, { is: 'cached' });
    if (step.state !== state) show({ state: step.state });
    return identity;
  };

  return {
    async ensure({ signal, patience = 'wait' }) {
      const known = await usable();
      return known ? adopt(known) : flight.join(patience, signal);
    },
    async kept(signal) {
      const known = await usable();
      if (!known) return undefined;
      const { identityOf } = memory.now;
      // Without a token or without a memory there is nothing to compare: what is there serves on.
      const now = identityOf === undefined ? undefined : await identityOfNow(context, signal);
      return now === undefined || now === identityOf ? adopt(known) : undefined;
    },
    renewalWaitMs,
    async renew({ signal, patience = 'wait', reason: why }) {
      await readCached();
      log.info('ztp.renew', { why });
      return flight.join(patience, signal);
    },
    async whenRenewalDue({ signal }) {
      for (;;) {
        await readCached();
        const now = await identityOfNow(context, signal);
        const { identityOf } = memory.now;
        // Without a memory of what it was made for, an identity is taken for ours rather than paid for again.
        if (cached && now !== undefined && now !== identityOf) {
          if (identityOf !== undefined) return 'changed';
          await memory.change((m) => ({ ...m, identityOf: now }));
        }
        if (renewalWaitMs() === 0) {
          if (cached && isOver(renewAtUtcMs(cached))) return 'certificate';
          if (await areKeysOver()) return 'keys';
        }
        await sleep(clock, LOOK_AGAIN_MS, signal);
      }
    },
    status() {
      const renewAt = cached ? renewAtUtcMs(cached) : undefined;
      const { hardwareId } = memory.now;
      return {
        state: state.is,
        sinceMonoMs,
        hasIdentity: cached !== undefined,
        ...(reason ? { reason } : {}),
        ...(nextAttemptMonoMs === undefined ? {} : { nextAttemptMonoMs }),
        calls: callsLastDay(memory.now, clock.wall()),
        ...(renewAt === undefined ? {} : { renewAtUtcMs: renewAt }),
        ...(hardwareId === undefined ? {} : { hardwareId }),
      };
    },
    onChange(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
  };
}
