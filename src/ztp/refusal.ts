// What a provisioning answer other than 2xx means (specs/ublox.md section 1.7), and which kind of waiting an error
// deserves. Bodies are matched by fragment: their wording is not documented.
import { type ErrorCode, escapeControls, scrubber, WaymarkError } from '../core/index.js';
import type { TokenOutcome } from './ports.js';

const MAX_EVIDENCE = 200;

/** What these fragments of the lower-cased body say, they say with any refusing status. */
const FRAGMENTS: readonly [fragment: string, code: ErrorCode][] = [
  ['already registered', 'ztp.already-registered'],
  ['no plan', 'ztp.no-plan'],
  ['not whitelisted', 'ztp.not-listed'],
];

/** [status, fragment of the lower-cased body, code]; the first that fits counts. 401, 404, 405, 409, 413 and 415 are from memory. */
const MEANINGS: readonly [status: number, fragment: string, code: ErrorCode][] = [
  [400, 'token', 'ztp.unauthorized'],
  [400, '', 'ztp.invalid-request'],
  [401, '', 'ztp.unauthorized'],
  [404, '', 'ztp.invalid-request'],
  [405, '', 'ztp.invalid-request'],
  [409, '', 'ztp.already-registered'],
  [411, '', 'ztp.invalid-request'],
  [413, '', 'ztp.invalid-request'],
  [415, '', 'ztp.invalid-request'],
  [422, 'token', 'ztp.token-format'],
  [422, '', 'ztp.invalid-request'],
];

/** Says nothing about us: time-outs, limits, servers in trouble, captive portals. */
const WEATHER = new Set([407, 408, 425, 429, 511]);

export interface RefusingAnswer {
  status: number;
  body: Uint8Array;
  retryAfterMs?: number;
}

/** What AssistNow's service means where the general sentence speaks of hardware ids and promo codes. */
const ASSIST_HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  'ztp.refused':
    'AssistNow refuses this receiver or this device profile: check in the Thingstream portal that assistNow.token is of an AssistNow profile with a plan, and that AssistNow serves this generation of receivers.',
  'ztp.invalid-request':
    'AssistNow finds the request malformed: check that assistNow.url is the endpoint shown beside the token in the Thingstream portal (Device Profiles, then the AssistNow profile’s ZTP page), and that the receiver is a genuine u-blox one.',
  'ztp.unauthorized':
    'The AssistNow token is not accepted: copy token and endpoint again from the AssistNow device profile’s page in the Thingstream portal.',
};

/** The error a non-2xx answer of AssistNow's provisioning stands for. */
export const assistRefusalOf = (answer: RefusingAnswer): WaymarkError => refusalOf(answer, ASSIST_HINTS);

/** The error a non-2xx answer stands for; `evidence` keeps status and the scrubbed beginning of the body. */
export function refusalOf(
  answer: RefusingAnswer,
  hints: Readonly<Partial<Record<ErrorCode, string>>> = {},
): WaymarkError {
  const { status, retryAfterMs } = answer;
  const body = Buffer.from(answer.body).toString('utf8', 0, 4096);
  // Scrub first, cut second: a cut secret would no longer be recognised.
  const fragment = escapeControls(scrubber.scrub(body)).slice(0, MAX_EVIDENCE);
  const code = codeOf(status, body.toLowerCase());
  const hint = hints[code];
  return new WaymarkError(code, `provisioning answered ${status}`, {
    retryAfterMs,
    ...(hint === undefined ? {} : { hint }),
    evidence: { http: status, body: fragment },
  });
}

function codeOf(status: number, body: string): ErrorCode {
  if (WEATHER.has(status) || status >= 500 || status < 200) return 'ztp.weather';
  const said = FRAGMENTS.find(([fragment]) => body.includes(fragment));
  if (said) return said[1];
  const meaning = MEANINGS.find(([of, fragment]) => of === status && body.includes(fragment));
  return meaning?.[2] ?? 'ztp.refused';
}

/** `refused`: a person has to act. `incomplete`: activation is running. `weather`: nothing is known about us. */
export type SetbackKind = 'refused' | 'incomplete' | 'weather';

const REFUSED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ztp.already-registered',
  'ztp.invalid-request',
  'ztp.no-plan',
  'ztp.not-activated',
  'ztp.not-listed',
  'ztp.refused',
  'ztp.token-format',
  'ztp.unauthorized',
  'ztp.unsupported-plan',
  'assist.wrong-kind',
  'http.redirect',
  'credential.expired',
  'credential.refused',
  'secret.absent',
  'secret.malformed',
  'secret.permission',
]);

/** How a failed call to the provisioning service is to be waited out. */
export function setbackKind(error: WaymarkError): SetbackKind {
  if (error.code === 'ztp.incomplete') return 'incomplete';
  return REFUSED.has(error.code) ? 'refused' : 'weather';
}

const PROOF_REFUSED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'tls.client-refused',
  'mqtt.refused',
  'ntrip.unauthorized',
  'ntrip.refused',
  'assist.token-refused',
  'identity.invalid',
  'ztp.unsupported-plan',
]);

/** Did the service refuse the new identity itself, as opposed to not being reachable? Asked of a failed proof. */
export function isProofRefused(error: WaymarkError): boolean {
  return PROOF_REFUSED.has(error.code);
}

type Refused = Extract<TokenOutcome, { is: 'refused' }>;

/** What the token's credential is told about an error; undefined when it says nothing about the token. */
export function tokenOutcome(error: WaymarkError): TokenOutcome | undefined {
  const refused = (state: Refused['state'], reason: Refused['reason']): TokenOutcome => ({
    is: 'refused',
    state,
    reason,
    evidence: error.evidence ?? {},
  });
  switch (error.code) {
    case 'ztp.unauthorized':
      return refused('rejected', 'refused');
    case 'ztp.refused':
      return refused('rejected', 'operator-said');
    case 'assist.wrong-kind':
      return refused('rejected', 'wrong-kind');
    case 'ztp.token-format':
      return refused('rejected', 'malformed');
    case 'ztp.already-registered':
      return refused('rejected', 'wrong-account');
    case 'ztp.not-listed':
      return refused('rejected', 'not-listed');
    case 'ztp.no-plan':
      return refused('deactivated', 'no-plan');
    case 'ztp.not-activated':
      return refused('deactivated', 'not-activated');
    case 'ztp.incomplete':
      return { is: 'ok' };
    case 'ztp.weather':
      return { is: 'weather', ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }) };
    default:
      return undefined;
  }
}
