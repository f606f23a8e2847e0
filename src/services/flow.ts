// Watches that corrections keep coming, as a pure machine: a session that is up while nothing arrives is a failure that
// no keepalive notices (specs/reliability.md finding 6, specs/ublox.md section 2.5).
//
//             data                          data
//          +--------+                 +------------------+
//          v        |                 v                  |
//   waiting --data--> flowing --expired--> silent --expired--> lost (a new session is needed)
//       |                                    ^
//       +-----------------expired------------+   on the way: subscribe again
//
// `expired` is sent when nothing came for as long as the state is allowed to last; the driver measures it.
import type { Step } from '../core/index.js';

export type FlowState = 'waiting' | 'flowing' | 'silent' | 'lost';
export type FlowEvent = 'data' | 'expired';
export type FlowEffect = 'resubscribe' | 'give-up';

export function nextFlow(state: FlowState, event: FlowEvent): Step<FlowState, FlowEffect> {
  if (state === 'lost') return { state };
  if (event === 'data') return { state: 'flowing' };
  return state === 'silent' ? { state: 'lost', effects: ['give-up'] } : { state: 'silent', effects: ['resubscribe'] };
}

export interface SilenceLimits {
  /** Without corrections for this long: subscribe again. */
  resubscribeMs: number;
  /** Without corrections for this long in all: a new session. */
  reconnectMs: number;
}

/** Silence since the last correction (or the subscription) after which the state expires. */
export function silenceLimitMs(state: FlowState, limits: SilenceLimits): number {
  return state === 'silent' ? limits.reconnectMs : limits.resubscribeMs;
}
