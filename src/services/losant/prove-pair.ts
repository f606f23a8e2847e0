// Does an access pair work? Losant's own word on it is `POST /auth/device` (specs/losant.md sections 2.1 and 5): it costs
// no session, disturbs none that is up, and its answer is not what a ban gives. An enrolment tries its new pair here; what
// replaces a pair in force is tried by the service (oracle.ts).
import { Secret, WaymarkError } from '../../core/index.js';
import type { HttpsClient } from '../../net/index.js';

export interface AccessPair {
  /** 24 hexadecimal digits. */
  deviceId: string;
  key: Secret;
  secret: Secret;
}

export interface AuthAnswer {
  status: number;
  body: Uint8Array;
  retryAfterMs?: number;
}

/** Sends one `POST /auth/device`. Rejects with errors of the road only. */
export type AuthFetch = (pair: AccessPair, options: { signal?: AbortSignal | undefined }) => Promise<AuthAnswer>;

export interface ProvenPair {
  pair: AccessPair;
  applicationId: string;
  /** For REST; it comes with the proof, so a next request need not ask again. */
  token?: Secret;
}

const MAX_ANSWER_BYTES = 16_384;
const DEADLINE_MS = 30_000;
const HEX_ID = /^[0-9a-f]{24}$/i;

export function createAuthFetch(
  http: HttpsClient,
  { apiUrl, ca }: { apiUrl: string; ca?: readonly string[] | undefined },
): AuthFetch {
  return ({ deviceId, key, secret }, { signal }) =>
    http.request({
      method: 'POST',
      url: `${apiUrl.replace(/\/+$/, '')}/auth/device`,
      body: JSON.stringify({ deviceId, key: key.reveal(), secret: secret.reveal() }),
      maxBodyBytes: MAX_ANSWER_BYTES,
      deadlineMs: DEADLINE_MS,
      ...(ca ? { ca } : {}),
      signal,
    });
}

/**
 * The pair, proved. Errors: `losant.refused` (with `http` and Losant's own `type` as evidence), `losant.throttled`,
 * `losant.weather`, `losant.config` (no such call there), `losant.malformed`, those of the road, the abort reason.
 */
export async function provePair(
  fetch: AuthFetch,
  pair: AccessPair,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<ProvenPair> {
  const { status, body, retryAfterMs } = await fetch(pair, options);
  const answer = readObject(body);
  if (status < 200 || status > 299) throw refusal(status, answer, retryAfterMs);
  const applicationId = answer?.['applicationId'];
  if (typeof applicationId !== 'string' || !HEX_ID.test(applicationId))
    throw new WaymarkError('losant.malformed', 'the answer to a device’s login names no application', {
      evidence: { http: status },
    });
  if (answer?.['deviceId'] !== pair.deviceId)
    throw new WaymarkError('losant.malformed', 'the answer to a device’s login is about another device', {
      evidence: { http: status },
    });
  const token = answer['token'];
  return {
    pair,
    applicationId,
    ...(typeof token === 'string' && /^[\x21-\x7e]{1,8192}$/.test(token)
      ? { token: new Secret('device-token', token) }
      : {}),
  };
}

function refusal(
  status: number,
  answer: Readonly<Record<string, unknown>> | undefined,
  retryAfterMs: number | undefined,
): WaymarkError {
  const type = answer?.['type'];
  const evidence = {
    http: status,
    ...(typeof type === 'string' && /^[A-Za-z]{1,40}$/.test(type) ? { type } : {}),
  };
  if (status === 429) return new WaymarkError('losant.throttled', 'login answered 429', { evidence, retryAfterMs });
  if (status === 408 || status >= 500)
    return new WaymarkError('losant.weather', `login answered ${status}`, { evidence, retryAfterMs });
  if (status === 404 || status === 405)
    return new WaymarkError('losant.config', `login answered ${status}: this is not Losant’s API`, {
      evidence,
      hint: 'The address does not know the login of devices: compare losant.apiUrl with Losant’s documentation.',
    });
  return new WaymarkError('losant.refused', `login answered ${status}`, { evidence });
}

function readObject(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.assign(Object.create(null) as Record<string, unknown>, value);
  } catch {
    return undefined;
  }
}
