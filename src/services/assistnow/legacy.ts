// The legacy AssistNow service by token (specs/ublox.md 4.2, specs/tokens.md T1, T2 and 4). Its 400 means a bad token as
// well as a bad request: the smallest known-good request, at most once an hour, tells the two apart.
import { type ErrorCode, isWaymarkError, type Secret, WaymarkError } from '../../core/index.js';
import type { HttpsResponse } from '../../net/index.js';
import type { CredentialSource, Lease } from '../../vault/index.js';
import { evidenceOf, fragmentOf, legacyVerdict, readAnswer, weatherError } from './answer.js';
import { weatherOutcome } from './current.js';
import { createExchange, type Exchange, type ExchangeDeps } from './exchange.js';
import {
  componentNamed,
  isZtpToken,
  LEGACY_HOSTS,
  type LegacyKind,
  type LegacyRequest,
  legacyProbeUrl,
  legacyUrl,
  parameterNames,
} from './legacy-request.js';
import { recentProbe, withProbe } from './memory.js';
import type { AssistPart } from './request.js';
import type { AssistService, AssistSession, FetchedSet } from './service.js';

export interface LegacyServiceOptions {
  service: LegacyKind;
  constellations: readonly string[];
  days: number;
  /** Without one the provider's own pair. */
  primary?: string | undefined;
  secondary?: string | undefined;
  timeAccuracyS?: number | undefined;
  latencyS?: number | undefined;
}

export interface LegacyServiceDeps extends ExchangeDeps {
  credential: CredentialSource<Secret>;
}

/** The first server gets little time while there is a second. */
const PRIMARY_MS = 15_000;
const LAST_MS = 30_000;
const CONTENT_TYPE = 'application/ubx';
/** The road to one server, not what it says. */
const ROAD: readonly ErrorCode[] = [
  'net.dns',
  'net.unreachable',
  'net.refused',
  'net.closed',
  'tls.failed',
  'core.timeout',
];

interface Answered {
  response: HttpsResponse;
  base: string;
}

export function createLegacyService(deps: LegacyServiceDeps, options: LegacyServiceOptions): AssistService {
  const { clock, memory, credential } = deps;
  const log = deps.log.child('assistnow');
  const kind = options.service;
  const part: AssistPart = kind === 'online' ? 'live' : 'predictive';
  // A person's own server is not joined by the provider's: the token would go to a host nobody named.
  const bases = [options.primary, options.secondary].filter((base) => base !== undefined);
  const servers: readonly string[] = bases.length > 0 ? bases : LEGACY_HOSTS[kind];

  /** Each server in turn while the road fails or the server is ill; a refusal is not taken elsewhere. */
  async function ask(exchange: Exchange, request: LegacyRequest, signal: AbortSignal): Promise<Answered> {
    for (const [index, base] of servers.entries()) {
      const isLast = index === servers.length - 1;
      try {
        const response = await exchange.get(legacyUrl(base, request), {
          signal,
          deadlineMs: isLast ? LAST_MS : PRIMARY_MS,
        });
        if (isLast || response.status < 500) return { response, base };
      } catch (error) {
        if (isLast || !isWaymarkError(error, ...ROAD)) throw error;
      }
      log.info('assist.second-server', { host: new URL(base).host }, 'The second AssistNow server is asked.');
    }
    throw new WaymarkError('assist.invalid-request', 'no AssistNow server is configured');
  }

  /** Is it the token? Asked of the server once an hour, else what it said last; undefined when it cannot be told now. */
  async function isTokenBad(exchange: Exchange, token: Secret, base: string, signal: AbortSignal) {
    const of = token.fingerprint;
    const known = recentProbe(memory.now, of, clock.wall());
    if (known) return known.is === 'refused';
    const response = await exchange.get(legacyProbeUrl(base, kind, token), { signal, deadlineMs: LAST_MS });
    const verdict = legacyVerdict(response.status);
    if (verdict === 'weather') throw weatherError(response, new URL(base).host);
    const isBad = verdict !== 'answer';
    await memory.change((now) => withProbe(now, { atUtcMs: clock.wall(), is: isBad ? 'refused' : 'ok', of }));
    return isBad;
  }

  const reject = (lease: Lease<Secret>, response: HttpsResponse, step: string): void =>
    credential.report(lease, {
      is: 'refused',
      state: 'rejected',
      reason: response.status === 400 ? 'ambiguous-400' : 'refused',
      evidence: evidenceOf(response, step),
    });

  async function refusal(
    { response, base }: Answered,
    exchange: Exchange,
    request: LegacyRequest,
    lease: Lease<Secret>,
    signal: AbortSignal,
  ): Promise<WaymarkError> {
    const { host } = new URL(base);
    const evidence = evidenceOf(response, kind);
    const error = (code: ErrorCode, what: string): WaymarkError =>
      new WaymarkError(code, `${host} answered ${response.status}: ${what}`, { evidence });
    const verdict = legacyVerdict(response.status);
    if (verdict === 'weather') {
      credential.report(lease, weatherOutcome(response));
      return weatherError(response, host);
    }
    if (verdict === 'refused' || (verdict === 'ambiguous' && (await isTokenBad(exchange, lease.value, base, signal)))) {
      reject(lease, response, verdict === 'ambiguous' ? 'probe' : kind);
      return error('assist.token-refused', 'the token is not accepted');
    }
    // The smallest request went through: the token is good.
    if (verdict === 'ambiguous') credential.report(lease, { is: 'ok' });
    if (verdict !== 'ambiguous') return error('assist.invalid-request', 'this is not the address of the service');
    const about = componentNamed(fragmentOf(response.body)) ?? `one of ${parameterNames(request)}`;
    return error('assist.invalid-request', `the token works, the request does not: ${about}`);
  }

  function session(lease: Lease<Secret>): AssistSession {
    const of = lease.value.fingerprint;
    const { constellations, days, timeAccuracyS, latencyS } = options;
    return {
      of,
      parts: [part],
      async fetch(wanted, { signal, position }): Promise<FetchedSet> {
        if (wanted !== part)
          throw new WaymarkError('assist.not-entitled', `the ${kind} service has no ${wanted} orbits`);
        const exchange = createExchange(deps, part, of);
        const token = lease.value;
        const request: LegacyRequest = { token, kind, constellations, days, position, timeAccuracyS, latencyS };
        return exchange.settle(async () => {
          await memory.load();
          const answered = await ask(exchange, request, signal);
          if (legacyVerdict(answered.response.status) !== 'answer')
            throw await refusal(answered, exchange, request, lease, signal);
          const { host } = new URL(answered.base);
          const { frames, bytes, generatedUtcMs, oddities } = readAnswer(answered.response, host, CONTENT_TYPE);
          credential.report(lease, { is: 'ok' });
          if (oddities.length > 0) log.warn('assist.odd-answer', { part, host, oddities });
          return { frames, bytes, from: host, ...(generatedUtcMs === undefined ? {} : { generatedUtcMs }) };
        });
      },
    };
  }

  return {
    source: 'legacy',
    kinds: { live: 'legacy-online', predictive: 'legacy-offline' },
    wants: [part],
    async open(signal) {
      const lease = await credential.get({ signal });
      if (!isZtpToken(lease.value)) return session(lease);
      credential.report(lease, { is: 'refused', state: 'rejected', reason: 'wrong-kind', evidence: { shape: 'uuid' } });
      throw new WaymarkError('assist.wrong-kind', 'the location token has the shape of a ZTP token; nothing was asked');
    },
  };
}
