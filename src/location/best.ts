// Which source the gateway's position comes from, as a pure machine.
//
//   receiver-rtk  >  receiver  >  module-gnss  >  cell  >  carrier          (better to the left)
//
//             first position of anybody: at once
//   nobody ───────────────────────────────────────→ X
//     ↑                                              │
//     └── X silent, nobody else: its limit ──────────┤
//                                                    ├── a better one has spoken without a gap for its hold ──→ better one
//                                                    └── X silent for its patience, another is not ───────────→ best other
//
//   source        hold   patience   limit     why
//   receiver-rtk  3 s    3 s        -         one device with the receiver: see below
//   receiver      3 s    10 s       10 s      a bridge or a tunnel's mouth is no reason to report kilometres
//   module-gnss   3 s    30 s       30 s      it is asked every few seconds, over a line that others use
//   cell          0      1 h        24 h      one answer now and then: there is nothing to hold
//   carrier       0      24 h       24 h      the same
//
// After its patience a source gives way to another; after its limit it is no position at all. An old cell position gives
// way to a younger one of the carrier, and stands while there is none.
//
// The receiver's newest position always replaces the one before, whatever its quality: an RTK position that is gone is not
// shown for the sake of calm. So `receiver-rtk` ends at once, when a plain position comes or none for 3 s, and begins only
// after 3 s of nothing else; between two beginnings there is always that hold. From nobody there is nothing to flap
// between, so the first position counts as what it is.
import { type Step, unreachable } from '../core/index.js';
import { FRESH_MS, isRtk, type LocatedSource, type Offered, type Speaker } from './located.js';

export interface SourceRule {
  /** How long it must have spoken without a gap before it takes over from a worse one. */
  holdMs: number;
  /** A longer pause is a gap. */
  gapMs: number;
  /** Silent for longer: another may take over. */
  patienceMs: number;
  /** Silent for longer: it is no position any more. */
  limitMs: number;
}

export interface BestRules {
  speakers: Readonly<Record<Speaker, SourceRule>>;
  rtk: { holdMs: number; freshMs: number };
}

const HOUR_MS = 3_600_000;
const CARRIER_MS = 24 * HOUR_MS;

export const BEST_RULES: BestRules = {
  speakers: {
    receiver: { holdMs: 3000, gapMs: FRESH_MS, patienceMs: 10_000, limitMs: 10_000 },
    'module-gnss': { holdMs: 3000, gapMs: 30_000, patienceMs: 30_000, limitMs: 30_000 },
    cell: { holdMs: 0, gapMs: HOUR_MS, patienceMs: HOUR_MS, limitMs: 24 * HOUR_MS },
    carrier: { holdMs: 0, gapMs: CARRIER_MS, patienceMs: CARRIER_MS, limitMs: CARRIER_MS },
  },
  rtk: { holdMs: 3000, freshMs: FRESH_MS },
};

interface Heard {
  offered: Offered;
  /** Speaks without a gap since. */
  sinceMonoMs: number;
}

export interface BestState {
  heard: Readonly<Partial<Record<Speaker, Heard>>>;
  /** The receiver's positions have been RTK without a gap since. */
  rtkSinceMonoMs?: number;
  /** Who the position comes from. */
  source?: LocatedSource;
}

export const NOBODY: BestState = { heard: {} };

export type BestEvent =
  | { is: 'heard'; from: Speaker; offered: Offered; nowMonoMs: number }
  /** Time has passed: see `nextLookMonoMs`. */
  | { is: 'looked-at'; nowMonoMs: number };

export type BestEffect =
  /** Another source, the first one, or none any more. */
  | { is: 'source-changed'; from?: LocatedSource; to?: LocatedSource }
  /** The source in use has a new position. */
  | { is: 'moved' };

const SPEAKERS = ['receiver', 'module-gnss', 'cell', 'carrier'] as const satisfies readonly Speaker[];

export const speakerOf = (source: LocatedSource): Speaker => (source === 'receiver-rtk' ? 'receiver' : source);

const rank = (speaker: Speaker): number => SPEAKERS.indexOf(speaker);

/** The position in use, as it was offered. */
export function bestOffer({ heard, source }: BestState): Offered | undefined {
  return source && heard[speakerOf(source)]?.offered;
}

export function nextBest(
  state: BestState,
  event: BestEvent,
  rules: BestRules = BEST_RULES,
): Step<BestState, BestEffect> {
  switch (event.is) {
    case 'heard': {
      const { from, offered, nowMonoMs } = event;
      const before = state.heard[from];
      // What was found out before the last one is no news: the network answers from its memory.
      if (before && offered.atMonoMs < before.offered.atMonoMs) return { state };
      const heardState = hear(state, event, rules);
      const next = choose(heardState, nowMonoMs, rules);
      const isMoved = next.source !== undefined && speakerOf(next.source) === from;
      return { state: next, effects: [...changed(state, next), ...(isMoved ? [{ is: 'moved' } as const] : [])] };
    }
    case 'looked-at': {
      const next = choose(state, event.nowMonoMs, rules);
      return next.source === state.source ? { state } : { state: next, effects: changed(state, next) };
    }
    default:
      return unreachable(event);
  }
}

function changed({ source: from }: BestState, { source: to }: BestState): BestEffect[] {
  if (from === to) return [];
  return [{ is: 'source-changed', ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
}

function hear(state: BestState, { from, offered }: BestEvent & { is: 'heard' }, rules: BestRules): BestState {
  const before = state.heard[from];
  const isGap = !before || offered.atMonoMs - before.offered.atMonoMs > rules.speakers[from].gapMs;
  const sinceMonoMs = isGap ? offered.atMonoMs : before.sinceMonoMs;
  const heard = { ...state.heard, [from]: { offered, sinceMonoMs } };
  const { rtkSinceMonoMs, ...rest } = state;
  if (from !== 'receiver') return { ...state, heard };
  if (!isRtk(offered.quality)) return { ...rest, heard };
  const isRtkGap = rtkSinceMonoMs === undefined || isGap;
  return { ...rest, heard, rtkSinceMonoMs: isRtkGap ? offered.atMonoMs : rtkSinceMonoMs };
}

function choose(state: BestState, nowMonoMs: number, rules: BestRules): BestState {
  const { source: _, ...rest } = state;
  const speaker = speakerNow(state, nowMonoMs, rules);
  if (!speaker) return rest;
  return { ...rest, source: speaker === 'receiver' ? receiverSource(state, nowMonoMs, rules) : speaker };
}

const ageOf = (state: BestState, speaker: Speaker, nowMonoMs: number): number => {
  const heard = state.heard[speaker];
  return heard ? nowMonoMs - heard.offered.atMonoMs : Number.POSITIVE_INFINITY;
};

function speakerNow(state: BestState, nowMonoMs: number, rules: BestRules): Speaker | undefined {
  const isPatientWith = (s: Speaker): boolean => ageOf(state, s, nowMonoMs) <= rules.speakers[s].patienceMs;
  const isWithinLimit = (s: Speaker): boolean => ageOf(state, s, nowMonoMs) <= rules.speakers[s].limitMs;
  const hasHeld = (s: Speaker): boolean => {
    const heard = state.heard[s];
    return (
      heard !== undefined &&
      ageOf(state, s, nowMonoMs) <= rules.speakers[s].gapMs &&
      heard.offered.atMonoMs - heard.sinceMonoMs >= rules.speakers[s].holdMs
    );
  };
  const now = state.source && speakerOf(state.source);
  if (now && isPatientWith(now)) return SPEAKERS.find((s) => rank(s) < rank(now) && hasHeld(s)) ?? now;
  return SPEAKERS.find(isPatientWith) ?? SPEAKERS.find(isWithinLimit);
}

function receiverSource(state: BestState, nowMonoMs: number, { rtk }: BestRules): 'receiver-rtk' | 'receiver' {
  const { rtkSinceMonoMs: since, heard, source } = state;
  const offered = heard.receiver?.offered;
  if (since === undefined || !offered || nowMonoMs - offered.atMonoMs > rtk.freshMs) return 'receiver';
  const isAlready = source === 'receiver-rtk' || source === undefined;
  return isAlready || offered.atMonoMs - since >= rtk.holdMs ? 'receiver-rtk' : 'receiver';
}

/** When time alone may change something, later than `nowMonoMs`; undefined: only news can. */
export function nextLookMonoMs(state: BestState, nowMonoMs: number, rules: BestRules = BEST_RULES): number | undefined {
  const { source } = state;
  const offered = bestOffer(state);
  if (!source || !offered) return undefined;
  const { patienceMs, limitMs } = rules.speakers[speakerOf(source)];
  const marks = [patienceMs, limitMs, ...(source === 'receiver-rtk' ? [rules.rtk.freshMs] : [])];
  // A mark is reached only once it has passed.
  const ahead = marks.map((ms) => offered.atMonoMs + ms + 1).filter((at) => at > nowMonoMs);
  return ahead.length > 0 ? Math.min(...ahead) : undefined;
}
