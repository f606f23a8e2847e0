// POST /auth/device: the one call that says whether an access key is good for this device, and gives the device token
// besides (specs/losant.md sections 2.1 and 5). A refusal is put down to the secret alone: which half of the pair is wrong
// cannot be told, and the secret is the half that changes with every new key, so a new one is tried at once.
import { type Clock, isWaymarkError, Secret, toWaymarkError, WaymarkError } from '../../core/index.js';
import type { CredentialSource, Evidence, Lease } from '../../vault/index.js';
import { answerError, CONFIG_WAIT_MS, type LosantAnswer } from './answers.js';
import type { LosantCredentials } from './credentials.js';
import { refusedWaitMs } from './judge.js';

const TOKEN = /^[\x21-\x7e]{1,8192}$/;
const ID = /^[0-9a-f]{24}$/i;

export type AuthAnswer =
  | { is: 'good'; token: Secret; applicationId?: string; isRestricted?: boolean }
  /** `config`: ids. `deleted`: the pair worked before, and now the device is not there. */
  | { is: 'refused' | 'config' | 'weather'; error: WaymarkError };

export interface PairLease {
  key: Lease<Secret>;
  secret: Lease<Secret>;
}

export interface Oracle {
  /** Lends the pair. Errors: those of the credentials, `losant.config` without a pair. */
  lend(options: { signal: AbortSignal }): Promise<PairLease>;
  /** It worked somewhere. */
  worked(pair: PairLease): void;
  /** Asks with the pair in force, and reports what came of it, with `evidence` added. Rejects when aborted or not lent. */
  ask(options: { signal: AbortSignal; evidence?: Evidence; pair?: PairLease }): Promise<AuthAnswer>;
  /** Asks with any pair; reports nothing. */
  authDevice(pair: { key: Secret; secret: Secret }, options: { signal: AbortSignal }): Promise<AuthAnswer>;
}

export interface OracleDeps {
  clock: Clock;
  credentials: LosantCredentials;
  deviceId: string;
  post(body: unknown, options: { signal: AbortSignal }): Promise<LosantAnswer>;
  onGood(facts: { applicationId?: string; isRestricted?: boolean }): void;
}

export function createOracle(deps: OracleDeps): Oracle {
  const { clock, deviceId } = deps;
  let refusals = 0;

  const sources = (): { accessKey: CredentialSource<Secret>; accessSecret: CredentialSource<Secret> } => {
    const { accessKey, accessSecret } = deps.credentials;
    if (accessKey && accessSecret) return { accessKey, accessSecret };
    throw new WaymarkError('losant.config', 'there is no access key with its secret');
  };

  const authDevice: Oracle['authDevice'] = async ({ key, secret }, { signal }) => {
    let answer: LosantAnswer;
    try {
      answer = await deps.post({ deviceId, key: key.reveal(), secret: secret.reveal() }, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!isWaymarkError(error)) throw error;
      return { is: 'weather', error };
    }
    if (answer.is === 'ok') return readGood(answer);
    const error = answerError({ ...answer, is: answer.is }, 'auth/device', 'access-key');
    if (error.code === 'losant.refused') return { is: 'refused', error };
    return { is: ['losant.config', 'losant.deleted'].includes(error.code) ? 'config' : 'weather', error };
  };

  const told = (pair: PairLease, answer: AuthAnswer, extra: Evidence): AuthAnswer => {
    const { accessKey, accessSecret } = sources();
    switch (answer.is) {
      case 'good':
        refusals = 0;
        accessKey.report(pair.key, { is: 'ok' });
        accessSecret.report(pair.secret, { is: 'ok' });
        return answer;
      case 'weather':
        accessSecret.report(pair.secret, { is: 'weather' });
        return answer;
      case 'refused': {
        // Half of a pair that has changed meanwhile: the other half is not to blame.
        if (accessKey.status().generation !== pair.key.generation) return { is: 'weather', error: answer.error };
        const waitMs = refusedWaitMs(refusals++);
        const evidence = { ...answer.error.evidence, ...extra };
        accessSecret.report(pair.secret, {
          is: 'refused',
          state: 'rejected',
          reason: 'refused',
          evidence,
          retryAtMonoMs: clock.mono() + waitMs,
        });
        return { is: 'refused', error: withMore(answer.error, evidence, waitMs) };
      }
      case 'config': {
        if (answer.error.code !== 'losant.deleted') return answer;
        // It has never worked: then the id is wrong rather than the device deleted.
        if (!accessSecret.status().tested)
          return {
            is: 'config',
            error: new WaymarkError('losant.config', answer.error.message, {
              evidence: { ...answer.error.evidence, ...extra },
              retryAfterMs: CONFIG_WAIT_MS,
            }),
          };
        accessSecret.report(pair.secret, {
          is: 'refused',
          state: 'deactivated',
          reason: 'operator-said',
          evidence: { ...answer.error.evidence, ...extra },
          retryAtMonoMs: clock.mono() + CONFIG_WAIT_MS,
        });
        return answer;
      }
    }
  };

  const lend: Oracle['lend'] = async ({ signal }) => {
    const { accessKey, accessSecret } = sources();
    return { key: await accessKey.get({ signal }), secret: await accessSecret.get({ signal }) };
  };

  return {
    lend,
    worked(pair) {
      refusals = 0;
      const { accessKey, accessSecret } = sources();
      accessKey.report(pair.key, { is: 'ok' });
      accessSecret.report(pair.secret, { is: 'ok' });
    },
    async ask({ signal, evidence = {}, pair }) {
      const lent = pair ?? (await lend({ signal }));
      const answer = await authDevice({ key: lent.key.value, secret: lent.secret.value }, { signal });
      if (answer.is === 'good') deps.onGood(answer);
      return told(lent, answer, { ...evidence, oracle: answer.is });
    },
    authDevice,
  };
}

function readGood({ json, http }: LosantAnswer): AuthAnswer {
  const { token, applicationId, restricted } = (json ?? {}) as Record<string, unknown>;
  if (typeof token !== 'string' || !TOKEN.test(token)) {
    const error = new WaymarkError('losant.malformed', 'auth/device: no token in the answer', { evidence: { http } });
    return { is: 'weather', error };
  }
  return {
    is: 'good',
    token: new Secret('device-token', token),
    ...(typeof applicationId === 'string' && ID.test(applicationId) ? { applicationId } : {}),
    ...(typeof restricted === 'boolean' ? { isRestricted: restricted } : {}),
  };
}

const withMore = (error: WaymarkError, evidence: Evidence, retryAfterMs: number): WaymarkError =>
  new WaymarkError(error.code, error.message, { cause: toWaymarkError(error).cause, evidence, retryAfterMs });
