// What an answer of ThingSpace means: the code first, the status second, because session errors come as 400 and as 403
// and one and the same 401 says "wrong" and "expired" (specs/thingspace.md section 4). Pure.
import { WaymarkError } from '../../core/index.js';
import { type Envelope, readEnvelope } from './envelope.js';

/** Which call was answered: a refusal of the login or of the token request says something about a person's files. */
export type ThingspaceCall = 'token' | 'revoke' | 'login' | 'logout' | 'resource';

/** Codes and bounded fragments; shown to people. */
export type AnswerEvidence = Readonly<Record<string, string | number>>;

export type ThingspaceVerdict =
  | { is: 'ok' }
  /** `isCertain`: the gateway itself says so, not only a bare 401. */
  | { is: 'bearer-bad'; isCertain: boolean; evidence: AnswerEvidence }
  | { is: 'session-bad'; evidence: AnswerEvidence }
  /** The UWS pair; `isCertain`: by a code of the service behind, not by a status alone. */
  | { is: 'login-refused'; isCertain: boolean; evidence: AnswerEvidence }
  /** The application pair. */
  | { is: 'key-refused'; isCertain: boolean; evidence: AnswerEvidence }
  | { is: 'config'; about: 'account' | 'device' | 'resource'; evidence: AnswerEvidence }
  | { is: 'consent'; evidence: AnswerEvidence }
  | { is: 'not-subscribed'; evidence: AnswerEvidence }
  | { is: 'cache-unavailable'; evidence: AnswerEvidence }
  | { is: 'our-bug'; evidence: AnswerEvidence }
  | { is: 'weather'; retryAfterMs?: number; evidence: AnswerEvidence };

export interface Answer {
  status: number;
  body: Buffer;
  /** Of the header Retry-After. */
  retryAfterMs?: number | undefined;
}

type Judged =
  | Exclude<ThingspaceVerdict['is'], 'ok' | 'config' | 'bearer-bad'>
  | 'bearer-refused'
  | 'account'
  | 'device'
  | 'resource';

/** Codes of the API gateway. */
const FAULTS: Readonly<Record<string, Judged>> = {
  '900900': 'bearer-refused',
  '900901': 'bearer-refused',
  '900902': 'our-bug',
  '900903': 'bearer-refused',
  '900904': 'bearer-refused',
  '900905': 'our-bug',
  '900906': 'resource',
  '900907': 'not-subscribed',
  '900908': 'not-subscribed',
  '900909': 'not-subscribed',
  '900910': 'not-subscribed',
};

/** Codes of `/api/m2m`, by what follows the service's name; the first that is contained decides. */
const M2M_CODES: readonly (readonly [string, Judged])[] = [
  ['sessiontoken.expired', 'session-bad'],
  ['sessiontoken.invalid', 'session-bad'],
  ['sessiontoken.format', 'session-bad'],
  ['accountnotfound', 'account'],
  ['accountname', 'account'],
  ['multipleaccounts', 'account'],
  ['noaccounts', 'account'],
  ['devicenotfound', 'device'],
  ['device.kind', 'device'],
  ['device.identifier', 'device'],
  ['invalidcharacter', 'our-bug'],
];

/** About fifteen causes share the code INVALID_PARAMETER of the Location API; only their words tell them apart. */
const LOCATION_WORDS: readonly (readonly [string, Judged])[] = [
  ['session has expired', 'session-bad'],
  ['could not find account', 'account'],
  ['invalid account name', 'account'],
  ['unregistered account', 'account'],
  ['consent check failed', 'consent'],
  ['ownership or mdn validation failed', 'device'],
  ['device not found', 'device'],
  ['device type check failed', 'device'],
  ['invalid accuracy mode', 'our-bug'],
  ['invalid cache mode', 'our-bug'],
  ['invalid json', 'our-bug'],
  ['conflicting device list', 'our-bug'],
  ['unable to cancel', 'our-bug'],
  // Whatever else the login service says there: a new session is worth one try.
  ['uws verification failure', 'session-bad'],
];

const DIAGNOSTIC_CODES: Readonly<Record<string, Judged>> = {
  DEVICE_NOT_FOUND: 'device',
  INVALID_ACCOUNT: 'account',
  INVALID_ACCESS: 'not-subscribed',
  ACCOUNT_USAGE_EXCEEDED: 'not-subscribed',
  CALLBACK_NOT_REGISTERED: 'our-bug',
  INTERNAL_SYSTEM_ERROR: 'weather',
};

const first = (table: readonly (readonly [string, Judged])[], text: string): Judged | undefined =>
  table.find(([part]) => text.includes(part))?.[1];

/** The service's name before the first dot varies; the rest is stable. */
const tail = (code: string): string => code.slice(code.indexOf('.') + 1).toLowerCase();

const isWeather = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500;

/** E2 codes that are about the request and not about who asks. */
const REQUEST_ERRORS = ['invalid_request', 'unsupported_grant_type', 'invalid_scope'];

function byCode({ shape, code, words }: Envelope, call: ThingspaceCall): Judged | undefined {
  switch (shape) {
    case 'E1':
      return FAULTS[code] ?? (/^900[78]/.test(code) ? 'weather' : undefined);
    case 'E2':
      if (call !== 'token' && call !== 'revoke') return undefined;
      if (/server_error|temporarily_unavailable/.test(code)) return 'weather';
      return REQUEST_ERRORS.includes(code) ? 'our-bug' : 'key-refused';
    case 'E3':
      // On login every code of the service behind is a refusal that counts there.
      return call === 'login' ? 'login-refused' : first(M2M_CODES, tail(code));
    case 'E4':
      if (call === 'login') return 'login-refused';
      if (code.toUpperCase() === 'CACHE_UNAVAILABLE') return 'cache-unavailable';
      return first(LOCATION_WORDS, words.toLowerCase());
    case 'E5':
      return DIAGNOSTIC_CODES[code.toUpperCase()];
    case 'E6':
      return code === 'unauthorized' && call === 'resource' ? 'bearer-refused' : undefined;
    case 'none':
      return undefined;
  }
}

function byStatus(status: number, call: ThingspaceCall): Judged {
  if (isWeather(status)) return 'weather';
  const isAboutPair = status === 400 || status === 401;
  if ((call === 'token' || call === 'revoke') && isAboutPair) return 'key-refused';
  if (call === 'login' && isAboutPair) return 'login-refused';
  if (status === 401) return 'bearer-refused';
  if (status === 403) return 'not-subscribed';
  return status === 404 || status === 405 || status === 410 ? 'resource' : 'our-bug';
}

export function classify({ status, body, retryAfterMs }: Answer, call: ThingspaceCall): ThingspaceVerdict {
  if (status >= 200 && status < 300) return { is: 'ok' };
  const envelope = readEnvelope(body);
  const judged = byCode(envelope, call);
  const evidence: AnswerEvidence = {
    http: status,
    ...(envelope.code === '' ? {} : { code: envelope.code.slice(0, 120) }),
    ...(envelope.words === '' ? {} : { words: envelope.words.slice(0, 120) }),
  };
  const isCertain = judged !== undefined;
  const is = judged ?? byStatus(status, call);
  switch (is) {
    case 'bearer-refused':
      // The token request carries no bearer: what is refused there is the pair.
      if (call === 'token' || call === 'revoke') return { is: 'key-refused', isCertain, evidence };
      return { is: 'bearer-bad', isCertain, evidence };
    case 'login-refused':
    case 'key-refused':
      return { is, isCertain, evidence };
    case 'account':
    case 'device':
    case 'resource':
      return { is: 'config', about: is, evidence };
    case 'weather':
      return { is, evidence, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    case 'session-bad':
    case 'consent':
    case 'not-subscribed':
    case 'cache-unavailable':
    case 'our-bug':
      return { is, evidence };
  }
}

const ABOUT = {
  account: 'thingspace.accountName does not name an account of this user',
  device: 'the IMEI or the number of the SIM is not of a device of this account',
  resource: 'there is no such address: thingspace.baseUrl is wrong',
} as const;

/** The verdict as an error, once nothing can be repaired any more. */
export function errorOf(verdict: Exclude<ThingspaceVerdict, { is: 'ok' }>, what: string): WaymarkError {
  const { evidence } = verdict;
  const details = { evidence };
  switch (verdict.is) {
    case 'bearer-bad':
      return new WaymarkError('thingspace.token-refused', `${what}: a fresh API token is refused`, details);
    case 'session-bad':
      return new WaymarkError('thingspace.token-refused', `${what}: a fresh session is refused`, details);
    case 'login-refused':
      return new WaymarkError('thingspace.login-refused', `${what}: the UWS user or password is refused`, details);
    case 'key-refused':
      return new WaymarkError('thingspace.refused', `${what}: the application key or secret is refused`, details);
    case 'config':
      return new WaymarkError('thingspace.config', `${what}: ${ABOUT[verdict.about]}`, details);
    case 'consent':
      return new WaymarkError('thingspace.consent', `${what}: the device is excluded from location`, details);
    case 'not-subscribed':
      return new WaymarkError('thingspace.not-subscribed', `${what}: the application may not use it`, details);
    case 'cache-unavailable':
      return new WaymarkError('thingspace.no-position', `${what}: nothing is cached for this device`, details);
    case 'our-bug':
      return new WaymarkError('thingspace.malformed', `${what}: the request is not understood`, {
        ...details,
        hint: 'ThingSpace does not understand a request of this program: that is a defect here; report it with the evidence.',
      });
    case 'weather':
      return new WaymarkError('thingspace.weather', `${what}: not available now`, {
        ...details,
        retryAfterMs: verdict.retryAfterMs,
      });
  }
}
