// Codes of deviceWISE, over both roads.
import type { ErrorInfo } from './error-info.js';

export const DEVICEWISE_ERRORS = {
  'devicewise.refused': {
    retry: 'operator',
    hint: 'The deviceWISE platform does not accept the app token, or the application id this thing was first used with: compare the token in the portal (Developer, App Tokens); if the thing was first connected by its module, set deviceWise.gateway.applicationId: imei.',
    exit: 77,
  },
  'devicewise.no-client': {
    retry: 'never',
    hint: 'The module has no deviceWISE client of its own (AT#DWCFG): leave deviceWise.road at auto, or set it to gateway.',
    exit: 78,
  },
  'devicewise.config': {
    retry: 'operator',
    hint: 'The deviceWISE platform cannot be reached as configured: compare deviceWise.server with the portal (Developer), and the other keys of that section.',
    exit: 78,
  },
  'devicewise.unreachable': {
    retry: 'backoff',
    hint: 'The deviceWISE server cannot be reached; it is tried again later. Look at network and deviceWise.server if it stays so.',
    exit: 75,
  },
  'devicewise.lost': {
    retry: 'backoff',
    hint: 'The connection to deviceWISE has ended; it is made again.',
    exit: 75,
  },
  'devicewise.session-refused': {
    retry: 'backoff',
    hint: 'The deviceWISE platform refuses a session it has just handed out; it is asked for another one later.',
    exit: 75,
  },
  'devicewise.permission': {
    retry: 'operator',
    hint: 'The app token may connect but not do this: give its role the permission in the portal (Developer, Roles).',
    exit: 77,
  },
  'devicewise.rejected': {
    retry: 'operator',
    hint: 'The deviceWISE platform does not take this record: look whether the thing definition declares its key, or allows keys that are not declared.',
    exit: 75,
  },
  'devicewise.malformed': {
    retry: 'backoff',
    hint: 'The answer is not what deviceWISE sends: a captive portal or proxy may be in between, or deviceWise.server names another service.',
    exit: 75,
  },
} as const satisfies Record<string, ErrorInfo>;
