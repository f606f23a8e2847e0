// When the module is asked for a position by its cells, as a machine (specs/ublox.md 5.1, tokens.md T1, T2). Pure.
//
//   waiting ──network, position needed──→ asking ──position──→ known ──everyHours──→ waiting      (0: done)
//      │ ↑                                  │
//      │ └──────looked at again─────────────┼──────────────────────────────┐
//      └─network, somebody else knows one──→ spared ──a minute later───────┤
//                                           │ failed                       │
//                                           └──→ resting(why, until) ──────┤
//                                                    └──another token──────┘
//
// Every question costs data. A refused token does not heal by itself: an hour at least, or another token.
import { type BackoffPolicy, backoffDelayMs, type WaymarkError } from '../core/index.js';

export type PlanState =
  | { at: 'waiting' | 'asking' | 'done' }
  | { at: 'spared' | 'known'; untilMonoMs: number }
  | { at: 'resting'; error: WaymarkError; untilMonoMs: number };

export interface Plan {
  readonly state: PlanState;
  /** Failures since the last position. */
  readonly failures: number;
}

export type PlanEvent =
  /** Registered and connected. */
  | { is: 'ready'; isNeeded: boolean; monoMs: number }
  | { is: 'position'; monoMs: number }
  /** `random` in 0..1. */
  | { is: 'failed'; error: WaymarkError; monoMs: number; random: number }
  | { is: 'due' }
  | { is: 'token-changed' };

export const FIRST_PLAN: Plan = { state: { at: 'waiting' }, failures: 0 };

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const LOOK_AGAIN_MS = MINUTE_MS;

const SERVER: BackoffPolicy = { baseMs: 10 * MINUTE_MS, capMs: 6 * HOUR_MS, quickForMs: 0 };
const BUSY: BackoffPolicy = { baseMs: 2 * MINUTE_MS, capMs: HOUR_MS, quickForMs: 0 };
const WEATHER: BackoffPolicy = { baseMs: MINUTE_MS, capMs: HOUR_MS / 2, quickForMs: 0 };

/** Whether another token would make all the difference. */
export function isAboutToken({ code }: WaymarkError): boolean {
  return (
    code === 'celllocate.token' ||
    code === 'modem.injection' ||
    code.startsWith('secret.') ||
    code.startsWith('credential.')
  );
}

const isModuleTrouble = ({ code }: WaymarkError): boolean =>
  /^(?:link|modem|sim|network)\./.test(code) && code !== 'modem.injection';

/** How long nothing is asked after a failure, ms. */
export function restMs(error: WaymarkError, failures: number, random: number): number {
  const least = error.retryAfterMs ?? 0;
  const grown = (policy: BackoffPolicy): number => backoffDelayMs(policy, { attempt: failures, outageMs: 0 }, random);
  const own = ((): number => {
    switch (error.code) {
      case 'celllocate.server':
      case 'celllocate.no-position':
        return grown(SERVER);
      case 'celllocate.busy':
        return grown(BUSY);
      default:
        // The module's own troubles are mended elsewhere; what a person has to act on is looked at again once an hour.
        return isModuleTrouble(error) ? grown(WEATHER) : HOUR_MS * (1 + 0.1 * random);
    }
  })();
  return Math.max(own, least);
}

/** The plan after one more event; one that does not fit changes nothing. */
export function nextPlan(everyHours: number, plan: Plan, event: PlanEvent): Plan {
  const { state, failures } = plan;
  const go = (next: PlanState): Plan => ({ state: next, failures });
  switch (event.is) {
    case 'ready':
      if (state.at !== 'waiting') return plan;
      return event.isNeeded ? go({ at: 'asking' }) : go({ at: 'spared', untilMonoMs: event.monoMs + LOOK_AGAIN_MS });
    case 'position':
      if (state.at !== 'asking') return plan;
      return {
        state: everyHours > 0 ? { at: 'known', untilMonoMs: event.monoMs + everyHours * HOUR_MS } : { at: 'done' },
        failures: 0,
      };
    case 'failed': {
      if (state.at !== 'asking') return plan;
      const { error } = event;
      const untilMonoMs = event.monoMs + restMs(error, failures, event.random);
      return { state: { at: 'resting', error, untilMonoMs }, failures: failures + 1 };
    }
    case 'due':
      return state.at === 'spared' || state.at === 'known' || state.at === 'resting' ? go({ at: 'waiting' }) : plan;
    case 'token-changed':
      return state.at === 'resting' && isAboutToken(state.error) ? { state: { at: 'waiting' }, failures: 0 } : plan;
  }
}
