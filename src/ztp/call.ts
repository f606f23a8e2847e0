// One provisioning call: token, device id, request, answer. Everything that can be checked without the service is
// checked before it, and the call is on the ledger before its first byte leaves.
import { createHash } from 'node:crypto';
import { abortable, type Clock, isWaymarkError, toWaymarkError, WaymarkError } from '../core/index.js';
import { checkIdentity, type Identity } from '../vault/index.js';
import { callWaitMs, holdWaitMs, type Remembered, withCall } from './memory.js';
import type { TokenLease, TokenSource, ZtpHttp } from './ports.js';
import { refusalOf } from './refusal.js';
import { encodeZtpRequest, requestHash } from './request.js';
import { decodeZtpAnswer, MAX_ANSWER_BYTES } from './response.js';

const CALL_DEADLINE_MS = 120_000;

export interface CallOptions {
  /** The endpoint, as the portal shows it beside the token. */
  url: string;
  givenName?: string | undefined;
  tags: readonly string[];
  /** PEM authorities trusted beside the built-in ones. */
  caPem?: readonly string[] | undefined;
  /** A text is the user's word; a function makes a choice that is then kept for good. */
  hardwareId: string | (() => Promise<string>);
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
  body: string;
}

/** Token and device id put together and checked. Errors: those of the token, `ztp.token-format`, `ztp.invalid-request`. */
export async function prepareCall(deps: CallDeps, options: CallOptions, signal: AbortSignal): Promise<PreparedCall> {
  const lease = await deps.token.get({ signal });
  const hardwareId = await keptHardwareId(deps.memory, options.hardwareId, signal);
  const { url, givenName, tags } = options;
  let body: string;
  try {
    body = encodeZtpRequest({ token: lease.value, hardwareId, givenName, tags });
  } catch (error) {
    if (isWaymarkError(error, 'ztp.token-format'))
      deps.token.report(lease, { is: 'refused', state: 'rejected', reason: 'malformed', evidence: {} });
    throw error;
  }
  const request = createHash('sha256').update(`${url}\n${body}`).digest('hex');
  return { lease, identityOf: requestHash({ token: lease.value, url, hardwareId }), request, body };
}

async function keptHardwareId(
  memory: Remembered,
  choice: CallOptions['hardwareId'],
  signal: AbortSignal,
): Promise<string> {
  if (typeof choice === 'string') return choice;
  const kept = (await memory.load()).hardwareId;
  if (kept !== undefined) return kept;
  const chosen = await abortable(choice(), signal);
  await memory.change((m) => ({ ...m, hardwareId: chosen }));
  return chosen;
}

/** Milliseconds until this request may be sent: budget and hold together. */
export function callAllowedInMs(memory: Remembered, prepared: PreparedCall | undefined, clock: Clock): number {
  const wallMs = clock.wall();
  const heldMs = prepared ? holdWaitMs(memory.now, prepared.request, wallMs) : 0;
  return Math.max(callWaitMs(memory.now, wallMs), heldMs);
}

/** Asks the service. Errors: `ztp.*`, `http.*`, `tls.*`, `net.*`, `identity.invalid` (nothing of the answer is kept). */
export async function makeCall(
  deps: CallDeps,
  options: CallOptions,
  prepared: PreparedCall,
  signal: AbortSignal,
): Promise<Identity> {
  const { memory, clock } = deps;
  const answer = await deps.http.request({
    method: 'POST',
    url: options.url,
    body: prepared.body,
    ca: options.caPem,
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
  if (answer.status < 200 || answer.status > 299) throw refusalOf(answer);
  const identity = decodeZtpAnswer(answer.body);
  try {
    checkIdentity(identity, undefined);
  } catch (error) {
    // Not our files but the answer is at fault.
    throw new WaymarkError('ztp.malformed', toWaymarkError(error).message, { cause: error });
  }
  return identity;
}
