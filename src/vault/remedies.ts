// The fixed sentence a person is shown for a credential that does not work, by kind and reason. It names the page to
// visit, because that is what users most lack (specs/tokens.md section 2).
import type { SecretKind } from '../core/index.js';
import type { CredentialReason, CredentialState } from './credential-model.js';
import { CHIPCODE_REMEDIES, LOCATION_TOKEN_REMEDIES, SPARTN_KEY_REMEDIES } from './remedies-location.js';
import { LOSANT_TABLES } from './remedies-losant.js';
import { THINGSPACE_TABLES } from './remedies-thingspace.js';
import { FILE_REMEDIES, type RemedyTable, THING_PAGE, ZTP_PAGE } from './remedy-table.js';

export type CredentialKind = SecretKind | 'client-certificate';

const APP_TOKEN_PAGE = 'in the deviceWISE portal (Developer, App Tokens)';

const TABLES: Readonly<Partial<Record<CredentialKind, RemedyTable>>> = {
  'ztp-token': {
    ...FILE_REMEDIES,
    missing: `Copy the ZTP token ${ZTP_PAGE} into the file that ztp.token names, and run chmod 600 on the file.`,
    malformed: `The ZTP token must be the 36-character lower-case UUID shown ${ZTP_PAGE}: copy it again.`,
    rejected: `The ZTP token is not accepted: copy token and endpoint again; both are shown ${ZTP_PAGE}.`,
    expired: `The ZTP token has ended: create a new one ${ZTP_PAGE} and put it into the file.`,
    revoked: `The ZTP token was withdrawn: create a new one ${ZTP_PAGE} and put it into the file.`,
    deactivated: `The Thing is deactivated or has no plan: activate it and assign a plan ${THING_PAGE}.`,
    'no-plan': `The Thing has no plan: assign one and activate it ${THING_PAGE}; the gateway tries again by itself.`,
    'not-listed': `The hardware code of this gateway is not on the allow list: add it to the device profile ${ZTP_PAGE}.`,
    'not-activated': `The Thing waits for its activation: activate it ${THING_PAGE}, or switch Auto Activate on in its device profile; the gateway asks again by itself.`,
    'wrong-account': `The hardware code already belongs to another device profile: free it or choose “Return existing device details” ${ZTP_PAGE}. A Thing made with a promo code cannot use ZTP: name its u-center JSON file in identity.ucenterConfigFile.`,
    'wrong-kind': `This ZTP token belongs to an AssistNow device profile: put it into the file that assistNow.token names, and that of a PointPerfect profile ${ZTP_PAGE} into the file that ztp.token names.`,
    scope: `The device profile does not cover this service: choose a profile with a PointPerfect plan ${ZTP_PAGE}.`,
    'operator-said': `The provisioning service refuses this device and says why in the evidence: correct it ${ZTP_PAGE}. A Thing made with a promo code cannot use ZTP: name its u-center JSON file in identity.ucenterConfigFile.`,
  },
  'app-token': {
    ...FILE_REMEDIES,
    missing: `Copy the app token ${APP_TOKEN_PAGE} into the file that deviceWise.appToken names, and run chmod 600 on the file.`,
    malformed: `The app token holds characters the module cannot be told (comma, quote, semicolon, backslash or blanks): create another one ${APP_TOKEN_PAGE}.`,
    rejected: `The app token or the application id is not accepted: compare the token ${APP_TOKEN_PAGE}; a thing that was first connected by its module is taken over with deviceWise.gateway.applicationId: imei.`,
    expired: `The app token has ended: create a new one ${APP_TOKEN_PAGE} and put it into the file.`,
    revoked: `The app token was deleted or changed: create a new one ${APP_TOKEN_PAGE} and put it into the file.`,
    deactivated: `The app token is switched off or its organisation has no licence left: check both ${APP_TOKEN_PAGE}.`,
    'wrong-account': `The app token belongs to another organisation: take one of the organisation that owns this gateway’s thing ${APP_TOKEN_PAGE}.`,
    scope: `The app token may not do this: give it a role with thing access ${APP_TOKEN_PAGE}.`,
    'locked-risk': `The app token was refused repeatedly and is not tried any more: put a new one from the deviceWISE portal (Developer, App Tokens) into the file.`,
  },
  pin: {
    ...FILE_REMEDIES,
    missing: 'Put the PIN of the SIM into the file that modem.sim.pin names, and run chmod 600 on the file.',
    malformed: 'The file that modem.sim.pin names must hold four to eight digits and nothing else.',
    rejected:
      'The SIM refused this PIN, and it is never sent again: unlock the SIM in a phone, then put the right PIN into the file that modem.sim.pin names.',
    'locked-risk':
      'The PIN is not tried, so that the SIM cannot be blocked: unlock the SIM in a phone, which restores its tries.',
  },
  'client-certificate': {
    ...FILE_REMEDIES,
    missing: `There is no client certificate yet: it comes with provisioning, for which ztp.token names a ZTP token; or download certificate and key ${THING_PAGE} and name them under identity.`,
    malformed: `Certificate and key cannot be read or do not belong together: download both again ${THING_PAGE}, or provision again (stop the agent, remove the identity files from its state directory, start it).`,
    rejected: `The broker refuses the client certificate: check that the Thing is active and that the certificate belongs to it ${THING_PAGE}.`,
    expiring: `The client certificate ends soon: with ZTP it is renewed by itself, otherwise download a new one ${THING_PAGE}.`,
    expired: `The client certificate has ended: check the clock first, then provision again (stop the agent, remove the identity files from its state directory, start it) or download a new one ${THING_PAGE}.`,
    revoked: `The client certificate was revoked: provision again (stop the agent, remove the identity files from its state directory, start it), or download a new one ${THING_PAGE}.`,
    deactivated: `The Thing is deactivated or has no plan: activate it and assign a plan ${THING_PAGE}.`,
    'no-plan': `The Thing has no plan: assign one and activate it ${THING_PAGE}; the gateway tries again by itself.`,
    'wrong-account': `The certificate belongs to another client id: use the certificate, key and client id of one and the same Thing ${THING_PAGE}.`,
  },
};

const OTHER_TABLES: Readonly<Partial<Record<CredentialKind, RemedyTable>>> = {
  'location-token': LOCATION_TOKEN_REMEDIES,
  chipcode: CHIPCODE_REMEDIES,
  'spartn-key': SPARTN_KEY_REMEDIES,
  ...LOSANT_TABLES,
  ...THINGSPACE_TABLES,
};

const ANY_KIND: RemedyTable = {
  ...FILE_REMEDIES,
  missing: 'There is no value yet: put it into the file the configuration names, and run chmod 600 on the file.',
  valid: 'Nothing has to be done.',
  expiring: 'It ends soon: create a new one in the provider’s portal and put it in place before that day.',
  expired: 'It has ended: create a new one in the provider’s portal and put it in place.',
  rejected: 'The provider does not accept it: compare it with the one shown in the provider’s portal.',
  revoked: 'The provider has withdrawn it: create a new one in the provider’s portal and put it in place.',
  deactivated: 'The provider has switched it off: check plan and status in the provider’s portal.',
  'locked-risk': 'It was refused repeatedly and is not tried any more, so that the account is not locked: replace it.',
};

/**
 * What to do about it, in whole sentences. `own` (from the caller) is asked before the built-in tables; `isEndEstimated`
 * says that the end it nears is only an estimate.
 */
export function remedyFor(
  kind: CredentialKind,
  state: CredentialState,
  reason?: CredentialReason,
  own: RemedyTable = {},
  isEndEstimated = false,
): string {
  if (state === 'valid') return own.valid ?? 'Nothing has to be done.';
  const tables = [own, TABLES[kind] ?? OTHER_TABLES[kind] ?? {}, ANY_KIND];
  if (state === 'expiring' && isEndEstimated)
    for (const table of tables) if (table['estimated-end'] !== undefined) return table['estimated-end'];
  // The reason says more than the state, but only where somebody wrote a sentence for it; per table, nearest first.
  for (const table of tables) {
    const sentence = (reason === undefined ? undefined : table[reason]) ?? table[state];
    if (sentence !== undefined) return sentence;
  }
  return 'Look at the evidence and replace the value if the provider no longer accepts it.';
}
