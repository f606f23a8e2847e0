// Injects what the plan says, one set at a time, beside everything else: a service that is down never keeps what the
// cache has from the receiver.
import {
  abortable,
  type Clock,
  type CoarsePosition,
  isWaymarkError,
  type LinkedController,
  type Logger,
  linkedController,
  WaymarkError,
} from '../../core/index.js';
import type { AssistReport, AssistRequest, Receiver } from '../../gnss/index.js';
import { type Moment, usableFrames } from '../../services/index.js';
import type { Injection } from './plan.js';

/** The receiver, as assistance sees it. */
export type AssistTarget = Pick<Receiver, 'assist' | 'onNeedy'>;

export interface InjectionView {
  atMonoMs: number;
  /** Without time and position, which the receiver's side adds. */
  frames: number;
  accepted: number;
  refused: number;
  unanswered: number;
  tookMs: number;
  /** Where the frames came from; `time and position` when there were none. */
  from: string;
}

export interface InjectorDeps {
  target: AssistTarget;
  clock: Clock;
  log: Logger;
  /** Everything the next injection needs, once the cache is read; undefined: nothing to do. */
  prepare: () => Promise<Prepared | undefined>;
  done: (prepared: Prepared, view: InjectionView) => void;
  /** The receiver went away meanwhile. */
  gone: () => void;
}

export interface Prepared {
  injection: Injection;
  moment: Moment;
  utc?: { ms: number; accuracyMs: number };
  position?: CoarsePosition;
}

export interface Injector extends Disposable {
  /** Something may have changed. */
  look(): void;
  /** The receiver started anew: what is under way has lost its beginning, so that it is begun again. */
  anew(): void;
  /** The receiver has found itself: what is under way helps it no more. */
  enough(): void;
}

/** After an injection that failed for no known reason. */
const PAUSE_MS = 60_000;

export function createInjector(deps: InjectorDeps): Injector {
  const { target, clock } = deps;
  const log = deps.log.child('assistance');
  const life = linkedController();
  const isOver = (): boolean => life.signal.aborted;
  let current: LinkedController | undefined;
  let isBusy = false;
  let isAsked = false;
  let notBeforeMonoMs = Number.NEGATIVE_INFINITY;

  /** Undefined when the receiver has started anew meanwhile, or needs nothing any more. */
  async function send(request: AssistRequest): Promise<AssistReport | undefined> {
    using run = linkedController(life.signal);
    const { signal } = run;
    current = run;
    try {
      return await abortable(target.assist(request, { signal }), signal);
    } catch (error) {
      if (signal.aborted && !isOver()) return undefined;
      throw error;
    } finally {
      current = undefined;
    }
  }

  async function inject(prepared: Prepared): Promise<void> {
    const { injection, moment, utc, position } = prepared;
    const frames = injection.entries.flatMap((entry) => usableFrames(entry, moment));
    const atMonoMs = clock.mono();
    const report = await send({ frames, ...(utc ? { utc } : {}), ...(position ? { position } : {}) });
    if (!report) return;
    const { accepted, refused, unanswered, tookMs } = report;
    const from = injection.entries.map((entry) => `${entry.kind} of ${entry.from}`).join(', ') || 'time and position';
    // Time and position are messages, too.
    const given = accepted + refused + unanswered;
    const view = { atMonoMs, frames: given, accepted, refused, unanswered, tookMs, from };
    log.info('assist.injected', { ...view, infoCodes: report.infoCodes });
    deps.done(prepared, view);
  }

  async function work(): Promise<void> {
    while (isAsked && !isOver()) {
      isAsked = false;
      if (clock.mono() < notBeforeMonoMs) return;
      try {
        const prepared = await deps.prepare();
        if (!prepared) continue;
        await inject(prepared);
        isAsked = true;
      } catch (error) {
        if (isOver()) return;
        if (isWaymarkError(error, 'link.closed', 'link.absent')) deps.gone();
        else {
          notBeforeMonoMs = clock.mono() + PAUSE_MS;
          log.warn('assist.not-injected', { error }, 'Assistance data did not reach the receiver.');
        }
      }
    }
  }

  const look = (): void => {
    isAsked = true;
    if (isBusy || isOver()) return;
    isBusy = true;
    void work().finally(() => {
      isBusy = false;
    });
  };
  return {
    look,
    anew() {
      current?.abort(new WaymarkError('core.cancelled', 'the receiver started anew'));
      look();
    },
    enough() {
      current?.abort(new WaymarkError('core.cancelled', 'the receiver has a fix'));
    },
    [Symbol.dispose]: () => life.abort(),
  };
}
