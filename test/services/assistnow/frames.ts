// UBX frames for the assistance tests, and a scripted HTTPS client.
import type { WaymarkError } from '../../../src/core/index.js';
import type { HttpsClient, HttpsRequest, HttpsResponse } from '../../../src/net/index.js';

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

export function ubx(cls: number, id: number, payload: readonly number[]): Uint8Array {
  const body = [cls, id, payload.length & 255, payload.length >> 8, ...payload];
  let [a, b] = [0, 0];
  for (const byte of body) {
    a = (a + byte) % 256;
    b = (b + a) % 256;
  }
  return Uint8Array.from([0xb5, 0x62, ...body, a, b]);
}

const padded = (head: readonly number[], length: number): number[] => [
  ...head,
  ...new Array<number>(length - head.length).fill(0),
];

export function iniTime(utcMs: number): Uint8Array {
  const d = new Date(utcMs);
  const year = d.getUTCFullYear();
  const clock = [d.getUTCMonth() + 1, d.getUTCDate(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds()];
  return ubx(0x13, 0x40, padded([0x10, 0, 0, 18, year & 255, year >> 8, ...clock], 24));
}
export const iniPosition = (): Uint8Array => ubx(0x13, 0x40, padded([1], 20));
export const ephemeris = (sv: number): Uint8Array => ubx(0x13, 0x00, padded([1, 0, sv], 68));
export const almanac = (sv: number): Uint8Array => ubx(0x13, 0x00, padded([2, 0, sv], 36));
export const ionosphere = (): Uint8Array => ubx(0x13, 0x00, padded([6], 16));
export function predicted(sv: number, dayUtcMs: number): Uint8Array {
  const d = new Date(dayUtcMs);
  return ubx(0x13, 0x20, padded([0, 0, sv, 0, d.getUTCFullYear() - 2000, d.getUTCMonth() + 1, d.getUTCDate()], 76));
}

export const liveSet = (utcMs: number): Uint8Array[] => [iniTime(utcMs), ephemeris(1), ephemeris(2), ionosphere()];
/** One satellite for each of `days` days from the day of `fromUtcMs` on, and an almanac. */
export function predictedSet(fromUtcMs: number, days: number): Uint8Array[] {
  const first = Math.floor(fromUtcMs / DAY_MS) * DAY_MS;
  return [almanac(9), ...Array.from({ length: days }, (_, i) => predicted(1, first + i * DAY_MS))];
}

export type Reply = Partial<Omit<HttpsResponse, 'body'>> & { body?: Uint8Array | string };

export interface ScriptedHttp extends HttpsClient {
  urls: string[];
  requests: HttpsRequest[];
}

/** Answers each request by `answer`; an error it returns breaks the road before the request leaves. */
export function scriptedHttp(answer: (url: string, index: number) => Reply | WaymarkError): ScriptedHttp {
  const urls: string[] = [];
  const requests: HttpsRequest[] = [];
  return {
    urls,
    requests,
    async request(request) {
      urls.push(request.url);
      requests.push(request);
      const reply = answer(request.url, urls.length - 1);
      if (reply instanceof Error) throw reply;
      await request.beforeSend?.();
      const { body = '', ...rest } = reply;
      return { status: 200, headers: {}, ...rest, body: Buffer.from(body as Uint8Array) };
    },
  };
}

export const join = (frames: readonly Uint8Array[]): Buffer => Buffer.concat(frames);

export const failureOf = (promise: Promise<unknown>): Promise<WaymarkError> =>
  promise.then(
    () => {
      throw new Error('resolved');
    },
    (error: unknown) => error as WaymarkError,
  );
