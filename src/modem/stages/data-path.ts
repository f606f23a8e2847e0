// The module as a USB network card, where the configuration asks for it and the family has it (specs/modem.md 2.8).
//
//   composition? ──in it──→ (registered, context defined) connected? ──no──→ start ──→ connected | failed
//        │ not in it
//        ├─ first time in this process ──→ compose, restart, modem.reset: the next bring-up meets the new USB identity
//        └─ switched or refused before ──→ failed, said once; everything else goes on
//   the family has no such mode, or does not tell ──→ unsupported, said once; everything else goes on
import { isWaymarkError, WaymarkError } from '../../core/index.js';
import { isNews } from '../memory.js';
import type { Reading } from '../profile.js';
import { ask, countWrite, type Session } from '../session.js';
import type { DataPath } from '../snapshot.js';
import { pauseDevice } from './verdict.js';

const START_MS = 150_000;
const RESTART_MS = 15_000;
const LEAVE_MS = 5000;
/** A connection that is refused is not asked for at every poll. */
const RETRY_MS = 60_000;

const isWanted = (session: Session): boolean => session.options.dataPath === 'ecm';

function show(session: Session, state: DataPath['state'], why?: string): void {
  const { store, memory, log } = session;
  if (store.current.dataPath?.state !== state) store.patch({ dataPath: { kind: 'ecm', state } });
  if (why !== undefined && isNews(memory, why)) log.warn('modem.data-path', { state }, why);
}

async function read(session: Session, reading: Reading<boolean>, signal: AbortSignal): Promise<boolean | undefined> {
  const lines = (await ask(session, reading.command, signal)) ?? [];
  return lines.map(reading.parse).find((found) => found !== undefined);
}

/**
 * Puts the module into its network card mode if it is not: at most once a process, since it costs a write and a
 * restart. Errors: `modem.reset` when the module restarts for it.
 */
export async function composeNetworkCard(session: Session, signal: AbortSignal): Promise<void> {
  if (!isWanted(session)) return;
  const { profile, memory } = session;
  if (!profile.ecm) {
    show(
      session,
      'unsupported',
      `The module (${profile.name}) cannot be made a network card: modem.dataPath stays as it is.`,
    );
    return;
  }
  const isComposed = await read(session, profile.ecm.composition, signal);
  session.isComposed = isComposed === true;
  if (session.isComposed) return;
  if (isComposed === undefined) {
    show(session, 'unsupported', 'The module does not tell its USB composition: modem.dataPath stays as it is.');
    return;
  }
  if (memory.ecm !== 'untried') {
    show(session, 'failed', 'The module was told to become a network card and did not: it is not told again.');
    return;
  }
  memory.ecm = 'refused';
  for (const command of profile.ecm.compose) {
    if ((await ask(session, command, signal)) === undefined) {
      show(session, 'failed', 'The module refuses to become a network card.');
      return;
    }
    countWrite(session.store);
  }
  memory.ecm = 'switched';
  show(session, 'switching');
  session.log.info('modem.data-path', { state: 'switching' }, 'The module becomes a network card and restarts.');
  try {
    await session.channel.run(profile.restart, { signal, probe: true, deadlineMs: RESTART_MS });
  } catch (error) {
    // Its answer may be lost with the port.
    if (!isWaymarkError(error, 'modem.timeout', 'modem.error', 'modem.reset', 'link.closed')) throw error;
  }
  // Until the port goes with the module, the old one would answer a new bring-up.
  await Promise.race([session.channel.lost, pauseDevice(session, LEAVE_MS, signal)]);
  throw new WaymarkError('modem.reset', 'the module restarts as a network card', {
    hint: 'The module was switched to its network card mode, as modem.dataPath asks; it comes back by itself.',
  });
}

/** Connects the network card to the context; needed after each registration. Never fails for a refusal. */
export async function connectNetworkCard(session: Session, signal: AbortSignal): Promise<void> {
  const { ecm } = session.profile;
  if (!isWanted(session) || !ecm || !session.isComposed) return;
  session.suspects.delete('data-path');
  if (ecm.state && (await read(session, ecm.state, signal)) === true) {
    show(session, 'connected');
    return;
  }
  session.cardStartedMonoMs = session.clock.mono();
  const start = ecm.start?.(session.options.bearer.contextId);
  const isTaken = start === undefined || (await ask(session, start, signal, START_MS)) !== undefined;
  const isUp = ecm.state ? (await read(session, ecm.state, signal)) === true : isTaken;
  if (isUp) show(session, 'connected');
  else show(session, 'failed', 'The module does not connect its network card to the context.');
}

/** Looks again while running: after a new registration, and where the family tells, at each poll; refused, once a minute. */
export async function watchNetworkCard(session: Session, signal: AbortSignal): Promise<void> {
  const { ecm } = session.profile;
  if (!ecm || !isWanted(session)) return;
  const sinceMs = session.clock.mono() - (session.cardStartedMonoMs ?? Number.NEGATIVE_INFINITY);
  const isDue = session.store.current.dataPath?.state === 'connected' ? ecm.state !== undefined : sinceMs >= RETRY_MS;
  if (isDue || session.suspects.has('data-path')) await connectNetworkCard(session, signal);
}
