// Codes of deviceWISE, over both roads.
import type { ErrorInfo } from './error-info.js';

export const DEVICEWISE_ERRORS = {
  'devicewise.refused': {
    means: 'The deviceWISE platform refused the thing’s login.',
    retry: 'operator',
    hint: 'The deviceWISE platform does not accept the app token, or the application id this thing was first used with: compare the token in the portal (Developer, App Tokens); if the thing was first connected by its module, set deviceWise.gateway.applicationId: imei.',
    exit: 77,
  },
  'devicewise.no-client': {
    means: 'The configuration asks for the road through the module, and the module does not know the commands for it.',
    retry: 'never',
    hint: 'The module has no deviceWISE client of its own (AT#DWCFG): leave deviceWise.road at auto, or set it to gateway.',
    exit: 78,
  },
  'devicewise.config': {
    means: 'The module or the gateway was told a server, a port or a setting with which no connection can come about.',
    retry: 'operator',
    hint: 'The deviceWISE platform cannot be reached as configured: compare deviceWise.server with the portal (Developer), and the other keys of that section.',
    exit: 78,
  },
  'devicewise.unreachable': {
    means: 'No connection to the deviceWISE server came about.',
    retry: 'backoff',
    hint: 'The deviceWISE server cannot be reached; it is tried again later. Look at network and deviceWise.server if it stays so.',
    exit: 75,
  },
  'devicewise.lost': {
    means: 'A connection to deviceWISE that worked has ended.',
    retry: 'backoff',
    hint: 'The connection to deviceWISE has ended; it is made again.',
    exit: 75,
  },
  'devicewise.session-refused': {
    means: 'The platform accepted the login and then refused the session that came with it.',
    retry: 'backoff',
    hint: 'The deviceWISE platform refuses a session it has just handed out; it is asked for another one later.',
    exit: 75,
  },
  'devicewise.permission': {
    means: 'The platform accepts the app token, and its role lacks a permission.',
    retry: 'operator',
    hint: 'The app token may connect but not do this: give its role the permission in the portal (Developer, Roles).',
    exit: 77,
  },
  'devicewise.rejected': {
    means: 'The platform answered a record with an error of its own.',
    retry: 'operator',
    hint: 'The deviceWISE platform does not take this record: look whether the thing definition declares its key, or allows keys that are not declared.',
    exit: 75,
  },
  'devicewise.malformed': {
    means: 'The deviceWISE server’s answer has not the form of one.',
    retry: 'backoff',
    hint: 'The answer is not what deviceWISE sends: a captive portal or proxy may be in between, or deviceWise.server names another service.',
    exit: 75,
  },
} as const satisfies Record<string, ErrorInfo>;
