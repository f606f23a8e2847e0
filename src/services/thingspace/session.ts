// The VZ-M2M session of direct mode (specs/thingspace.md section 3; specs/tokens.md T7, T8): a login only when there is
// none or the server has ended it, never two at a time, and never without the strikes having been counted.
import {
  type Clock,
  isWaymarkError,
  type Logger,
  Secret,
  sleep,
  WaymarkError,
  withDeadline,
} from '../../core/index.js';
import {
  type CredentialSource,
  createDerived,
  type DerivedCredential,
  type Lease,
  SESSION_REMEDIES,
} from '../../vault/index.js';
import type { DirectCredentials } from './bearer.js';
import { jsonOf, objectOf } from './envelope.js';
import { type Answer, classify, errorOf, type ThingspaceVerdict } from './errors.js';
import { loginFingerprint, type StrikeGuard } from './strike-ledger.js';
import type { StrikeOutcome } from './strikes.js';
import { loginBody, tokenText, type Wire } from './wire.js';

export interface SessionDeps {
  wire: Wire;
  clock: Clock;
  log: Logger;
  bearer: CredentialSource<Secret>;
  credentials: DirectCredentials;
  strikes: StrikeGuard;
  loginEpoch: number;
}

export interface UwsPair {
  user: Secret;
  password: Secret;
}

const LOGIN_PATH = '/api/m2m/v1/session/login';
const LOGOUT_PATH = '/api/m2m/v1/session/logout';
const IDLE_MS = 1_200_000;
const LOGOUT_MS = 2000;
/** Who replaces one file is often about to replace the next: a login of a new user with the old password is a miss. */
const SETTLE_MS = 3000;

/** Session and idle life of a login's 200. Errors: `thingspace.malformed`. */
export function readSession(answer: Answer): { value: Secret; idleMs: number } {
  const members = objectOf(jsonOf(answer.body));
  const token = tokenText(members?.['sessionToken']);
  if (token === undefined) throw new WaymarkError('thingspace.malformed', 'login: no session in the answer');
  const seconds = Number(members?.['expiresIn']);
  // Some answers are said to name an hour, which contradicts the twenty minutes.
  const idleMs = seconds > 0 && seconds * 1000 <= IDLE_MS ? seconds * 1000 : IDLE_MS;
  return { value: new Secret('session-token', token), idleMs };
}

function outcomeOf(verdict: ThingspaceVerdict): StrikeOutcome {
  switch (verdict.is) {
    case 'ok':
      return 'ok';
    case 'bearer-bad':
      // The gateway in front said so by its code: the pair was not looked at.
      return verdict.isCertain ? 'not-counted' : 'uncertain';
    case 'login-refused':
      return verdict.isCertain ? 'refused' : 'uncertain';
    case 'session-bad':
    case 'key-refused':
    case 'config':
    case 'consent':
    case 'not-subscribed':
    case 'cache-unavailable':
    case 'our-bug':
    case 'weather':
      return 'uncertain';
  }
}

export type LoginResult =
  | { is: 'session'; value: Secret; idleMs: number }
  | { is: 'no'; verdict: Exclude<ThingspaceVerdict, { is: 'ok' }> };

/** One login on the wire, counted before its first byte. `strikes.check` must have gone before. */
export async function sendLogin(
  wire: Wire,
  bearer: Secret,
  pair: UwsPair,
  strikes: StrikeGuard,
  signal?: AbortSignal,
): Promise<LoginResult> {
  const body = loginBody(pair.user, pair.password);
  const sent: { spending?: Promise<void>; hasBegun: boolean } = { hasBegun: false };
  let answer: Answer;
  try {
    answer = await wire.post({
      path: LOGIN_PATH,
      headers: { Authorization: `Bearer ${bearer.reveal()}`, 'Content-Type': 'application/json' },
      body,
      beforeSend: async () => {
        // Whoever gives up meanwhile neither spends nor sends.
        signal?.throwIfAborted();
        sent.spending = strikes.spend();
        await sent.spending;
        signal?.throwIfAborted();
        sent.hasBegun = true;
      },
      signal,
    });
  } catch (error) {
    // The strike may still be on its way to the disk. Begun, it may have arrived, whatever ended the wait for its answer.
    const isSpent = await sent.spending?.then(
      () => true,
      () => false,
    );
    if (isSpent === true) await strikes.settle(sent.hasBegun ? 'uncertain' : 'not-counted');
    throw error;
  }
  const verdict = classify(answer, 'login');
  if (verdict.is !== 'ok') {
    await strikes.settle(outcomeOf(verdict));
    return { is: 'no', verdict };
  }
  try {
    const session = readSession(answer);
    await strikes.settle('ok');
    return { is: 'session', ...session };
  } catch (error) {
    // A 200 of something else (a captive portal) says nothing about the pair.
    await strikes.settle('uncertain');
    throw error;
  }
}

/** Ends a session; nothing depends on it. Never rejects. */
export async function sendLogout(
  wire: Wire,
  clock: Clock,
  tokens: { bearer: Secret; session: Secret },
): Promise<boolean> {
  try {
    const answer = await withDeadline({ clock, ms: LOGOUT_MS, what: 'logout' }, (signal) =>
      wire.post({
        path: LOGOUT_PATH,
        headers: { Authorization: `Bearer ${tokens.bearer.reveal()}`, 'VZ-M2M-Token': tokens.session.reveal() },
        deadlineMs: LOGOUT_MS,
        signal,
      }),
    );
    return classify(answer, 'logout').is === 'ok';
  } catch {
    return false;
  }
}

export function createSession(deps: SessionDeps): DerivedCredential {
  const { wire, credentials, bearer, strikes } = deps;
  const log = deps.log.child('thingspace');

  const refuse = (password: Lease<Secret>, error: WaymarkError): WaymarkError => {
    // Said once: each report is written to the disk.
    if (!credentials.password.status().latched)
      credentials.password.report(password, {
        is: 'refused',
        state: 'rejected',
        reason: error.code === 'secret.malformed' ? 'malformed' : 'locked-risk',
        evidence: error.evidence ?? {},
      });
    return error;
  };

  const borrow = async (signal: AbortSignal) => ({
    user: await credentials.user.get({ signal }),
    password: await credentials.password.get({ signal }),
    key: await credentials.key.get({ signal }),
    secret: await credentials.secret.get({ signal }),
  });

  /** Of the login before. */
  let known: string | undefined;
  /** The values in force, once they have stayed the same for a while where they were replaced. */
  const settled = async (signal: AbortSignal) => {
    for (;;) {
      const leases = await borrow(signal);
      const generations = Object.values(leases)
        .map(({ generation }) => generation)
        .join(' ');
      const isSame = known === undefined || known === generations;
      known = generations;
      if (isSame) return leases;
      await sleep(deps.clock, SETTLE_MS, signal);
    }
  };

  const login = async (signal: AbortSignal): Promise<{ value: Secret; idleMs: number }> => {
    const { user, password, key, secret } = await settled(signal);
    const pair: UwsPair = { user: user.value, password: password.value };
    try {
      loginBody(pair.user, pair.password);
      const parts = [key.value, secret.value, user.value, password.value];
      const owner = loginFingerprint([user.value]);
      await strikes.check({ fingerprint: loginFingerprint(parts), owner, epoch: deps.loginEpoch });
    } catch (error) {
      if (isWaymarkError(error, 'secret.malformed', 'thingspace.latched')) throw refuse(password, error);
      throw error;
    }
    // A refused bearer says nothing about the pair: one more try with a fresh one.
    for (let tries = 0; ; tries++) {
      const lease = await bearer.get({ signal });
      let result: LoginResult;
      try {
        result = await sendLogin(wire, lease.value, pair, strikes, signal);
      } catch (error) {
        if (strikes.status().isLatched && isWaymarkError(error)) refuse(password, error);
        throw error;
      }
      if (result.is === 'session') {
        bearer.report(lease, { is: 'ok' });
        credentials.user.report(user, { is: 'ok' });
        credentials.password.report(password, { is: 'ok' });
        log.debug('thingspace.login', { tries });
        return { value: result.value, idleMs: result.idleMs };
      }
      const { verdict } = result;
      if (verdict.is === 'bearer-bad' && verdict.isCertain) {
        bearer.report(lease, { is: 'refused', state: 'rejected', reason: 'refused', evidence: verdict.evidence });
        if (tries === 0) continue;
      }
      const error = errorOf(verdict, 'login');
      if (strikes.status().isLatched) throw refuse(password, error);
      throw error;
    }
  };

  return createDerived(deps, {
    id: 'thingspace-session',
    kind: 'session-token',
    from: [bearer, credentials.user, credentials.password],
    remedies: SESSION_REMEDIES,
    fetch: ({ signal }) => login(signal),
  });
}
