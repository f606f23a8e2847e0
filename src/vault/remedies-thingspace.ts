// Remedies for what ThingSpace asks for: the application pair, the UWS pair, what a device shows an operator’s endpoint,
// and the two tokens made of them (specs/tokens.md T5 to T8, T15). Each names the page of the portal.
import { FILE_REMEDIES, type RemedyTable } from './remedy-table.js';

const KEY_PAGE = 'in the ThingSpace portal (Key Management)';
const REARMED = 'a changed value, or a raised thingspace.loginEpoch, is tried at once';

function ofPair(what: 'key' | 'secret'): RemedyTable {
  return {
    ...FILE_REMEDIES,
    missing: `Copy the application ${what} ${KEY_PAGE} into the file that thingspace.${what} names, and run chmod 600 on the file.`,
    malformed: `The application ${what} holds blanks or a colon, which no ${what} has: copy it again ${KEY_PAGE}, on a single line.`,
    rejected: `ThingSpace does not accept the application key and secret, and does not say which of the two is wrong: compare both ${KEY_PAGE}.`,
    revoked: `The application key was withdrawn: create a new pair ${KEY_PAGE} and put both values into their files.`,
    'locked-risk': `ThingSpace has refused the application key and secret, and they are not tried again: compare both ${KEY_PAGE}; ${REARMED}.`,
    scope: `The application is not subscribed to Device Location: add it ${KEY_PAGE}.`,
  };
}

const UWS_PAGE = 'in the ThingSpace portal (API Management, Unified Web Services account)';

export const UWS_USER_REMEDIES: RemedyTable = {
  ...FILE_REMEDIES,
  missing: `Put the UWS user name shown ${UWS_PAGE} into the file that thingspace.user names, and run chmod 600 on the file.`,
  malformed:
    'The UWS user name holds blanks, an apostrophe, a less-than sign or a backslash, which ThingSpace does not take: correct the file.',
  rejected: `ThingSpace does not accept the UWS user or its password: compare both ${UWS_PAGE}.`,
  'locked-risk': `ThingSpace has refused the UWS user or its password, and no login is made any more, because five misses lock the account for good: correct the files; ${REARMED}.`,
};

/** The credential `thingspace-password`. */
export const UWS_PASSWORD_REMEDIES: RemedyTable = {
  ...FILE_REMEDIES,
  missing:
    'Put the UWS password into the file that thingspace.password names, and run chmod 600 on the file. It was shown once when the UWS account was made; reset it there if it is lost.',
  malformed:
    'The UWS password holds blanks, an apostrophe, a less-than sign or a backslash, which ThingSpace does not take: reset it in the ThingSpace portal. No login was tried.',
  rejected: `ThingSpace does not accept the UWS user or its password: compare both ${UWS_PAGE}; every miss counts towards the five that lock the account.`,
  'locked-risk': `The login was refused, or its outcome stayed unknown twice, and none is made any more, because five misses lock the account until Verizon Support unlocks it: correct user and password; ${REARMED}. If the account is locked already, call Verizon Support first.`,
};

/** The credential `thingspace-api-token`. */
export const API_TOKEN_REMEDIES: RemedyTable = {
  missing: 'It is fetched when it is needed: nothing has to be done.',
  expired: 'It lives for an hour and is fetched again when it is needed: nothing has to be done.',
  rejected: `ThingSpace refuses the token it has handed out: it is asked again when that token has ended. If it stays so, look ${KEY_PAGE} whether the application is active.`,
  revoked: 'It was revoked, and another is fetched when it is needed: nothing has to be done.',
};

/** The credential `thingspace-session`. */
export const SESSION_REMEDIES: RemedyTable = {
  missing: 'It is opened by a login when it is needed: nothing has to be done.',
  expired: 'It ends 20 minutes after its last use, and is opened again when it is needed: nothing has to be done.',
  rejected:
    'ThingSpace refuses the session it has opened: another is opened with the next request. If that repeats, another program logs in as the same UWS user: give it a user of its own.',
};

const OPERATOR_REMEDIES: RemedyTable = {
  ...FILE_REMEDIES,
  missing:
    'Put the enrolment token that the operator gave for this device into the file the configuration names, and run chmod 600 on the file.',
  rejected: 'The operator’s endpoint does not accept this device: ask the operator for a new enrolment token.',
  deactivated: 'The operator’s endpoint has no such device any more: ask the operator to take it in again.',
  'locked-risk':
    'The operator’s endpoint holds this device back until somebody acts there: ask the operator; then replace the token.',
};

/** By kind, where a kind belongs to this service alone. */
export const THINGSPACE_TABLES = {
  'thingspace-key': ofPair('key'),
  'thingspace-secret': ofPair('secret'),
  'uws-user': UWS_USER_REMEDIES,
  'enrolment-token': OPERATOR_REMEDIES,
} as const satisfies Readonly<Record<string, RemedyTable>>;
