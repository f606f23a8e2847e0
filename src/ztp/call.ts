// One provisioning call: token, device id, request, answer. Everything that can be checked without the service is
// checked before it, and the call is on the ledger before its first byte leaves.
import { createHash } from 'node:crypto';
import {
  type Clock,
  type ErrorCode,
  isWaymarkError,
  type Secret,
  toWaymarkError,
  WaymarkError,
} from '../core/index.js';
import { checkIdentity, type Identity } from '../vault/index.js';
import { callWaitMs, holdWaitMs, isNeverActivated, type Remembered, withCall, withIncomplete } from './memory.js';
import type { TokenLease, TokenSource, ZtpHttp } from './ports.js';
import { requestHash } from './request.js';
import { MAX_ANSWER_BYTES } from './response.js';

const CALL_DEADLINE_MS = 120_000;

/** One of Thingstream's provisioning services: what it is asked, and what of its answer is kept. */
export interface ZtpService {
  /** The endpoint, as the portal shows it beside the token. */
  url: string;
  /** PEM authorities trusted beside the built-in ones. */
  caPem?: readonly string[] | undefined;
  /** The request for this token, checked. May wait for what it is made of. */
  encode(token: Secret, context: { memory: Remembered; signal: AbortSignal }): Promise<EncodedRequest>;
  /** Errors: `ztp.incomplete`, `ztp.unsupported-plan`, `ztp.malformed`. */
  decode(body: Uint8Array, request: EncodedRequest): Identity;
  /** May a kept identity of this kind be used at all? */
  accepts(identity: Identity): boolean;
  /** The error a 2xx answer is not. */
  refusal(answer: { status: number; body: Uint8Array; retryAfterMs?: number }): WaymarkError;
}

export interface EncodedRequest {
  body: string;
  /** Who the identity is for: another one needs another identity. */
  device: string;
  /** What else makes it another request, though the service sees the same body (what we want of the answer). */
  variant?: string;
}

export interface CallDeps {
  http: ZtpHttp;
  token: TokenSource;
  memory: Remembered;
  clock: Clock;
}

export interface PreparedCall {
  lease: TokenLease;
  /** Of token, endpoint and device: what an identity belongs to. */
  identityOf: string;
  /** Of the whole request: what a refusal belongs to. */
  request: string;
  encoded: EncodedRequest;
}

/** Token and device put together and checked. Errors: those of the token and of the service's `encode`. */
export async function prepareCall(deps: CallDeps, service: ZtpService, signal: AbortSignal): Promise<PreparedCall> {
  const lease = await deps.token.get({ signal });
  const { url } = service;
  let encoded: EncodedRequest;
  try {
    encoded = await service.encode(lease.value, { memory: deps.memory, signal });
  } catch (error) {
    const reason = isWaymarkError(error) ? OUR_WORD[error.code] : undefined;
    if (reason) deps.token.report(lease, { is: 'refused', state: 'rejected', reason, evidence: {} });
    throw error;
  }
  const { body, device, variant } = encoded;
  const request = createHash('sha256').update([url, body, ...(variant === undefined ? [] : [variant])].join('\n'));
  return {
    lease,
    identityOf: requestHash({ token: lease.value, url, hardwareId: device }),
    request: request.digest('hex'),
    encoded,
  };
}

/** What is wrong with a token that was not even sent. */
const OUR_WORD: Readonly<Partial<Record<ErrorCode, 'malformed' | 'wrong-kind'>>> = {
  'ztp.token-format': 'malformed',
  'assist.wrong-kind': 'wrong-kind',
};

/** Milliseconds until this request may be sent: budget and hold together. */
export function callAllowedInMs(memory: Remembered, prepared: PreparedCall | undefined, clock: Clock): number {
  const wallMs = clock.wall();
  const heldMs = prepared ? holdWaitMs(memory.now, prepared.request, wallMs) : 0;
  return Math.max(callWaitMs(memory.now, wallMs), heldMs);
}

/** Asks the service. Errors: `ztp.*`, `http.*`, `tls.*`, `net.*`, `identity.invalid` (nothing of the answer is kept). */
export async function makeCall(
  deps: CallDeps,
  service: ZtpService,
  prepared: PreparedCall,
  signal: AbortSignal,
): Promise<Identity> {
  const { memory, clock } = deps;
  const answer = await deps.http.request({
    method: 'POST',
    url: service.url,
    body: prepared.encoded.body,
    ca: service.caPem,
    maxBodyBytes: MAX_ANSWER_BYTES,
    deadlineMs: CALL_DEADLINE_MS,
    // A connection that never came up costs nothing; from here on the call may be billed.
    beforeSend: async () => {
      const waitMs = callAllowedInMs(memory, prepared, clock);
      if (waitMs > 0) throw new WaymarkError('ztp.budget', 'not yet', { retryAfterMs: waitMs });
      await memory.change((m) => withCall(m, clock.wall()));
    },
    signal,
  });
  if (answer.status < 200 || answer.status > 299) throw service.refusal(answer);
  let identity: Identity;
  try {
    identity = service.decode(answer.body, prepared.encoded);
  } catch (error) {
    if (!isWaymarkError(error, 'ztp.incomplete')) throw error;
    throw await oneMoreIncomplete(deps, prepared.request, answer.status, error);
  }
  try {
    checkIdentity(identity, undefined);
  } catch (error) {
    // Not our files but the answer is at fault.
    throw new WaymarkError('ztp.malformed', toWaymarkError(error).message, { cause: error });
  }
  return identity;
}

/** Counts it, and names what is wrong once activation should long be through (specs/ublox.md section 1.5). */
async function oneMoreIncomplete(
  { memory, clock }: CallDeps,
  request: string,
  http: number,
  error: WaymarkError,
): Promise<WaymarkError> {
  await memory.change((m) => withIncomplete(m, request, clock.wall()));
  const { incomplete } = memory.now;
  if (!incomplete || !isNeverActivated(memory.now, clock.wall())) return error;
  const { answers, sinceUtcMs } = incomplete;
  return new WaymarkError('ztp.not-activated', `still not activated after ${answers} answers: ${error.message}`, {
    evidence: { http, answers, since: new Date(sinceUtcMs).toISOString() },
    cause: error,
  });
}
