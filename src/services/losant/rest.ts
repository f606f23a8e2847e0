// Losant's REST API with the bearer a gateway has: a device token made from the access key, or an application token.
// A device token has no end unless one was asked for, so none is reckoned with: the server's 401 ends it, which costs one
// new token and one more try, never more (specs/losant.md sections 2 and 6, tokens.md T11). What a JWT says of its own
// end is a hint nobody vouches for; it is not looked at.
import { type Clock, type Logger, type Secret, WaymarkError } from '../../core/index.js';
import type { HttpsClient } from '../../net/index.js';
import { createDerived, type DerivedCredential, type Lease } from '../../vault/index.js';
import { answerError, type LosantAnswer, MAX_ANSWER_BYTES, readLosantAnswer } from './answers.js';
import type { LosantCredentials } from './credentials.js';
import { refusedWaitMs } from './judge.js';
import { type AuthAnswer, createOracle, type Oracle } from './oracle.js';
import type { LosantState } from './state.js';
import { createThrottle } from './throttle.js';

const DEADLINE_MS = 30_000;

export interface LosantRestDeps {
  clock: Clock;
  log: Logger;
  random(): number;
  http: HttpsClient;
  credentials: LosantCredentials;
  onChange?(): void;
}

export interface LosantRestOptions {
  apiUrl: string;
  applicationId?: string;
  deviceId: string;
  ca?: readonly string[];
}

export interface LosantCall {
  method: 'GET' | 'POST' | 'PATCH';
  /** What comes after `/applications/<id>`: `/devices/<id>/state`. */
  path: string;
  body?: unknown;
  /** The call's name, for messages and evidence. */
  step: string;
}

type Options = { signal: AbortSignal };

export interface LosantRest {
  readonly deviceId: string;
  /** As Losant said, else as configured. */
  readonly applicationId: string | undefined;
  readonly isRestricted: boolean | undefined;
  /** The device token; absent where only an application token is configured. */
  readonly token: DerivedCredential | undefined;
  /** Is the access key good? Reports to the credentials in force. */
  readonly oracle: Oracle;
  /**
   * Any call of the own application. Errors: `losant.*` of answers.ts, those of the HTTPS client, those of the
   * credential. Nothing is asked while Losant wants a pause: `losant.throttled` with the rest of it.
   */
  call(call: LosantCall, options: Options): Promise<unknown>;
  postState(state: LosantState | readonly LosantState[], options: Options): Promise<void>;
  /** Commands since then, oldest first, untrusted. */
  commandHistory(since: { startUtcMs: number; limit: number }, options: Options): Promise<unknown[]>;
  setConnectionStatus(
    status: { status: 'connected' | 'disconnected'; reason?: string },
    options: Options,
  ): Promise<void>;
  /** Tries an application token that is not in force, by the cheapest read. */
  proveToken(candidate: Secret, options: Options): Promise<void>;
  /** Tries a pair that need not be in force. */
  authDevice(pair: { key: Secret; secret: Secret }, options: Options): Promise<AuthAnswer>;
}

export function createLosantRest(deps: LosantRestDeps, options: LosantRestOptions): LosantRest {
  const { clock, log, credentials, http } = deps;
  const { deviceId } = options;
  const base = options.apiUrl.replace(/\/+$/, '');
  const throttle = createThrottle(clock, () => deps.random());
  let learned: { applicationId?: string; isRestricted?: boolean } = {};
  let tokenRefusals = 0;

  const send = async (
    request: { method: LosantCall['method']; path: string; body?: unknown; bearer?: Secret },
    { signal }: Options,
  ): Promise<LosantAnswer> =>
    readLosantAnswer(
      await http.request({
        method: request.method,
        url: `${base}${request.path}`,
        ...(request.bearer ? { headers: { Authorization: `Bearer ${request.bearer.reveal()}` } } : {}),
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        ca: options.ca,
        maxBodyBytes: MAX_ANSWER_BYTES,
        deadlineMs: DEADLINE_MS,
        signal,
      }),
    );

  const oracle = createOracle({
    clock,
    credentials,
    post: (body, o) => send({ method: 'POST', path: '/auth/device', body }, o),
    deviceId,
    onGood({ applicationId, isRestricted }) {
      if (applicationId !== undefined && options.applicationId !== undefined && applicationId !== options.applicationId)
        log.warn('losant.other-application', { configured: options.applicationId, answered: applicationId });
      if (isRestricted === false && learned.isRestricted !== false) log.warn('losant.key-not-restricted', { deviceId });
      learned = {
        ...learned,
        ...(applicationId === undefined ? {} : { applicationId }),
        ...(isRestricted === undefined ? {} : { isRestricted }),
      };
      deps.onChange?.();
    },
  });

  const { accessKey, accessSecret, applicationToken } = credentials;
  const token =
    accessKey && accessSecret
      ? createDerived(deps, {
          id: 'losant-device-token',
          kind: 'device-token',
          from: [accessSecret, accessKey],
          async fetch({ signal }) {
            const answer = await oracle.ask({ signal });
            if (answer.is === 'good') return { value: answer.token };
            throw answer.error;
          },
        })
      : undefined;
  // A rejected key never falls back to the wider token.
  const bearer = token ?? applicationToken;
  const shown = token ? 'device-token' : 'application-token';

  const pathOf = (path: string): string => {
    const applicationId = learned.applicationId ?? options.applicationId;
    if (applicationId === undefined)
      throw new WaymarkError('losant.config', 'the application is not known: set losant.applicationId');
    return `/applications/${applicationId}${path}`;
  };

  /** What a refusal says of the bearer. True: a new one is worth one more try. */
  const tell = (lease: Lease<Secret>, answer: LosantAnswer): boolean => {
    if (answer.is === 'ok') {
      tokenRefusals = 0;
      bearer?.report(lease, { is: 'ok' });
      return false;
    }
    const evidence = { http: answer.http };
    if (token) {
      if (answer.is === 'unauthorised')
        token.report(lease, { is: 'refused', state: 'expired', reason: 'refused', evidence });
      // Asking for a new one tells whether the device is still there.
      if (answer.is === 'deleted')
        token.report(lease, { is: 'refused', state: 'deactivated', reason: 'operator-said', evidence });
      return answer.is === 'unauthorised';
    }
    if (answer.is === 'unauthorised') {
      const retryAtMonoMs = clock.mono() + refusedWaitMs(tokenRefusals++);
      // An inactive token can be made active again, so it is tried again, rarely.
      bearer?.report(lease, { is: 'refused', state: 'rejected', reason: 'refused', evidence, retryAtMonoMs });
    } else bearer?.report(lease, { is: 'weather' });
    return false;
  };

  const call = async (request: LosantCall, { signal }: Options, isAgain = false): Promise<unknown> => {
    throttle.check(request.step);
    if (!bearer) throw new WaymarkError('losant.config', 'neither access key and secret nor an application token');
    const lease = await bearer.get({ signal });
    const answer = await send({ ...request, path: pathOf(request.path), bearer: lease.value }, { signal });
    const isWorthAgain = tell(lease, answer);
    if (answer.is === 'ok') {
      throttle.passed();
      return answer.json;
    }
    if (isWorthAgain && !isAgain) return call(request, { signal }, true);
    if (answer.is === 'throttled') throw throttle.refused(request.step, answer.retryAfterMs);
    // A token that is minutes old is refused: then it is not the key, but where it is shown.
    if (isWorthAgain) throw answerError({ ...answer, is: 'config' }, request.step, shown);
    throw answerError({ ...answer, is: answer.is }, request.step, shown);
  };

  const device = `/devices/${deviceId}`;
  const proveToken = async (candidate: Secret, { signal }: Options): Promise<void> => {
    const path = pathOf(`${device}/command?limit=1`);
    const answer = await send({ method: 'GET', path, bearer: candidate }, { signal });
    if (answer.is !== 'ok') throw answerError({ ...answer, is: answer.is }, 'prove', 'application-token');
  };

  return {
    deviceId,
    get applicationId() {
      return learned.applicationId ?? options.applicationId;
    },
    get isRestricted() {
      return learned.isRestricted;
    },
    token,
    oracle,
    call,
    async postState(state, o) {
      await call({ method: 'POST', path: `${device}/state`, body: state, step: 'state' }, o);
    },
    async commandHistory({ startUtcMs, limit }, o) {
      const query = `start=${Math.round(startUtcMs)}&limit=${Math.round(limit)}&sortDirection=asc`;
      const json = await call({ method: 'GET', path: `${device}/command?${query}`, step: 'command' }, o);
      const list: unknown = Array.isArray(json) ? json : (json as { items?: unknown }).items;
      if (!Array.isArray(list)) throw new WaymarkError('losant.malformed', 'command: the answer is no list');
      return list as unknown[];
    },
    async setConnectionStatus({ status, reason }, o) {
      const body = { status, ...(reason === undefined ? {} : { disconnectReason: reason.slice(0, 1024) }) };
      await call({ method: 'POST', path: `${device}/setConnectionStatus`, body, step: 'setConnectionStatus' }, o);
    },
    proveToken,
    authDevice: (pair, o) => oracle.authDevice(pair, o),
  };
}
