// A token bucket that keeps a promise: never more than `count` in any `perMs`. An ordinary bucket of `count` tokens lets
// twice as many through in one window, and a cloud that counts would ban the device (specs/losant.md section 4). So only
// part of `count` is a burst, and the rest comes in drop by drop:
//
//   in any half-open window at most  burst + (tokens that come in) - 1  =  burst + (count - burst + 1) - 1  =  count
//
// Live and replay share it; a replay leaves RESERVE tokens in it, so that what happens now never waits for what was.

export interface Pace {
  count: number;
  perMs: number;
}

export interface PaceState {
  tokens: number;
  /** Monotonic ms of the last look. */
  atMs: number;
}

const RESERVE = 2;

const burstOf = ({ count }: Pace): number => (count < 6 ? 1 : Math.max(3, Math.ceil(count / 4)));
const perMs = (pace: Pace): number => (pace.count - burstOf(pace) + 1) / pace.perMs;
/** Tokens a replay leaves for live records. */
export const reserveOf = (pace: Pace): number => Math.min(RESERVE, burstOf(pace) - 1);

/** At first there is only what live records may need: a process before this one may just have sent all it might. */
export const startPace = (pace: Pace, nowMs: number): PaceState => ({
  tokens: Math.max(1, reserveOf(pace)),
  atMs: nowMs,
});

function refill(pace: Pace, state: PaceState, nowMs: number): PaceState {
  const tokens = Math.min(burstOf(pace), state.tokens + Math.max(0, nowMs - state.atMs) * perMs(pace));
  return { tokens, atMs: nowMs };
}

/** Ms until a token may be taken while `reserve` stay (0: now). */
export function paceWaitMs(pace: Pace, state: PaceState, nowMs: number, reserve: number): number {
  const missing = 1 + reserve - refill(pace, state, nowMs).tokens;
  // A millionth of a token is arithmetic, not a wait.
  return missing <= 1e-6 ? 0 : Math.ceil(missing / perMs(pace));
}

export function takeToken(pace: Pace, state: PaceState, nowMs: number): PaceState {
  const now = refill(pace, state, nowMs);
  return { ...now, tokens: Math.max(0, now.tokens - 1) };
}
