// The log of what reached the simulated ThingSpace, for tests to look at: which credentials came and what became of them,
// by name; never a value.
import { credentialOf, objectOf, sessionOf, type ThingSpaceAnswer, type ThingSpaceAsk } from './answers.js';
import type { ThingSpaceContext } from './context.js';
import type { ThingSpaceFault } from './faults.js';
import type { ThingSpaceCall } from './routes.js';
import type { SessionStanding, TokenStanding } from './state.js';

export interface ThingSpaceCredentials {
  basic?: 'good' | 'bad';
  /** `enrolment`: the operator's; anything else: as the token stood when it came. */
  bearer?: TokenStanding | 'enrolment';
  session?: SessionStanding;
  /** In the body, as of a login. */
  password?: 'good' | 'bad';
  certificate?: 'good';
}

export interface ThingSpaceRequestSeen {
  /** Monotonic. */
  atMs: number;
  call: ThingSpaceCall;
  method: string;
  /** Without its query. */
  path: string;
  /** As it was to be answered; a spoilt answer may not have arrived. */
  status: number;
  credentials: ThingSpaceCredentials;
  /** Names that came, lower-case. */
  headers: readonly string[];
  /** Of the request's body. */
  bytes: number;
  /** Of a call that locates: its mode, and how many devices. */
  cacheMode?: string;
  devices?: number;
  /** Why it was refused. */
  reason?: string;
  fault?: ThingSpaceFault['is'];
}

export function credentialsOf(ask: ThingSpaceAsk, { account, state }: ThingSpaceContext): ThingSpaceCredentials {
  const { key, secret, password, enrolmentToken } = account.secrets;
  const basic = credentialOf(ask.headers, 'basic');
  const bearer = credentialOf(ask.headers, 'bearer');
  const session = sessionOf(ask.headers);
  const inBody = objectOf(ask.body)?.['password'];
  const goodPair = Buffer.from(`${key}:${secret}`).toString('base64');
  return {
    ...(basic === undefined ? {} : { basic: basic === goodPair ? 'good' : 'bad' }),
    ...(bearer === undefined
      ? {}
      : { bearer: bearer === enrolmentToken ? ('enrolment' as const) : state.tokenStanding(bearer) }),
    ...(session === undefined ? {} : { session: state.sessionStanding(session) }),
    ...(inBody === undefined ? {} : { password: inBody === password ? 'good' : 'bad' }),
    ...(ask.hasCertificate ? { certificate: 'good' } : {}),
  };
}

export function seenOf(
  ask: ThingSpaceAsk,
  facts: {
    atMs: number;
    call: ThingSpaceCall;
    credentials: ThingSpaceCredentials;
    answer: ThingSpaceAnswer;
    fault: ThingSpaceFault | undefined;
  },
): ThingSpaceRequestSeen {
  const { answer, fault, ...rest } = facts;
  const body = objectOf(ask.body);
  const list = body?.['deviceList'];
  const cacheMode = body?.['cacheMode'];
  return {
    ...rest,
    method: ask.method,
    path: ask.path,
    status: answer.status,
    headers: Object.keys(ask.headers),
    bytes: Buffer.byteLength(ask.body),
    ...(typeof cacheMode === 'string' ? { cacheMode } : {}),
    ...(Array.isArray(list) ? { devices: list.length } : {}),
    ...(answer.reason === undefined ? {} : { reason: answer.reason }),
    ...(fault ? { fault: fault.is } : {}),
  };
}
