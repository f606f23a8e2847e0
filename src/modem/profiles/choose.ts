// Which profile a module gets: by what it says of itself. A family written in the configuration only decides for a
// module that says nothing known.
import type { Profile, Vendor } from '../profile.js';
import { PROFILES, VENDOR_PROFILES } from './all.js';
import { GENERIC } from './generic.js';

export interface ProfileChoice {
  profile: Profile;
  /** Set when the configuration names another family than the module: what is done instead, in words. */
  note?: string;
}

/** The profile for what `+CGMI` and `+CGMM` answered. */
export function chooseProfile(
  configured: 'auto' | Vendor,
  manufacturer: string | undefined,
  model: string | undefined,
): ProfileChoice {
  const own = PROFILES.find(
    ({ selects }) =>
      selects?.manufacturer.test(manufacturer ?? '') &&
      (selects.model === undefined || selects.model.test(model ?? '')),
  );
  if (configured === 'auto') return { profile: own ?? GENERIC };
  if (own === undefined) return { profile: VENDOR_PROFILES[configured] };
  if (own.vendor === configured) return { profile: own };
  return {
    profile: own,
    note: `modem.profile says ${configured}, but the module is ${own.vendor}: ${own.name} is used`,
  };
}
