// What an answer of Losant's REST API means (specs/losant.md section 2). Documented are 400, 401 and 404; 403, 413, 429
// and 5xx are real all the same, and a captive portal answers 200 with a page.
import { clipRetryAfterMs, type ErrorCode, scrubber, WaymarkError } from '../../core/index.js';
import type { HttpsResponse } from '../../net/index.js';

export const MAX_ANSWER_BYTES = 1_000_000;
/** Nothing about it changes by asking soon: a person has to act. */
export const CONFIG_WAIT_MS = 3_600_000;

/**
 * `unauthorised`: the credential shown. `scope`: it may not do this. `config`: unknown application, or a call that does
 * not exist there. `deleted`: the device is not there (any more). `bad-request`: our body, in Losant's own words.
 * `too-large`: of it, too much. `unexpected`: a refusal that says nothing of what was sent, such as 402 or 407 of
 * somebody in between: a record must not be thrown away for it.
 */
export type AnswerIs =
  | 'ok'
  | 'unauthorised'
  | 'scope'
  | 'config'
  | 'deleted'
  | 'bad-request'
  | 'too-large'
  | 'unexpected'
  | 'throttled'
  | 'weather'
  | 'malformed';

export interface LosantAnswer {
  is: AnswerIs;
  http: number;
  /** Of a good answer; an object or a list. */
  json?: unknown;
  /** Losant's own word for a refusal, and its sentence: scrubbed and cut. */
  type?: string;
  message?: string;
  retryAfterMs?: number;
}

const short = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== ''
    ? scrubber
        .scrub(value)
        .replace(/[^\x20-\x7e]+/g, ' ')
        .slice(0, 160)
    : undefined;

function parsed(body: Buffer): unknown {
  if (body.length > MAX_ANSWER_BYTES) return undefined;
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

function meaning(status: number, type: string | undefined, message: string | undefined): AnswerIs {
  if (status === 408 || status >= 500) return 'weather';
  switch (status) {
    case 401:
      return 'unauthorised';
    case 403:
      return 'scope';
    case 404:
    case 410:
      // Both ids are in the path; only the sentence tells them apart.
      return message !== undefined && /application/i.test(message) ? 'config' : 'deleted';
    case 405:
      return 'config';
    case 413:
      return 'too-large';
    case 429:
      return 'throttled';
    case 400:
    case 422:
      // Losant names a type for each refusal; a proxy's or portal's page does not.
      return type === undefined ? 'unexpected' : 'bad-request';
    default:
      return 'unexpected';
  }
}

export function readLosantAnswer(response: Pick<HttpsResponse, 'status' | 'body' | 'retryAfterMs'>): LosantAnswer {
  const { status: http, body, retryAfterMs } = response;
  const json = parsed(body);
  if (http >= 200 && http < 300) return json === undefined ? { is: 'malformed', http } : { is: 'ok', http, json };
  const said = (json ?? {}) as { type?: unknown; message?: unknown };
  const [type, message] = [short(said.type), short(said.message)];
  return {
    is: meaning(http, type, message),
    http,
    ...(type === undefined ? {} : { type }),
    ...(message === undefined ? {} : { message }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: clipRetryAfterMs(retryAfterMs) }),
  };
}

export type Shown = 'access-key' | 'device-token' | 'application-token';

function codeOf(is: Exclude<AnswerIs, 'ok'>, shown: Shown): ErrorCode {
  switch (is) {
    case 'unauthorised':
      return shown === 'application-token' ? 'losant.token-refused' : 'losant.refused';
    case 'scope':
      // /auth/device needs no scope: refused for another reason, such as the key's address filter.
      return shown === 'access-key' ? 'losant.refused' : 'losant.scope';
    case 'config':
      return 'losant.config';
    case 'deleted':
      return 'losant.deleted';
    case 'bad-request':
    case 'too-large':
      // Of /auth/device the ids are all there is in the body that could be wrong in form.
      return shown === 'access-key' ? 'losant.config' : 'losant.bad-request';
    case 'unexpected':
      return 'losant.unexpected';
    case 'throttled':
      return 'losant.throttled';
    case 'weather':
      return 'losant.weather';
    case 'malformed':
      return 'losant.malformed';
  }
}

const WAITS_FOR_A_PERSON: readonly AnswerIs[] = ['scope', 'config', 'deleted', 'unexpected'];

/** An answer that is none, as error. `step` names the call, `shown` what was shown with it. */
export function answerError(
  answer: LosantAnswer & { is: Exclude<AnswerIs, 'ok'> },
  step: string,
  shown: Shown,
): WaymarkError {
  const { is, http, type, message } = answer;
  const retryAfterMs = answer.retryAfterMs ?? (WAITS_FOR_A_PERSON.includes(is) ? CONFIG_WAIT_MS : undefined);
  return new WaymarkError(codeOf(is, shown), `${step}: answered ${http}${type === undefined ? '' : ` ${type}`}`, {
    evidence: {
      http,
      step,
      ...(type === undefined ? {} : { type }),
      ...(message === undefined ? {} : { text: message }),
    },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
