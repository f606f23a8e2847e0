// What every part of the simulated ThingSpace works with.
import type { Clock } from '../../../core/index.js';
import type { ThingSpaceAccount } from './account.js';
import type { RetryAfterForm, ThingSpaceSettings } from './settings.js';
import type { ThingSpaceState } from './state.js';

export interface ThingSpaceContext {
  clock: Clock;
  account: ThingSpaceAccount;
  state: ThingSpaceState;
  /** As they are now. */
  settings: ThingSpaceSettings;
}

/** `Retry-After` as the knob spells it. */
export function retryAfterHeader(form: RetryAfterForm, seconds: number, clock: Clock): Record<string, string> {
  switch (form) {
    case 'absent':
      return {};
    case 'seconds':
      return { 'retry-after': String(seconds) };
    case 'date':
      return { 'retry-after': new Date(clock.wall() + seconds * 1000).toUTCString() };
  }
}
