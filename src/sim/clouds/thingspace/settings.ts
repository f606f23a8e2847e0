// The knobs of the simulated ThingSpace: what its documentation leaves open, both ways, and what an account may have
// (specs/thingspace.md sections 2 to 5, 7.1 and 11).

export const EXPIRES_IN_FORMS = ['remaining', 'always-3600', 'absent', 'text'] as const;
export const ERROR_BODIES = ['json', 'xml', 'html', 'empty'] as const;
export const UTC_OFFSETS = ['absent', '+HHMM', '+HH:MM', '+H', 'minutes'] as const;
export const RETRY_AFTERS = ['absent', 'seconds', 'date'] as const;
export const WRONG_PATHS = ['text', 'fault'] as const;
export const SESSION_ERROR_SHAPES = ['E4', 'E3'] as const;
export const OPERATOR_MOODS = [
  'normal',
  'pending',
  'unauthorized',
  'forbidden',
  'unknown',
  'latched',
  'gone',
  'busy',
  'down',
] as const;
/** What the operator's endpoints answer: `pending` 202, then 401, 403, 404, 409, 410, 429, 503. */
export type OperatorMood = (typeof OPERATOR_MOODS)[number];
export const OPERATOR_EXPIRIES = ['remaining', 'absent', 'too-long', 'text'] as const;
export type RetryAfterForm = (typeof RETRY_AFTERS)[number];

export interface ThingSpaceSettings {
  /** What the token answer says of the life left. */
  expiresIn: (typeof EXPIRES_IN_FORMS)[number];
  /** Does the token answer have `scope`? */
  isScopeShown: boolean;
  /** Does the answer to a revocation have the header `RevokedAccessToken`? */
  isRevokedTokenShown: boolean;
  /** A gateway's fault inside `{"fault":…}`, or bare. */
  faultWrapped: boolean;
  /** `"900901"` or 900901. */
  faultCode: 'text' | 'number';
  /** What refusals of ThingSpace itself look like, whatever their shape. */
  errorBody: (typeof ERROR_BODIES)[number];
  /** A path nobody serves, under /api/m2m/v1: 404 text, or 400 with fault 900906. */
  wrongPath: (typeof WRONG_PATHS)[number];
  /** False: the key pair may use no API at all (403 "Resource not available"). */
  isSubscribed: boolean;
  /** A login ends the user's other sessions. */
  singleSessionPerUser: boolean;
  /** Refused calls count as use of a session, too. */
  failedCallsSlide: boolean;
  sessionErrorStatus: 400 | 403;
  /** On the location API: its own shape, or that of the rest. */
  sessionErrorShape: (typeof SESSION_ERROR_SHAPES)[number];
  /** `expiresIn` of the login answer, seconds; 0 = none. */
  sessionExpiresInS: number;
  /** What follows `UnifiedWebService.REQUEST_FAILED.` when the password is wrong. */
  loginErrorTail: string;
  /** Texts with `'`, `<` or `\` are refused. */
  checksCharacters: boolean;
  /** How `utcoffset` of a position is spelled. */
  utcOffset: (typeof UTC_OFFSETS)[number];
  /** Where the device's clock stands, minutes east of UTC; only `absent` ignores it. */
  zoneMinutes: number;
  /** The asynchronous call's answer comes so much later. */
  callbackDelayMs: number;
  /** Requests a minute; 0 = no limit. */
  ratePerMinute: number;
  /** With a 429 of `ratePerMinute`. */
  retryAfter: RetryAfterForm;
  retryAfterS: number;
  /** The device list answers 202 with `hasMoreData`. */
  hasMoreDevices: boolean;
  operator: OperatorMood;
  /** With 202, 409, 429 and 503 of the operator's endpoints. */
  operatorRetryAfter: RetryAfterForm;
  operatorRetryAfterS: number;
  operatorExpiresIn: (typeof OPERATOR_EXPIRIES)[number];
  /** Hands down the pair the device just called rejected. */
  isOperatorStale: boolean;
  /** False: the bearer alone. */
  doesOperatorSendSession: boolean;
  /** `not_before_s`; 0 = none. */
  operatorNotBeforeS: number;
}

export const DEFAULT_THINGSPACE: ThingSpaceSettings = {
  expiresIn: 'remaining',
  isScopeShown: true,
  isRevokedTokenShown: true,
  faultWrapped: true,
  faultCode: 'text',
  errorBody: 'json',
  wrongPath: 'text',
  isSubscribed: true,
  singleSessionPerUser: false,
  failedCallsSlide: false,
  sessionErrorStatus: 400,
  sessionErrorShape: 'E4',
  sessionExpiresInS: 0,
  loginErrorTail: 'InvalidCredentials',
  checksCharacters: true,
  utcOffset: 'absent',
  zoneMinutes: -300,
  callbackDelayMs: 2000,
  ratePerMinute: 0,
  retryAfter: 'absent',
  retryAfterS: 30,
  hasMoreDevices: false,
  operator: 'normal',
  operatorRetryAfter: 'absent',
  operatorRetryAfterS: 30,
  operatorExpiresIn: 'remaining',
  isOperatorStale: false,
  doesOperatorSendSession: true,
  operatorNotBeforeS: 0,
};

export const TOKEN_LIFE_MS = 3_600_000;
export const SESSION_IDLE_MS = 1_200_000;
/** So many failed logins in a row lock the user for good. */
export const LOGINS_UNTIL_LOCK = 5;
