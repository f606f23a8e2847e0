// Which profile a module gets.
import type { Profile } from '../profile.js';
import { GENERIC } from './generic.js';
import { TELIT } from './telit.js';

const PROFILES: readonly Profile[] = [TELIT];

/** The profile for a manufacturer, or the one the configuration forces. */
export function chooseProfile(forced: 'auto' | 'telit', manufacturer: string | undefined): Profile {
  if (forced === 'telit') return TELIT;
  return PROFILES.find((profile) => profile.manufacturer?.test(manufacturer ?? '')) ?? GENERIC;
}
