// What the tables of remedies are made of: their shape, the portal's pages, and the sentences every file has in common.
import type { CredentialReason, CredentialState } from './credential-model.js';

/** Reason or state to sentence; the reason is looked up first, then the state. `estimated-end`: expiring, by an estimate. */
export type RemedyTable = Readonly<Partial<Record<CredentialReason | CredentialState | 'estimated-end', string>>>;

export const ZTP_PAGE =
  'in the Thingstream portal (Location Services, Location Things, Device Profiles, then the profile’s ZTP page)';
export const THING_PAGE = 'in the Thingstream portal (Location Services, Location Things, then the Thing)';
export const TOKEN_PAGE = 'in the Thingstream portal (Location Services, Location Tokens, then the token)';

/** Good for every kind whose value a person puts into a file. */
export const FILE_REMEDIES: RemedyTable = {
  unreadable: 'The file that holds the value cannot be read: check its path and that it belongs to the service user.',
  'bad-permissions':
    'The file that holds the value can be read by others: run chmod 600 on it and make the service user its owner.',
  malformed:
    'The value holds blanks, quotes or characters no token has: copy it again, without quotes and on a single line.',
  superseded: 'A newer value has replaced this one: nothing has to be done unless the newer one fails as well.',
};
