// One rung of a ladder, done on the module (specs/modem.md 4.1). Which rung, and when, is the caller's business.
import { abortable, isWaymarkError, type Rung } from '../core/index.js';
import type { Profile } from './profile.js';
import type { Session } from './session.js';
import { renew } from './stages/bearer.js';
import { isChosenByHand } from './stages/registration.js';
import { pauseDevice } from './stages/verdict.js';

const RADIO_OFF_MS = 2000;
/** A module that has stopped answering is told to restart all the same. */
const BLIND_RESTART_MS = 5000;

export interface RecoverDeps {
  /** The open session. Errors: `link.closed`. */
  alive(): Session;
  /** The open session if it is still good, else a new link: for a module that has fallen silent. */
  reachable(signal: AbortSignal): Promise<Session>;
  close(): Promise<void>;
  /** The family last identified. */
  profile(): Profile;
}

const ignore = (): undefined => undefined;

/** Climbs `rung`. Errors: those of the commands it takes; `link.closed` while no port is open. */
export async function climb(deps: RecoverDeps, rung: Rung, signal: AbortSignal): Promise<void> {
  switch (rung) {
    case 'repeat':
      await deps.alive().channel.run('AT', { signal });
      return;
    case 'resync':
      await abortable(deps.alive().channel.resync(), signal);
      return;
    case 'reopen':
      return deps.close();
    case 'bearer':
      return renew(deps.alive(), signal);
    case 'registration':
      return registerAnew(deps.alive(), signal);
    case 'radio':
      return cycleRadio(deps.alive(), signal);
    case 'module-reset':
      return restart(deps, signal);
    case 'other-port':
    case 'power':
    case 'resubscribe':
    case 'session':
    case 'road':
    case 'give-back':
      // Other rooms' rungs.
      return;
  }
}

async function registerAnew(session: Session, signal: AbortSignal): Promise<void> {
  if (await isChosenByHand(session, signal)) {
    session.log.info('modem.recover', {}, 'The network was chosen by hand: the choice stays.');
    return;
  }
  await session.channel.run('AT+COPS=0', { signal });
}

async function cycleRadio(session: Session, signal: AbortSignal): Promise<void> {
  const { channel } = session;
  await channel.run('AT+CFUN=4', { signal });
  try {
    await pauseDevice(session, RADIO_OFF_MS, signal);
  } catch (error) {
    // Also when all is being stopped: a module left in airplane mode would stay so.
    void channel.run('AT+CFUN=1').catch(ignore);
    throw error;
  }
  await channel.run('AT+CFUN=1', { signal });
}

async function restart(deps: RecoverDeps, signal: AbortSignal): Promise<void> {
  try {
    const { channel, syncAttempts } = await deps.reachable(signal);
    if (syncAttempts === 0) await channel.run('AT', { probe: true, deadlineMs: 500, signal }).catch(ignore);
    await channel.run(deps.profile().restart, { probe: true, deadlineMs: BLIND_RESTART_MS, signal });
  } catch (error) {
    // The answer may be lost with the port, or never come: what counts is whether the module comes back.
    if (!isWaymarkError(error, 'modem.timeout', 'modem.error', 'modem.reset', 'link.closed')) throw error;
  }
  await deps.close();
}
