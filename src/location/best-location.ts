// Runs the machine of best.ts: takes what the receiver, the module and the networks say, answers with the best of it, and
// tells who listens of each new position and each change of source.
import { type Clock, createRunner, type Fix, type Logger, type Timer } from '../core/index.js';
import {
  BEST_RULES,
  type BestEffect,
  type BestEvent,
  type BestRules,
  type BestState,
  bestOffer,
  NOBODY,
  nextBest,
  nextLookMonoMs,
  type SourceRule,
} from './best.js';
import { type CarrierPlace, type CellPlace, carrierTakenMonoMs, isNullIsland, isPlace } from './choose.js';
import {
  type Located,
  type LocatedSource,
  locatedAt,
  type Offered,
  offeredFix,
  offeredPlace,
  type Speaker,
} from './located.js';

/** What happened; `located` is the position right after it. */
export interface LocatedNews {
  /** Absent: nobody knows one any more. */
  located?: Located;
  /** The source is another one: `from` absent, the first; `to` absent, none is left. */
  change?: { from?: LocatedSource; to?: LocatedSource };
}

export interface BestLocation extends Disposable {
  /**
   * A fix of the receiver, or of the module (by its `source`). One without a place, outside the globe or at exactly 0, 0
   * counts as silence.
   */
  offerFix(fix: Fix): void;
  /** A position from the cells around. */
  offerCell(place: CellPlace): void;
  /** Where the SIM's operator says the gateway is. */
  offerCarrier(place: CarrierPlace): void;
  /** The best position now, with its age; undefined while nobody knows one. */
  current(): Located | undefined;
  /** Each new position of the source in use, and each change of source. Returns the unsubscribe. */
  onNews(listener: (news: LocatedNews) => void): () => void;
  /** The receiver has a usable position: nobody else needs to be asked. */
  hasReceiverFix(): boolean;
}

export function createBestLocation({ clock, log }: { clock: Clock; log: Logger }): BestLocation {
  const rules = onClock(clock);
  const listeners = new Set<(news: LocatedNews) => void>();
  let timer: Timer | undefined;
  let timerMonoMs = Number.POSITIVE_INFINITY;
  let isDisposed = false;

  const locate = ({ source }: BestState, offered: Offered): Located | undefined =>
    source && locatedAt(source, offered, { nowMonoMs: clock.mono(), freshMs: rules.rtk.freshMs });

  const current = (): Located | undefined => {
    // A timer may be late by a moment: what is over is not said for that.
    runner.send({ is: 'looked-at', nowMonoMs: clock.mono() });
    const offered = bestOffer(runner.state);
    return offered && locate(runner.state, offered);
  };

  const tell = (news: LocatedNews): void => {
    for (const listener of [...listeners]) listener(news);
  };

  const news = (change?: LocatedNews['change']): LocatedNews => {
    const offered = bestOffer(runner.state);
    const located = offered && locate(runner.state, offered);
    return { ...(located ? { located } : {}), ...(change ? { change } : {}) };
  };

  // A change of source and the position it came with are one piece of news.
  let isTold = false;
  const perform = (effect: BestEffect): void => {
    if (effect.is === 'source-changed') {
      const { is: _, ...change } = effect;
      log.info('location.source', change);
      isTold = true;
      tell(news(change));
      return;
    }
    if (!isTold) tell(news());
  };

  const runner = createRunner<BestState, BestEvent, BestEffect>({
    initial: NOBODY,
    next(state, event) {
      isTold = false;
      return nextBest(state, event, rules);
    },
    perform,
  });

  // Lazy: while positions come, the timer that is set fires early, looks, and is set again; nothing is cancelled a fix.
  const arm = (): void => {
    if (isDisposed) return;
    const at = nextLookMonoMs(runner.state, clock.mono(), rules);
    if (at === undefined || timerMonoMs <= at) return;
    timer?.cancel();
    timerMonoMs = at;
    timer = clock.after(at - clock.mono(), () => {
      timer = undefined;
      timerMonoMs = Number.POSITIVE_INFINITY;
      runner.send({ is: 'looked-at', nowMonoMs: clock.mono() });
      arm();
    });
  };

  const hear = (from: Speaker, offered: Offered | undefined): void => {
    if (!offered) return;
    runner.send({ is: 'heard', from, offered, nowMonoMs: clock.mono() });
    arm();
  };

  const isUsable = (place: CellPlace | CarrierPlace): boolean =>
    isPlace(place) && !isNullIsland(place) && place.accuracyM >= 0;

  return {
    offerFix(fix) {
      if (!isPlace(fix) || isNullIsland(fix)) return;
      if (fix.source === 'cell') {
        const { latitudeDeg, longitudeDeg, horizontalAccuracyM: accuracyM, atMonoMs } = fix;
        if (accuracyM !== undefined) hear('cell', offeredPlace({ latitudeDeg, longitudeDeg, accuracyM, atMonoMs }));
        return;
      }
      hear(fix.source === 'module-gnss' ? 'module-gnss' : 'receiver', offeredFix(fix));
    },
    offerCell(place) {
      if (isUsable(place)) hear('cell', offeredPlace(place));
    },
    offerCarrier(place) {
      if (!isUsable(place)) return;
      const atMonoMs = carrierTakenMonoMs(place, { monoMs: clock.mono(), wallMs: clock.wall() });
      hear('carrier', offeredPlace({ ...place, atMonoMs }));
    },
    current,
    onNews(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hasReceiverFix() {
      const heard = runner.state.heard.receiver;
      return heard !== undefined && clock.mono() - heard.offered.atMonoMs <= rules.speakers.receiver.patienceMs;
    },
    [Symbol.dispose]() {
      isDisposed = true;
      timer?.cancel();
      listeners.clear();
    },
  };
}

/** The rules in the time of this clock: positions are device data, and a scaled clock leaves devices their real time. */
function onClock(clock: Clock): BestRules {
  const io = (ms: number): number => clock.ioBudgetMs(ms);
  const scaled = (rule: SourceRule): SourceRule => ({
    holdMs: io(rule.holdMs),
    gapMs: io(rule.gapMs),
    patienceMs: io(rule.patienceMs),
    limitMs: io(rule.limitMs),
  });
  const { speakers, rtk } = BEST_RULES;
  return {
    speakers: {
      receiver: scaled(speakers.receiver),
      'module-gnss': scaled(speakers['module-gnss']),
      cell: scaled(speakers.cell),
      carrier: scaled(speakers.carrier),
    },
    rtk: { holdMs: io(rtk.holdMs), freshMs: io(rtk.freshMs) },
  };
}
