// The current AssistNow service: live and predicted orbits by chipcode (specs/ublox.md 4.1). A refusal does not say
// whether it is about the chipcode or the request: one component is left out of the request, at most one a day, and
// when that does not help the chipcode is refused and provisioning is asked for another.
import { type ErrorCode, WaymarkError } from '../../core/index.js';
import type { HttpsResponse } from '../../net/index.js';
import type { ChipcodeIdentity, CredentialOutcome } from '../../vault/index.js';
import { currentVerdict, evidenceOf, readAnswer, weatherError } from './answer.js';
import { createExchange, type Exchange, type ExchangeDeps } from './exchange.js';
import { droppedOf, mayDrop, withDropped } from './memory.js';
import {
  type AssistPart,
  COMPONENT_WORDS,
  type CurrentRequest,
  chooseData,
  componentsOf,
  currentUrl,
  type DataChoice,
  reduced,
} from './request.js';
import type { AssistService, AssistSession, FetchedSet, FetchOptions } from './service.js';

export interface CurrentServiceOptions {
  constellations: readonly string[];
  /** 0: no predicted orbits. */
  predictiveDays: number;
  live: boolean;
}

export interface CurrentServiceDeps extends ExchangeDeps {
  /** The identity in force; resolves once there is one. */
  chipcode: (signal: AbortSignal) => Promise<ChipcodeIdentity>;
  /** What became of the chipcode. */
  report: (outcome: CredentialOutcome, identity: ChipcodeIdentity) => void;
  /** The chipcode is refused, or covers too little: provisioning may have another one, or another plan. */
  renew: (reason: string) => void;
}

const DEADLINE_MS = 30_000;
const PARTS: readonly AssistPart[] = ['live', 'predictive'];

export function createCurrentService(deps: CurrentServiceDeps, options: CurrentServiceOptions): AssistService {
  const { clock, memory } = deps;
  const log = deps.log.child('assistnow');
  const { constellations, predictiveDays } = options;
  const wants = PARTS.filter((part) => (part === 'live' ? options.live : predictiveDays > 0));

  /** A request that may lose a component on its way: the answer, or the refusal that stays. */
  async function ask(exchange: Exchange, part: AssistPart, of: string, whole: CurrentRequest, signal: AbortSignal) {
    const send = (request: CurrentRequest): Promise<HttpsResponse> =>
      exchange.get(currentUrl(request), { signal, deadlineMs: DEADLINE_MS });
    const left = droppedOf(await memory.load(), part, of, clock.wall());
    const request = reduced(whole, left);
    const response = await send(request);
    if (currentVerdict(response.status) !== 'ambiguous') return response;
    const component = mayDrop(memory.now, part, of, componentsOf(request), clock.wall());
    if (component === undefined) return response;
    const dropped = { names: [...left, component], atUtcMs: clock.wall(), of };
    await memory.change((known) => withDropped(known, part, dropped));
    const again = await send(reduced(whole, dropped.names));
    if (currentVerdict(again.status) === 'answer')
      log.warn(
        'assist.reduced',
        { part, without: component, ...evidenceOf(response, part) },
        `AssistNow refuses the request with ${COMPONENT_WORDS[component]}; it is asked without.`,
      );
    return again;
  }

  function refusal(response: HttpsResponse, part: AssistPart, host: string, identity: ChipcodeIdentity): WaymarkError {
    const evidence = evidenceOf(response, part);
    const error = (code: ErrorCode, what: string): WaymarkError =>
      new WaymarkError(code, `${host} answered ${response.status}: ${what}`, { evidence });
    switch (currentVerdict(response.status)) {
      case 'not-entitled':
        deps.report({ is: 'refused', state: 'deactivated', reason: 'scope', evidence }, identity);
        // What the plan allows may be another by now, and only provisioning tells.
        deps.renew(`AssistNow answered ${response.status}`);
        return error('assist.not-entitled', `the plan does not cover ${part} orbits`);
      case 'ambiguous':
      case 'refused':
        deps.report(
          {
            is: 'refused',
            state: 'rejected',
            reason: response.status === 401 ? 'refused' : 'ambiguous-400',
            evidence,
          },
          identity,
        );
        deps.renew(`AssistNow answered ${response.status}`);
        return error('assist.token-refused', 'the chipcode is not accepted');
      case 'invalid':
      case 'answer':
        return error('assist.invalid-request', 'the request is not understood');
      case 'weather':
        deps.report(weatherOutcome(response), identity);
        return weatherError(response, host);
    }
  }

  function session(identity: ChipcodeIdentity, data: ReadonlyMap<AssistPart, DataChoice>): AssistSession {
    const of = identity.chipcode.fingerprint;
    const { serviceUrl, chipcode } = identity;
    return {
      of,
      parts: [...data.keys()],
      async fetch(part: AssistPart, { signal, position }: FetchOptions): Promise<FetchedSet> {
        const choice = data.get(part);
        if (!choice) throw new WaymarkError('assist.not-entitled', `the plan has no ${part} orbits`);
        const exchange = createExchange(deps, part, of);
        const filter = part === 'live' ? position : undefined;
        const whole: CurrentRequest = { serviceUrl, chipcode, data: choice, constellations, position: filter };
        return exchange.settle(async () => {
          const response = await ask(exchange, part, of, whole, signal);
          const { host } = new URL(serviceUrl);
          if (currentVerdict(response.status) !== 'answer') throw refusal(response, part, host, identity);
          const { frames, bytes, generatedUtcMs, oddities } = readAnswer(response, host);
          deps.report({ is: 'ok' }, identity);
          if (oddities.length > 0) log.warn('assist.odd-answer', { part, host, oddities });
          return { frames, bytes, from: host, ...(generatedUtcMs === undefined ? {} : { generatedUtcMs }) };
        });
      },
    };
  }

  return {
    source: 'assistnow',
    kinds: { live: 'live', predictive: 'predictive' },
    wants,
    async open(signal) {
      const identity = await deps.chipcode(signal);
      const allowed = identity.allowedData.map((name) => name.toLowerCase());
      const data = new Map<AssistPart, DataChoice>();
      for (const part of wants) {
        const choice = chooseData(part, allowed, predictiveDays);
        if (choice) data.set(part, choice);
      }
      if (data.size === 0) {
        const evidence = { allowed: allowed.join(', ') || 'nothing' };
        deps.report({ is: 'refused', state: 'deactivated', reason: 'scope', evidence }, identity);
        deps.renew('the plan covers nothing of what is asked for');
        throw new WaymarkError('assist.not-entitled', `the plan covers ${evidence.allowed}`, { evidence });
      }
      return session(identity, data);
    },
  };
}

export function weatherOutcome({ retryAfterMs }: HttpsResponse): CredentialOutcome {
  return { is: 'weather', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
