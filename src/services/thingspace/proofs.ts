// Trying a person's values on purpose, in direct mode: the pair of the application by fetching its token, the UWS pair by
// a login within the strikes. Candidates have strikes of their own, per user: with those of the values in force they stay
// below the five misses that lock the account, however many candidates are offered and whichever half is new.
import { type Clock, type Logger, type Secret, toWaymarkError, WaymarkError } from '../../core/index.js';
import type { DerivedCredential } from '../../vault/index.js';
import { borrowPair, type DirectCredentials, requestToken } from './bearer.js';
import { errorOf } from './errors.js';
import { sendLogin, sendLogout } from './session.js';
import { loginFingerprint, type StrikeGuard } from './strike-ledger.js';
import { loginBody, type Wire } from './wire.js';

export interface ProofDeps {
  wire: Wire;
  clock: Clock;
  log: Logger;
  /** Those of candidates, in the same ledger as those of the values in force. */
  strikes: StrikeGuard;
  credentials: DirectCredentials;
  bearer: DerivedCredential;
  session: DerivedCredential;
  loginEpoch: number;
}

export interface Proofs {
  test(id: string, signal: AbortSignal): Promise<void>;
  /** `candidates` by id: those that would come into force together. */
  prove(id: string, candidates: Candidates, signal: AbortSignal): Promise<void>;
}

export type Candidates = Readonly<Record<string, Secret>>;

/** Refused key pairs lock nothing, so a candidate of them is not counted. */
const UNCOUNTED: StrikeGuard = {
  check: () => Promise.resolve(),
  spend: () => Promise.resolve(),
  settle: () => Promise.resolve(),
  status: () => ({ strikes: 0, isLatched: false }),
};

/** It says nothing of the candidate, which waits until it can be tried. Roads and clocks speak for themselves. */
const asWeather = (error: WaymarkError, id: string): WaymarkError =>
  error.retry === 'backoff' || !/^(?:thingspace|credential|secret)\./.test(error.code)
    ? error
    : new WaymarkError('token.waits', `${id}: the new value could not be tried`, {
        cause: error,
        hint: `The new value could not be tried yet, for another reason: ${error.hint}`,
        evidence: { code: error.code },
      });

export const notTestable = (id: string): WaymarkError =>
  new WaymarkError('token.not-testable', `${id}: cannot be tried by itself`);

type Part = keyof DirectCredentials;

/** What ThingSpace says of the pair that was shown, by what was proved with it. */
const VERDICTS: Readonly<Record<'pair' | 'login', readonly string[]>> = {
  pair: ['thingspace.refused', 'thingspace.not-subscribed'],
  login: ['thingspace.login-refused'],
};

export function createProofs(deps: ProofDeps): Proofs {
  const { wire, clock, strikes, credentials, bearer, session, loginEpoch } = deps;

  /** Which of the four an id names. */
  const partOf = (id: string): Part | undefined =>
    (['key', 'secret', 'user', 'password'] as const).find((part) => credentials[part].status().id === id);

  /** The value that a part would have: the candidate where there is one. */
  const valueOf = async (part: Part, candidates: Candidates, signal: AbortSignal): Promise<Secret> => {
    const candidate = candidates[credentials[part].status().id];
    // The other half may be held back together with the value that is to be replaced: then it is not lent.
    return candidate ?? (await credentials[part].get({ signal })).value;
  };

  /** Everything else that goes wrong on the way is about another value, the ledger or the road. */
  const isAboutCandidate = (
    { code, evidence }: WaymarkError,
    of: 'pair' | 'login',
    candidates: Candidates,
  ): boolean => {
    if (VERDICTS[of].includes(code)) return true;
    const part = (Object.keys(credentials) as Part[]).find((name) => name === evidence?.['what']);
    return code === 'secret.malformed' && part !== undefined && candidates[credentials[part].status().id] !== undefined;
  };

  const provePair = async (candidates: Candidates, signal: AbortSignal): Promise<void> => {
    const pair = {
      key: await valueOf('key', candidates, signal),
      secret: await valueOf('secret', candidates, signal),
    };
    await requestToken(wire, pair, UNCOUNTED, signal);
  };

  const proveLogin = async (candidates: Candidates, signal: AbortSignal): Promise<void> => {
    const pair = {
      user: await valueOf('user', candidates, signal),
      password: await valueOf('password', candidates, signal),
    };
    loginBody(pair.user, pair.password);
    const owner = loginFingerprint([pair.user]);
    await strikes.check({ fingerprint: loginFingerprint([pair.user], 'candidate'), owner, epoch: loginEpoch });
    for (let tries = 0; ; tries++) {
      const b = await bearer.get({ signal });
      const result = await sendLogin(wire, b.value, pair, strikes, signal);
      if (result.is === 'session') {
        bearer.report(b, { is: 'ok' });
        await sendLogout(wire, clock, { bearer: b.value, session: result.value });
        return;
      }
      const { verdict } = result;
      if (verdict.is !== 'bearer-bad' || !verdict.isCertain || tries > 0) throw errorOf(verdict, 'login');
      bearer.report(b, { is: 'refused', state: 'rejected', reason: 'refused', evidence: verdict.evidence });
    }
  };

  return {
    async test(id, signal) {
      const part = partOf(id);
      if (part === 'key' || part === 'secret' || id === bearer.status().id) {
        await borrowPair(credentials, signal);
        // Asking again gives the same token while it lives: nobody else loses theirs.
        bearer.drop();
        await bearer.get({ signal });
        return;
      }
      if (part === undefined && id !== session.status().id) throw notTestable(id);
      session.drop();
      await session.get({ signal });
    },
    async prove(id, candidates, signal) {
      const part = partOf(id);
      if (part === undefined) throw notTestable(id);
      const of = part === 'key' || part === 'secret' ? 'pair' : 'login';
      try {
        await (of === 'pair' ? provePair(candidates, signal) : proveLogin(candidates, signal));
      } catch (thrown) {
        const error = toWaymarkError(thrown);
        const isBlamed = isAboutCandidate(error, of, candidates);
        const log = deps.log.child('thingspace');
        log.info(isBlamed ? 'thingspace.candidate-refused' : 'thingspace.candidate-waits', { id, error });
        throw isBlamed ? error : asWeather(error, id);
      }
    },
  };
}
