// Runs the two long activities of a session: the bring-up machine with real commands, and the watch afterwards.
import { abortReason, linkedController, onAbort, type Timer, toWaymarkError, WaymarkError } from '../core/index.js';
import { readBearer } from './bearer.js';
import { type BringUpEvent, type BringUpState, nextBringUp, STAGES, type WorkStage } from './bringup.js';
import type { Session } from './session.js';
import { STAGE_WORK } from './stages/all.js';
import { noBearer } from './stages/bearer.js';
import { readClock } from './stages/clock.js';
import { watchNetworkCard } from './stages/data-path.js';
import { isUsable, readOperator, readRegistration, registrationError } from './stages/registration.js';
import { readSignal, readTemperature } from './stages/signal.js';
import { checkCard } from './stages/sim.js';
import { pauseDevice } from './stages/verdict.js';

/** A hand-over between cells or technologies looks like a loss for seconds. */
const REGISTRATION_GRACE_MS = 10_000;
const RECHECK_MS = 2000;
/** Reports wake the watch, but a storm of them does not make it ask without end. */
const POLL_GAP_MS = 1000;
const CLOCK_REREAD_MS = 600_000;

/** A pause in device time that reports can cut short. */
function pause(session: Session, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const end = (): void => {
      timer.cancel();
      off();
      session.wakers.delete(done);
    };
    const done = (): void => {
      end();
      resolve();
    };
    const timer = session.clock.deadline(ms, done);
    const off = onAbort(signal, () => {
      end();
      reject(abortReason(signal));
    });
    session.wakers.add(done);
  });
}

/** Brings the session up; rejects with the error of the dark lamp or the abort reason. */
export async function runBringUp(session: Session, signal: AbortSignal): Promise<void> {
  const { clock, channel, store } = session;
  using scope = linkedController(signal);
  // A lost channel ends pauses too; commands end by themselves.
  void channel.lost.then((error) => scope.abort(error));
  let state: BringUpState = { at: 'idle' };
  let stageSince = clock.mono();
  const inbox: BringUpEvent[] = [{ is: 'begin' }];

  const work = async (stage: WorkStage): Promise<BringUpEvent> => {
    const elapsed = (): number => clock.mono() - stageSince;
    try {
      const verdict = await STAGE_WORK[stage](session, scope.signal);
      // Before the SIM has been asked for itself, a report about it may be left over from the boot.
      if (session.alarm && STAGES.indexOf(stage) > STAGES.indexOf('sim'))
        return { is: 'failed', error: session.alarm, elapsedMs: elapsed(), lost: true };
      return verdict === 'done' ? { is: 'done' } : { is: 'not-yet', error: verdict, elapsedMs: elapsed() };
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      // A module that has restarted has forgotten its settings: only a fresh start of the bring-up tells them again.
      const lost = scope.signal.aborted || !(error instanceof WaymarkError) || error.code === 'modem.reset';
      return { is: 'failed', error: toWaymarkError(error), elapsedMs: elapsed(), lost };
    }
  };

  for (let event = inbox.shift(); event; event = inbox.shift()) {
    const before = state;
    const step = nextBringUp(state, event, clock.ioBudgetMs);
    state = step.state;
    if (state.at === 'working' && (before.at === 'idle' || ('stage' in before && before.stage !== state.stage))) {
      stageSince = clock.mono();
      store.patch({ stage: state.stage });
      session.log.debug('modem.stage', { stage: state.stage });
    }
    for (const effect of step.effects) {
      switch (effect.do) {
        case 'start-app-token':
          session.startAppToken(signal);
          break;
        case 'work':
          inbox.push(await work(effect.stage));
          break;
        case 'pause':
          try {
            await pause(session, effect.ms, scope.signal);
            inbox.push({ is: 'paused' });
          } catch (error) {
            if (signal.aborted) throw abortReason(signal);
            inbox.push({ is: 'failed', error: toWaymarkError(error), elapsedMs: 0, lost: true });
          }
          break;
        case 'announce-ready':
          channel.learn({ bootTexts: session.profile.lateBootTexts });
          store.patch({ stage: 'ready' });
          session.log.info('modem.ready', { ...store.current.registration, operator: store.current.operator });
          break;
      }
    }
  }
  if (state.at === 'failed') throw state.error;
}

/** Polls until something is lost; rejects with what. */
export async function runWatch(session: Session, signal: AbortSignal, onPolled?: () => void): Promise<never> {
  const { clock, channel, store, options } = session;
  using scope = linkedController(signal);
  void channel.lost.then((error) => scope.abort(error));
  let grace: Timer | undefined;
  const missing = { bearer: false };

  const check = (): void => {
    if (session.alarm) {
      scope.abort(session.alarm);
      return;
    }
    if (isUsable(session)) {
      grace?.cancel();
      grace = undefined;
      return;
    }
    grace ??= clock.deadline(REGISTRATION_GRACE_MS, () => scope.abort(registrationError(session)));
  };

  const pollBearer = async (): Promise<void> => {
    session.suspects.delete('bearer');
    const bearer = await readBearer(session.bearerDeps(scope.signal), options.bearer.contextId);
    store.patch({ bearer });
    if (bearer.active) missing.bearer = false;
    else if (missing.bearer) throw noBearer(session);
    else missing.bearer = true;
  };

  const poll = async (): Promise<void> => {
    // What a report has cast doubt on comes first.
    const bearerFirst = session.suspects.has('bearer');
    if (bearerFirst) await pollBearer();
    await checkCard(session, scope.signal);
    await readRegistration(session, scope.signal);
    check();
    if (isUsable(session)) {
      if (store.current.operator === undefined || session.suspects.has('operator'))
        await readOperator(session, scope.signal);
      await watchNetworkCard(session, scope.signal);
    }
    await readSignal(session, scope.signal);
    await readTemperature(session, scope.signal);
    if (!bearerFirst) await pollBearer();
    const clockAge =
      session.clockReadMonoMs === undefined ? Number.POSITIVE_INFINITY : clock.mono() - session.clockReadMonoMs;
    if (clockAge > CLOCK_REREAD_MS || session.suspects.has('clock')) await readClock(session, scope.signal);
  };

  session.wakers.add(check);
  try {
    check();
    let polledMonoMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      const isUrgent = missing.bearer || session.suspects.has('bearer');
      await pause(session, isUrgent ? RECHECK_MS : options.pollSeconds * 1000, scope.signal);
      const restMs = clock.ioBudgetMs(POLL_GAP_MS) - (clock.mono() - polledMonoMs);
      if (restMs > 0) await pauseDevice(session, Math.min(restMs, POLL_GAP_MS), scope.signal);
      check();
      polledMonoMs = clock.mono();
      try {
        await poll();
      } catch (error) {
        if (scope.signal.aborted) throw abortReason(scope.signal);
        const known = toWaymarkError(error);
        // One unanswered or refused question is weather: the channel counts and gives up by itself.
        if (!['modem.timeout', 'modem.error', 'modem.desync', 'modem.busy'].includes(known.code)) throw known;
        session.log.debug('modem.poll', { error: known });
      }
      onPolled?.();
    }
  } finally {
    grace?.cancel();
    session.wakers.delete(check);
  }
}
