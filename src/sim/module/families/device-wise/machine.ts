// When the client connects: at once, once more at once, and then by its schedule, on a beat of five seconds
// (specs/devicewise.md 1.4, 1.5).
//
//               start                     up
//   stopped ────────────→ connecting ──────────────→ connected
//      ↑                   ↑   │    ↑                    │
//      │ stop (from all)   │   │    └──── lost ──────────┤ (first retry, at once)
//      │                   │   │ failed: once more at once, then                │
//      │            tick,  │   ↓                         │
//      └──────────── due ──┴─ waiting ←───────────────────┘ lost without a context
import type { DeviceWiseStatus } from '../../device-wise.js';

export type LinkState =
  | { is: 'stopped' }
  /** `hasTriedAgain`: the retry at once is used up. */
  | { is: 'connecting'; offlineSinceMs: number; triedAtMs: number; hasTriedAgain: boolean }
  | { is: 'connected' }
  | { is: 'waiting'; offlineSinceMs: number; triedAtMs: number };

/** `mayRetry`: is a retry at once allowed, and of any use? */
export type LinkEvent =
  | { is: 'start'; atMs: number }
  | { is: 'stop' }
  | { is: 'up' }
  | { is: 'failed'; atMs: number; mayRetry: boolean }
  | { is: 'lost'; atMs: number; mayRetry: boolean }
  | { is: 'tick'; atMs: number; mode: number };

export type LinkEffect = 'connect' | 'close';

export interface LinkStep {
  state: LinkState;
  effects?: readonly LinkEffect[];
}

export const TICK_MS = 5000;
const SHORT_MS = 120_000;
const LONG_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Longer than this since the last try: it is time for the next one. Undefined: never. */
function pauseMs(mode: number, offlineMs: number): number | undefined {
  if (mode === 1) return LONG_MS;
  if (mode === 2) return offlineMs <= DAY_MS ? SHORT_MS : LONG_MS;
  return mode === 3 ? SHORT_MS : undefined;
}

export function nextLink(state: LinkState, event: LinkEvent): LinkStep {
  switch (event.is) {
    case 'start':
      if (state.is !== 'stopped') return { state };
      return {
        state: { is: 'connecting', offlineSinceMs: event.atMs, triedAtMs: event.atMs, hasTriedAgain: false },
        effects: ['connect'],
      };
    case 'stop':
      return state.is === 'stopped' ? { state } : { state: { is: 'stopped' }, effects: ['close'] };
    case 'up':
      return state.is === 'connecting' ? { state: { is: 'connected' } } : { state };
    case 'failed': {
      if (state.is !== 'connecting') return { state };
      const { offlineSinceMs, hasTriedAgain } = state;
      if (event.mayRetry && !hasTriedAgain)
        return {
          state: { is: 'connecting', offlineSinceMs, triedAtMs: event.atMs, hasTriedAgain: true },
          effects: ['close', 'connect'],
        };
      return { state: { is: 'waiting', offlineSinceMs, triedAtMs: event.atMs }, effects: ['close'] };
    }
    case 'lost': {
      if (state.is !== 'connected') return { state };
      const times = { offlineSinceMs: event.atMs, triedAtMs: event.atMs };
      if (!event.mayRetry) return { state: { is: 'waiting', ...times }, effects: ['close'] };
      return { state: { is: 'connecting', ...times, hasTriedAgain: true }, effects: ['close', 'connect'] };
    }
    case 'tick': {
      if (state.is !== 'waiting') return { state };
      const { offlineSinceMs, triedAtMs } = state;
      const pause = pauseMs(event.mode, event.atMs - offlineSinceMs);
      if (pause === undefined || event.atMs - triedAtMs <= pause) return { state };
      return {
        state: { is: 'connecting', offlineSinceMs, triedAtMs: event.atMs, hasTriedAgain: true },
        effects: ['connect'],
      };
    }
    default:
      return { state };
  }
}

const STATUS = { stopped: 0, connecting: 1, connected: 2, waiting: 3 } as const;

/** As the commands say it. */
export const statusOf = (state: LinkState): DeviceWiseStatus => STATUS[state.is];
