// One plugged-in module: its channel, what it told about itself, and how reports end a wait. Lives as long as the link.
import { type Clock, isWaymarkError, type Logger, toWaymarkError, WaymarkError } from '../core/index.js';
import type { AppTokenKeeper } from './apps/devicewise/config.js';
import type { AtChannel } from './at.js';
import type { BearerDeps } from './bearer.js';
import { explainCause } from './codec/causes.js';
import { parseClock } from './codec/clock.js';
import { known } from './codec/fields.js';
import type { RegistrationDomain } from './codec/registration.js';
import type { AtCommand } from './command.js';
import type { ModemMemory } from './memory.js';
import type { ModemOptions } from './options.js';
import type { PinLedger } from './pin.js';
import type { Profile } from './profile.js';
import { GENERIC } from './profiles/generic.js';
import { NOT_REGISTERED, nextRegistration, type RegistrationEvent, type RegistrationMachine } from './registration.js';
import type { SnapshotStore } from './snapshot.js';

export interface SessionDeps {
  channel: AtChannel;
  clock: Clock;
  log: Logger;
  store: SnapshotStore;
  options: ModemOptions;
  memory: ModemMemory;
  pinLedger: PinLedger | undefined;
  appToken: AppTokenKeeper | undefined;
  onAppToken: (outcome: 'verified' | 'written' | WaymarkError) => void;
}

/** What a report has cast doubt on; the next poll looks at it first. */
export type Suspect = 'bearer' | 'card' | 'operator' | 'clock' | 'data-path';

export interface Session extends SessionDeps {
  profile: Profile;
  /** The device has answered and said that it is a modem: only then may a secret reach it. */
  isIdentified: boolean;
  registration: RegistrationMachine;
  /** Reporting modes the module was seen in; one that falls back to 0 shows a silent restart. */
  readonly modes: Map<RegistrationDomain, number>;
  readonly domains: Set<RegistrationDomain>;
  isReporting: boolean;
  /** Numeric name of the network it is registered with. */
  plmn: string | undefined;
  syncAttempts: number;
  hasCesq: boolean;
  /** A PIN has left on this link. */
  pinTried: boolean;
  /** When the card first asked for its PIN on this link. */
  pinAskedMonoMs: number | undefined;
  /** What of the context has been done on this link. */
  readonly bearerOnce: BearerDeps['once'];
  /** A detached module has been told to attach. */
  attachAsked: boolean;
  /** The module is in its network card mode. */
  isComposed: boolean;
  /** When the network card was last told to connect. */
  cardStartedMonoMs: number | undefined;
  cardReadMonoMs: number | undefined;
  clockReadMonoMs: number | undefined;
  temperatureReadMonoMs: number | undefined;
  /** Settles (never rejects) when the app token has been dealt with. */
  appTokenTask: Promise<void> | undefined;
  /** Something was reported that ends the session. */
  alarm: WaymarkError | undefined;
  readonly suspects: Set<Suspect>;
  /** Called on every report that may end a wait. */
  readonly wakers: Set<() => void>;
  wake(): void;
  raise(error: WaymarkError): void;
  report(event: RegistrationEvent): void;
  /** Takes over a set clock; false for any other line. `source` as status shows it. */
  noteClock(line: string, source: string): boolean;
  bearerDeps(signal: AbortSignal): BearerDeps;
  startAppToken(signal: AbortSignal): void;
}

export function createSession(deps: SessionDeps): Session {
  const { channel, clock, store, options, memory } = deps;

  const session: Session = {
    ...deps,
    profile: GENERIC,
    isIdentified: false,
    registration: NOT_REGISTERED,
    modes: new Map(),
    domains: new Set(['+CEREG', '+CGREG', '+CREG']),
    isReporting: false,
    plmn: undefined,
    syncAttempts: 0,
    hasCesq: true,
    pinTried: false,
    pinAskedMonoMs: undefined,
    bearerOnce: { loginWritten: false, own: undefined, definition: undefined },
    attachAsked: false,
    isComposed: false,
    cardStartedMonoMs: undefined,
    cardReadMonoMs: undefined,
    clockReadMonoMs: undefined,
    temperatureReadMonoMs: undefined,
    appTokenTask: undefined,
    alarm: undefined,
    suspects: new Set(),
    wakers: new Set(),
    wake() {
      for (const waker of [...session.wakers]) waker();
    },
    raise(error) {
      session.alarm ??= error;
      session.wake();
    },
    report(event) {
      const step = nextRegistration(session.registration, event);
      session.registration = step.state;
      for (const { do: change } of step.effects) {
        if (change === 'denied') continue;
        // Who serves us may be another network now, and its network card connection is gone.
        session.plmn = undefined;
        session.suspects.add('operator').add('data-path');
      }
      const { summary } = step.state;
      const causeWords = summary.rejectCause === undefined ? undefined : explainCause(summary.rejectCause).words;
      store.patch({
        registration: {
          ...summary,
          ...known<{ causeWords?: string; plmn?: string }>({ causeWords, plmn: session.plmn }),
        },
      });
      for (const effect of step.effects)
        deps.log.info(`modem.${effect.do}`, { ...step.state.summary }, `Registration: ${step.state.summary.state}.`);
      if (step.effects.length > 0) session.wake();
    },
    noteClock(line, source) {
      const clockRead = parseClock(line);
      // Local time without a zone may be off by half a day: worse than nothing.
      if (clockRead === undefined || clockRead === 'unset' || !clockRead.zoneKnown) return false;
      session.clockReadMonoMs = clock.mono();
      store.patch({ networkTime: { utcMs: clockRead.utcMs, atMonoMs: session.clockReadMonoMs, source } });
      return true;
    },
    bearerDeps: (signal) => ({
      run: channel.run,
      profile: session.profile,
      signal,
      once: session.bearerOnce,
      memory,
      send: (command) => runSecret(session, command, signal),
      onWrite: () => countWrite(store),
    }),
    startAppToken(signal) {
      const keeper = deps.appToken;
      if (!keeper || !session.isIdentified) return;
      store.patch({ appToken: 'pending' });
      session.appTokenTask = keeper.ensure(channel.run, { signal }).then(
        (outcome) => {
          if (outcome === 'no-token') return;
          store.patch({ appToken: outcome === 'unsupported' ? 'unsupported' : 'verified' });
          deps.log.info('modem.app-token', { outcome });
          deps.onAppToken(
            outcome === 'unsupported'
              ? new WaymarkError('modem.unsupported', 'the module has no deviceWISE client (AT#DWCFG)')
              : outcome,
          );
        },
        (error: unknown) => {
          const failure = toWaymarkError(error);
          // Stopping is not the token's fault, and a lost port is told by whoever waits for the port.
          const theirs = signal.aborted || failure.code.startsWith('link.') || failure.code === 'modem.reset';
          store.patch({ appToken: theirs ? 'pending' : 'failed' });
          if (theirs) return;
          deps.log.warn('modem.app-token', { error: failure }, 'The app token is not in the module.');
          deps.onAppToken(failure);
        },
      );
    },
  };

  store.patch({ bearer: { contextId: options.bearer.contextId, active: false } });
  return session;
}

export function countWrite(store: SnapshotStore): void {
  store.current.counters.writes++;
  store.patch({});
}

/** Lines of a command that a module may refuse; undefined then. Lost ports and time-outs still throw. */
export async function ask(
  session: Session,
  command: string,
  signal: AbortSignal,
  deadlineMs?: number,
): Promise<readonly string[] | undefined> {
  try {
    return (await session.channel.run(command, { signal, deadlineMs })).lines;
  } catch (error) {
    if (isWaymarkError(error, 'modem.error')) return undefined;
    throw error;
  }
}

/** Like `ask`, for what a locked or missing card may refuse as well. */
export async function askCard(
  session: Session,
  command: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    return await ask(session, command, signal);
  } catch (error) {
    if (isWaymarkError(error, 'sim.absent', 'sim.pin', 'sim.puk', 'sim.failure')) return undefined;
    throw error;
  }
}

/** Sends what carries a secret, to an identified modem only. Errors: `modem.wrong-device`, those of `AtChannel.run`. */
export async function runSecret(session: Session, command: AtCommand, signal: AbortSignal): Promise<void> {
  if (!session.isIdentified)
    throw new WaymarkError('modem.wrong-device', `${session.options.port}: has not said yet that it is a modem`);
  await session.channel.run(command, { signal });
}
