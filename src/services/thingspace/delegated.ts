// Delegated mode (specs/thingspace.md 7.1): the operator's endpoint hands down a short-lived pair of tokens, which stay
// in memory. No login, no logout, no key here: a session that ended is mended by asking the endpoint again.
//
//   either token wanted --> pair asked before and not yet taken? take it --no--> one question, both are filled
import { type Clock, type Logger, Secret, sleep, WaymarkError } from '../../core/index.js';
import { createDerived, type DerivedCredential, type DerivedValue } from '../../vault/index.js';
import type { DeviceNames, OperatorEndpoint } from './operator.js';
import { tokenText } from './wire.js';

export interface DelegatedDeps {
  endpoint: OperatorEndpoint;
  clock: Clock;
  log: Logger;
  device: (signal: AbortSignal) => Promise<DeviceNames>;
  /** Of the enrolment token, if there is one. */
  from: Parameters<typeof createDerived>[1]['from'];
}

/** What the endpoint says of the account beside the tokens. */
export interface DelegatedFacts {
  accountName?: string;
  mdn?: string;
}

export interface DelegatedTokens extends Disposable {
  bearer: DerivedCredential;
  session: DerivedCredential;
  facts(): DelegatedFacts;
}

const MAX_LIFE_S = 3600;
const MAX_IDLE_S = 1200;

export interface TokenPair extends DelegatedFacts {
  bearer: { value: Secret; lifeMs: number };
  session?: { value: Secret; idleMs: number };
  /** The endpoint asks not to use it earlier. */
  notBeforeMs: number;
}

/** The endpoint's 200. Errors: `thingspace.malformed`. */
export function readTokenPair(members: Readonly<Record<string, unknown>>): TokenPair {
  const bad = (why: string): WaymarkError =>
    new WaymarkError('thingspace.malformed', `the operator's token endpoint: ${why}`, {
      hint: 'The operator’s token endpoint answers something else than was agreed: tell the operator.',
    });
  const access = tokenText(members['access_token']);
  if (access === undefined) throw bad('no usable access_token');
  const life = members['expires_in'];
  // Without an end a leaked token would be believed for ever.
  if (typeof life !== 'number' || !Number.isFinite(life) || life <= 0) throw bad('no expires_in');
  const session = members['session_token'];
  const sessionText = tokenText(session);
  if (session !== undefined && session !== null && sessionText === undefined) throw bad('no usable session_token');
  const idle = Number(members['session_idle_s']);
  const account = members['account_name'];
  const mdn = members['mdn'];
  const notBefore = Number(members['not_before_s']);
  return {
    bearer: { value: new Secret('api-token', access), lifeMs: Math.min(life, MAX_LIFE_S) * 1000 },
    ...(sessionText === undefined
      ? {}
      : {
          session: {
            value: new Secret('session-token', sessionText),
            idleMs: (idle > 0 && idle <= MAX_IDLE_S ? idle : MAX_IDLE_S) * 1000,
          },
        }),
    notBeforeMs: notBefore > 0 && notBefore <= MAX_LIFE_S ? notBefore * 1000 : 0,
    ...(typeof account === 'string' && /^\d{10}-\d{5}$/.test(account) ? { accountName: account } : {}),
    ...(typeof mdn === 'string' && /^\+?\d{10,15}$/.test(mdn) ? { mdn } : {}),
  };
}

type Kind = 'api' | 'session';

export function createDelegatedTokens(deps: DelegatedDeps): DelegatedTokens {
  const { endpoint, clock } = deps;
  let facts: DelegatedFacts = {};
  /** What came with the last answer and was not taken yet. */
  const spare: { api?: { value: Secret; endMonoMs: number }; session?: { value: Secret; idleMs: number } } = {};
  let asking: Promise<void> | undefined;

  const question = async (kind: Kind, rejected: Secret | undefined, isFirst: boolean, signal: AbortSignal) => {
    const device = await deps.device(signal);
    const pair = readTokenPair(
      await endpoint.ask(
        {
          provider: 'thingspace',
          device,
          reason: rejected ? 'rejected' : isFirst ? 'initial' : 'expired',
          ...(rejected ? { rejected: { kind, fp: rejected.fingerprint } } : {}),
        },
        signal,
      ),
    );
    facts = {
      ...(pair.accountName === undefined ? {} : { accountName: pair.accountName }),
      ...(pair.mdn === undefined ? {} : { mdn: pair.mdn }),
    };
    if (pair.notBeforeMs > 0) await sleep(clock, pair.notBeforeMs, signal);
    spare.api = { value: pair.bearer.value, endMonoMs: clock.mono() + pair.bearer.lifeMs };
    if (pair.session) spare.session = pair.session;
  };

  /** Both tokens are got by one question, whoever asks first. */
  const ask = (kind: Kind, rejected: Secret | undefined, isFirst: boolean, signal: AbortSignal): Promise<void> =>
    (asking ??= question(kind, rejected, isFirst, signal).finally(() => (asking = undefined)));

  const again = (what: string): WaymarkError =>
    new WaymarkError('thingspace.token-refused', `${what}: the operator's endpoint hands out the refused one again`, {
      hint: 'The operator’s token endpoint hands out a token that ThingSpace has refused: tell the operator.',
    });

  const takeBearer = (refused: Secret | undefined): DerivedValue | undefined => {
    const { api } = spare;
    delete spare.api;
    const lifeMs = api ? api.endMonoMs - clock.mono() : 0;
    if (!api || lifeMs <= 0 || refused?.equals(api.value)) return undefined;
    return { value: api.value, lifeMs };
  };

  const takeSession = (refused: Secret | undefined): DerivedValue | undefined => {
    const { session } = spare;
    delete spare.session;
    return session && !refused?.equals(session.value) ? session : undefined;
  };

  const bearer = createDerived(deps, {
    id: 'thingspace-api-token',
    kind: 'api-token',
    from: deps.from,
    async fetch({ previous, signal }) {
      const refused = previous?.wasRefused ? previous.value : undefined;
      const kept = takeBearer(refused);
      if (kept) return kept;
      await ask('api', refused, !previous, signal);
      const fresh = takeBearer(refused);
      if (fresh) return fresh;
      throw again('API token');
    },
  });

  const session = createDerived(deps, {
    id: 'thingspace-session',
    kind: 'session-token',
    from: deps.from,
    async fetch({ previous, signal }) {
      const refused = previous?.wasRefused ? previous.value : undefined;
      const kept = takeSession(refused);
      if (kept) return kept;
      await ask('session', refused, !previous, signal);
      const hadOne = spare.session !== undefined;
      const fresh = takeSession(refused);
      // A pair belongs together: the bearer that came with it is taken with the next request.
      if (spare.api) bearer.drop();
      if (fresh) return fresh;
      if (hadOne) throw again('session');
      throw new WaymarkError('thingspace.malformed', 'the operator’s token endpoint: gave no session_token');
    },
  });

  return {
    bearer,
    session,
    facts: () => facts,
    [Symbol.dispose]() {
      bearer[Symbol.dispose]();
      session[Symbol.dispose]();
    },
  };
}
