// The API token of direct mode (specs/thingspace.md section 2; specs/tokens.md T5, T6). ThingSpace hands out the same
// token until it ends, so asking early is of no use: it is fetched a second after the end of the one before, and whoever
// asks in its last seconds waits for that. It is never revoked by itself: that would hit every holder of the key.
import { type Clock, type Logger, Secret, sleep, WaymarkError } from '../../core/index.js';
import {
  API_TOKEN_REMEDIES,
  type CredentialSource,
  createDerived,
  type DerivedCredential,
  type DerivedValue,
  type Lease,
} from '../../vault/index.js';
import { jsonOf, objectOf } from './envelope.js';
import { type Answer, classify, errorOf } from './errors.js';
import { loginFingerprint, type StrikeGuard } from './strike-ledger.js';
import { basicHeader, tokenText, type Wire } from './wire.js';

/** The four files of a person. */
export interface DirectCredentials {
  key: CredentialSource<Secret>;
  secret: CredentialSource<Secret>;
  user: CredentialSource<Secret>;
  password: CredentialSource<Secret>;
}

export interface ApplicationPair {
  key: Lease<Secret>;
  secret: Lease<Secret>;
}

export interface BearerDeps {
  wire: Wire;
  clock: Clock;
  log: Logger;
  credentials: Pick<DirectCredentials, 'key' | 'secret'>;
  strikes: StrikeGuard;
  loginEpoch: number;
}

const TOKEN_PATH = '/api/ts/v1/oauth2/token';
const REVOKE_PATH = '/api/ts/v1/oauth2/revoke';
/** A longer life than it was ever given is not believed. */
const MAX_LIFE_MS = 3_600_000;
/** Not lent in its last seconds: it would end on the way. */
const PARK_MS = 5000;
const AFTER_END_MS = 1000;
/** How long a refused token that is handed out again may be waited for. */
const SAME_TOKEN_WAIT_MS = 60_000;

export interface FetchedToken {
  value: Secret;
  lifeMs: number;
}

/** One token of the endpoint's 200. Errors: `thingspace.malformed`. */
export function readToken(answer: Answer): FetchedToken {
  const members = objectOf(jsonOf(answer.body));
  const token = tokenText(members?.['access_token']);
  if (token === undefined) throw new WaymarkError('thingspace.malformed', 'API token: none in the answer');
  const given = Number(members?.['expires_in'] ?? 3600);
  const seconds = Number.isFinite(given) && given >= 0 ? given : 3600;
  return { value: new Secret('api-token', token), lifeMs: Math.min(seconds * 1000, MAX_LIFE_MS) };
}

/** Fetches a token for a pair; used for the pair in force, and for a candidate. Says nothing to the pair's credentials. */
export async function requestToken(
  wire: Wire,
  pair: { key: Secret; secret: Secret },
  strikes: StrikeGuard,
  signal?: AbortSignal,
): Promise<FetchedToken> {
  const answer = await wire.post({
    path: TOKEN_PATH,
    headers: {
      Authorization: basicHeader(pair.key, pair.secret),
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
    signal,
  });
  const verdict = classify(answer, 'token');
  if (verdict.is === 'ok') return readToken(answer);
  // Only a refusal is written down: key and secret have no lock that a crash could spend.
  if (verdict.is === 'key-refused') {
    await strikes.spend().catch(() => undefined);
    await strikes.settle(verdict.isCertain ? 'refused' : 'uncertain');
  }
  throw errorOf(verdict, 'API token');
}

/** The operator's own doing, with confirmation: every holder of the key loses its token. */
export async function revokeToken(
  wire: Wire,
  pair: { key: Secret; secret: Secret },
  token: Secret,
  signal?: AbortSignal,
): Promise<void> {
  const answer = await wire.post({
    path: REVOKE_PATH,
    headers: {
      Authorization: basicHeader(pair.key, pair.secret),
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: `grant_type=client_credentials&token=${encodeURIComponent(token.reveal())}`,
    signal,
  });
  const verdict = classify(answer, 'revoke');
  if (verdict.is !== 'ok') throw errorOf(verdict, 'revocation of the API token');
}

export async function borrowPair(
  credentials: Pick<DirectCredentials, 'key' | 'secret'>,
  signal?: AbortSignal,
): Promise<ApplicationPair> {
  return { key: await credentials.key.get({ signal }), secret: await credentials.secret.get({ signal }) };
}

export function createBearer(deps: BearerDeps): DerivedCredential {
  const { wire, clock, credentials, strikes } = deps;
  /** End of the token held last, by its own word. */
  let endMonoMs: number | undefined;

  const ask = async (signal: AbortSignal): Promise<FetchedToken> => {
    const pair = await borrowPair(credentials, signal);
    await strikes.check({
      fingerprint: loginFingerprint([pair.key.value, pair.secret.value]),
      owner: loginFingerprint([pair.key.value]),
      epoch: deps.loginEpoch,
    });
    try {
      const fetched = await requestToken(wire, { key: pair.key.value, secret: pair.secret.value }, strikes, signal);
      credentials.key.report(pair.key, { is: 'ok' });
      credentials.secret.report(pair.secret, { is: 'ok' });
      endMonoMs = clock.mono() + fetched.lifeMs;
      return fetched;
    } catch (error) {
      if (error instanceof WaymarkError && error.code === 'thingspace.refused' && strikes.status().isLatched) {
        // Which of the two it is nobody can tell: both have to be looked at.
        const refused = {
          is: 'refused',
          state: 'rejected',
          reason: 'locked-risk',
          evidence: error.evidence ?? {},
        } as const;
        credentials.secret.report(pair.secret, refused);
        credentials.key.report(pair.key, refused);
      }
      throw error;
    }
  };

  const lend = ({ value, lifeMs }: FetchedToken): DerivedValue => ({
    value,
    lifeMs,
    guardMs: Math.min(PARK_MS, lifeMs / 2),
  });

  /** The refused token once more: it may only just have ended here and not there, so one more try after a pause. */
  const otherThan = async (refused: Secret, signal: AbortSignal): Promise<DerivedValue> => {
    let fetched = await ask(signal);
    if (!fetched.value.equals(refused)) return lend(fetched);
    await sleep(clock, Math.min(fetched.lifeMs + AFTER_END_MS, SAME_TOKEN_WAIT_MS), signal);
    fetched = await ask(signal);
    if (!fetched.value.equals(refused)) return lend(fetched);
    throw new WaymarkError('thingspace.token-refused', 'API token: the one just refused is handed out again', {
      retryAfterMs: fetched.lifeMs + AFTER_END_MS,
    });
  };

  const derived = createDerived(deps, {
    id: 'thingspace-api-token',
    kind: 'api-token',
    from: [credentials.key, credentials.secret],
    remedies: API_TOKEN_REMEDIES,
    async fetch({ previous, signal }) {
      if (previous?.wasRefused) return otherThan(previous.value, signal);
      // Before its end the same token would come again.
      const leftMs = endMonoMs === undefined ? 0 : endMonoMs + AFTER_END_MS - clock.mono();
      if (previous && leftMs > 0) await sleep(clock, leftMs, signal);
      const fetched = await ask(signal);
      if (fetched.lifeMs > PARK_MS) return lend(fetched);
      // Somebody else got it first and it is about to end: the next one is worth the wait.
      await sleep(clock, fetched.lifeMs + AFTER_END_MS, signal);
      return lend(await ask(signal));
    },
  });
  return {
    ...derived,
    clockJumped(byMs) {
      // Its end has come nearer there, too: without this the next one would be waited for in vain.
      if (endMonoMs !== undefined && byMs > 0) endMonoMs -= byMs;
      derived.clockJumped(byMs);
    },
  };
}
