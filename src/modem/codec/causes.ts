// Why the network said no, in words: the numbers of 24.008 (GMM, MM) and 24.301 (EMM), those of sessions (ESM, SM), and
// the free text of +CEER. The kind decides how long to wait: a network that has said "never" is not asked again and
// again (operators bar SIMs that do), and no reset of the module ever changes its mind.
import { bodyOf, splitFields } from './fields.js';

/**
 * `permanent`: this SIM or this module will never be let in. `plan`: a matter of subscription, roaming or access point,
 * here or now. `transient`: worth another try after a pause.
 */
export type CauseKind = 'permanent' | 'plan' | 'transient';

export interface Cause {
  readonly words: string;
  readonly kind: CauseKind;
}

const table = (kind: CauseKind, words: Readonly<Record<number, string>>): [number, Cause][] =>
  Object.entries(words).map(([number, text]) => [Number(number), { words: text, kind }]);

const REGISTRATION: ReadonlyMap<number, Cause> = new Map([
  ...table('permanent', {
    2: 'the network does not know this SIM (IMSI unknown in its register)',
    3: 'the network holds this SIM for illegal (blocked, or not activated)',
    5: 'the network does not accept the IMEI of this module',
    6: 'the network holds this module for illegal (its IMEI is blocked)',
    8: 'this SIM has neither voice nor data with this network',
  }),
  ...table('plan', {
    7: 'data services are not part of this SIM’s plan',
    11: 'this network is not allowed for the SIM (no roaming agreement, or roaming is off)',
    12: 'this area is not allowed for the SIM',
    13: 'roaming is not allowed in this area',
    14: 'data services are not allowed in this network (roaming without data)',
    15: 'no suitable cell in this area for the SIM (technology or roaming not in its plan)',
    19: 'the data session was refused at attach (often a wrong access point name)',
    25: 'the SIM may not use this closed cell',
    27: 'this SIM may not use the 5G core of this network',
    31: 'the network sends the module to another core network',
    32: 'the network does not support the requested service',
    33: 'the requested service is not part of this SIM’s plan',
    35: 'the requested service is not authorised in this network',
    62: 'no network slice is available to this SIM',
    72: 'access over this road is not allowed in this network',
    73: 'the serving network is not authorised',
    78: 'this network may not be used at this place',
  }),
  ...table('transient', {
    4: 'the SIM is not in the visited register yet',
    9: 'the network has forgotten who this is and wants a new attach',
    10: 'the network has detached the module without a word',
    16: 'the switching centre is out of reach for now',
    17: 'network failure',
    18: 'voice services are not available (data may be)',
    20: 'authentication failed (message code)',
    21: 'authentication failed (sequence)',
    22: 'the network is congested',
    23: 'the security abilities of module and network do not match',
    24: 'the security mode was rejected',
    26: 'the kind of authentication was not accepted',
    34: 'the service is out of order for now',
    38: 'the call cannot be identified',
    39: 'voice services are not available for now',
    40: 'no data session is active',
    42: 'severe network failure',
    48: 'to be tried again in another cell',
    95: 'message not understood (semantics)',
    96: 'message not understood (mandatory part)',
    97: 'message type unknown to the network',
    98: 'message type does not fit the state',
    99: 'part of a message unknown to the network',
    100: 'conditional part of a message wrong',
    101: 'message does not fit the state',
    111: 'protocol error',
  }),
]);

const SESSION: ReadonlyMap<number, Cause> = new Map([
  ...table('plan', {
    8: 'the operator bars data for this SIM',
    27: 'the access point name is missing or unknown to the network',
    28: 'the address kind (IP, IPV6, IPV4V6) is unknown or not allowed',
    29: 'user or password was not accepted by the network',
    30: 'the gateway of the network refused the session',
    32: 'the network does not support the requested service',
    33: 'the requested service is not part of this SIM’s plan',
    50: 'only IPv4 is allowed here',
    51: 'only IPv6 is allowed here',
    52: 'only single addresses are allowed here',
    55: 'several sessions to one access point are not allowed',
    57: 'only IPv4v6 is allowed here',
    65: 'no more sessions at once are allowed',
    66: 'this access point may not be used with this technology and network',
  }),
  ...table('transient', {
    26: 'the network lacks resources',
    31: 'the network refused the session without a reason',
    34: 'the service is out of order for now',
    35: 'the session number is in use',
    36: 'ended in the regular way',
    38: 'network failure',
    39: 'the network wants the session to be set up anew',
    43: 'the network does not know the session',
    54: 'the network does not know the session to be taken over',
    112: 'the access point asks for a longer pause',
  }),
]);

const unnamed = (number: number): Cause => ({ words: `cause ${number}`, kind: 'transient' });

/** What a reject cause of registration means (EMM, GMM, MM). A number nobody has named is transient. */
export function explainCause(number: number): Cause {
  return REGISTRATION.get(number) ?? unnamed(number);
}

/** What the cause of a refused or ended data session means (ESM, SM). */
export function explainSessionCause(number: number): Cause {
  return SESSION.get(number) ?? unnamed(number);
}

export interface ExtendedError {
  /** As the module put it, without quotes, at most 120 characters. */
  readonly text: string;
  readonly layer?: 'registration' | 'session';
  readonly number?: number;
  /** Set when layer and number are known. */
  readonly cause?: Cause;
}

/** `EMM cause 33`, `"EMM",15`, `SM34`, `ESM cause: 27`: the layer, then its number not far behind. */
const LAYER = /\b(EMM|GMM|5GMM|MM|ESM|5GSM|SM)(?![A-Z])[^0-9]{0,24}(\d{1,3})(?!\d)/i;
const NOTHING = /^(?:no (?:report|cause|error)|none$|normal|unspecified$|0$|0,\s*none$)/i;

/** The free text of `+CEER`. Undefined for another line, and when the module has nothing to report. */
export function parseCeer(line: string): ExtendedError | undefined {
  const body = bodyOf(line.slice(0, 256), '+CEER');
  if (body === undefined || body === '') return undefined;
  const text = splitFields(body, 8)
    .map((field) => field.text)
    .filter((part) => part !== '')
    .join(', ')
    .slice(0, 120);
  if (text === '' || NOTHING.test(text)) return undefined;
  const found = LAYER.exec(text);
  if (!found) return { text };
  const layer = /SM$/i.test(found[1] ?? '') ? 'session' : 'registration';
  const number = Number(found[2]);
  return { text, layer, number, cause: layer === 'session' ? explainSessionCause(number) : explainCause(number) };
}
