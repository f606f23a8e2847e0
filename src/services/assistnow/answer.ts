// What a server's answer is: a set, weather, or a refusal and of what (specs/ublox.md 4.1 and 4.2). Not every 200 is a
// set: captive portals and error texts come with one, so the first bytes have to be a frame's.
import { clipRetryAfterMs, scrubber, WaymarkError } from '../../core/index.js';
import type { HttpsResponse } from '../../net/index.js';
import { setFrom, type WalkedSet } from './set.js';

export const MAX_BODY_BYTES = 1_000_000;

/**
 * `ambiguous`: request or credential, the status does not say which. `refused`: certainly the credential.
 * `not-entitled`: the plan. `invalid`: the request.
 */
export type Verdict = 'answer' | 'weather' | 'ambiguous' | 'refused' | 'not-entitled' | 'invalid';

const isWeather = (status: number): boolean => status === 408 || status === 429 || status >= 500;

export function currentVerdict(status: number): Verdict {
  if (status >= 200 && status < 300) return 'answer';
  if (isWeather(status)) return 'weather';
  if (status === 403) return 'not-entitled';
  return [400, 401, 404, 422].includes(status) ? 'ambiguous' : 'invalid';
}

export function legacyVerdict(status: number): Verdict {
  if (status >= 200 && status < 300) return 'answer';
  if (isWeather(status)) return 'weather';
  if (status === 400) return 'ambiguous';
  return status === 401 || status === 403 ? 'refused' : 'invalid';
}

const MAX_FRAGMENT = 80;

/** The start of a text answer, for the evidence: scrubbed, then cut. */
export function fragmentOf(body: Buffer): string {
  const text = body
    .subarray(0, 2000)
    .toString('latin1')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim();
  return scrubber.scrub(text).slice(0, MAX_FRAGMENT);
}

export function evidenceOf(response: HttpsResponse, step: string): Record<string, string | number> {
  const text = fragmentOf(response.body);
  return { http: response.status, step, ...(text === '' ? {} : { text }) };
}

export function weatherError(response: HttpsResponse, host: string): WaymarkError {
  return new WaymarkError('assist.weather', `${host} answered ${response.status}`, {
    evidence: { http: response.status },
    ...(response.retryAfterMs === undefined ? {} : { retryAfterMs: clipRetryAfterMs(response.retryAfterMs) }),
  });
}

export interface ReadAnswer extends WalkedSet {
  /** What was odd about it, for the log. */
  readonly oddities: readonly string[];
}

/**
 * The set in a 2xx answer. `type` is the content type the service is known for; another one with a set in it is only
 * odd. Errors: `assist.malformed`.
 */
export function readAnswer(response: HttpsResponse, host: string, type?: string): ReadAnswer {
  const { body, headers, status } = response;
  const malformed = (what: string): WaymarkError =>
    new WaymarkError('assist.malformed', `${host}: ${what}`, { evidence: evidenceOf(response, 'answer') });
  if (body.length > MAX_BODY_BYTES) throw malformed(`an answer of ${body.length} bytes`);
  const announced = Number(headers['content-length'] ?? body.length);
  if (announced !== body.length) throw malformed(`${body.length} of ${announced} bytes came`);
  if (body.length === 0) throw malformed(`an empty answer (${status})`);
  if (body[0] !== 0xb5 || body[1] !== 0x62) throw malformed('the answer is not UBX');
  const set = setFrom(body);
  if (set.frames.length === 0)
    throw malformed(set.framesSeen === 0 ? 'no whole UBX-MGA message in the answer' : 'the answer holds no orbits');
  const said = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return {
    ...set,
    oddities: [
      ...(type !== undefined && said !== type
        ? [`content type ${said === '' ? 'none' : fragmentOf(Buffer.from(said))}`]
        : []),
      ...(set.isCut ? ['the last message is cut off'] : []),
      ...(set.junkBytes > 0 ? [`${set.junkBytes} bytes outside messages`] : []),
      ...(set.foreignFrames > 0 ? [`${set.foreignFrames} messages of other classes`] : []),
    ],
  };
}
