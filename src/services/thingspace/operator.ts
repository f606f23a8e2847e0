// One question to an operator's endpoint, for tokens or for a position (specs/thingspace.md 7.1): the device shows its
// certificate or its enrolment token, and what the status says is about the device, not about ThingSpace.
import { clipRetryAfterMs, type Secret, WaymarkError } from '../../core/index.js';
import type { HttpsClient } from '../../net/index.js';
import type { CredentialSource, Lease, RefusedState } from '../../vault/index.js';
import { objectOf } from './envelope.js';

/** What the device shows: one of the two, or both. */
export interface OperatorIdentity {
  /** The value is the private key; `pem` reads the certificate that belongs to it. */
  certificate?: { source: CredentialSource<Secret>; pem(): Promise<string> };
  bearer?: CredentialSource<Secret>;
}

export interface DeviceNames {
  imei: string;
  iccid?: string;
}

export interface OperatorDeps {
  http: HttpsClient;
  identity: OperatorIdentity;
}

export interface OperatorEndpoint {
  /**
   * The JSON object of a 200. Errors: `thingspace.endpoint-refused`, `thingspace.deactivated`, `thingspace.endpoint-held`,
   * `thingspace.weather`, `thingspace.malformed`, those of HttpsClient.
   */
  ask(body: object, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
}

const MAX_ANSWER_BYTES = 16_384;
const DEADLINE_MS = 30_000;
const MAX_RETRY_AFTER_MS = 3_600_000;

/** What the status says of the device's identity, if anything. */
const REFUSALS: Readonly<Record<number, { state: RefusedState; code: 'endpoint-refused' | 'deactivated' }>> = {
  401: { state: 'rejected', code: 'endpoint-refused' },
  403: { state: 'rejected', code: 'endpoint-refused' },
  404: { state: 'deactivated', code: 'deactivated' },
  410: { state: 'deactivated', code: 'deactivated' },
};

export function createOperatorEndpoint(
  deps: OperatorDeps,
  options: { url: string; what: string; ca?: readonly string[] | undefined },
): OperatorEndpoint {
  const { http, identity } = deps;
  const { what } = options;

  const refusal = (status: number, retryAfterMs: number | undefined): WaymarkError => {
    const evidence = { http: status };
    const known = REFUSALS[status];
    if (known) return new WaymarkError(`thingspace.${known.code}`, `${what}: answered ${status}`, { evidence });
    if (status === 409)
      return new WaymarkError('thingspace.endpoint-held', `${what}: holds this device back`, { evidence });
    if (status === 408 || status === 429 || status >= 500)
      return new WaymarkError('thingspace.weather', `${what}: not available now`, {
        evidence,
        ...(retryAfterMs === undefined
          ? {}
          : { retryAfterMs: Math.min(clipRetryAfterMs(retryAfterMs), MAX_RETRY_AFTER_MS) }),
      });
    return new WaymarkError('thingspace.malformed', `${what}: answered ${status}`, { evidence });
  };

  return {
    async ask(body, signal) {
      const lease: Lease<Secret> | undefined = await identity.bearer?.get({ signal });
      const certificate = await identity.certificate?.source.get({ signal });
      const cert = await identity.certificate?.pem();
      const answer = await http.request({
        method: 'POST',
        url: options.url,
        headers: lease ? { Authorization: `Bearer ${lease.value.reveal()}` } : {},
        body: JSON.stringify(body),
        maxBodyBytes: MAX_ANSWER_BYTES,
        deadlineMs: DEADLINE_MS,
        signal,
        ...(certificate && cert !== undefined ? { cert, key: certificate.value } : {}),
        ...(options.ca ? { ca: options.ca } : {}),
      });
      const { status } = answer;
      if (status >= 200 && status < 300) {
        if (lease) identity.bearer?.report(lease, { is: 'ok' });
        if (certificate) identity.certificate?.source.report(certificate, { is: 'ok' });
        const members = answer.body.length > MAX_ANSWER_BYTES ? undefined : parsed(answer.body);
        if (members) return members;
        throw new WaymarkError('thingspace.malformed', `${what}: the answer is no JSON object`);
      }
      const known = REFUSALS[status];
      if (known) {
        const outcome = { is: 'refused', state: known.state, reason: 'refused', evidence: { http: status } } as const;
        // With both shown the token is the likelier: a certificate the endpoint does not like ends the handshake.
        if (lease) identity.bearer?.report(lease, outcome);
        else if (certificate) identity.certificate?.source.report(certificate, outcome);
      }
      throw refusal(status, answer.retryAfterMs);
    },
  };
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectOf(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}
