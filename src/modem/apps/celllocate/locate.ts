// Asks the module's CellLocate client for one position and waits for the reports that follow (specs/ublox.md 5.1). The
// AT channel is free meanwhile: the wait is a subscription, not a command held open. The rules are in attempt.ts.
import {
  abortable,
  abortReason,
  type Clock,
  createRunner,
  deferred,
  isWaymarkError,
  type Logger,
  linkedController,
  type Timer,
  toWaymarkError,
  WaymarkError,
} from '../../../core/index.js';
import type { AtChannel } from '../../at.js';
import type { Session } from '../../session.js';
import {
  type AttemptEffect,
  type AttemptEvent,
  type AttemptRules,
  type AttemptState,
  nextAttempt,
  type ResponseType,
} from './attempt.js';
import { parseUuloc, parseUulocind, type UulocReport } from './parse.js';
import { declinedBy, questionOf } from './question.js';
import { createServerKeeper, prepareScan } from './servers.js';
import type { CellLocate, LocatedPosition, LocateRequest } from './types.js';
import { resultWords, stepWords } from './words.js';

export interface CellLocateDeps {
  /** The connection that is open. Errors: `link.closed`. */
  session(): Session;
  clock: Clock;
  log: Logger;
  /** The module's permanent memory was written to. */
  onWrite(): void;
}

/** How long an answer is waited for that nobody wants any more. */
const LEAST_LEFTOVER_MS = 10_000;
const ANSWER_MARGIN_MS = 20_000;

const isStopped = (signal: AbortSignal): boolean => signal.aborted;

function positionOf({
  latitudeDeg,
  longitudeDeg,
  altitudeM,
  uncertaintyM,
  sensor,
  utcMs,
}: UulocReport): LocatedPosition {
  return {
    latitudeDeg,
    longitudeDeg,
    altitudeM,
    uncertaintyM,
    // The short form does not tell it; nothing else was asked for.
    sensor: sensor ?? 'cell',
    ...(utcMs === undefined ? {} : { utcMs }),
  };
}

/** One per modem; usable while a port is open. `responseTypes`: the forms that are tried, in order. */
export function createCellLocate(
  deps: CellLocateDeps,
  { responseTypes = [1, 0] }: { responseTypes?: readonly ResponseType[] } = {},
): CellLocate {
  const { clock, log } = deps;
  const keeper = createServerKeeper(deps.onWrite);
  /** Who wants to know that a connection has ended; one look-out a connection, however many questions it sees. */
  const lookouts = new WeakMap<AtChannel, Set<(error: WaymarkError) => void>>();
  let isRunning = false;
  /** Settles when the module owes no answer any more. */
  let leftover: Promise<undefined> | undefined;

  const onLost = (channel: AtChannel, listener: (error: WaymarkError) => void): (() => void) => {
    const known = lookouts.get(channel);
    const listeners = known ?? new Set();
    listeners.add(listener);
    if (!known) {
      lookouts.set(channel, listeners);
      void channel.lost.then((error) => {
        for (const each of [...listeners]) each(error);
      });
    }
    return () => void listeners.delete(listener);
  };

  /** An answer to a question that was given up must not be taken for the answer to the next one. */
  const awaitLeftover = (channel: AtChannel, ms: number): void => {
    const over = deferred<undefined>();
    leftover = over.promise;
    const end = (): void => {
      off();
      offLost();
      timer.cancel();
      over.resolve(undefined);
      if (leftover === over.promise) leftover = undefined;
    };
    const off = channel.urcs('+UULOC', () => {
      end();
      return undefined;
    });
    const timer = clock.deadline(ms, end);
    const offLost = onLost(channel, end);
  };

  const attempt = async (session: Session, request: LocateRequest, signal: AbortSignal): Promise<LocatedPosition> => {
    const { channel } = session;
    const rules: AttemptRules = { responseTypes, timeoutMs: request.timeoutSeconds * 1000 };
    const over = deferred<LocatedPosition>();
    const timers: { end?: Timer; expiry?: Timer; pause?: Timer } = {};
    let askedMonoMs: number | undefined;
    using scope = linkedController(signal);

    const perform = (effect: AttemptEffect): void => {
      switch (effect.do) {
        case 'prepare-servers':
          void prepare().then(
            () => runner.send({ is: 'servers-ready' }),
            (error: unknown) => runner.send({ is: 'failed', error: toWaymarkError(error) }),
          );
          return;
        case 'ask':
          askedMonoMs = clock.mono();
          channel
            .run(questionOf(request, effect.responseType), { signal: scope.signal })
            .catch((error: unknown) => runner.send(declinedBy(toWaymarkError(error))));
          return;
        case 'pause':
          timers.pause = clock.deadline(effect.ms, () => runner.send({ is: 'paused' }));
          return;
        case 'expire-after':
          timers.expiry?.cancel();
          timers.expiry = clock.deadline(effect.ms, () => runner.send({ is: 'expired' }));
          return;
        case 'end-after':
          timers.end?.cancel();
          timers.end = clock.deadline(effect.ms, () => runner.send({ is: 'expired' }));
          return;
      }
    };
    const runner = createRunner<AttemptState, AttemptEvent, AttemptEffect>({
      initial: { at: 'idle' },
      next: (state, event) => nextAttempt(rules, state, event),
      perform,
      onTransition: (from, to) => {
        if (from.at !== to.at) log.debug('celllocate.state', { state: to.at });
        if (to.at === 'done') over.resolve(positionOf(to.report));
        if (to.at === 'failed') over.reject(to.error);
      },
    });
    const prepare = async (): Promise<void> => {
      await keeper.probe(session, scope.signal);
      await keeper.ensure(session, request, scope.signal);
      await prepareScan(channel, request.scan, scope.signal);
    };
    const onLine = <T>(prefix: string, parse: (line: string) => T | undefined, take: (value: T) => void) =>
      channel.urcs(prefix, ([line = '']) => {
        const value = parse(line);
        if (value !== undefined) take(value);
        return undefined;
      });
    const offProgress = onLine('+UULOCIND', parseUulocind, (progress) => {
      const { step, result } = progress;
      log.debug('celllocate.progress', { step: stepWords(step), result: resultWords(result) });
      runner.send({ is: 'progress', progress });
    });
    const offReport = onLine('+UULOC', parseUuloc, (report) => runner.send({ is: 'report', report }));

    const offLost = onLost(channel, (error) => runner.send({ is: 'failed', error }));

    try {
      if (channel.isLost) throw await channel.lost;
      runner.send({ is: 'begin' });
      return await abortable(over.promise, signal);
    } finally {
      timers.end?.cancel();
      timers.expiry?.cancel();
      timers.pause?.cancel();
      offProgress();
      offReport();
      offLost();
      over.promise.catch(() => undefined);
      const { state } = runner;
      const isOwed = state.at === 'failed' ? state.isOwed : ['asked', 'progress', 'refused'].includes(state.at);
      if (isOwed && askedMonoMs !== undefined && !channel.isLost)
        awaitLeftover(
          channel,
          Math.max(LEAST_LEFTOVER_MS, askedMonoMs + rules.timeoutMs + ANSWER_MARGIN_MS - clock.mono()),
        );
      // Nothing more is to happen, whatever is still under way.
      runner.send({ is: 'failed', error: new WaymarkError('core.cancelled', 'the attempt is over') });
      scope.abort();
    }
  };

  return {
    async locate(request, { signal }) {
      if (signal.aborted) throw abortReason(signal);
      if (isRunning) throw new WaymarkError('celllocate.busy', 'a position is asked for already');
      isRunning = true;
      try {
        const session = deps.session();
        questionOf(request, 0);
        if (leftover) await abortable(leftover, signal);
        const position = await attempt(session, request, signal);
        log.info('celllocate.position', { uncertaintyM: position.uncertaintyM, sensor: position.sensor });
        return position;
      } catch (error) {
        // Whoever asked says what follows from it, once.
        if (!isStopped(signal) && isWaymarkError(error)) log.debug('celllocate.failed', { error });
        throw error;
      } finally {
        isRunning = false;
      }
    },
  };
}
