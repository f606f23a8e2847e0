// Performs the effects of connect-machine.ts on a channel: one life of the module's own client. Whatever happens, it ends
// once, and never leaves the client started without having told it to stop.
import {
  createRunner,
  deferred,
  isWaymarkError,
  linkedController,
  type Timer,
  toWaymarkError,
  WaymarkError,
} from '../../../core/index.js';
import type { Session } from '../../session.js';
import { isUsable, registrationError } from '../../stages/registration.js';
import {
  type ConnectEffect,
  type ConnectEvent,
  type ConnectRules,
  type ConnectState,
  type Diagnosis,
  nextConnect,
} from './connect-machine.js';
import { type DwStatus, parseDwconn, parseDwstatus } from './parse.js';
import { CONTEXT_ID, readContext } from './prerequisites.js';

export interface LifeDeps {
  session: Session;
  /** Everything that has to be in place before the client is told to connect. */
  prepare(signal: AbortSignal): Promise<void>;
  onStatus(reading: DwStatus): void;
}

export interface LifeOptions {
  drivenBy: 'host' | 'module';
  pollMs: number;
}

export interface Life {
  /** The module is connected; rejects with why not. */
  readonly opened: Promise<undefined>;
  readonly closed: Promise<WaymarkError>;
  /** Looks now instead of at the next poll. */
  suspect(): void;
  /** The channel is lost. */
  fail(error: WaymarkError): void;
  /** Ends it with `reason`; resolves when the module has been told: 8 s, and what is under way before it. */
  end(reason: WaymarkError): Promise<void>;
}

const JOIN_MS = 60_000;
const ATTEMPT_MS = 30_000;
const RETRY_PERIOD_MS = 130_000;
const START_MS = 30_000;
export const STOP_MS = 8000;
/** A start that is under way is waited for, for nothing else is heard meanwhile; and a resync, if it gets no answer. */
const STOP_TURN_MS = START_MS + 10_000;
const STATUS_MS = 10_000;
/** It sends a request to the server each time. */
const STATUS_EVERY_MS = 600_000;

/** What ends a conversation with the module, unlike a refusal or an answer that did not come. */
const isOver = (session: Session, error: WaymarkError): boolean =>
  session.channel.isLost || error.code.startsWith('link.') || error.code === 'modem.reset';

/** The client's own account of itself; undefined when it gives none. Errors: `link.*`, `modem.*`, the abort reason. */
export async function readStatus(session: Session, signal: AbortSignal): Promise<DwStatus | undefined> {
  try {
    const { lines } = await session.channel.run('AT#DWSTATUS', { signal, deadlineMs: STATUS_MS });
    return lines.map(parseDwstatus).find((reading) => reading !== undefined);
  } catch (error) {
    if (isWaymarkError(error) && !isOver(session, error) && !signal.aborted) return undefined;
    throw error;
  }
}

/** Why no server can be reached, when that is known without asking the network. */
async function findNoCoverage(session: Session, signal: AbortSignal): Promise<WaymarkError | undefined> {
  if (!isUsable(session)) return noCoverage(session);
  if ((await readContext(session, signal)) !== false) return undefined;
  return new WaymarkError('network.no-bearer', `context ${CONTEXT_ID} of the module has gone down`);
}

/** The error of a module that is not registered, or not where it may be. */
export function noCoverage(session: Session): WaymarkError {
  const cause = registrationError(session);
  return new WaymarkError('network.no-bearer', `the module is not on the network: ${cause.message}`, {
    cause,
    evidence: cause.evidence,
    hint: cause.hint,
    retryAfterMs: cause.retryAfterMs,
  });
}

export function startLife(deps: LifeDeps, options: LifeOptions): Life {
  const { session } = deps;
  const { channel, clock, log } = session;
  const scope = linkedController();
  const { signal } = scope;
  const opened = deferred<undefined>();
  const closed = deferred<WaymarkError>();
  const rules: ConnectRules = {
    ...options,
    joinMs: clock.ioBudgetMs(JOIN_MS),
    attemptMs: clock.ioBudgetMs(ATTEMPT_MS),
    retryPeriodMs: clock.ioBudgetMs(RETRY_PERIOD_MS),
  };
  let sinceMonoMs = clock.mono();
  let statusMonoMs = clock.mono();
  let pause: Timer | undefined;

  const note = (reading: DwStatus | undefined): void => {
    if (!reading) return;
    statusMonoMs = clock.mono();
    deps.onStatus(reading);
  };

  const look = async (): Promise<ConnectEvent> => {
    const elapsedMs = (): number => clock.mono() - sinceMonoMs;
    try {
      const { lines } = await channel.run('AT#DWCONN?', { signal });
      const reading = lines.map(parseDwconn).find((each) => each !== undefined);
      const isQuiet = runner.state.at === 'up' && reading?.status === 2;
      if (isQuiet && clock.mono() - statusMonoMs >= STATUS_EVERY_MS) {
        statusMonoMs = clock.mono();
        note(await readStatus(session, signal));
      }
      return { is: 'read', ...(reading ? { reading } : {}), elapsedMs: elapsedMs() };
    } catch (error) {
      const known = toWaymarkError(error);
      return isOver(session, known) ? { is: 'failed', error: known } : { is: 'read', elapsedMs: elapsedMs() };
    }
  };

  const start = async (): Promise<ConnectEvent> => {
    try {
      await channel.run('AT#DWCONN=1', { signal, deadlineMs: START_MS });
      return { is: 'accepted' };
    } catch (error) {
      const known = toWaymarkError(error);
      return { is: isOver(session, known) ? 'failed' : 'refused', error: known };
    }
  };

  const prepare = async (): Promise<ConnectEvent> => {
    try {
      await deps.prepare(signal);
      return { is: 'prepared' };
    } catch (error) {
      return { is: 'failed', error: toWaymarkError(error) };
    }
  };

  const diagnose = async (): Promise<ConnectEvent> => {
    try {
      const status = await readStatus(session, signal);
      note(status);
      const diagnosis: Diagnosis = {
        code: status?.lastError,
        noCoverage: await findNoCoverage(session, signal),
      };
      return { is: 'diagnosed', ...diagnosis };
    } catch (error) {
      const known = toWaymarkError(error);
      return isOver(session, known)
        ? { is: 'failed', error: known }
        : { is: 'diagnosed', code: undefined, noCoverage: undefined };
    }
  };

  /** Ahead of whatever waits for the module, and not to be called off: a client left started goes on by itself. */
  const stop = (): void => {
    let isDone = false;
    const done = (): void => {
      if (isDone) return;
      isDone = true;
      limit.cancel();
      runner.send({ is: 'stopped' });
    };
    const limit = clock.deadline(STOP_TURN_MS + STOP_MS, done);
    // One that is stopped already answers with an error.
    channel.run('AT#DWCONN=0', { deadlineMs: STOP_MS, priority: 'urgent' }).then(done, done);
  };

  const perform = (effect: ConnectEffect): void => {
    pause?.cancel();
    pause = undefined;
    switch (effect.do) {
      case 'look':
        return void look().then(runner.send);
      case 'prepare':
        return void prepare().then(runner.send);
      case 'start':
        return void start().then(runner.send);
      case 'diagnose':
        return void diagnose().then(runner.send);
      case 'stop':
        stop();
        return;
      case 'pause':
        pause = clock.deadline(effect.ms, () => {
          pause = undefined;
          runner.send({ is: 'paused' });
        });
        return;
    }
  };

  const runner = createRunner<ConnectState, ConnectEvent, ConnectEffect>({
    initial: { at: 'idle' },
    next: (state, event) => nextConnect(rules, state, event),
    perform,
    onTransition: (from, to) => {
      if (from.at === to.at) return;
      sinceMonoMs = clock.mono();
      log.debug('devicewise.state', { state: to.at });
      if (to.at === 'up') opened.resolve(undefined);
      // Nobody waits any more for what is still under way; the stop itself does not hang on this.
      if (to.at === 'ending' || to.at === 'closed') scope.abort();
      if (to.at !== 'closed') return;
      pause?.cancel();
      opened.reject(to.error);
      closed.resolve(to.error);
    },
  });
  opened.promise.catch(() => undefined);
  runner.send({ is: 'begin' });

  return {
    opened: opened.promise,
    closed: closed.promise,
    suspect() {
      // While a question is under way its answer will tell.
      if (pause) runner.send({ is: 'suspected' });
    },
    fail(error) {
      runner.send({ is: 'failed', error });
    },
    async end(reason) {
      runner.send({ is: 'close', error: reason });
      await closed.promise;
    },
  };
}
