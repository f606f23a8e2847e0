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
  type Secret,
  type Timer,
  toWaymarkError,
  WaymarkError,
} from '../../../core/index.js';
import type { AtChannel } from '../../at.js';
import { cmeOf } from '../../codec/errors.js';
import { numeral } from '../../command.js';
import type { Session } from '../../session.js';
import {
  type AttemptEffect,
  type AttemptEvent,
  type AttemptRules,
  type AttemptState,
  nextAttempt,
  type ResponseType,
} from './attempt.js';
import { type CellLocateSensor, parseUuloc, parseUulocind, type UulocReport } from './parse.js';
import { createServerKeeper, prepareScan } from './servers.js';
import { resultWords, stepWords } from './words.js';

export interface LocateRequest {
  token: Secret;
  primary: string;
  secondary: string;
  /** `deep` looks for more cells, where the module can. */
  scan: 'normal' | 'deep';
  /** 1 to 999: the module's own time. */
  timeoutSeconds: number;
  /** 1 to 999 999: what is good enough. */
  accuracyM: number;
}

export interface LocatedPosition {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeM: number;
  /** Radius that holds the true place with 50 % probability, metres. */
  uncertaintyM: number;
  sensor: CellLocateSensor;
  /** ms since 1970 UTC, as the module says it. */
  utcMs?: number;
}

export interface CellLocate {
  /**
   * One position; one question at a time. Errors: `celllocate.*` (a refused token is `celllocate.token` with evidence
   * `{step, result, words}`), `network.no-bearer`, `modem.*`, `sim.*`, `link.closed` while no port is open, the abort
   * reason.
   */
  locate(request: LocateRequest, options: { signal: AbortSignal }): Promise<LocatedPosition>;
}

export interface CellLocateDeps {
  /** The connection that is open. Errors: `link.closed`. */
  session(): Session;
  clock: Clock;
  log: Logger;
  /** The module's permanent memory was written to. */
  onWrite(): void;
}

/** Sensor of +ULOC: CellLocate alone. The module's own receiver, if it has one, is somebody else's business. */
const CELL_LOCATE = 2;
const MAX_HYPOTHESES = 16;
/** How long an answer is waited for that nobody wants any more. */
const LEAST_LEFTOVER_MS = 10_000;
const ANSWER_MARGIN_MS = 20_000;

const BUSY_CME = 1713;
const BUSY_TEXT = /gps\s*busy|loc running/i;
/** Not allowed, no network, and the failures of a context that is not there. */
const NO_BEARER_CME: ReadonlySet<number> = new Set([3, 30, 31, 51, 148]);
const NO_BEARER_TEXT = /not allowed/i;
/** Not supported, bad index or parameters, or an error that says nothing at all. */
const FORM_CME: ReadonlySet<number> = new Set([4, 21, 50, 53, 100, 140, 1711, 1712]);

/** What a refusal of +ULOC means. */
export function declinedBy(error: WaymarkError): AttemptEvent {
  if (error.code !== 'modem.error') return { is: 'failed', error };
  const cme = cmeOf(error);
  const text = String(error.evidence?.['final'] ?? '');
  if (cme === BUSY_CME || BUSY_TEXT.test(text)) return { is: 'declined', because: 'busy', error };
  if (cme === undefined ? NO_BEARER_TEXT.test(text) : NO_BEARER_CME.has(cme))
    return {
      is: 'declined',
      because: 'other',
      error: new WaymarkError('network.no-bearer', `CellLocate: ${error.message}`, {
        cause: error,
        evidence: error.evidence,
        hint: 'The module asks the CellLocate server by itself and needs a registration and a data connection of its own for that.',
      }),
    };
  const because = cme === undefined || FORM_CME.has(cme) ? 'form' : 'other';
  return { is: 'declined', because, error };
}

/** The question. Errors: `modem.injection`. */
export function questionOf(request: LocateRequest, responseType: ResponseType): string {
  const timeout = numeral(request.timeoutSeconds, 1, 999, 'cellLocate.timeoutSeconds');
  const accuracy = numeral(request.accuracyM, 1, 999_999, 'cellLocate.accuracyM');
  const most = responseType === 2 ? `,${MAX_HYPOTHESES}` : '';
  return `AT+ULOC=2,${CELL_LOCATE},${responseType},${timeout},${accuracy}${most}`;
}

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
    const timers: { expiry?: Timer; pause?: Timer } = {};
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
        if (!signal.aborted && isWaymarkError(error)) log.info('celllocate.failed', { error });
        throw error;
      } finally {
        isRunning = false;
      }
    },
  };
}
