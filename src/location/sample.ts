// Which positions are reported, and how surely, as a pure machine.
//
//   news ──another source, first fix, fix lost or gained──→ A, at once
//        ──the interval is over───────────────────────────→ A, and the next interval begins
//        ──durable, and it is the receiver's──────────────→ A
//        ──somebody wants every position──────────────────→ B
//        ──else───────────────────────────────────────────→ nothing
//   due  (the interval is over, and no news has come in a moment of grace)
//        ──nobody knows one, or it was said already───────→ nothing (what does not change is said again every 5 min)
//        ──a position not said yet────────────────────────→ A
//
// Intervals keep their grid; after a pause (a suspended process) one report is made and the grid starts there, so that
// nothing comes in a burst. Nothing is ever reported without a position but the event that it is gone.
import { type Step, unreachable } from '../core/index.js';
import type { LocatedNews } from './best-location.js';
import { isSatellite, type Located, type LocatedSource } from './located.js';

export const SAMPLE_EVENTS = ['first-fix', 'fix-gained', 'fix-lost', 'source-changed', 'position-lost'] as const;
/**
 * `fix` is one of satellites: `first-fix` since the start, `fix-gained` a later one, `fix-lost` now a network's position
 * or none. `source-changed` leaves that as it is; `position-lost`: the last network's position has become too old.
 */
export type SampleEvent = (typeof SAMPLE_EVENTS)[number];

/** To be reported. Without a position: it is the event that counts. */
export interface Sample {
  class: 'A' | 'B';
  located?: Located;
  event?: SampleEvent;
  previousSource?: LocatedSource;
}

export interface SampleSettings {
  /** Keep every position of the receiver. */
  durable: boolean;
  /** Positions known to be less accurate are not reported; one that says nothing about it is. */
  minAccuracyM?: number;
  /** What does not change is said again after this. */
  repeatMs: number;
}

export interface SampleState {
  intervalMs: number;
  /** Absent: the next position is reported at once. */
  dueMonoMs?: number;
  hasHadFix: boolean;
  /** Of the last report of class A. */
  said?: { source: LocatedSource; atMonoMs: number; saidMonoMs: number };
}

export type SampleInput =
  | { is: 'news'; news: LocatedNews; nowMonoMs: number; isEveryWanted: boolean }
  | { is: 'due'; located?: Located; nowMonoMs: number }
  | { is: 'interval'; intervalMs: number; nowMonoMs: number };

export const firstSampleState = (intervalMs: number): SampleState => ({ intervalMs, hasHadFix: false });

export function nextSample(
  state: SampleState,
  input: SampleInput,
  settings: SampleSettings,
): Step<SampleState, Sample> {
  switch (input.is) {
    case 'news':
      return input.news.change ? onChange(state, input, settings) : onPosition(state, input, settings);
    case 'due': {
      const { located, nowMonoMs } = input;
      if (state.dueMonoMs === undefined || nowMonoMs < state.dueMonoMs) return { state };
      const isToSay = isReportable(located, settings) && !isSaid(state, located, nowMonoMs, settings);
      const next = advance(state, nowMonoMs);
      return isToSay ? { state: say(next, located, nowMonoMs), effects: [{ class: 'A', located }] } : { state: next };
    }
    case 'interval': {
      const { dueMonoMs, intervalMs: old } = state;
      const { intervalMs } = input;
      if (dueMonoMs === undefined) return { state: { ...state, intervalMs } };
      // Counted from the last report: a shorter interval is not waited for by the longer one's rest.
      const due = Math.max(input.nowMonoMs, dueMonoMs - old + intervalMs);
      return { state: { ...state, intervalMs, dueMonoMs: due } };
    }
    default:
      return unreachable(input);
  }
}

function onChange(
  state: SampleState,
  { news, nowMonoMs }: SampleInput & { is: 'news' },
  settings: SampleSettings,
): Step<SampleState, Sample> {
  const { located, change = {} } = news;
  const event = eventOf(change, state.hasHadFix);
  const shown: Pick<Sample, 'class' | 'event' | 'previousSource'> = {
    class: 'A',
    event,
    ...(change.from === undefined ? {} : { previousSource: change.from }),
  };
  const seen = { ...state, hasHadFix: state.hasHadFix || isSatellite(change.to) };
  // Not reported: the event is, without the position.
  if (!isReportable(located, settings)) return { state: seen, effects: [shown] };
  const next = isDue(seen, nowMonoMs) ? advance(seen, nowMonoMs) : seen;
  return { state: say(next, located, nowMonoMs), effects: [{ ...shown, located }] };
}

function onPosition(
  state: SampleState,
  { news: { located }, nowMonoMs, isEveryWanted }: SampleInput & { is: 'news' },
  settings: SampleSettings,
): Step<SampleState, Sample> {
  if (!isReportable(located, settings)) return { state };
  if (isDue(state, nowMonoMs))
    return { state: say(advance(state, nowMonoMs), located, nowMonoMs), effects: [{ class: 'A', located }] };
  if (settings.durable && (located.source === 'receiver' || located.source === 'receiver-rtk'))
    return { state: say(state, located, nowMonoMs), effects: [{ class: 'A', located }] };
  return isEveryWanted ? { state, effects: [{ class: 'B', located }] } : { state };
}

function eventOf({ from, to }: NonNullable<LocatedNews['change']>, hasHadFix: boolean): SampleEvent {
  if (isSatellite(to) && !isSatellite(from)) return hasHadFix ? 'fix-gained' : 'first-fix';
  if (isSatellite(from) && !isSatellite(to)) return 'fix-lost';
  return to === undefined ? 'position-lost' : 'source-changed';
}

const isDue = ({ dueMonoMs }: SampleState, nowMonoMs: number): boolean =>
  dueMonoMs === undefined || nowMonoMs >= dueMonoMs;

function isReportable(located: Located | undefined, { minAccuracyM }: SampleSettings): located is Located {
  if (!located) return false;
  return minAccuracyM === undefined || located.accuracyM === undefined || located.accuracyM <= minAccuracyM;
}

function isSaid(
  { said }: SampleState,
  { source, atMonoMs }: Located,
  nowMonoMs: number,
  { repeatMs }: SampleSettings,
): boolean {
  if (said?.source !== source || said.atMonoMs !== atMonoMs) return false;
  return nowMonoMs - said.saidMonoMs < repeatMs;
}

function advance(state: SampleState, nowMonoMs: number): SampleState {
  const onGrid = (state.dueMonoMs ?? nowMonoMs) + state.intervalMs;
  return { ...state, dueMonoMs: onGrid > nowMonoMs ? onGrid : nowMonoMs + state.intervalMs };
}

const say = (state: SampleState, { source, atMonoMs }: Located, nowMonoMs: number): SampleState => ({
  ...state,
  said: { source, atMonoMs, saidMonoMs: nowMonoMs },
});
