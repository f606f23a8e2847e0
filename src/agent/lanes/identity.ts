// The identity lane: has an identity as soon as possible (the cached one first), and a fresh one before it is needed.
import {
  type BackoffPolicy,
  type Clock,
  type ClockTrust,
  linkedController,
  WaymarkError,
  ZTP_REFUSED_BACKOFF,
  ZTP_WEATHER_BACKOFF,
} from '../../core/index.js';
import type { Identity } from '../../vault/index.js';
import { isUsable } from '../../ztp/index.js';
import { certificateDates } from '../certificate.js';
import type { CorrectionIdentity, IdentityHolder } from '../identity-holder.js';
import type { LampBoard } from '../lamp-board.js';
import type { Lane } from '../lane.js';
import { awaitClock } from './await-clock.js';

/** Why there is no identity yet, while it is still being tried for. */
export interface Setback {
  error: WaymarkError;
  nextMonoMs?: number;
}

/** What the lane needs of the provisioning machine (or of configured files). */
export interface IdentitySource {
  /** The identity kept from before, without asking anybody. */
  cached(): Promise<Identity | undefined>;
  ensure(options: { signal: AbortSignal }): Promise<Identity>;
  /** Calls back when provisioning has run into something (or is through with it). Returns the unsubscribe. */
  onSetback?: (listener: (setback: Setback | undefined) => void) => () => void;
  /** Resolves with why a new identity is due: its end is near, or token, endpoint or device are others. */
  whenDue?: (signal: AbortSignal) => Promise<string>;
  /** Absent for configured files: a person replaces those. */
  renew?: (options: { signal: AbortSignal; reason: string }) => Promise<Identity>;
}

export interface IdentityLaneDeps {
  source: IdentitySource;
  holder: IdentityHolder;
  lamps: LampBoard;
  clock: Clock;
  trust: ClockTrust;
  /** Resolves when there is a way out (or it is time to try regardless). */
  networkUp: (signal: AbortSignal) => Promise<void>;
}

function describe(identity: CorrectionIdentity): string {
  if (identity.shape === 'ntrip') return `account …${identity.userName.slice(-4)} at ${identity.host}`;
  const dates = certificateDates(identity);
  const until = dates ? `, certificate until ${new Date(dates.notAfterUtcMs).toISOString().slice(0, 10)}` : '';
  return `…${identity.clientId.slice(-4)} at ${identity.host}${until}`;
}

export function createIdentityLane(deps: IdentityLaneDeps): Lane {
  const { source, holder, lamps, clock } = deps;

  function adopt(identity: Identity): void {
    if (identity.shape === 'chipcode')
      throw new WaymarkError('ztp.unsupported-plan', 'the profile delivers assistance, and no corrections', {
        hint: 'This token belongs to an AssistNow device profile: put it into assistNow.token, and the one of a PointPerfect profile here.',
      });
    holder.set(identity);
    lamps.lit('identity', describe(identity));
  }

  /** Provisioning keeps trying by itself and rejects only in the end: its reasons are shown as they come. */
  async function ensureShown(signal: AbortSignal): Promise<Identity> {
    const off = source.onSetback?.((setback) => {
      if (setback && !holder.current())
        lamps.dark('identity', setback.error, {
          what: 'provisioning is tried again',
          ...(setback.nextMonoMs === undefined ? {} : { atMonoMs: setback.nextMonoMs }),
        });
    });
    try {
      return await source.ensure({ signal });
    } finally {
      off?.();
    }
  }

  /** Until the certificate is due, or the far side has refused it. */
  async function untilRenewal(signal: AbortSignal): Promise<string> {
    using either = linkedController(signal);
    const waits: Promise<string>[] = [holder.renewalRequested(either.signal)];
    if (source.whenDue) waits.push(source.whenDue(either.signal));
    try {
      return await Promise.race(waits);
    } finally {
      for (const wait of waits) wait.catch(() => undefined);
      either.abort();
    }
  }

  return {
    name: 'identity',
    async run({ signal, ok, doing }) {
      const cached = await source.cached();
      if (!cached) {
        doing('waiting for the network');
        lamps.waiting('identity', 'waits for the network to provision itself');
        await deps.networkUp(signal);
        doing('waiting for the clock');
        await awaitClock(deps.trust, lamps, 'identity', signal);
        lamps.waiting('identity', 'provisioning');
      }
      // Only a trusted clock may say that a certificate has ended: asking for another is a TLS connection, and billed.
      if (cached && source.renew && !isUsable(cached, clock.wall()))
        await awaitClock(deps.trust, lamps, 'identity', signal);
      doing('provisioning');
      adopt(await ensureShown(signal));
      ok();
      for (;;) {
        const reason = await untilRenewal(signal);
        if (!source.renew) continue;
        doing('renewing');
        await awaitClock(deps.trust, lamps, 'identity', signal);
        adopt(await source.renew({ signal, reason }));
        ok();
      }
    },
    policy: (error): BackoffPolicy => (error.retry === 'operator' ? ZTP_REFUSED_BACKOFF : ZTP_WEATHER_BACKOFF),
    onFailure({ error, waitMs }) {
      // A failed renewal leaves the identity in force; only having none darkens the lamp.
      if (!holder.current() || error.code === 'ztp.unsupported-plan')
        lamps.dark('identity', error, { what: 'provisioning is tried again', atMonoMs: clock.mono() + waitMs });
      return undefined;
    },
  };
}
