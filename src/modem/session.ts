// One plugged-in module: its channel, what it told about itself, and the unsolicited lines that change it at once.
import { type Clock, isWaymarkError, type Logger, toWaymarkError, WaymarkError } from '../core/index.js';
import type { AppTokenKeeper } from './apps/devicewise/config.js';
import type { AtChannel } from './at.js';
import type { BearerDeps } from './bearer.js';
import { parseClock } from './codec/clock.js';
import { parseCpin, parseQss } from './codec/identity.js';
import { parseRegistration, type RegistrationDomain } from './codec/registration.js';
import type { ModemOptions } from './options.js';
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
  appToken: AppTokenKeeper | undefined;
  onAppToken: (outcome: 'verified' | 'written' | WaymarkError) => void;
}

export interface Session extends SessionDeps {
  profile: Profile;
  registration: RegistrationMachine;
  /** Reporting modes the module was seen in; one that falls back to 0 shows a silent restart. */
  readonly modes: Map<RegistrationDomain, number>;
  readonly domains: Set<RegistrationDomain>;
  syncAttempts: number;
  hasCesq: boolean;
  clockReadMonoMs: number | undefined;
  /** Settles (never rejects) when the app token has been dealt with. */
  appTokenTask: Promise<void> | undefined;
  /** Something was reported that ends the session. */
  alarm: WaymarkError | undefined;
  /** Called on every report that may end a wait. */
  readonly wakers: Set<() => void>;
  report(event: RegistrationEvent): void;
  noteClock(line: string): void;
  bearerDeps(signal: AbortSignal): BearerDeps;
  startAppToken(signal: AbortSignal): void;
}

export function createSession(deps: SessionDeps): Session {
  const { channel, clock, store, options } = deps;
  const wake = (): void => {
    for (const waker of [...session.wakers]) waker();
  };
  const raise = (error: WaymarkError): void => {
    session.alarm ??= error;
    wake();
  };

  const session: Session = {
    ...deps,
    profile: GENERIC,
    registration: NOT_REGISTERED,
    modes: new Map(),
    domains: new Set(['+CEREG', '+CGREG', '+CREG']),
    syncAttempts: 0,
    hasCesq: true,
    clockReadMonoMs: undefined,
    appTokenTask: undefined,
    alarm: undefined,
    wakers: new Set(),
    report(event) {
      const step = nextRegistration(session.registration, event);
      session.registration = step.state;
      store.patch({ registration: step.state.summary });
      for (const effect of step.effects)
        deps.log.info(`modem.${effect.do}`, { ...step.state.summary }, `Registration: ${step.state.summary.state}.`);
      if (step.effects.length > 0) wake();
    },
    noteClock(line) {
      const clockRead = parseClock(line);
      // Local time without a zone may be off by half a day: worse than nothing.
      if (clockRead === undefined || clockRead === 'unset' || !clockRead.zoneKnown) return;
      session.clockReadMonoMs = clock.mono();
      store.patch({ networkTime: { utcMs: clockRead.utcMs, atMonoMs: session.clockReadMonoMs } });
    },
    bearerDeps: (signal) => ({
      run: channel.run,
      profile: session.profile,
      signal,
      onWrite: () => countWrite(store),
    }),
    startAppToken(signal) {
      const keeper = deps.appToken;
      if (!keeper) return;
      store.patch({ appToken: 'pending' });
      session.appTokenTask = keeper.ensure(channel.run, { signal }).then(
        (outcome) => {
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

  for (const domain of ['+CREG', '+CGREG', '+CEREG', '+C5GREG'])
    channel.urcs(domain, ([line = '']) => {
      const report = parseRegistration(line);
      if (report) session.report({ is: 'report', report });
      return undefined;
    });
  channel.urcs('+CPIN', ([line = '']) => {
    const sim = parseCpin(line);
    if (sim === 'absent' || sim === 'pin' || sim === 'puk') {
      store.patch({ sim });
      raise(simError(sim));
    }
    return undefined;
  });
  channel.urcs('#QSS', ([line = '']) => {
    if (parseQss(line)?.inserted === false) {
      store.patch({ sim: 'absent' });
      raise(simError('absent'));
    }
    return undefined;
  });
  channel.urcs('#NITZ', ([line = '']) => {
    session.noteClock(line);
    return undefined;
  });
  channel.urcs('+CGEV', ([line = '']) => {
    if (/DETACH|DEACT/.test(line)) wake();
    return undefined;
  });
  store.patch({ bearer: { contextId: options.bearer.contextId, active: false } });
  return session;
}

export function countWrite(store: SnapshotStore): void {
  store.current.counters.writes++;
  store.patch({});
}

/** The error that a SIM state stands for. */
export function simError(sim: 'pin' | 'puk' | 'absent' | 'failure' | 'other'): WaymarkError {
  switch (sim) {
    case 'pin':
      return new WaymarkError('sim.pin', 'the SIM asks for its PIN');
    case 'puk':
      return new WaymarkError('sim.puk', 'the SIM asks for its PUK');
    case 'absent':
      return new WaymarkError('sim.absent', 'no SIM');
    case 'failure':
      return new WaymarkError('sim.failure', 'the SIM does not answer');
    case 'other':
      return new WaymarkError('sim.failure', 'the module is locked to another SIM or operator', {
        hint: 'The module only accepts the SIM or operator it is locked to: have the lock removed.',
      });
  }
}

/** Lines of a command that a module may refuse; undefined then. Lost ports and time-outs still throw. */
export async function ask(
  session: Session,
  command: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    return (await session.channel.run(command, { signal })).lines;
  } catch (error) {
    if (isWaymarkError(error, 'modem.error')) return undefined;
    throw error;
  }
}
