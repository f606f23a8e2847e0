// Remedies for what Losant asks for: access key and secret, application token, and the device token made from the pair
// (specs/tokens.md T9 to T11). Each names the page of the Losant application.
import { FILE_REMEDIES, type RemedyTable } from './remedy-table.js';

const KEY_PAGE = 'in the Losant application (Security, Access Keys)';
const TOKEN_PAGE = 'in the Losant application (Security, API Tokens)';
const DEVICE_GONE =
  'Losant does not know the device any more: restore it in the Losant application (deleted devices are kept for 93 days), or correct losant.deviceId.';

const ACCESS_KEY_REMEDIES: RemedyTable = {
  ...FILE_REMEDIES,
  missing: `Create an access key restricted to this device ${KEY_PAGE}, put it into the file that losant.accessKey names, and run chmod 600 on the file.`,
  malformed: `The access key is a UUID without blanks: copy it again ${KEY_PAGE}.`,
  rejected: `Losant does not accept access key and secret: look ${KEY_PAGE} whether the key is active and covers this device.`,
  deactivated: DEVICE_GONE,
  revoked: `The access key was deleted: create a new one ${KEY_PAGE} and put key and secret into their files.`,
};

const ACCESS_SECRET_REMEDIES: RemedyTable = {
  ...FILE_REMEDIES,
  missing: `The access secret is shown once, when its key is created ${KEY_PAGE}: put it into the file that losant.accessSecret names, and run chmod 600 on the file. If it is lost, create a new key.`,
  malformed: `The access secret is 64 hexadecimal digits without blanks: copy it again; if it is lost, create a new key ${KEY_PAGE}.`,
  rejected: `Losant does not accept access key and secret: look ${KEY_PAGE} whether the key is active and covers this device; its address filter must be off behind a carrier’s NAT. It is tried again by itself, about once an hour; a new key, with its own secret, at once.`,
  deactivated: DEVICE_GONE,
  'operator-said': DEVICE_GONE,
  revoked: `The access key was deleted: create a new one ${KEY_PAGE} and put key and secret into their files.`,
};

const TOKEN_SCOPES = 'device.sendState, device.getCommand and device.setConnectionStatus';

const APPLICATION_TOKEN_REMEDIES: RemedyTable = {
  ...FILE_REMEDIES,
  missing: `Create an application token with ${TOKEN_SCOPES} ${TOKEN_PAGE}; it is shown once: put it into the file that losant.applicationToken names, and run chmod 600 on the file.`,
  malformed: `The application token is one line of three parts with dots between: create a new one ${TOKEN_PAGE}, because it is shown only once.`,
  expiring: `The application token ends soon, and its end cannot be moved: create a new one ${TOKEN_PAGE} and put it into the file that losant.applicationToken names.`,
  expired: `The application token has ended, and its end cannot be moved: create a new one ${TOKEN_PAGE} and put it into the file; nothing is lost for 30 days.`,
  rejected: `Losant does not accept the application token: look ${TOKEN_PAGE} whether it has ended, is inactive or was deleted. Nothing is lost for 30 days; an inactive one is tried again by itself, about once an hour.`,
  revoked: `The application token was deleted: create a new one ${TOKEN_PAGE} and put it into the file that losant.applicationToken names.`,
  scope: `The application token may not do this, and its scope cannot be changed: create one with ${TOKEN_SCOPES} ${TOKEN_PAGE}.`,
};

const ENROL_SCOPES = 'devices.get, devices.post and applicationKeys.post';

/** The application token that makes device and key: it is erased once it has done that. */
export const LOSANT_ENROLMENT_REMEDIES: RemedyTable = {
  ...APPLICATION_TOKEN_REMEDIES,
  missing: `Before the enrolment: create an application token with ${ENROL_SCOPES} and a short life ${TOKEN_PAGE}, and put it into the file that losant.enrol.token names. After it nothing has to be done: the file was erased.`,
  expired: `The application token for the enrolment has ended: create one with ${ENROL_SCOPES} ${TOKEN_PAGE} and put it into the file that losant.enrol.token names.`,
  scope: `The application token may not make a device and its key: create one with ${ENROL_SCOPES} ${TOKEN_PAGE}.`,
};

const DEVICE_TOKEN_REMEDIES: RemedyTable = {
  missing: 'It is fetched by itself with the access key when it is needed.',
  expired: 'It is fetched again by itself with the access key.',
  rejected: `It is fetched again by itself; if that does not help, look ${KEY_PAGE} whether the key is active and covers this device.`,
  deactivated: DEVICE_GONE,
  'operator-said': DEVICE_GONE,
  refused: 'It is fetched again by itself with the access key.',
};

export const LOSANT_TABLES = {
  'access-key': ACCESS_KEY_REMEDIES,
  'access-secret': ACCESS_SECRET_REMEDIES,
  'application-token': APPLICATION_TOKEN_REMEDIES,
  'device-token': DEVICE_TOKEN_REMEDIES,
} as const;
