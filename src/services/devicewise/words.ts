// What the deviceWISE service says of itself to a person.

import type { ServiceReason } from '../reason.js';
import type { LifeState } from './machine.js';
import type { DeviceWiseSnapshot } from './service-types.js';

export interface Said {
  life: LifeState;
  /** How, and why so. */
  how: string | undefined;
  /** Why the road is not known yet. */
  waitsFor: string | undefined;
  isProving: boolean;
  reason: ServiceReason | undefined;
}

export function sentenceOf({ life, how, waitsFor, isProving, reason }: Said): string {
  const by = how === undefined ? '' : ` ${how}`;
  const why = reason?.message ?? 'unknown';
  switch (life.is) {
    case 'stopped':
      return 'Not connected to deviceWISE.';
    case 'connecting':
      if (isProving) return 'Trying another app token at deviceWISE.';
      if (waitsFor !== undefined) return `Not connected to deviceWISE yet: ${waitsFor}.`;
      return reason === undefined
        ? `Connecting to deviceWISE${by}.`
        : `Connecting to deviceWISE again${by}, after: ${reason.message}.`;
    case 'online':
      return `Connected to deviceWISE${by}.`;
    case 'waiting-retry':
      return `Not connected to deviceWISE${by}: ${why}.`;
    case 'no-bearer':
      return `Not connected to deviceWISE, because the module has no connection: ${why}.`;
    case 'auth-rejected':
      return `deviceWISE does not accept the app token, or the application id: ${why}.`;
    case 'unconfigured':
      return `Not connected to deviceWISE, and a person has to act: ${why}.`;
  }
}

export function nextOf(life: LifeState): DeviceWiseSnapshot['next'] {
  switch (life.is) {
    case 'stopped':
    case 'connecting':
    case 'online':
      return undefined;
    case 'auth-rejected':
      return { what: 'asks whether the app token is good again', atMonoMs: life.nextMonoMs };
    case 'waiting-retry':
    case 'no-bearer':
    case 'unconfigured':
      return { what: 'connects again', atMonoMs: life.nextMonoMs };
  }
}
