// Why the broker ended or refused the connection. What a ban looks like on the wire is not documented: a refusal, or a
// plain close, just as with a bad key. So what we sent is looked at, and then the REST API is asked once whether the key
// is good (specs/losant.md section 5). Retrying a ban as if it were a bad key prolongs it; the other way round costs days.
//
//   quiet --dropped, ≥ 25 of ours within 15 s--> flooded: banned at once, and for an hour any refusal is that ban
//     |  --CONNACK 3--> weather, in a flooded hour: banned
//     |  --CONNACK 1, 2, 4, 5, or closed before CONNACK--> suspect
//     |         suspect, in a flooded hour --> banned           (wait 30 s·2^n, at most 1 h)
//     |         suspect --> asking --key is good--> banned
//     |                           --refused (401)--> refused    (15 min, then hourly; MQTT is left alone)
//     |                           --400, 404--> config          (1 h)
//     |                           --no answer--> weather
//     |  --dropped within 30 s, five times in a row--> twin     (10 min)
//     +--lived for 15 min, or 15 min after the end of the last ban--> quiet, bans forgotten
import type { ErrorCode } from '../../core/index.js';

export const FLOOD_MESSAGES = 25;
export const WINDOW_MS = 15_000;
const FLOOD_MEMORY_MS = 3_600_000;
const BAN_MS = 30_000;
const MAX_BAN_MS = 3_600_000;
/** Of good behaviour: Losant's own reset. */
const GOOD_MS = 900_000;
const SHORT_LIFE_MS = 30_000;
const SHORT_LIVES = 5;
const TWIN_MS = 600_000;
const REFUSED_MS = 900_000;
const REFUSED_LATER_MS = 3_600_000;
const CONFIG_MS = 3_600_000;

export interface JudgeState {
  is: 'quiet' | 'asking';
  /** In a row. */
  bans: number;
  banEndMonoMs?: number;
  floodedAtMonoMs?: number;
  /** Drops within 30 s of CONNACK, in a row. */
  shortLives: number;
  /** Refusals by the REST API, in a row. */
  refusals: number;
}

export type OracleAnswer = 'good' | 'refused' | 'config' | 'weather';

export type JudgeEvent =
  /** CONNACK with a code other than 0. */
  | { is: 'refused'; connack: number; nowMonoMs: number }
  /** The road was up and CONNECT sent, and then it was closed. */
  | { is: 'closed-before-connack'; nowMonoMs: number }
  /** After CONNACK, and not by us. `messages`: ours in the last 15 s of it. */
  | { is: 'dropped'; aliveMs: number; messages: number; nowMonoMs: number }
  /** Whatever says nothing about us: no road, TLS, a time-out. */
  | { is: 'weather' }
  | { is: 'oracle'; answer: OracleAnswer; nowMonoMs: number };

export type JudgeEffect =
  | { do: 'ask-oracle' }
  /** Wait that long and say that code. */
  | { do: 'wait'; code: ErrorCode; ms: number }
  /** The error stands as it is, and the ordinary back-off. */
  | { do: 'back-off' };

export const initialJudge = (): JudgeState => ({ is: 'quiet', bans: 0, shortLives: 0, refusals: 0 });

export interface JudgeStep {
  state: JudgeState;
  effect: JudgeEffect;
}

export function judge(before: JudgeState, event: JudgeEvent): JudgeStep {
  switch (event.is) {
    case 'weather':
      return { state: { ...before, is: 'quiet' }, effect: { do: 'back-off' } };
    case 'dropped':
      return dropped(before, event);
    case 'refused':
      if (event.connack !== 3) return suspect(before, event.nowMonoMs);
      return isFlooded(before, event.nowMonoMs)
        ? banned(before, event.nowMonoMs)
        : { state: { ...before, is: 'quiet' }, effect: { do: 'back-off' } };
    case 'closed-before-connack':
      return suspect(before, event.nowMonoMs);
    case 'oracle':
      return answered(before, event);
  }
}

/** After the first refusal, and after later ones: a key can be made active again, but rarely is. */
export const refusedWaitMs = (refusalsBefore: number): number => (refusalsBefore === 0 ? REFUSED_MS : REFUSED_LATER_MS);

const isFlooded = ({ floodedAtMonoMs }: JudgeState, nowMonoMs: number): boolean =>
  floodedAtMonoMs !== undefined && nowMonoMs - floodedAtMonoMs < FLOOD_MEMORY_MS;

function suspect(before: JudgeState, nowMonoMs: number): JudgeStep {
  if (isFlooded(before, nowMonoMs)) return banned(before, nowMonoMs);
  return { state: { ...before, is: 'asking' }, effect: { do: 'ask-oracle' } };
}

function banned(before: JudgeState, nowMonoMs: number): JudgeStep {
  const isForgotten = before.banEndMonoMs !== undefined && nowMonoMs - before.banEndMonoMs > GOOD_MS;
  const bans = isForgotten ? 0 : before.bans;
  const ms = Math.min(MAX_BAN_MS, BAN_MS * 2 ** Math.min(bans, 10));
  return {
    state: { ...before, is: 'quiet', bans: bans + 1, banEndMonoMs: nowMonoMs + ms, refusals: 0 },
    effect: { do: 'wait', code: 'losant.banned', ms },
  };
}

function dropped(before: JudgeState, event: JudgeEvent & { is: 'dropped' }): JudgeStep {
  const { aliveMs, messages, nowMonoMs } = event;
  // It was up: the key is good, and a long life is the good behaviour that Losant forgets bans for.
  const up: JudgeState =
    aliveMs >= GOOD_MS ? { is: 'quiet', bans: 0, shortLives: 0, refusals: 0 } : { ...before, is: 'quiet', refusals: 0 };
  if (messages >= FLOOD_MESSAGES) return banned({ ...up, shortLives: 0, floodedAtMonoMs: nowMonoMs }, nowMonoMs);
  const shortLives = aliveMs < SHORT_LIFE_MS ? before.shortLives + 1 : 0;
  const state = { ...up, shortLives };
  if (shortLives < SHORT_LIVES) return { state, effect: { do: 'back-off' } };
  return { state, effect: { do: 'wait', code: 'losant.twin', ms: TWIN_MS } };
}

function answered(before: JudgeState, { answer, nowMonoMs }: JudgeEvent & { is: 'oracle' }): JudgeStep {
  const quiet: JudgeState = { ...before, is: 'quiet' };
  switch (answer) {
    case 'good':
      return banned(quiet, nowMonoMs);
    case 'refused': {
      const ms = refusedWaitMs(before.refusals);
      return { state: { ...quiet, refusals: before.refusals + 1 }, effect: { do: 'wait', code: 'losant.refused', ms } };
    }
    case 'config':
      return { state: quiet, effect: { do: 'wait', code: 'losant.config', ms: CONFIG_MS } };
    case 'weather':
      return { state: quiet, effect: { do: 'back-off' } };
  }
}
