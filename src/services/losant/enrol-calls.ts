// The four requests of an enrolment, each with one of three ends: an answer, a refusal (nothing was made for certain), or
// lost (it may have been made). Certain is only what the server said, or that no byte was sent; on that hangs whether a
// device or a key is looked for afterwards. Answers are text from outside: bounded, and taken whole or not at all.
import { type Secret, toWaymarkError, WaymarkError } from '../../core/index.js';
import type { HttpsClient, HttpsResponse } from '../../net/index.js';
import type { EnrolHardware } from './enrol-device.js';
import { isLosantId, type LosantIdentity, readIdentity } from './enrol-identity.js';
import type { FoundDevice } from './enrol-machine.js';

export type CallEnd<T> =
  | { is: 'answer'; value: T }
  | { is: 'refused'; error: WaymarkError }
  | { is: 'lost'; error: WaymarkError };

export interface EnrolCalls {
  findDevices(token: Secret, imei: string, signal?: AbortSignal): Promise<CallEnd<readonly FoundDevice[]>>;
  createDevice(token: Secret, body: unknown, signal?: AbortSignal): Promise<CallEnd<string>>;
  createKey(token: Secret, deviceId: string, name: string, signal?: AbortSignal): Promise<CallEnd<LosantIdentity>>;
  askOperator(
    token: Secret,
    body: EnrolHardware & { agentVersion: string },
    signal?: AbortSignal,
  ): Promise<CallEnd<LosantIdentity>>;
}

export interface EnrolCallOptions {
  /** operator: the endpoint. */
  url?: string | undefined;
  apiUrl: string;
  applicationId?: string | undefined;
  ca?: readonly string[] | undefined;
}

const DEADLINE_MS = 45_000;
const MAX_ANSWER_BYTES = 16_384;
const MAX_LIST_BYTES = 262_144;
const PER_PAGE = 20;
const PENDING_MS = 60_000;

type Json = Readonly<Record<string, unknown>>;

export function createEnrolCalls(http: HttpsClient, options: EnrolCallOptions): EnrolCalls {
  const { applicationId } = options;
  const application = `${options.apiUrl.replace(/\/+$/, '')}/applications/${applicationId ?? ''}`;

  const call = async <T>(
    request: { method: 'GET' | 'POST'; url: string; token: Secret; body?: unknown; signal?: AbortSignal | undefined },
    refusal: (answer: HttpsResponse) => WaymarkError | undefined,
    read: (answer: Json) => T,
  ): Promise<CallEnd<T>> => {
    const sent = { isBegun: false };
    let answer: HttpsResponse;
    try {
      answer = await http.request({
        method: request.method,
        url: request.url,
        headers: { Authorization: `Bearer ${request.token.reveal()}` },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        maxBodyBytes: request.method === 'GET' ? MAX_LIST_BYTES : MAX_ANSWER_BYTES,
        deadlineMs: DEADLINE_MS,
        ...(options.ca ? { ca: options.ca } : {}),
        beforeSend: () => {
          sent.isBegun = true;
          return Promise.resolve();
        },
        signal: request.signal,
      });
    } catch (thrown) {
      return { is: sent.isBegun ? 'lost' : 'refused', error: toWaymarkError(thrown) };
    }
    const { status, retryAfterMs } = answer;
    const facts = { evidence: evidenceOf(answer), retryAfterMs };
    if (status === 408 || status >= 500)
      return { is: 'lost', error: new WaymarkError('losant.weather', `answered ${status}`, facts) };
    if (status === 429) return { is: 'refused', error: new WaymarkError('losant.throttled', 'answered 429', facts) };
    const refused = refusal(answer);
    if (refused) return { is: 'refused', error: refused };
    try {
      return { is: 'answer', value: read(readObject(answer.body)) };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : 'unreadable';
      return { is: 'lost', error: new WaymarkError('losant.malformed', `the answer cannot be used: ${why}`, facts) };
    }
  };

  return {
    findDevices(token, imei, signal) {
      const query = `tagFilter[0][key]=imei&tagFilter[0][value]=${encodeURIComponent(imei)}&perPage=${PER_PAGE}`;
      const url = `${application}/devices?${query.replaceAll('[', '%5B').replaceAll(']', '%5D')}`;
      return call({ method: 'GET', url, token, signal }, tokenRefusal, (answer) => readDevices(answer, imei));
    },
    createDevice(token, body, signal) {
      return call({ method: 'POST', url: `${application}/devices`, token, body, signal }, tokenRefusal, (answer) => {
        const id = answer['deviceId'] ?? answer['id'];
        if (!isLosantId(id)) throw new Error('it names no device');
        return id;
      });
    },
    createKey(token, deviceId, name, signal) {
      const body = { deviceIds: [deviceId], filterType: 'none', name };
      return call({ method: 'POST', url: `${application}/keys`, token, body, signal }, tokenRefusal, (answer) =>
        readIdentity({ applicationId, deviceId, key: answer['key'], secret: answer['secret'] }),
      );
    },
    askOperator(token, body, signal) {
      return call({ method: 'POST', url: options.url ?? '', token, body, signal }, operatorRefusal, readIdentity);
    },
  };
}

/** A status, and Losant's own name for it. */
function evidenceOf({ status, body }: HttpsResponse): { http: number; type?: string } {
  let type: unknown;
  try {
    type = readObject(body)['type'];
  } catch {
    type = undefined;
  }
  return { http: status, ...(typeof type === 'string' && /^[A-Za-z]{1,40}$/.test(type) ? { type } : {}) };
}

function tokenRefusal(answer: HttpsResponse): WaymarkError | undefined {
  const { status } = answer;
  if (status < 300) return undefined;
  const evidence = evidenceOf(answer);
  if (status === 401)
    return new WaymarkError('losant.token-refused', 'the application token was answered 401', { evidence });
  if (status === 403)
    return new WaymarkError('losant.scope', 'the application token may not enrol devices', {
      evidence,
      hint: 'Create an application token with devices.get, devices.post and applicationKeys.post, and a short life.',
    });
  if (status === 404)
    return new WaymarkError('losant.config', 'Losant does not know the application or the device', { evidence });
  return new WaymarkError('losant.config', `Losant refused the enrolment with ${status}`, {
    evidence,
    hint: 'Losant does not take what this gateway sends to enrol itself: look at losant.enrol.tags, and whether the application may have more devices.',
  });
}

function operatorRefusal(answer: HttpsResponse): WaymarkError | undefined {
  const { status } = answer;
  if (status === 200 || status === 201) return undefined;
  const evidence = evidenceOf(answer);
  if (status === 202)
    return new WaymarkError('losant.pending', 'the operator has not approved this device yet', {
      evidence,
      retryAfterMs: answer.retryAfterMs ?? PENDING_MS,
    });
  if (status === 401 || status === 403)
    return new WaymarkError('losant.token-refused', `the enrolment token was answered ${status}`, {
      evidence,
      hint: 'The operator’s endpoint does not accept the enrolment token: ask the operator for a new one and put it into the file of losant.enrol.token.',
    });
  if (status === 409)
    return new WaymarkError('losant.duplicate', 'the operator’s endpoint has registered this device before', {
      evidence,
      hint: 'The device is registered, and its access key was given out once: ask the operator to remove the registration, or put device id, access key and secret into losant.deviceId, losant.accessKey and losant.accessSecret.',
    });
  return new WaymarkError('losant.config', `the operator’s endpoint answered ${status}`, {
    evidence,
    hint: 'The endpoint does not take the request: compare losant.enrol.url with what the operator gave out.',
  });
}

/** The devices of the list; one that does not carry the tag shows that the filter was not understood. */
function readDevices(answer: Json, imei: string): FoundDevice[] {
  const { items, totalCount } = answer;
  if (!Array.isArray(items)) throw new Error('it holds no list');
  if (typeof totalCount === 'number' && totalCount > items.length) throw new Error('it lists more devices than fit');
  return (items as unknown[]).map((item) => {
    const { deviceId, id, tags, creationDate } = (item ?? {}) as Json;
    const found = deviceId ?? id;
    if (!isLosantId(found)) throw new Error('it holds a device without an id');
    const isOurs = Array.isArray(tags) && (tags as unknown[]).some((tag) => isTag(tag, imei));
    if (!isOurs) throw new Error('it holds a device that was not asked for');
    const createdUtcMs = typeof creationDate === 'string' ? Date.parse(creationDate) : Number.NaN;
    return { id: found, ...(Number.isNaN(createdUtcMs) ? {} : { createdUtcMs }) };
  });
}

const isTag = (tag: unknown, imei: string): boolean => {
  const { key, value } = (tag ?? {}) as Json;
  return key === 'imei' && value === imei;
};

function readObject(body: Uint8Array): Json {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw new Error('no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no object');
  return Object.assign(Object.create(null) as Record<string, unknown>, value);
}
