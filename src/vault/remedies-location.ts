// Remedies for what the location services ask for: tokens, chipcodes, NTRIP accounts, decryption keys
// (specs/tokens.md T1, T2, T12 to T14). Each names the page of the portal, and where a value in the wrong place belongs.
import { FILE_REMEDIES, type RemedyTable, THING_PAGE, TOKEN_PAGE, ZTP_PAGE } from './remedy-table.js';

const REACTIVATE = `assign it a plan again ${TOKEN_PAGE}; it is tried again by itself, about once an hour`;

/** A location token that the configuration names as `key`, for the service of that name. */
function locationToken(service: string, key: string, wrongKind: string): RemedyTable {
  const kind = key.replace(/token$/, 'kind');
  return {
    ...FILE_REMEDIES,
    missing: `Copy the ${service} token ${TOKEN_PAGE} into the file that ${key} names, and run chmod 600 on the file.`,
    rejected: `${service} does not accept the token: compare it with the one shown ${TOKEN_PAGE}; a temporary one may have ended.`,
    'ambiguous-400': `${service} does not accept the token, and does not say why: look ${TOKEN_PAGE} whether it is active, of this service, and, if temporary, younger than 90 days.`,
    'estimated-end': `This temporary token ends 90 days after its issue; judged by its first use that day is near, and it may come sooner: convert it to permanent ${TOKEN_PAGE}, then set ${kind} to permanent.`,
    expiring: `This temporary token ends soon: convert it to permanent ${TOKEN_PAGE}, then set ${kind} to permanent.`,
    expired: `This temporary token has ended: convert it to permanent ${TOKEN_PAGE} and set ${kind} to permanent, or put a new one into the file that ${key} names.`,
    revoked: `The token was withdrawn: create a new one ${TOKEN_PAGE} and put it into the file that ${key} names.`,
    deactivated: `The token has worked and is now refused, so it was probably deactivated: ${REACTIVATE}.`,
    'no-plan': `The token has worked and is now refused, so it was probably taken off its plan: ${REACTIVATE}.`,
    'wrong-kind': wrongKind,
    scope: `The token is not good for ${service}: create one for this service ${TOKEN_PAGE} and put it into the file that ${key} names.`,
  };
}

const ZTP_TOKEN_IN_ITS_PLACE =
  'This is a ZTP token (a UUID), not a location token: one of an AssistNow device profile belongs into the file that assistNow.token names, one of a PointPerfect profile into that of ztp.token';

/** The credential `assistnow-legacy-token`. */
export const LEGACY_TOKEN_REMEDIES = locationToken(
  'AssistNow (legacy)',
  'assistNow.legacy.token',
  `${ZTP_TOKEN_IN_ITS_PLACE}. Without a location token remove assistNow.legacy.`,
);

/** The credential `celllocate-token`. */
export const CELLLOCATE_TOKEN_REMEDIES = locationToken(
  'CellLocate',
  'modem.cellLocate.token',
  `${ZTP_TOKEN_IN_ITS_PLACE}. The CellLocate token is shown ${TOKEN_PAGE}.`,
);

/** Location tokens of no particular service. */
export const LOCATION_TOKEN_REMEDIES: RemedyTable = LEGACY_TOKEN_REMEDIES;

/** The credential `assistnow-token`, of kind `ztp-token`. */
export const ASSIST_TOKEN_REMEDIES: RemedyTable = {
  ...FILE_REMEDIES,
  missing: `Copy the ZTP token of the AssistNow device profile ${ZTP_PAGE} into the file that assistNow.token names, and run chmod 600 on the file.`,
  rejected: `The token of the AssistNow device profile is not accepted: copy token and endpoint again; both are shown ${ZTP_PAGE}.`,
  expired: `The token of the AssistNow device profile has ended: create a new one ${ZTP_PAGE} and put it into the file that assistNow.token names.`,
  revoked: `The token of the AssistNow device profile was withdrawn: create a new one ${ZTP_PAGE} and put it into the file that assistNow.token names.`,
  deactivated: `The AssistNow Thing of this receiver is deactivated or has no plan: activate it and assign a plan ${THING_PAGE}.`,
  'no-plan': `The AssistNow Thing of this receiver has no plan: assign one and activate it ${THING_PAGE}; the gateway tries again by itself.`,
  'not-activated': `The AssistNow Thing of this receiver waits for its activation: activate it ${THING_PAGE}, or switch Auto Activate on in the AssistNow device profile.`,
  'not-listed': `This receiver is not on the allow list: add it to the AssistNow device profile ${ZTP_PAGE}.`,
  'wrong-account': `This receiver already belongs to another device profile: free it or choose “Return existing device details” in the AssistNow device profile ${ZTP_PAGE}.`,
  'wrong-kind': `This token is not of an AssistNow device profile: a location token belongs into the file that assistNow.legacy.token names, a token of a PointPerfect profile into that of ztp.token; the right one is shown ${ZTP_PAGE}.`,
  scope: `The device profile does not cover AssistNow: choose an AssistNow profile with a plan ${ZTP_PAGE}.`,
  'operator-said': `AssistNow refuses this receiver or profile and says why in the evidence: check the plan of the AssistNow device profile ${ZTP_PAGE}, and that AssistNow serves this generation of receivers.`,
};

/** The credential `assistnow-chipcode`. */
export const CHIPCODE_REMEDIES: RemedyTable = {
  missing: `There is no chipcode yet: it comes with the token of the AssistNow device profile ${ZTP_PAGE} once the receiver has said who it is.`,
  rejected: `AssistNow refuses the chipcode, and the gateway asks for a new one at most once a day: check that this receiver’s Thing is active ${THING_PAGE}.`,
  expired: `The chipcode has ended and the gateway asks for a new one by itself: check that this receiver’s Thing is active ${THING_PAGE}.`,
  revoked: `The chipcode was withdrawn and the gateway asks for a new one by itself: check this receiver’s Thing ${THING_PAGE}.`,
  deactivated: `The AssistNow Thing of this receiver is deactivated or has no plan: activate it and assign a plan ${THING_PAGE}.`,
  'no-plan': `The AssistNow Thing of this receiver has no plan: assign one and activate it ${THING_PAGE}.`,
  scope: `The plan of this receiver does not cover the data asked for: choose another AssistNow plan ${THING_PAGE}, or ask for less in the section assistNow.`,
};

/** The credential `ntrip-account` where it comes with the provisioning answer. */
export const PROVISIONED_ACCOUNT_REMEDIES: RemedyTable = {
  missing: `There is no NTRIP account yet: it comes with provisioning, for a plan with NTRIP delivery ${THING_PAGE}.`,
  rejected: `The caster refuses the account. A new one is asked for by itself, once; if it stays refused, check that the Thing is active, has a plan, and is used by one gateway only ${THING_PAGE}.`,
  'operator-said': `The caster refuses this account and says why in the evidence: look up the Thing and its plan ${THING_PAGE}.`,
  deactivated: `The Thing is deactivated or has no plan: activate it and assign a plan ${THING_PAGE}.`,
  'no-plan': `The Thing has no plan: assign one and activate it ${THING_PAGE}; the gateway tries again by itself.`,
};

/** The credential `ntrip-account` of a caster that the configuration names. */
export const CONFIGURED_ACCOUNT_REMEDIES: RemedyTable = {
  ...FILE_REMEDIES,
  missing:
    'Put the password of the NTRIP account into the file that corrections.ntrip.password names, and run chmod 600 on the file.',
  rejected:
    'The caster refuses user or password: compare corrections.ntrip.userName and the file that corrections.ntrip.password names with the caster’s own page, and check that no other client uses the account.',
  'operator-said':
    'The caster refuses this account and says why in the evidence: look it up on the caster’s own page, or ask whoever runs it.',
};

/** The credential `spartn-keys`. */
export const SPARTN_KEY_REMEDIES: RemedyTable = {
  missing: 'There are no decryption keys yet: they come with provisioning or on the key topic once the session is up.',
  expiring: `The decryption keys end soon and newer ones have not come: check that the key topic is among the topics, and the plan ${THING_PAGE}.`,
  expired: `The decryption keys have ended, so encrypted corrections are of no use: check that the session is up, and the plan ${THING_PAGE}; with ZTP newer keys are asked for once a day.`,
};
