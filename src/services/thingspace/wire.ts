// The one road to ThingSpace: a request at a time, a second apart, never a redirect, every answer bounded
// (specs/thingspace.md 5.4). Values that would break a header are refused here before anything is built of them.
import { abortable, type Clock, type Secret, sleep, WaymarkError } from '../../core/index.js';
import type { HttpsClient } from '../../net/index.js';
import { MAX_BODY_BYTES } from './envelope.js';
import type { Answer } from './errors.js';

export interface WireRequest {
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
  /** Runs on the established connection just before the first byte. */
  beforeSend?: () => Promise<void>;
  deadlineMs?: number;
  signal?: AbortSignal | undefined;
}

export interface Wire {
  /** Errors: those of HttpsClient. A status of 4xx or 5xx is an answer. */
  post(request: WireRequest): Promise<Answer>;
}

const SPACING_MS = 1000;
const DEADLINE_MS = 30_000;

export function createWire(
  deps: { http: HttpsClient; clock: Clock },
  options: { baseUrl: string; ca?: readonly string[] | undefined },
): Wire {
  const { http, clock } = deps;
  const base = options.baseUrl.replace(/\/+$/, '');
  let tail: Promise<unknown> = Promise.resolve();
  let lastEndMonoMs = Number.NEGATIVE_INFINITY;

  const send = async (request: WireRequest): Promise<Answer> => {
    const pauseMs = lastEndMonoMs + SPACING_MS - clock.mono();
    if (pauseMs > 0) await sleep(clock, pauseMs, request.signal);
    try {
      const { status, body, retryAfterMs } = await http.request({
        method: 'POST',
        url: `${base}${request.path}`,
        headers: { Accept: 'application/json', ...request.headers },
        maxBodyBytes: MAX_BODY_BYTES,
        deadlineMs: request.deadlineMs ?? DEADLINE_MS,
        signal: request.signal,
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.beforeSend ? { beforeSend: request.beforeSend } : {}),
        ...(options.ca ? { ca: options.ca } : {}),
      });
      return { status, body, retryAfterMs };
    } finally {
      lastEndMonoMs = clock.mono();
    }
  };

  return {
    post(request) {
      const mine = tail.then(() => {
        // Whoever gave up while waiting sends nothing.
        request.signal?.throwIfAborted();
        return send(request);
      });
      tail = mine.catch(() => undefined);
      return abortable(mine, request.signal);
    },
  };
}

const VISIBLE = /^[\x21-\x7e]{1,4096}$/;

/** A token of a far side, or undefined where it could not stand in a header. */
export function tokenText(value: unknown): string | undefined {
  return typeof value === 'string' && VISIBLE.test(value) ? value : undefined;
}

/** `Basic` for the OAuth calls. Errors: `secret.malformed`. */
export function basicHeader(key: Secret, secret: Secret): string {
  const [user, password] = [key.reveal(), secret.reveal()];
  for (const [what, value] of [
    ['key', user],
    ['secret', password],
  ] as const) {
    const why = !VISIBLE.test(value)
      ? 'holds blanks or control characters'
      : what === 'key' && value.includes(':')
        ? 'holds a colon'
        : undefined;
    if (why !== undefined)
      throw new WaymarkError('secret.malformed', `thingspace ${what}: ${why}`, { evidence: { what, why } });
  }
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

const FORBIDDEN = [
  ["'", 'an apostrophe'],
  ['<', 'a less-than sign'],
  ['\\', 'a backslash'],
] as const;

/**
 * The JSON of a login. ThingSpace refuses three characters in any input, and such a refusal would be one of the five
 * misses that lock the account. Errors: `secret.malformed` with the name of the character.
 */
export function loginBody(user: Secret, password: Secret): string {
  for (const [what, value] of [
    ['user', user.reveal()],
    ['password', password.reveal()],
  ] as const) {
    const bad = FORBIDDEN.find(([sign]) => value.includes(sign));
    const why = bad ? `holds ${bad[1]}` : VISIBLE.test(value) ? undefined : 'holds blanks or control characters';
    if (why !== undefined)
      throw new WaymarkError('secret.malformed', `thingspace ${what}: ${why}`, {
        hint: `The UWS ${what} ${why}, which ThingSpace does not take: choose another in the ThingSpace portal. Nothing was sent.`,
        evidence: { what, why },
      });
  }
  return JSON.stringify({ username: user.reveal(), password: password.reveal() });
}
